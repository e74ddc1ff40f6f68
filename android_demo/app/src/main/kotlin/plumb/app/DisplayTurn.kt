package plumb.app

import android.app.Activity
import android.content.Context
import android.hardware.display.DisplayManager
import android.os.Handler
import android.view.Surface

private const val QUARTER_DEGREES = 90
private val QUARTERS = mapOf(Surface.ROTATION_90 to 1, Surface.ROTATION_180 to 2, Surface.ROTATION_270 to 3)

/**
 * How the screen is turned, in degrees, told at the start and on every change: half a turn changes no size, so that no other
 * callback tells of it.
 */
class DisplayTurn(private val activity: Activity, private val changed: (Int) -> Unit) : DisplayManager.DisplayListener {
    private val displays = activity.getSystemService(Context.DISPLAY_SERVICE) as DisplayManager

    fun start(handler: Handler) {
        displays.registerDisplayListener(this, handler)
        tell()
    }

    fun stop() = displays.unregisterDisplayListener(this)

    private fun tell() = changed(QUARTER_DEGREES * (QUARTERS[activity.windowManager.defaultDisplay.rotation] ?: 0))

    override fun onDisplayChanged(id: Int) = tell()

    override fun onDisplayAdded(id: Int) = Unit

    override fun onDisplayRemoved(id: Int) = Unit
}

package plumb.app

import android.content.Context
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Color
import android.graphics.Paint
import android.graphics.RectF
import android.util.AttributeSet
import android.view.GestureDetector
import android.view.MotionEvent
import android.view.ScaleGestureDetector
import android.view.View
import plumb.core.Mailbox
import plumb.core.Pane
import plumb.core.PaneLayout
import plumb.core.Scene
import plumb.core.Share

private const val OVER_ALPHA = 170
private const val MARK_DP = 9f

/** What a finger does on the pictures. */
interface DepthTouches {
    fun tapped(place: Share)

    fun dragged(rightPx: Float, downPx: Float)

    fun pinched(factor: Float)
}

/** Draws the newest frame of the worker; nothing is computed here. */
class DepthView(context: Context, attributes: AttributeSet?) : View(context, attributes) {
    val frames = Mailbox { ScreenFrame() }
    var touches: DepthTouches? = null
    private var shown: ScreenFrame? = null
    private var mark: Share? = null
    private val smooth = Paint(Paint.FILTER_BITMAP_FLAG)
    private val over = Paint(Paint.FILTER_BITMAP_FLAG).apply { alpha = OVER_ALPHA }
    private val rectangle = RectF()
    private val layout = PaneLayout()
    private val cross = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        color = Color.WHITE
        strokeWidth = 2 * resources.displayMetrics.density
        setShadowLayer(strokeWidth, 0f, 0f, Color.BLACK)
    }
    private val taps = GestureDetector(context, Taps())
    private val pinches = ScaleGestureDetector(context, Pinches())
    val showsCloud: Boolean get() = shown?.scene == Scene.CLOUD

    init {
        accessibilityDelegate = CloudActions(this)
    }

    override fun onDraw(canvas: Canvas) {
        val frame = frames.exchange(shown) ?: return
        shown = frame
        val panes = panesOf(frame)
        when (frame.scene) {
            Scene.CLOUD -> draw(canvas, frame.cloud, panes[0], smooth)
            Scene.OVER -> {
                draw(canvas, frame.picture, panes[0], smooth)
                draw(canvas, frame.depth, panes[0], over)
            }
            Scene.BESIDE -> {
                draw(canvas, frame.picture, panes[0], smooth)
                draw(canvas, frame.depth, panes[1], smooth)
            }
        }
        if (frame.scene != Scene.CLOUD) mark?.let { place -> panes.forEach { drawMark(canvas, it, place) } }
    }

    private fun panesOf(frame: ScreenFrame) = layout.panes(frame.scene, height, width, frame.pictureHeight, frame.pictureWidth)

    private fun draw(canvas: Canvas, bitmap: Bitmap?, pane: Pane, paint: Paint) {
        rectangle.set(pane.left, pane.top, pane.left + pane.width, pane.top + pane.height)
        if (bitmap != null) canvas.drawBitmap(bitmap, null, rectangle, paint)
    }

    private fun drawMark(canvas: Canvas, pane: Pane, place: Share) {
        val x = pane.left + (place.across * pane.width).toFloat()
        val y = pane.top + (place.down * pane.height).toFloat()
        val arm = MARK_DP * resources.displayMetrics.density
        canvas.drawLine(x - arm, y, x + arm, y, cross)
        canvas.drawLine(x, y - arm, x, y + arm, cross)
    }

    override fun onTouchEvent(event: MotionEvent): Boolean {
        pinches.onTouchEvent(event)
        taps.onTouchEvent(event)
        return true
    }

    /** TalkBack's tap has no place: the middle is read. */
    override fun performClick(): Boolean {
        super.performClick()
        read(Share(0.5, 0.5))
        return true
    }

    private fun read(place: Share) {
        mark = place
        touches?.tapped(place)
        invalidate()
    }

    private inner class Taps : GestureDetector.SimpleOnGestureListener() {
        override fun onDown(event: MotionEvent) = true

        override fun onSingleTapUp(event: MotionEvent): Boolean {
            val frame = shown ?: return false
            if (frame.scene == Scene.CLOUD) return false
            panesOf(frame).firstNotNullOfOrNull { it.share(event.x, event.y) }?.let { read(it) }
            return true
        }

        override fun onScroll(start: MotionEvent?, now: MotionEvent, distanceX: Float, distanceY: Float): Boolean {
            if (!pinches.isInProgress && showsCloud) touches?.dragged(-distanceX, -distanceY)
            return true
        }
    }

    private inner class Pinches : ScaleGestureDetector.SimpleOnScaleGestureListener() {
        override fun onScale(detector: ScaleGestureDetector): Boolean {
            if (showsCloud) touches?.pinched(detector.scaleFactor)
            return true
        }
    }

    /** The reading that goes with what is on the screen. */
    val reading: Double? get() = shown?.reading
}

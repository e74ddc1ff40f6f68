package plumb.app

import android.view.WindowInsets

/** Calls that exist from Android 9 on; call them only there. tests/android/new_api.py holds that no other file makes them. */
object Api28 {
    /** Left, top, right, bottom that a camera's hole takes, px. */
    fun cutout(insets: WindowInsets): IntArray {
        val cutout = insets.displayCutout ?: return IntArray(4)
        return intArrayOf(cutout.safeInsetLeft, cutout.safeInsetTop, cutout.safeInsetRight, cutout.safeInsetBottom)
    }
}

package plumb.app

import android.os.Build
import android.view.View
import android.view.WindowInsets
import kotlin.math.max

/** Edge to edge, as Android 15 draws every app: what lies in `view` keeps clear of bars and of the camera's hole. */
fun keepClear(view: View) = view.setOnApplyWindowInsetsListener { padded, insets -> pad(padded, insets) }

private fun pad(view: View, insets: WindowInsets): WindowInsets {
    val hole = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) Api28.cutout(insets) else IntArray(4)
    view.setPadding(
        max(insets.systemWindowInsetLeft, hole[0]), max(insets.systemWindowInsetTop, hole[1]),
        max(insets.systemWindowInsetRight, hole[2]), max(insets.systemWindowInsetBottom, hole[3]),
    )
    return insets
}

package plumb.app

import android.os.Bundle
import android.view.View
import android.view.accessibility.AccessibilityNodeInfo
import android.view.accessibility.AccessibilityNodeInfo.AccessibilityAction

/** right, down: a finger's way as shares of the view's width; factor: of a pinch. */
private class Step(val label: Int, val right: Float, val down: Float, val factor: Float = 1f)

private const val WAY = 1f / 12 // turns by 15°
private const val NEARER = 1.25f

// By the identifiers of the actions.
private val STEPS = mapOf(
    R.id.turn_left to Step(R.string.turn_left, -WAY, 0f), R.id.turn_right to Step(R.string.turn_right, WAY, 0f),
    R.id.turn_up to Step(R.string.turn_up, 0f, -WAY), R.id.turn_down to Step(R.string.turn_down, 0f, WAY),
    R.id.nearer to Step(R.string.nearer, 0f, 0f, NEARER), R.id.farther to Step(R.string.farther, 0f, 0f, 1 / NEARER),
)

/** What TalkBack offers in the place of a finger that turns and zooms the cloud. */
class CloudActions(private val view: DepthView) : View.AccessibilityDelegate() {
    override fun onInitializeAccessibilityNodeInfo(host: View, info: AccessibilityNodeInfo) {
        super.onInitializeAccessibilityNodeInfo(host, info)
        if (view.showsCloud) STEPS.forEach { (id, step) -> info.addAction(AccessibilityAction(id, host.resources.getString(step.label))) }
    }

    override fun performAccessibilityAction(host: View, action: Int, arguments: Bundle?): Boolean {
        val step = STEPS[action] ?: return super.performAccessibilityAction(host, action, arguments)
        view.touches?.dragged(step.right * host.width, step.down * host.width)
        view.touches?.pinched(step.factor)
        return true
    }
}

package plumb.app

import plumb.core.Share

/** What a finger on the pictures asks of the worker. tapped: is told of each tap. */
class Fingers(private val worker: Worker, private val view: DepthView, private val tapped: () -> Unit) : DepthTouches {
    override fun tapped(place: Share) {
        tapped()
        worker.read(place)
    }

    override fun dragged(rightPx: Float, downPx: Float) {
        worker.view = worker.view.dragged(rightPx.toDouble(), downPx.toDouble(), view.width)
    }

    override fun pinched(factor: Float) {
        worker.view = worker.view.zoomed(factor.toDouble())
    }
}

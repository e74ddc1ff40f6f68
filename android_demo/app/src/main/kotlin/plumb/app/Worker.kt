package plumb.app

import android.content.ContentResolver
import android.net.Uri
import android.os.Handler
import android.os.HandlerThread
import plumb.core.CloudView
import plumb.core.Delegate
import plumb.core.DepthPipeline
import plumb.core.DepthWorker
import plumb.core.Network
import plumb.core.Scene
import plumb.core.Share

/** The thread of a DepthWorker. What is asked for while a frame runs waits for its end. */
class Worker(private val work: DepthWorker) {
    private val thread = HandlerThread("depth").apply { start() }
    private val handler = Handler(thread.looper)
    private val nextFrame = Runnable { work.workOnFrame() }
    private val redraw = Runnable { work.drawAgain() }

    var view: CloudView
        get() = work.view
        set(value) {
            work.view = value
            drawSoon()
        }

    fun resume() {
        work.running = true
        handler.post { work.forgetTimes() }
    }

    fun pause() {
        work.running = false
    }

    fun frameReady() {
        handler.post(nextFrame)
    }

    /** Draws the last picture again, once for all that was asked since. */
    fun drawSoon() {
        handler.removeCallbacks(redraw)
        handler.post(redraw)
    }

    fun show(scene: Scene) {
        work.scene = scene
        view = CloudView()
    }

    fun read(place: Share) {
        work.tapped = place
        drawSoon()
    }

    fun open(network: Network, delegate: Delegate) {
        handler.post { work.open(network, delegate) }
    }

    fun showPhoto(resolver: ContentResolver, uri: Uri) {
        handler.post { work.workOnPhoto { readPhoto(resolver, uri) } }
    }

    /** nothing: what is said where there is no depth yet. */
    fun save(nothing: String, save: (DepthPipeline) -> Unit) {
        handler.post { work.save(nothing, save) }
    }

    /** The end: network and thread go after what is under way. */
    fun release() {
        work.running = false
        handler.post { work.close() }
        thread.quitSafely()
    }
}

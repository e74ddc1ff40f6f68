package plumb.app

import android.content.ContentResolver
import android.net.Uri
import android.os.Handler
import android.os.HandlerThread
import plumb.core.ArtifactException
import plumb.core.CloudRenderer
import plumb.core.CloudView
import plumb.core.Delegate
import plumb.core.DepthPipeline
import plumb.core.EngineException
import plumb.core.FrameRate
import plumb.core.Mailbox
import plumb.core.Opened
import plumb.core.RollingMedian
import plumb.core.Scene
import plumb.core.Share
import plumb.core.YuvFrame
import java.io.IOException

private const val CLOUD_SIDE = 480
private const val REPORT_EVERY_NS = 250_000_000L

/** Times of the last frames, ms (medians), and frames a second. */
data class Status(
    val perSecond: Double, val prepareMs: Double, val inferMs: Double, val drawMs: Double, val dropped: Long, val focalIsAssumed: Boolean,
)

/** What is called from the worker's thread. */
interface WorkerEvents {
    /** note: what to tell the user, as when a delegate failed. */
    fun opened(choice: Choice, delegate: Delegate, note: String?)

    /** A frame lies ready for the screen. */
    fun drawn()

    /** Now and then. */
    fun measured(status: Status)

    fun problem(text: String)
}

/**
 * The thread that owns network and pipeline: whatever touches them runs here, one after the other, so that none is closed
 * in the middle of a frame. What is asked for while a frame runs waits for its end; a frame that ends after `pause` is not
 * shown.
 */
class Worker(private val frames: Mailbox<YuvFrame>, private val screen: Mailbox<ScreenFrame>, private val events: WorkerEvents) {
    @Volatile
    var scene = Scene.BESIDE

    @Volatile
    var view = CloudView()

    @Volatile
    var tapped: Share? = null

    @Volatile
    private var running = false
    private val thread = HandlerThread("depth").apply { start() }
    private val handler = Handler(thread.looper)
    private val renderer = CloudRenderer(CLOUD_SIDE, CLOUD_SIDE)
    private val nextFrame = Runnable { workOnFrame() }
    private val redraw = Runnable { if (running && shown) attempt { drawAgain() } }

    private var opened: Opened? = null
    private var choice: Choice? = null
    private var threads = 1
    private var pipeline: DepthPipeline? = null
    private var photo: PhotoFile? = null
    private var shown = false
    private var reportedNs = 0L
    private val rate = FrameRate()
    private val prepare = RollingMedian()
    private val infer = RollingMedian()
    private val draw = RollingMedian()

    fun resume() {
        running = true
        handler.post { forgetTimes() }
    }

    fun pause() {
        running = false
    }

    fun frameReady() {
        handler.post(nextFrame)
    }

    /** Draws the last picture again: the cloud was turned, a place tapped. */
    fun drawSoon() {
        handler.removeCallbacks(redraw)
        handler.post(redraw)
    }

    fun open(choice: Choice, delegate: Delegate, threads: Int) {
        handler.post { attempt { openNow(choice, delegate, threads) } }
    }

    fun showPhoto(resolver: ContentResolver, uri: Uri) {
        handler.post {
            attempt {
                photo = null
                photo = readPhoto(resolver, uri)
                workOnPhoto()
            }
        }
    }

    /** Runs `save` with the last picture's pipeline; says so where there is none. */
    fun save(nothing: String, save: (DepthPipeline) -> Unit) {
        handler.post {
            val ready = pipeline
            if (ready == null || !shown) events.problem(nothing) else attempt { save(ready) }
        }
    }

    /** The end: network and thread go after what is under way. */
    fun release() {
        running = false
        handler.post { closeNow() }
        thread.quitSafely()
    }

    private fun openNow(choice: Choice, delegate: Delegate, threads: Int, note: String? = null) {
        closeNow()
        val opened = openEngine(choice, delegate, threads)
        this.opened = opened
        this.choice = choice
        this.threads = threads
        pipeline = DepthPipeline(opened.engine, choice.manifest)
        forgetTimes()
        events.opened(choice, opened.delegate, note ?: opened.note)
        workOnPhoto()
    }

    private fun closeNow() {
        opened?.engine?.close()
        opened = null
        pipeline = null
        shown = false
    }

    private fun workOnFrame() {
        val frame = frames.take() ?: return
        val pipeline = pipeline
        if (running && pipeline != null) {
            attempt {
                photo = null
                pipeline.prepare(frame)
                finish(pipeline, frame.timestampNs)
            }
        }
        frames.giveBack(frame)
    }

    private fun workOnPhoto() {
        val pipeline = pipeline ?: return
        val photo = photo ?: return
        pipeline.prepare(photo.picture, photo.focal)
        finish(pipeline, System.nanoTime())
    }

    private fun finish(pipeline: DepthPipeline, timestampNs: Long) {
        pipeline.infer()
        val start = System.nanoTime()
        pipeline.measure(timestampNs)
        shown = true
        show(pipeline)
        draw.add(System.nanoTime() - start)
        prepare.add(pipeline.times.prepareNs)
        infer.add(pipeline.times.inferNs)
        rate.add(System.nanoTime())
        events.drawn()
        report(pipeline)
    }

    private fun drawAgain() {
        val pipeline = pipeline ?: return
        show(pipeline)
        events.drawn()
    }

    private fun show(pipeline: DepthPipeline) {
        if (!running) return
        val frame = screen.toWrite()
        val scene = scene
        if (scene == Scene.CLOUD) {
            pipeline.drawCloud(renderer, view)
            frame.showCloud(renderer.pixels, renderer.height, renderer.width)
        } else {
            pipeline.drawPicture()
            pipeline.drawDepth()
            frame.show(pipeline, scene)
        }
        frame.reading = tapped?.let { pipeline.relativeDepthAt(it.down, it.across) }
        screen.put(frame)
    }

    private fun report(pipeline: DepthPipeline) {
        val now = System.nanoTime()
        if (now - reportedNs < REPORT_EVERY_NS) return
        reportedNs = now
        val fps = rate.perSecond()
        events.measured(
            Status(fps, prepare.medianMs(), infer.medianMs(), draw.medianMs(), frames.dropped, pipeline.focalIsAssumed),
        )
    }

    private fun forgetTimes() {
        reportedNs = 0
        rate.clear()
        listOf(prepare, infer, draw).forEach { it.clear() }
    }

    /** One line to the user for whatever goes wrong; a delegate that fails while it runs gives way to the CPU. */
    private inline fun attempt(work: () -> Unit) {
        try {
            work()
        } catch (error: ArtifactException) {
            events.problem(error.message.orEmpty())
        } catch (error: IOException) {
            events.problem(error.message.orEmpty())
        } catch (error: OutOfMemoryError) {
            events.problem("too little memory for this (${error.message})")
        } catch (error: EngineException) {
            giveWay(error.message.orEmpty())
        }
    }

    private fun giveWay(reason: String) {
        val delegate = opened?.delegate
        val choice = choice
        if (choice == null || delegate == null || delegate == Delegate.CPU) {
            closeNow()
            return events.problem(reason)
        }
        attempt { openNow(choice, Delegate.CPU, threads, "$delegate failed ($reason): runs on the CPU") }
    }
}

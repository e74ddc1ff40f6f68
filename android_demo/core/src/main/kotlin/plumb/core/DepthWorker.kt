package plumb.core

import java.io.IOException

private const val CLOUD_SIDE = 480
private const val REPORT_EVERY_NS = 250_000_000L

/** Times of the last frames, ms (medians), and frames a second. */
data class Status(
    val perSecond: Double, val prepareMs: Double, val inferMs: Double, val drawMs: Double, val dropped: Long, val focalIsAssumed: Boolean,
)

/** A model file that can be loaded: ArtifactException or EngineException where it cannot. label: for people. */
class Network(val label: String, val manifest: Manifest, val load: (Delegate) -> Engine)

/** A picture that is no camera frame, upright. */
class Photo(val picture: RgbPicture, val focal: Focal)

/** What is told of the work; called from the worker's thread. */
interface WorkerEvents {
    /** note: what to tell the user, as when a delegate failed. */
    fun opened(label: String, delegate: Delegate, note: String?)

    /** Depth at the tapped place goes with the picture; null where nothing was tapped. */
    fun show(pipeline: DepthPipeline, scene: Scene, reading: Double?)

    fun show(cloud: CloudRenderer, reading: Double?)

    /** Now and then. */
    fun measured(status: Status)

    fun problem(text: String)
}

/**
 * Owns network and pipeline. All but the volatile properties is for one thread, so that nothing is closed or changed in the
 * middle of a frame; a frame that ends after `running` became false is not shown.
 */
class DepthWorker(private val frames: Mailbox<YuvFrame>, private val events: WorkerEvents) {
    @Volatile
    var running = false

    @Volatile
    var scene = Scene.BESIDE

    @Volatile
    var view = CloudView()

    @Volatile
    var tapped: Share? = null
    private val renderer = CloudRenderer(CLOUD_SIDE, CLOUD_SIDE)
    private var opened: Opened? = null
    private var network: Network? = null
    private var pipeline: DepthPipeline? = null
    private var photo: Photo? = null
    private var shown = false
    private var reportedNs = 0L
    private val rate = FrameRate()
    private val prepare = RollingMedian()
    private val infer = RollingMedian()
    private val draw = RollingMedian()

    /** In place of the network that is loaded. A photo that is looked at goes through the new one. */
    fun open(network: Network, delegate: Delegate) = attempt { load(network, delegate, null) }

    fun close() {
        opened?.engine?.close()
        opened = null
        pipeline = null
        shown = false
    }

    /** The newest camera frame; nothing where none lies ready. */
    fun workOnFrame() {
        val frame = frames.take() ?: return
        val pipeline = pipeline
        try {
            if (running && pipeline != null) {
                attempt {
                    photo = null
                    pipeline.prepare(frame)
                    finish(pipeline, frame.timestampNs)
                }
            }
        } finally {
            frames.giveBack(frame)
        }
    }

    /** read: gives the photo, or throws IOException. */
    fun workOnPhoto(read: () -> Photo) = attempt {
        photo = null
        photo = read()
        finishPhoto()
    }

    /** The last picture again: the cloud was turned, a place tapped. */
    fun drawAgain() {
        val pipeline = pipeline
        if (running && shown && pipeline != null) show(pipeline)
    }

    /** What `save` throws as IOException is told; `nothing` where there is no depth yet. */
    fun save(nothing: String, save: (DepthPipeline) -> Unit) {
        val pipeline = pipeline
        if (pipeline == null || !shown) events.problem(nothing) else attempt { save(pipeline) }
    }

    fun forgetTimes() {
        reportedNs = 0
        rate.clear()
        prepare.clear()
        infer.clear()
        draw.clear()
    }

    private fun load(network: Network, delegate: Delegate, note: String?) {
        close()
        this.network = network
        val opened = openWithFallback(delegate, network.load)
        this.opened = opened
        pipeline = DepthPipeline(opened.engine, network.manifest)
        forgetTimes()
        events.opened(network.label, opened.delegate, note ?: opened.note)
        finishPhoto()
    }

    private fun finishPhoto() {
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
        report(pipeline)
    }

    private fun show(pipeline: DepthPipeline) {
        if (!running) return
        val scene = scene
        val reading = tapped?.let { pipeline.relativeDepthAt(it.down, it.across) }
        if (scene == Scene.CLOUD) {
            pipeline.drawCloud(renderer, view)
            return events.show(renderer, reading)
        }
        pipeline.drawPicture()
        pipeline.drawDepth()
        events.show(pipeline, scene, reading)
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

    /** One line to the user for whatever goes wrong. */
    private inline fun attempt(work: () -> Unit) {
        try {
            work()
        } catch (error: ArtifactException) {
            events.problem(error.message.orEmpty())
        } catch (error: IOException) {
            events.problem(error.message.orEmpty())
        } catch (error: IllegalArgumentException) {
            // A frame such as no camera should give: planes that are too short, an odd side.
            events.problem(error.message.orEmpty())
        } catch (error: OutOfMemoryError) {
            events.problem("too little memory for this (${error.message})")
        } catch (error: EngineException) {
            giveWay(error.message.orEmpty())
        }
    }

    /** A delegate that fails while it runs gives way to the CPU; where that fails too, no network is left. */
    private fun giveWay(reason: String) {
        val delegate = opened?.delegate
        val network = network
        if (network == null || delegate == null || delegate == Delegate.CPU) {
            close()
            return events.problem(reason)
        }
        attempt { load(network, Delegate.CPU, "$delegate failed ($reason): runs on the CPU") }
    }
}

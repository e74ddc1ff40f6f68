package plumb.core

import java.io.OutputStream

/** Times of one picture, ns. */
class StepTimes {
    var prepareNs = 0L
    var inferNs = 0L
    var drawNs = 0L
}

/**
 * Picture → network → depth, for one engine. All room is kept from frame to frame while their size stays the same, so that a
 * frame allocates nothing here. For one thread.
 */
class DepthPipeline(private val engine: Engine, private val manifest: Manifest) {
    val times = StepTimes()
    val statistics = OrderStatistics()
    private val range = StableRange()
    private val output = FloatArray(manifest.height * manifest.width)
    private var buffers: Buffers? = null
    private var focal = assumedFocal(1)

    /** What belongs to photos of one size: the box's part of each map is `inner`. */
    private class Buffers(val picture: RgbPicture, manifest: Manifest, whole: FloatArray) {
        val input = NetworkInput(picture.height, picture.width, manifest.height, manifest.width, manifest.fit)
        private val isWhole = input.box.size == whole.size
        val inner = if (isWhole) whole else FloatArray(input.box.size)
        val colours = if (isWhole) input.bytes else ByteArray(3 * input.box.size)
        val cloud = PointCloud(input.box.height, input.box.width, picture.height, picture.width)
        val depthPixels = IntArray(input.box.size)
        val picturePixels = IntArray(picture.height * picture.width)
    }

    private val ready: Buffers get() = checkNotNull(buffers) { "no picture yet" }
    val picture: RgbPicture get() = ready.picture
    val box: Box get() = ready.input.box
    val cloud: PointCloud get() = ready.cloud
    val depthPixels: IntArray get() = ready.depthPixels
    val picturePixels: IntArray get() = ready.picturePixels
    val focalIsAssumed: Boolean get() = focal.assumed
    private val focalShare: Double get() = focal.px / picture.width

    fun prepare(frame: YuvFrame) {
        val start = System.nanoTime()
        val height = frame.uprightHeight
        val width = frame.uprightWidth
        if (buffers?.picture?.height != height || buffers?.picture?.width != width) reserve(RgbPicture(height, width))
        focal = frame.focal
        decode(frame, picture)
        finishPreparing(start)
    }

    /** A photo, upright; kept until the next picture. */
    fun prepare(photo: RgbPicture, focal: Focal) {
        val start = System.nanoTime()
        reserve(photo)
        this.focal = focal
        finishPreparing(start)
    }

    private fun reserve(picture: RgbPicture) {
        buffers = Buffers(picture, manifest, output)
        range.reset()
    }

    private fun finishPreparing(start: Long) {
        ready.input.fill(picture)
        times.prepareNs = System.nanoTime() - start
    }

    /** EngineException where the output is not finite: the file does not work on this device. */
    fun infer() {
        val start = System.nanoTime()
        engine.run(ready.input.bytes, output)
        times.inferNs = System.nanoTime() - start
    }

    /** Looks at the output: median, colours' range. timestampNs: when the picture was taken. */
    fun measure(timestampNs: Long) {
        val inner = ready.inner
        if (inner !== output) {
            cut(output, manifest.width, box, inner)
            cut(ready.input.bytes, manifest.width, box, ready.colours)
        }
        statistics.load(inner)
        if (statistics.count < inner.size) throw EngineException("the output is not finite: this file does not work here")
        range.follow(statistics, timestampNs)
    }

    fun drawPicture() = paint(picture.bytes, ready.picturePixels)

    fun drawDepth() = paint(ready.inner, range.low, range.high, ready.depthPixels)

    fun drawCloud(renderer: CloudRenderer, view: CloudView) {
        cloud.update(ready.inner, statistics.median(), focal.px)
        renderer.draw(cloud, ready.colours, focalShare, view)
    }

    /** Depth over the median depth, at a place of the picture given as shares of its sides, 0…1. */
    fun relativeDepthAt(down: Double, across: Double): Double {
        val row = (down * box.height).toInt().coerceIn(0, box.height - 1)
        val column = (across * box.width).toInt().coerceIn(0, box.width - 1)
        return relativeDepth(ready.inner[row * box.width + column], statistics.median())
    }

    /** Disparity at the picture's size as 16-bit PNG (docs/formats.md, sections 5 and 7). */
    fun writeDepth(out: OutputStream) {
        val map = resizeMap(ready.inner, box.height, box.width, picture.height, picture.width)
        writePng16(depth16(map), picture.height, picture.width, out)
    }

    fun writeCloud(out: OutputStream) {
        cloud.update(ready.inner, statistics.median(), focal.px)
        writePly(cloud, ready.colours, out)
    }
}

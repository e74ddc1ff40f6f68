package plumb.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.lang.management.ManagementFactory
import javax.imageio.ImageIO

/** Answers with the picture's red channel, so that what went in can be seen. */
class RedNetwork : Engine {
    override fun run(picture: ByteArray, output: FloatArray) {
        for (i in output.indices) output[i] = (picture[3 * i].toInt() and 255) / 100f
    }

    override fun close() = Unit
}

fun frame(height: Int, width: Int, turn: Turn) = YuvFrame().also { frame ->
    frame.height = height
    frame.width = width
    frame.turn = turn
    frame.focal = assumedFocal(frame.uprightWidth)
    frame.y.reserve(height * width, width, 1)
    for (i in 0 until height * width) frame.y.bytes[i] = (i * 31 % 251).toByte()
    for (plane in listOf(frame.u, frame.v)) plane.reserve(height * width / 4, width / 2, 1)
}

class PipelineTest {
    private val letterbox = Fit("letterbox", "bilinear", listOf(9, 9, 9))

    private fun run(pipeline: DepthPipeline, frame: YuvFrame, renderer: CloudRenderer, view: CloudView) {
        pipeline.prepare(frame)
        pipeline.infer()
        pipeline.measure(frame.timestampNs)
        pipeline.drawPicture()
        pipeline.drawDepth()
        pipeline.drawCloud(renderer, view)
    }

    @Test
    fun `a frame allocates nothing`() {
        val threads = ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean
        val thread = Thread.currentThread().id
        for (fit in listOf(letterbox, Fit("stretch", "bilinear", listOf(0, 0, 0)))) {
            val pipeline = DepthPipeline(RedNetwork(), manifestOf(64, 64, fit))
            val frame = frame(48, 96, Turn(90, true))
            val renderer = CloudRenderer(64, 64)
            val view = CloudView(20.0, 10.0)
            repeat(3) { run(pipeline, frame, renderer, view) }
            // The JVM itself allocates now and then, when it links a call: a frame would do so every time.
            val least = (1..5).minOf {
                val before = threads.getThreadAllocatedBytes(thread)
                repeat(10) { run(pipeline, frame, renderer, view) }
                threads.getThreadAllocatedBytes(thread) - before
            }
            assertEquals(fit.mode, 0, least)
        }
    }

    @Test
    fun `padding takes no part`() {
        val pipeline = DepthPipeline(RedNetwork(), manifestOf(64, 64, letterbox))
        val photo = RgbPicture(20, 40).apply { bytes.fill(100) }
        pipeline.prepare(photo, assumedFocal(40))
        pipeline.infer()
        pipeline.measure(0)
        assertEquals(Box(16, 0, 32, 64), pipeline.box)
        assertEquals(1f, pipeline.statistics.sorted(0), 0f)
        assertEquals(32 * 64, pipeline.cloud.count)
        assertEquals(1.0, pipeline.relativeDepthAt(0.0, 0.0), 1e-9)
        val png = ByteArrayOutputStream().also { pipeline.writeDepth(it) }.toByteArray()
        val image = ImageIO.read(ByteArrayInputStream(png))
        assertEquals(listOf(40, 20), listOf(image.width, image.height))
        assertTrue((0 until 800).all { image.raster.getSample(it % 40, it / 40, 0) == 65535 })
    }

    @Test
    fun `frames of another size and turn follow one another`() {
        val pipeline = DepthPipeline(RedNetwork(), manifestOf(32, 64, letterbox))
        val renderer = CloudRenderer(32, 32)
        for (turn in listOf(Turn(0, false), Turn(90, true), Turn(180, false), Turn(270, true))) {
            run(pipeline, frame(48, 64, turn), renderer, CloudView())
            assertEquals(if (turn.swapsSides) 64 else 48, pipeline.picture.height)
        }
    }

    @Test
    fun `output that is not finite is refused`() {
        val broken = object : Engine {
            override fun run(picture: ByteArray, output: FloatArray) = output.fill(Float.NaN)
            override fun close() = Unit
        }
        val pipeline = DepthPipeline(broken, manifestOf(32, 32, letterbox))
        pipeline.prepare(RgbPicture(8, 8), assumedFocal(8))
        pipeline.infer()
        assertThrows(EngineException::class.java) { pipeline.measure(0) }
    }

    @Test
    fun `a delegate that fails falls back and says so`() {
        val opened = openWithFallback(Delegate.GPU) { if (it == Delegate.CPU) RedNetwork() else throw EngineException("no OpenCL") }
        assertEquals(Delegate.CPU, opened.delegate)
        assertEquals("GPU failed (no OpenCL): runs on the CPU", opened.note)
        assertNull(openWithFallback(Delegate.NPU) { RedNetwork() }.note)
        assertThrows(EngineException::class.java) { openWithFallback(Delegate.CPU) { throw EngineException("broken file") } }
    }
}

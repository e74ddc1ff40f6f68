package plumb.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.IOException

/** What the user sees of frames, photos, delegates that fail, and of pausing in the middle of a frame. */
class WorkerTest : WorkerEvents {
    private val frames = Mailbox { YuvFrame() }
    private val worker = DepthWorker(frames, this)
    private val log = ArrayList<String>()
    private var reading: Double? = null

    override fun opened(label: String, delegate: Delegate, note: String?) {
        log += "opened $label $delegate" + (note?.let { ": $it" } ?: "")
    }

    override fun show(pipeline: DepthPipeline, scene: Scene, reading: Double?) {
        log += "$scene ${pipeline.picture.height}×${pipeline.picture.width}"
        this.reading = reading
    }

    override fun show(cloud: CloudRenderer, reading: Double?) {
        log += "cloud"
    }

    override fun measured(status: Status) {
        assertTrue(status.prepareMs > 0 && status.drawMs > 0)
    }

    override fun problem(text: String) {
        log += "problem: $text"
    }

    /** A network whose runs go through `during`; closed: whether it was. */
    private inner class Fake(private val during: () -> Unit = {}) : Engine {
        var closed = false
        var busy = false

        override fun run(picture: ByteArray, output: FloatArray) {
            assertFalse("runs after it was closed", closed)
            busy = true
            try {
                during()
                RedNetwork().run(picture, output)
            } finally {
                busy = false
            }
        }

        override fun close() {
            assertFalse("closed in the middle of a frame", busy)
            closed = true
        }
    }

    private fun network(load: (Delegate) -> Engine) =
        Network("mn", manifestOf(32, 32, Fit("stretch", "bilinear", listOf(0, 0, 0))), load)

    private fun camera(height: Int = 48, width: Int = 64) {
        val frame = frames.toWrite()
        val made = frame(height, width, Turn(0, false))
        frame.height = height
        frame.width = width
        frame.focal = made.focal
        for ((to, from) in listOf(frame.y to made.y, frame.u to made.u, frame.v to made.v)) {
            to.reserve(from.bytes.size, from.rowStride, 1)
            from.bytes.copyInto(to.bytes)
        }
        frames.put(frame)
    }

    private fun photo(side: Int) = Photo(RgbPicture(side, side, ByteArray(3 * side * side) { (it * 7).toByte() }), assumedFocal(side))

    private fun taken(): List<String> = log.toList().also { log.clear() }

    @Test
    fun `frames are shown as they come`() {
        worker.running = true
        worker.open(network { Fake() }, Delegate.CPU)
        repeat(3) {
            camera()
            worker.workOnFrame()
        }
        worker.workOnFrame()
        assertEquals(listOf("opened mn CPU") + List(3) { "BESIDE 48×64" }, taken())
        worker.scene = Scene.CLOUD
        worker.drawAgain()
        assertEquals(listOf("cloud"), taken())
    }

    @Test
    fun `a frame that ends after the app was paused is not shown, and the next one after resuming is`() {
        worker.running = true
        val engine = Fake { if (log.size == 1) worker.running = false }
        worker.open(network { engine }, Delegate.CPU)
        camera()
        worker.workOnFrame()
        camera()
        worker.workOnFrame()
        assertEquals(listOf("opened mn CPU"), log)
        worker.running = true
        log += "resumed"
        camera()
        worker.workOnFrame()
        assertEquals(listOf("opened mn CPU", "resumed", "BESIDE 48×64"), taken())
        repeat(3) { assertNotNull("no frame was lost", frames.toWrite()) }
    }

    @Test
    fun `a frame with planes that are too short is told and dropped, and the next one is shown`() {
        worker.running = true
        worker.open(network { Fake() }, Delegate.CPU)
        camera()
        val broken = frames.take()!!.apply { u.bytes = ByteArray(3) }
        frames.put(broken)
        worker.workOnFrame()
        assertEquals(listOf("opened mn CPU", "problem: the U plane is too short for 48×64"), taken())
        camera()
        worker.workOnFrame()
        assertEquals(listOf("BESIDE 48×64"), taken())
        repeat(3) { assertNotNull("no frame was lost", frames.toWrite()) }
    }

    @Test
    fun `a delegate that fails while it runs gives way to the CPU, and the screen says so`() {
        worker.running = true
        val gpu = Fake { throw EngineException("out of memory") }
        worker.open(network { if (it == Delegate.GPU) gpu else Fake() }, Delegate.GPU)
        camera()
        worker.workOnFrame()
        camera()
        worker.workOnFrame()
        assertEquals(listOf("opened mn GPU", "opened mn CPU: GPU failed (out of memory): runs on the CPU", "BESIDE 48×64"), taken())
    }

    @Test
    fun `a CPU that fails leaves nothing that could be wrong`() {
        worker.running = true
        val engine = Fake { throw EngineException("broken") }
        worker.open(network { engine }, Delegate.CPU)
        camera()
        worker.workOnFrame()
        camera()
        worker.workOnFrame()
        worker.save("nothing yet") { error("there is nothing to save") }
        assertEquals(listOf("opened mn CPU", "problem: broken", "problem: nothing yet"), taken())
        assertTrue(engine.closed)
    }

    @Test
    fun `a refused model says why, and the one before is gone`() {
        worker.running = true
        val before = Fake()
        worker.open(network { before }, Delegate.CPU)
        worker.open(network { throw ArtifactException("mn/model.tflite: is missing") }, Delegate.GPU)
        assertTrue(before.closed)
        camera()
        worker.workOnFrame()
        assertEquals(listOf("opened mn CPU", "problem: mn/model.tflite: is missing"), taken())
    }

    @Test
    fun `a photo goes through the model that is chosen next, until the camera is back`() {
        worker.running = true
        worker.open(network { Fake() }, Delegate.CPU)
        worker.workOnPhoto { photo(40) }
        worker.open(network { Fake() }, Delegate.CPU)
        camera()
        worker.workOnFrame()
        worker.open(network { Fake() }, Delegate.CPU)
        val expected = listOf("opened mn CPU", "BESIDE 40×40", "opened mn CPU", "BESIDE 40×40", "BESIDE 48×64", "opened mn CPU")
        assertEquals(expected, taken())
        worker.workOnPhoto { throw IOException("no picture that can be read") }
        assertEquals(listOf("problem: no picture that can be read"), taken())
    }

    @Test
    fun `a tapped place is read in every frame`() {
        worker.running = true
        worker.open(network { Fake() }, Delegate.CPU)
        worker.workOnPhoto { photo(32) }
        assertNull(reading)
        worker.tapped = Share(0.5, 0.5)
        worker.drawAgain()
        val expected = reading!!
        camera()
        worker.workOnFrame()
        assertTrue(reading != null && reading != expected)
    }

    @Test
    fun `saving that fails is told in one line`() {
        worker.running = true
        worker.open(network { Fake() }, Delegate.CPU)
        worker.save("nothing yet") { error("not called") }
        worker.workOnPhoto { photo(32) }
        worker.save("nothing yet") { throw IOException("the disk is full") }
        assertEquals(listOf("opened mn CPU", "problem: nothing yet", "BESIDE 32×32", "problem: the disk is full"), taken())
    }
}

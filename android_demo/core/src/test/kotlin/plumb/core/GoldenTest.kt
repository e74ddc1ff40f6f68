package plumb.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.ByteArrayOutputStream
import java.io.File
import java.security.MessageDigest

/** The exporter's golden files: the same answers as Python and Swift. */
class GoldenTest {
    private val golden = given("golden")
    private val described = jsonOf(File(golden, "frames.json"))
    private val manifest = jsonOf(File(golden, "manifest.json"))
    private val picture = pictureOf(File(golden, "input.png"))
    private val output = floatsOf(File(golden, "log_disparity.f32").readBytes())

    @Test
    fun `the files are those of the manifest`() {
        for ((name, sha256) in manifest.member("sha256")) {
            val digest = MessageDigest.getInstance("SHA-256").digest(File(golden, name).readBytes())
            assertEquals(name, sha256, digest.joinToString("") { "%02x".format(it) })
        }
    }

    @Test
    fun `every frame becomes the upright picture`() {
        val upright = pictureOf(File(golden, described.text("upright")))
        val seen = described.objects("frames").map { entry ->
            val frame = frameOf(golden, entry)
            val decoded = RgbPicture(frame.uprightHeight, frame.uprightWidth)
            decode(frame, decoded)
            assertEquals(entry.text("file"), upright.height, decoded.height)
            assertTrue(entry.text("file"), largestStep(upright.bytes, decoded.bytes) <= 1)
            Triple(frame.turn.degrees, frame.turn.mirrored, frame.u.pixelStride)
        }
        assertEquals(16, seen.toSet().size)
    }

    @Test
    fun `the golden picture goes in as it is`() {
        for (mode in listOf("stretch", "letterbox")) {
            val input = NetworkInput(picture.height, picture.width, picture.height, picture.width, Fit(mode, "bilinear", listOf(1, 2, 3)))
            input.fill(picture)
            assertArrayEquals(picture.bytes, input.bytes)
        }
    }

    @Test
    fun `the cloud is that of Python`() {
        val cloud = PointCloud(picture.height, picture.width, picture.height, picture.width)
        val focalPx = focalFromFov(picture.width, manifest["fov_degrees"] as Double)
        cloud.update(output, OrderStatistics().apply { load(output) }.median(), focalPx)
        val ply = ByteArrayOutputStream().also { writePly(cloud, picture.bytes, it) }.toByteArray()
        val expected = File(golden, "points.ply").readBytes()
        val body = String(expected, 0, 400, Charsets.ISO_8859_1).indexOf("end_header\n") + "end_header\n".length
        assertEquals(expected.size, ply.size)
        assertArrayEquals(expected.copyOf(body), ply.copyOf(body))
        for (i in 0 until cloud.count) {
            val at = body + 15 * i
            for ((a, b) in floatsOf(expected.copyOfRange(at, at + 12)).zip(floatsOf(ply.copyOfRange(at, at + 12)))) {
                assertEquals("point $i", a.toDouble(), b.toDouble(), Math.abs(a) * 1e-6)
            }
            for (colour in at + 12 until at + 15) assertEquals("colour of point $i", expected[colour], ply[colour])
        }
    }

    @Test
    fun `the whole way, with the golden output as the network`() {
        val fit = Fit("stretch", "bilinear", listOf(0, 0, 0))
        val network = object : Engine {
            override fun run(picture: ByteArray, output: FloatArray) {
                this@GoldenTest.output.copyInto(output)
            }

            override fun close() = Unit
        }
        val pipeline = DepthPipeline(network, manifestOf(picture.height, picture.width, fit))
        pipeline.prepare(picture, assumedFocal(picture.width))
        pipeline.infer()
        pipeline.measure(0)
        val written = ByteArrayOutputStream().also { pipeline.writeCloud(it) }.toByteArray()
        assertEquals(File(golden, "points.ply").length(), written.size.toLong())
        val middle = pipeline.statistics.median()
        val expected = Math.exp(middle.toDouble() - output[(picture.height / 2) * picture.width + picture.width / 2])
        assertEquals(expected, pipeline.relativeDepthAt(0.5, 0.5), 1e-9)
    }
}

/** A manifest of a made-up network of that size. */
fun manifestOf(height: Int, width: Int, fit: Fit) = Manifest(
    "made-up", "Made up", "0", height, width, fit, emptyMap(), 0, 0, "none", emptyList(), emptyMap(),
)

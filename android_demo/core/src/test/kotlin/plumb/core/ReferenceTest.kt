package plumb.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.File

/** What the Python reference computes beyond the golden files: tests/android/reference.py writes it. */
class ReferenceTest {
    private val folder = given("reference")
    private val index = jsonOf(File(folder, "index.json"))

    private fun bytes(case: Map<String, Any?>, key: String) = File(folder, case.member(key).text("file")).readBytes()

    private fun sizeOf(case: Map<String, Any?>, key: String) = case.member(key).let { Pair(it.int("height"), it.int("width")) }

    @Test
    fun `photos of any size and shape`() {
        for (case in index.objects("fits")) {
            val (height, width) = sizeOf(case, "input")
            val (photoHeight, photoWidth) = sizeOf(case, "photo")
            val input = NetworkInput(photoHeight, photoWidth, height, width, fitOf(case))
            input.fill(RgbPicture(photoHeight, photoWidth, bytes(case, "photo")))
            val what = "$photoHeight×$photoWidth to $height×$width, ${fitOf(case).mode}"
            assertEquals(what, boxOf(case), input.box)
            assertArrayEquals(what, bytes(case, "input"), input.bytes)
        }
    }

    @Test
    fun `every camera frame gives the network's picture`() {
        val golden = given("golden")
        for (case in index.objects("frames")) {
            val (height, width) = sizeOf(case, "input")
            for (entry in jsonOf(File(golden, "frames.json")).objects("frames")) {
                val frame = frameOf(golden, entry)
                val upright = RgbPicture(frame.uprightHeight, frame.uprightWidth).also { decode(frame, it) }
                val input = NetworkInput(upright.height, upright.width, height, width, fitOf(case)).apply { fill(upright) }
                assertTrue(entry.text("file"), largestStep(bytes(case, "input"), input.bytes) <= 1)
            }
        }
    }

    @Test
    fun `colours, quantiles and 16-bit depth`() {
        for (case in index.objects("maps")) {
            val output = floatsOf(bytes(case, "output"))
            val statistics = OrderStatistics().apply { load(output) }
            assertEquals(case["median"] as Double, statistics.median().toDouble(), 0.0)
            val (low, high) = listOf(LOW_QUANTILE, HIGH_QUANTILE).map { statistics.quantile(it) }
            assertEquals(case["low"] as Double, low, 1e-12)
            assertEquals(case["high"] as Double, high, 1e-12)
            val pixels = IntArray(output.size).also { paint(output, low, high, it) }
            assertArrayEquals(bytes(case, "colours"), rgbOf(pixels))
            val depths = shortsOf(bytes(case, "depth16")).zip(depth16(output))
            assertTrue(depths.all { (a, b) -> Math.abs((a.toInt() and 0xFFFF) - (b.toInt() and 0xFFFF)) <= 1 })
        }
    }

    @Test
    fun `output at the photo's size, to the last bit`() {
        for (case in index.objects("resized")) {
            val (height, width) = sizeOf(case, "photo")
            val box = boxOf(case)
            val inner = FloatArray(box.size).also { cut(floatsOf(bytes(case, "output")), sizeOf(case, "output").second, box, it) }
            val map = resizeMap(inner, box.height, box.width, height, width)
            assertArrayEquals("$box to $height×$width", floatsOf(bytes(case, "photo")), map, 0f)
        }
    }

    @Test
    fun `clouds of stretched and letterboxed photos`() {
        for (case in index.objects("clouds")) {
            val box = boxOf(case)
            val photo = case.ints("photo")
            val inner = FloatArray(box.size).also { cut(floatsOf(bytes(case, "output")), sizeOf(case, "output").second, box, it) }
            val cloud = PointCloud(box.height, box.width, photo[0], photo[1])
            cloud.update(inner, OrderStatistics().apply { load(inner) }.median(), case["focal_px"] as Double)
            val expected = floatsOf(bytes(case, "points"))
            assertEquals(expected.size, cloud.xyz.size)
            for (i in expected.indices) assertEquals(expected[i], cloud.xyz[i], Math.abs(expected[i]) * 1e-6f)
        }
    }
}

package plumb.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import java.io.File
import java.io.IOException

/** What the benchmark screen does with an intent from adb's shell. */
class BenchmarkTest {
    @get:Rule
    val temporary = TemporaryFolder()
    private val manifest = manifestOf(32, 32, Fit("stretch", "bilinear", listOf(0, 0, 0)))

    private fun plan(vararg texts: Pair<String, String>, numbers: Map<String, Int> = emptyMap()) =
        mapOf("model" to "mn", *texts).let { all -> benchmarkPlan({ all[it] }, { numbers[it] }) }

    @Test
    fun `what is left out has a default`() =
        assertEquals(BenchmarkPlan("mn", "tflite_int8", Delegate.CPU, 1, 50, 5, null, "result"), plan())

    @Test
    fun `names that could leave the folder and numbers out of range are refused in one line`() {
        val wrong = listOf<() -> Unit>(
            { plan("model" to "../mn") }, { plan("out" to "/etc/x") }, { plan("inputs" to ".hidden") }, { plan("out" to "a;b") },
            { plan("out" to "a".repeat(65)) }, { plan("role" to "") }, { plan("delegate" to "TPU") }, { plan("model" to "a\nb") },
            { plan(numbers = mapOf("runs" to 0)) }, { plan(numbers = mapOf("threads" to 65)) }, { plan(numbers = mapOf("warm_up" to -1)) },
            { benchmarkPlan({ null }, { null }) },
        )
        for (attempt in wrong) {
            val message = assertThrows(IllegalArgumentException::class.java) { attempt() }.message!!
            assertFalse(message, '\n' in message)
        }
        assertEquals("mn@384x512", plan("model" to "mn@384x512").model)
    }

    @Test
    fun `times become a row as the benchmark writes it`() {
        var runs = 0
        val network = object : Engine {
            override fun run(picture: ByteArray, output: FloatArray) {
                runs++
            }

            override fun close() = Unit
        }
        val plan = plan("delegate" to "gpu", numbers = mapOf("runs" to 4, "warm_up" to 2, "threads" to 3))
        val timing = timed(network, plan, ByteArray(3072), FloatArray(1024), loadMs = 9.0) { true }
        assertEquals(1 + 2 + 4, runs)
        val file = ModelFile("tflite_int8", "model_int8.tflite", "", 77, Tensor("float32", 0.0, 0), Tensor("float32", 0.0, 0))
        val row = benchmarkRow(manifest, file, plan, timing, mapOf("temperature_c" to 31.5))
        val read = jsonRow(benchmarkResult(mapOf("system" to "Android"), listOf(row), emptyList()))
        val expected = mapOf("delegate" to "gpu", "target" to "tflite", "variant" to "tflite_int8", "file" to "mn/model_int8.tflite")
        assertEquals(expected, read.filterKeys { it in expected })
        assertEquals(4, (read["samples_ms"] as List<*>).size)
        assertEquals(setOf("median", "p90", "p99", "first", "load"), read.member("latency_ms").keys)
        assertEquals(9.0, read.member("latency_ms")["load"])
        assertThrows(IOException::class.java) { timed(network, plan, ByteArray(3072), FloatArray(1024), 0.0) { false } }
    }

    @Suppress("UNCHECKED_CAST")
    private fun jsonRow(text: String) = (parseJson(text.toByteArray()) as Map<String, Any?>).objects("rows").single()

    @Test
    fun `pictures in, outputs out, as they are`() {
        val picture = File(temporary.root, "a.rgb").apply { writeBytes(ByteArray(3072) { if (it % 3 == 0) 50 else 0 }) }
        assertEquals(1, runPictures(RedNetwork(), manifest, listOf(picture), temporary.root))
        val written = File(temporary.root, "a.f32").readBytes()
        assertArrayEquals(FloatArray(1024) { 0.5f }, floatsOf(written), 0f)
        picture.appendText("x")
        val message = assertThrows(IOException::class.java) { runPictures(RedNetwork(), manifest, listOf(picture), temporary.root) }.message
        assertEquals("a.rgb: 3073 bytes, expected 3072", message)
        assertTrue(temporary.root.list()!!.none { it.endsWith(".part") })
    }

    @Test
    fun `memory as the kernel says it`() {
        assertEquals(123_456L * 1024, peakMemoryBytes("Name:\tx\nVmHWM:\t  123456 kB\nVmRSS: 1 kB"))
        assertEquals(null, peakMemoryBytes("Name:\tx"))
    }
}

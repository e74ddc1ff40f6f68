package plumb.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.File

/** model.json, on the examples that Python and Swift read too. */
class ManifestTest {
    private val examples = given("manifests")
    private val required = jsonOf(File(examples, "good/only_what_is_required.json"))

    private fun files(folder: String) = File(examples, folder).listFiles()!!.sorted()

    @Test
    fun `good examples`() {
        assertTrue(files("good").size >= 5)
        files("good").forEach { parseManifest(parseJson(it.readBytes()), "mn/model.json") }
    }

    @Test
    fun `bad examples are refused in one line that names the key`() {
        assertTrue(files("bad").size >= 80)
        for (file in files("bad") + files("bad_beyond_schema")) {
            val values = parseJson(file.readBytes())
            val message = assertThrows(file.name, ArtifactException::class.java) { parseManifest(values, "mn/model.json") }.message!!
            assertFalse(message, '\n' in message)
            assertTrue(message, message.startsWith("mn/model.json: "))
            assertTrue("${file.name}: $message", changed(required, values) in message)
        }
    }

    /** The one key, as `input.fit.mode`, in which a bad example differs from the good one. */
    private fun changed(good: Map<*, *>, bad: Any?): String {
        if (bad !is Map<*, *>) return "the whole"
        val key = (good.keys + bad.keys).single { good[it] != bad[it] || (it in good) != (it in bad) }
        val deeper = good[key]
        return if (deeper is Map<*, *> && bad[key] is Map<*, *>) "$key.${changed(deeper, bad[key])}" else "$key"
    }

    @Test
    fun `what is read`() {
        val read = parseManifest(jsonOf(File(examples, "good/letterbox_of_another_size.json")), "")
        assertEquals(listOf(256, 320), listOf(read.height, read.width))
        assertEquals(Fit("letterbox", "bilinear", listOf(0, 128, 255)), read.fit)
        assertEquals("Tiefe „MN“ 深度 📐", read.title)
        val file = read.files.getValue("tflite_int8_full")
        assertEquals(Tensor("int8", 1.0, -128), file.input)
        assertEquals(listOf("tflite_int8_full"), runnableRoles(read))
        val full = parseManifest(jsonOf(File(examples, "good/every_file.json")), "")
        assertEquals(18.5321, full.accuracy.getValue("nyu").getValue("delta1"), 0.0)
        assertEquals(setOf("tflite_float32", "tflite_int8", "tflite_int8_full"), runnableRoles(full).toSet())
    }
}

package plumb.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import java.io.File
import java.security.MessageDigest

class ModelFolderTest {
    @get:Rule
    val temporary = TemporaryFolder()
    private lateinit var folder: DiskFolder
    private val content = ByteArray(200_000) { (it * 7).toByte() }

    @Before
    fun write() {
        folder = DiskFolder(temporary.newFolder("mn"))
        folder.file("model.tflite").writeBytes(content)
    }

    private fun manifest(sizeBytes: Long = content.size.toLong()): Manifest {
        val sha256 = MessageDigest.getInstance("SHA-256").digest(content).joinToString("") { "%02x".format(it) }
        val end = Tensor("float32", 0.0, 0)
        val file = ModelFile("tflite_int8", "model.tflite", sha256, sizeBytes, end, end)
        return manifestOf(32, 32, Fit("stretch", "bilinear", listOf(0, 0, 0))).copy(files = mapOf("tflite_int8" to file))
    }

    private fun refusal(manifest: Manifest, role: String = "tflite_int8") =
        assertThrows(ArtifactException::class.java) { checkedFile(folder, manifest, role) }.message!!

    @Test
    fun `the listed file is found`() = assertEquals("model.tflite", checkedFile(folder, manifest(), "tflite_int8").path)

    @Test
    fun `another file is refused`() {
        assertTrue("differs" in refusal(manifest(sizeBytes = 199_999)))
        folder.file("model.tflite").writeBytes(content.copyOf().also { it[100_000] = 1 })
        assertTrue("is not the file that model.json lists" in refusal(manifest()))
        folder.file("model.tflite").appendBytes(ByteArray(1_000_000))
        assertTrue("differs" in refusal(manifest()))
        folder.file("model.tflite").delete()
        assertTrue("export the model again" in refusal(manifest()))
        assertTrue("has no file 'onnx' (tflite_int8)" in refusal(manifest(), "onnx"))
    }

    @Test
    fun `a folder without a readable manifest says so`() {
        fun message() = assertThrows(ArtifactException::class.java) { readManifest(folder) }.message!!
        assertEquals("mn/model.json: no such file; python -m export.all writes it", message())
        File(folder.directory, "model.json").writeText("{\"format\": NaN}")
        assertTrue(message().startsWith("mn/model.json: not JSON that can be read"))
        File(folder.directory, "model.json").writeText("[" + " ".repeat(2_000_000) + "]")
        assertTrue("longer than" in message())
    }
}

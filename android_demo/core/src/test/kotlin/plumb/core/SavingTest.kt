package plumb.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.OutputStream

/** Nothing is left of a file that fails, whatever failed. */
class SavingTest {
    private val log = ArrayList<String>()
    private val bytes = ByteArrayOutputStream()

    private fun save(open: () -> OutputStream = { bytes }, write: (OutputStream) -> Unit) =
        writeOrDelete(open, write, { log += "finished" }, { log += "deleted" })

    @Test
    fun `what was written whole is finished`() {
        save { it.write(byteArrayOf(1, 2, 3)) }
        assertEquals(listOf("finished"), log)
        assertArrayEquals(byteArrayOf(1, 2, 3), bytes.toByteArray())
    }

    @Test
    fun `what failed is deleted, once`() {
        assertThrows(IOException::class.java) { save { throw IOException("the disk is full") } }
        assertThrows(SecurityException::class.java) { save({ throw SecurityException("not yours") }) { } }
        assertThrows(OutOfMemoryError::class.java) { save { throw OutOfMemoryError() } }
        assertThrows(IOException::class.java) { save({ Full() }) { it.write(1) } }
        assertEquals(List(4) { "deleted" }, log)
    }

    /** Takes nothing: what is still buffered fails when it is closed. */
    private class Full : OutputStream() {
        override fun write(byte: Int) = throw IOException("No space left on device")
    }
}

package plumb.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotSame
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import kotlin.concurrent.thread

class MailboxTest {
    private val mailbox = Mailbox { LongArray(1000) }

    @Test
    fun `the newest frame is taken, the others are dropped`() {
        assertTrue(mailbox.put(mailbox.toWrite().apply { fill(1) }))
        assertFalse(mailbox.put(mailbox.toWrite().apply { fill(2) }))
        val worked = mailbox.take()!!
        assertEquals(2L, worked[0])
        assertEquals(1, mailbox.dropped)
        assertNull(mailbox.take())
        assertTrue(mailbox.put(mailbox.toWrite()))
        assertNotSame(worked, mailbox.toWrite())
    }

    @Test
    fun `what lies ready when the camera stops is not seen after it starts again`() {
        mailbox.put(mailbox.toWrite())
        mailbox.clear()
        assertNull(mailbox.take())
        val frames = List(3) { mailbox.toWrite() }
        assertEquals(3, frames.distinctBy { System.identityHashCode(it) }.size)
        frames.forEach { mailbox.giveBack(it) }
        assertSame(frames.last(), mailbox.toWrite())
    }

    @Test
    fun `a reader that keeps one never leaves the writer without`() {
        var held = mailbox.exchange(null)
        assertNull(held)
        for (i in 1L..10L) {
            mailbox.put(mailbox.toWrite().apply { fill(i) })
            held = mailbox.exchange(held)
            assertEquals(i, held!![0])
            assertSame(held, mailbox.exchange(held))
            assertNotSame(held, mailbox.toWrite().also { mailbox.giveBack(it) })
        }
    }

    @Test
    fun `a frame that could not be filled is free again, and what lay ready stays`() {
        assertTrue(mailbox.write { it.fill(1) })
        repeat(5) { assertThrows(IllegalStateException::class.java) { mailbox.write { error("the image was closed") } } }
        assertFalse(mailbox.write { it.fill(2) })
        assertEquals(2L, mailbox.take()!![0])
    }

    @Test
    fun `no frame is written while it is read`() {
        val last = 20_000L
        val writer = thread { for (i in 1..last) mailbox.put(mailbox.toWrite().apply { fill(i) }) }
        var newest = 0L
        while (newest < last) {
            val frame = mailbox.take() ?: continue
            assertTrue("never older than the one before", frame[0] > newest)
            newest = frame[0]
            assertTrue("torn", frame.all { it == newest })
            mailbox.giveBack(frame)
        }
        writer.join()
    }
}

package plumb.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Test

class LayoutTest {
    @Test
    fun `upright screens stack, wide ones put side by side`() {
        assertEquals(listOf(Pane(0f, 95f, 1080f, 810f), Pane(0f, 1095f, 1080f, 810f)), panes(Scene.BESIDE, 2000, 1080, 480, 640))
        assertEquals(listOf(Pane(0f, 165f, 1000f, 750f), Pane(1000f, 165f, 1000f, 750f)), panes(Scene.BESIDE, 1080, 2000, 480, 640))
        assertEquals(listOf(Pane(0f, 595f, 1080f, 810f)), panes(Scene.OVER, 2000, 1080, 480, 640))
        assertEquals(listOf(Pane(0f, 460f, 1080f, 1080f)), panes(Scene.CLOUD, 2000, 1080, 480, 640))
    }

    @Test
    fun `a layout is kept until something of it changes`() {
        val layout = PaneLayout()
        val first = layout.panes(Scene.BESIDE, 2000, 1080, 480, 640)
        assertSame(first, layout.panes(Scene.BESIDE, 2000, 1080, 480, 640))
        val changes = listOf(
            listOf(2000, 1080, 480, 640), listOf(1080, 1080, 480, 640), listOf(1080, 2000, 480, 640), listOf(1080, 2000, 640, 480),
        )
        for ((height, width, pictureHeight, pictureWidth) in changes) {
            val expected = panes(Scene.OVER, height, width, pictureHeight, pictureWidth)
            assertEquals(expected, layout.panes(Scene.OVER, height, width, pictureHeight, pictureWidth))
        }
    }

    @Test
    fun `a tap is a place in the picture`() {
        val pane = Pane(10f, 20f, 100f, 50f)
        assertEquals(Share(0.5, 0.25), pane.share(35f, 45f))
        assertNull(pane.share(9f, 45f))
        assertNull(pane.share(35f, 71f))
    }

    @Test
    fun `photos are turned upright row by row`() {
        // Stored 2×3: 1 2 3 / 4 5 6. EXIF 6: clockwise by 90°: 4 1 / 5 2 / 6 3.
        val reader = PhotoReader(2, 3, exifTurn(6))
        reader.put(0, intArrayOf(1, 2, 3))
        reader.put(1, intArrayOf(4, 5, 6))
        assertArrayEquals(byteArrayOf(4, 1, 5, 2, 6, 3), ByteArray(6) { reader.upright.bytes[3 * it + 2] })
        val mirrored = PhotoReader(2, 1, exifTurn(2)).apply { put(0, intArrayOf(0x010203)); put(1, intArrayOf(0x7F000000)) }
        assertArrayEquals(byteArrayOf(1, 2, 3, 0, 0, 0), mirrored.upright.bytes)
    }

    @Test
    fun `sizes of cameras and large photos`() {
        val sizes = listOf(Pair(1080, 1920), Pair(480, 640), Pair(480, 720), Pair(240, 320))
        assertEquals(1, closestSize(sizes, 480, 640))
        assertEquals(0, closestSize(sizes.take(1), 480, 640))
        assertNull(closestSize(emptyList(), 480, 640))
        assertEquals(1, sampleSize(1500, 2000, 6_000_000))
        assertEquals(2, sampleSize(3000, 4000, 6_000_000))
        assertEquals(8, sampleSize(12_000, 16_000, 6_000_000))
    }
}

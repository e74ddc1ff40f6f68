package plumb.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class CameraTest {
    @Test
    fun `a phone held upright, and turned`() {
        assertEquals(Turn(90, false), turnOf(90, 0, front = false))
        assertEquals(Turn(0, false), turnOf(90, 90, front = false))
        assertEquals(Turn(180, false), turnOf(90, 270, front = false))
        assertEquals(Turn(270, false), turnOf(90, 180, front = false))
    }

    @Test
    fun `the front camera turns the other way and is mirrored`() {
        assertEquals(Turn(270, true), turnOf(270, 0, front = true))
        assertEquals(Turn(0, true), turnOf(270, 90, front = true))
        assertEquals(Turn(180, true), turnOf(270, 270, front = true))
    }

    @Test
    fun `EXIF orientations put the first row and column where the standard has them`() {
        // Corner of the upright picture where the stored picture's first pixel lies: (bottom?, right?) by the standard.
        val corners = listOf("TL", "TR", "BR", "BL", "TL", "TR", "BR", "BL")
        for (orientation in 1..8) assertEquals("orientation $orientation", corners[orientation - 1], corner(exifTurn(orientation)))
        assertEquals(listOf(false, false, false, false, true, true, true, true), (1..8).map { exifTurn(it).swapsSides })
        assertEquals(Turn(0, false), exifTurn(0))
        assertEquals(Turn(0, false), exifTurn(9))
    }

    /** Where a frame's first pixel, the only bright one, comes to lie. */
    private fun corner(turn: Turn): String {
        val frame = YuvFrame().also {
            it.height = 4
            it.width = 6
            it.turn = turn
            it.y.bytes = ByteArray(24).apply { this[0] = 127 }
            it.y.rowStride = 6
            listOf(it.u, it.v).forEach { plane -> plane.bytes = ByteArray(6) { -128 }; plane.rowStride = 3 }
        }
        val upright = RgbPicture(frame.uprightHeight, frame.uprightWidth).also { decode(frame, it) }
        val place = upright.bytes.indexOfFirst { it > 0 } / 3
        val row = if (place / upright.width == 0) "T" else "B"
        return row + if (place % upright.width == 0) "L" else "R"
    }

    @Test
    fun `focal lengths`() {
        assertEquals(554.2562584220408, assumedFocal(640).px, 1e-9)
        assertTrue(assumedFocal(640).assumed)
        assertThrows(IllegalArgumentException::class.java) { focalFromFov(640, 180.0) }
        // 4 mm before a sensor 6 mm and 4000 pixels wide: 2666.7 px, of which a picture of 640 keeps one in 6.25.
        val sensor = Sensor(4.0, 6.0, 4000, 3000, 4000)
        assertEquals(426.67, sensorFocal(sensor, 480, 640, 480).px, 0.01)
        // 16:9 uses the full width of it, and a square one its full height.
        assertEquals(2666.67 * 1280 / 4000, sensorFocal(sensor, 720, 1280, 720).px, 0.01)
        assertEquals(2666.67 * 480 / 3000, sensorFocal(sensor, 480, 480, 480).px, 0.01)
        assertEquals(assumedFocal(480), sensorFocal(sensor.copy(focalMm = 0.0), 480, 640, 480))
        assertEquals(26 * 5000 / 43.2666, photoFocal(26, 3000, 4000).px, 0.01)
        assertEquals(assumedFocal(4000), photoFocal(0, 3000, 4000))
    }

    @Test
    fun `planes that are too short and odd sides are refused`() {
        val frame = YuvFrame().apply { height = 4; width = 4 }
        frame.y.reserve(16, 4, 1)
        frame.u.reserve(4, 2, 1)
        frame.v.reserve(3, 2, 1)
        assertThrows(IllegalArgumentException::class.java) { decode(frame, RgbPicture(4, 4)) }
        frame.v.reserve(4, 2, 1)
        decode(frame, RgbPicture(4, 4))
        assertThrows(IllegalArgumentException::class.java) { decode(frame, RgbPicture(4, 6)) }
        frame.width = 3
        assertThrows(IllegalArgumentException::class.java) { decode(frame, RgbPicture(4, 3)) }
        assertThrows(IllegalArgumentException::class.java) { Turn(45, false) }
    }
}

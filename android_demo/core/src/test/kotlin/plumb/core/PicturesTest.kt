package plumb.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import java.awt.image.DataBufferUShort
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import javax.imageio.ImageIO

class PicturesTest {
    @Test
    fun `16-bit PNG is read by another decoder`() {
        val values = ShortArray(35 * 50) { (it * 997).toShort() }
        val png = ByteArrayOutputStream().also { writePng16(values, 35, 50, it) }.toByteArray()
        val image = ImageIO.read(ByteArrayInputStream(png))
        assertEquals(listOf(50, 35, 16), listOf(image.width, image.height, image.colorModel.pixelSize))
        assertArrayEquals(values, (image.raster.dataBuffer as DataBufferUShort).data)
    }

    @Test
    fun `RGB PNG is read by another decoder`() {
        val pixels = IntArray(12 * 7) { (it * 123_457) or (0xFF shl 24) }
        val png = ByteArrayOutputStream().also { writePng(pixels, 12, 7, it) }.toByteArray()
        val image = ImageIO.read(ByteArrayInputStream(png))
        assertArrayEquals(pixels, IntArray(84).also { image.getRGB(0, 0, 7, 12, it, 0, 7) })
        assertThrows(IllegalArgumentException::class.java) { writePng(pixels, 12, 8, ByteArrayOutputStream()) }
    }

    @Test
    fun `quantized ends`() {
        val picture = ByteArray(256) { it.toByte() }
        val camera = ByteArray(256).also { Quantizer(Tensor("int8", 1.0, -128)).quantize(picture, it) }
        assertArrayEquals(ByteArray(256) { (it - 128).toByte() }, camera)
        val coarse = ByteArray(256).also { Quantizer(Tensor("int8", 2.0, 0)).quantize(picture, it) }
        assertEquals(listOf(0, 0, 1, 2, 2, 2, 127), listOf(0, 1, 2, 3, 4, 5, 255).map { coarse[it].toInt() })
        val output = FloatArray(3).also { dequantize(byteArrayOf(-128, 0, 127), Tensor("int8", 0.25, 10), it) }
        assertArrayEquals(floatArrayOf(-34.5f, -2.5f, 29.25f), output, 0f)
        val floats = FloatArray(256).also { toFloats(picture, it) }
        assertArrayEquals(FloatArray(256) { it.toFloat() }, floats, 0f)
    }

    private val plane = PointCloud(40, 60, 40, 60).apply { update(FloatArray(2400), 0f, 60.0) }
    private val colours = ByteArray(7200) { if (it / 3 % 60 < 30) 100 else 50 }
    private fun drawn(view: CloudView) = CloudRenderer(80, 120).apply { draw(plane, colours, 1.0, view) }.pixels

    @Test
    fun `seen from the camera, the cloud is the picture`() {
        val pixels = drawn(CloudView())
        assertEquals(opaque(colours, 0), pixels[40 * 120 + 20])
        assertEquals(opaque(colours, 7197), pixels[40 * 120 + 100])
        assertTrue("without holes", (1 until 79).all { row -> (2 until 118).all { pixels[row * 120 + it] and 0xFF in listOf(100, 50) } })
    }

    @Test
    fun `turned to its edge, a plane is narrow`() {
        val edge = drawn(CloudView(yawDegrees = 89.0))
        val turned = (0 until 120).filter { column -> (0 until 80).any { edge[it * 120 + column] and 0xFF in listOf(100, 50) } }
        assertTrue("$turned", turned.size < 20)
    }

    @Test
    fun `nearer points hide farther ones`() {
        val cloud = PointCloud(2, 2, 2, 2).apply { update(floatArrayOf(1f, -1f, 1f, -1f), 0f, 1000.0) }
        val two = byteArrayOf(10, 10, 10, 90, 90, 90, 10, 10, 10, 90, 90, 90)
        val renderer = CloudRenderer(9, 9).apply { draw(cloud, two, 1.0, CloudView()) }
        assertEquals(opaque(two, 0), renderer.pixels[4 * 9 + 4])
    }

    @Test
    fun `the finger turns and zooms within limits`() {
        val dragged = CloudView().dragged(50.0, 25.0, 100)
        assertEquals(CloudView(-90.0, 45.0, 1.0), dragged)
        assertEquals(85.0, dragged.dragged(0.0, 1000.0, 100).pitchDegrees, 0.0)
        assertEquals(8.0, CloudView().zoomed(100.0).zoom, 0.0)
        assertEquals(0.25, CloudView().zoomed(0.0001).zoom, 0.0)
    }
}

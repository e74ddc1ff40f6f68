package plumb.core

import java.io.ByteArrayOutputStream
import java.io.OutputStream
import java.nio.ByteBuffer
import java.util.zip.CRC32
import java.util.zip.DeflaterOutputStream

private val SIGNATURE = byteArrayOf(0x89.toByte(), 'P'.code.toByte(), 'N'.code.toByte(), 'G'.code.toByte(), 13, 10, 26, 10)
private const val GREY: Byte = 0
private const val RGB: Byte = 2
private const val FILTER_UP: Byte = 2

/** One channel of 16 bits, row by row. */
fun writePng16(values: ShortArray, height: Int, width: Int, out: OutputStream) {
    require(values.size == height * width) { "${values.size} values are no $height×$width picture" }
    val bytes = ByteBuffer.allocate(2 * values.size)
    bytes.asShortBuffer().put(values)
    writePng(bytes.array(), height, width, 2, GREY, 16, out)
}

/** Colours 0xAARRGGBB as RGB, 8 bits a channel; A is dropped. */
fun writePng(pixels: IntArray, height: Int, width: Int, out: OutputStream) {
    require(pixels.size == height * width) { "${pixels.size} pixels are no $height×$width picture" }
    val bytes = ByteArray(3 * pixels.size) { (pixels[it / 3] shr (16 - 8 * (it % 3))).toByte() }
    writePng(bytes, height, width, 3, RGB, 8, out)
}

private fun writePng(rows: ByteArray, height: Int, width: Int, bytesAPixel: Int, kind: Byte, bits: Byte, out: OutputStream) {
    out.write(SIGNATURE)
    val header = ByteBuffer.allocate(13).putInt(width).putInt(height).put(bits).put(kind).put(byteArrayOf(0, 0, 0))
    writeChunk("IHDR", header.array(), out)
    writeChunk("IDAT", deflated(rows, width * bytesAPixel), out)
    writeChunk("IEND", ByteArray(0), out)
}

/** Each row as its difference from the one above: depth changes little from row to row. */
private fun deflated(rows: ByteArray, stride: Int): ByteArray {
    val packed = ByteArrayOutputStream()
    DeflaterOutputStream(packed).use { stream ->
        val line = ByteArray(1 + stride)
        line[0] = FILTER_UP
        for (start in rows.indices step stride) {
            for (i in 0 until stride) line[1 + i] = (rows[start + i] - if (start > 0) rows[start + i - stride] else 0).toByte()
            stream.write(line)
        }
    }
    return packed.toByteArray()
}

private fun writeChunk(name: String, data: ByteArray, out: OutputStream) {
    val body = name.toByteArray(Charsets.US_ASCII) + data
    val checksum = CRC32().apply { update(body) }.value.toInt()
    out.write(ByteBuffer.allocate(4).putInt(data.size).array())
    out.write(body)
    out.write(ByteBuffer.allocate(4).putInt(checksum).array())
}

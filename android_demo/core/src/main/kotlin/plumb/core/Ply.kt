package plumb.core

import java.io.OutputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val BYTES_A_POINT = 15
private const val POINTS_AT_ONCE = 4096
private val PROPERTIES = listOf("float x", "float y", "float z", "uchar red", "uchar green", "uchar blue")

/** PLY, binary little-endian. colours: RGB bytes, one pixel a point. */
fun writePly(cloud: PointCloud, colours: ByteArray, out: OutputStream) {
    out.write(header(cloud.count).toByteArray(Charsets.US_ASCII))
    val chunk = ByteBuffer.allocate(POINTS_AT_ONCE * BYTES_A_POINT).order(ByteOrder.LITTLE_ENDIAN)
    for (i in 0 until cloud.count) {
        for (axis in 0..2) chunk.putFloat(cloud.xyz[3 * i + axis])
        chunk.put(colours, 3 * i, 3)
        if (!chunk.hasRemaining()) flush(chunk, out)
    }
    flush(chunk, out)
}

private fun header(count: Int): String {
    val lines = listOf("ply", "format binary_little_endian 1.0", "element vertex $count")
    return (lines + PROPERTIES.map { "property $it" } + "end_header\n").joinToString("\n")
}

private fun flush(chunk: ByteBuffer, out: OutputStream) {
    out.write(chunk.array(), 0, chunk.position())
    chunk.clear()
}

package plumb.core

import kotlin.math.floor

// BT.601 full range, docs/formats.md section 9. Y is whole, so ⌊Y + x + ½⌋ = Y + ⌊x + ½⌋: one table a channel.
private const val CHROMA_ZERO = 128
private const val GREEN_UNIT = 1_000_000
private const val GREEN_U = 344_136
private const val GREEN_V = 714_136
private val RED_OF_V = IntArray(256) { floor(1.402 * (it - CHROMA_ZERO) + 0.5).toInt() }
private val BLUE_OF_U = IntArray(256) { floor(1.772 * (it - CHROMA_ZERO) + 0.5).toInt() }
private val GREEN_OF_U = IntArray(256) { GREEN_UNIT / 2 - GREEN_U * (it - CHROMA_ZERO) }
private val GREEN_OF_V = IntArray(256) { -GREEN_V * (it - CHROMA_ZERO) }

// clamp(i − 256, 0, 255): chroma moves a value by less than 256.
private const val CLAMP_ZERO = 256
private val CLAMP = ByteArray(3 * 256) { (it - CLAMP_ZERO).coerceIn(0, 255).toByte() }

/** `frame` turned upright, as RGB bytes in `out`, whose size must be the frame's upright one. */
fun decode(frame: YuvFrame, out: RgbPicture) {
    frame.checkSizes()
    require(out.height == frame.uprightHeight && out.width == frame.uprightWidth) {
        "an upright ${frame.uprightHeight}×${frame.uprightWidth} frame does not go into ${out.height}×${out.width}"
    }
    val origin = uprightIndex(frame.turn, frame.height, frame.width, 0, 0)
    val down = uprightIndex(frame.turn, frame.height, frame.width, 1, 0) - origin
    val right = uprightIndex(frame.turn, frame.height, frame.width, 0, 1) - origin
    for (row in 0 until frame.height / 2) {
        decodeRows(frame, row, out.bytes, origin + 2 * row * down, down, right)
    }
}

/** Two rows of pixels, which share one row of chroma. */
private fun decodeRows(frame: YuvFrame, row: Int, out: ByteArray, start: Int, down: Int, right: Int) {
    val y = frame.y
    val lumas = y.bytes
    val reds = frame.v.bytes
    val blues = frame.u.bytes
    var luma = y.offset + 2 * row * y.rowStride
    var u = frame.u.offset + row * frame.u.rowStride
    var v = frame.v.offset + row * frame.v.rowStride
    var at = start
    for (column in 0 until frame.width / 2) {
        val uValue = blues[u].toInt() and 255
        val vValue = reds[v].toInt() and 255
        val red = RED_OF_V[vValue] + CLAMP_ZERO
        val green = Math.floorDiv(GREEN_OF_U[uValue] + GREEN_OF_V[vValue], GREEN_UNIT) + CLAMP_ZERO
        val blue = BLUE_OF_U[uValue] + CLAMP_ZERO
        put(out, at, lumas[luma].toInt() and 255, red, green, blue)
        put(out, at + right, lumas[luma + y.pixelStride].toInt() and 255, red, green, blue)
        put(out, at + down, lumas[luma + y.rowStride].toInt() and 255, red, green, blue)
        put(out, at + down + right, lumas[luma + y.rowStride + y.pixelStride].toInt() and 255, red, green, blue)
        luma += 2 * y.pixelStride
        u += frame.u.pixelStride
        v += frame.v.pixelStride
        at += 2 * right
    }
}

private fun put(out: ByteArray, at: Int, luma: Int, red: Int, green: Int, blue: Int) {
    out[at] = CLAMP[luma + red]
    out[at + 1] = CLAMP[luma + green]
    out[at + 2] = CLAMP[luma + blue]
}

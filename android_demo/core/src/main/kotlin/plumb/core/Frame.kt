package plumb.core

/** One plane of a camera frame: sample (row, column) is bytes[offset + row·rowStride + column·pixelStride]. */
class Plane {
    var bytes = ByteArray(0)
    var offset = 0
    var rowStride = 0
    var pixelStride = 1

    /** Room for `size` bytes, kept from frame to frame; strides are those of the new frame. */
    fun reserve(size: Int, rowStride: Int, pixelStride: Int) {
        if (bytes.size < size) bytes = ByteArray(size)
        offset = 0
        this.rowStride = rowStride
        this.pixelStride = pixelStride
    }

    /** Whether rows × columns samples lie inside `bytes`. */
    fun holds(rows: Int, columns: Int): Boolean =
        offset + (rows - 1).toLong() * rowStride + (columns - 1).toLong() * pixelStride < bytes.size
}

/** How a sensor's picture becomes upright: turned clockwise by `degrees`, then, if mirrored, left and right swapped. */
data class Turn(val degrees: Int, val mirrored: Boolean) {
    init {
        require(degrees in listOf(0, 90, 180, 270)) { "a picture is turned by 0, 90, 180 or 270°, not $degrees°" }
    }

    val swapsSides: Boolean get() = degrees % 180 != 0
}

/**
 * Index among the upright picture's bytes of pixel (row, column) of a height×width picture before it is turned; linear in
 * row and column.
 */
fun uprightIndex(turn: Turn, height: Int, width: Int, row: Int, column: Int): Int {
    val uprightWidth = if (turn.swapsSides) height else width
    val uprightRow = when (turn.degrees) {
        0 -> row
        90 -> column
        180 -> height - 1 - row
        else -> width - 1 - column
    }
    val uprightColumn = when (turn.degrees) {
        0 -> column
        90 -> height - 1 - row
        180 -> width - 1 - column
        else -> row
    }
    return 3 * (uprightRow * uprightWidth + if (turn.mirrored) uprightWidth - 1 - uprightColumn else uprightColumn)
}

/** A camera frame, YUV 4:2:0, BT.601 full range; both sides even. Used again and again: planes keep their room. */
class YuvFrame {
    var height = 0
    var width = 0
    var turn = Turn(0, false)
    var focal = assumedFocal(1)
    var timestampNs = 0L
    val y = Plane()
    val u = Plane()
    val v = Plane()

    val uprightHeight: Int get() = if (turn.swapsSides) width else height
    val uprightWidth: Int get() = if (turn.swapsSides) height else width

    fun checkSizes() {
        require(height > 0 && width > 0 && height % 2 == 0 && width % 2 == 0) { "a $height×$width frame: sides must be even" }
        require(y.holds(height, width)) { "the Y plane is too short for $height×$width" }
        require(u.holds(height / 2, width / 2)) { "the U plane is too short for $height×$width" }
        require(v.holds(height / 2, width / 2)) { "the V plane is too short for $height×$width" }
    }
}

/** An upright picture, RGB, one byte a channel, row by row. */
class RgbPicture(val height: Int, val width: Int, val bytes: ByteArray = ByteArray(height * width * 3)) {
    init {
        require(bytes.size == height * width * 3) { "${bytes.size} bytes are no RGB picture of $height×$width" }
    }
}

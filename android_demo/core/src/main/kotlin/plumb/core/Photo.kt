package plumb.core

/** Puts rows of a stored photo, which may lie on its side, into an upright picture. */
class PhotoReader(private val storedHeight: Int, private val storedWidth: Int, private val turn: Turn) {
    val upright = RgbPicture(
        if (turn.swapsSides) storedWidth else storedHeight, if (turn.swapsSides) storedHeight else storedWidth,
    )

    /** colours: a row as 0xAARRGGBB; A is dropped. */
    fun put(row: Int, colours: IntArray) {
        val start = uprightIndex(turn, storedHeight, storedWidth, row, 0)
        val step = if (storedWidth > 1) uprightIndex(turn, storedHeight, storedWidth, row, 1) - start else 0
        for (column in 0 until storedWidth) {
            val at = start + column * step
            upright.bytes[at] = (colours[column] shr 16).toByte()
            upright.bytes[at + 1] = (colours[column] shr 8).toByte()
            upright.bytes[at + 2] = colours[column].toByte()
        }
    }
}

/** The power of two by which a photo is read smaller, so that it has `mostPixels` or fewer. */
fun sampleSize(height: Int, width: Int, mostPixels: Int): Int {
    var size = 1
    while ((height / size).toLong() * (width / size) > mostPixels) size *= 2
    return size
}

/** Index of the size (height, width) nearest to the wanted one by number of pixels; ties go to the shape nearest to it. */
fun closestSize(sizes: List<Pair<Int, Int>>, height: Int, width: Int): Int? = sizes.indices.minWithOrNull(
    compareBy(
        { Math.abs(sizes[it].first.toLong() * sizes[it].second - height.toLong() * width) },
        { Math.abs(sizes[it].second.toDouble() / sizes[it].first - width.toDouble() / height) },
    ),
)

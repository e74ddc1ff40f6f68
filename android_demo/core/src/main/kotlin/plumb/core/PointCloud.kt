package plumb.core

/**
 * One point for each pixel of a height×width map without padding, row by row, as x, y, z (docs/formats.md, section 6):
 * x right, y down, z forward, median depth 1. Keeps its room for maps of one size.
 */
class PointCloud(val height: Int, val width: Int, photoHeight: Int, photoWidth: Int) {
    val count = height * width
    val xyz = FloatArray(3 * count)
    private val across = centred(width, photoWidth)
    private val down = centred(height, photoHeight)
    private val rightAtOne = DoubleArray(width) // x over z of a column

    /** median: the output of the pixel of median depth; focalPx: in pixels of the photo, above 0. */
    fun update(output: FloatArray, median: Float, focalPx: Double) {
        require(focalPx > 0 && focalPx < Double.POSITIVE_INFINITY) { "focal length $focalPx px: above 0" }
        for (column in 0 until width) rightAtOne[column] = across[column] / focalPx
        for (row in 0 until height) updateRow(output, row, median.toDouble(), down[row] / focalPx)
    }

    private fun updateRow(output: FloatArray, row: Int, median: Double, downAtOne: Double) {
        var at = 3 * row * width
        for (column in 0 until width) {
            val z = fastExp(median - output[row * width + column])
            xyz[at] = (rightAtOne[column] * z).toFloat()
            xyz[at + 1] = (downAtOne * z).toFloat()
            xyz[at + 2] = z.toFloat()
            at += 3
        }
    }
}

/** Places in the photo of a map's rows or columns, from the photo's middle. */
private fun centred(inner: Int, photo: Int) =
    DoubleArray(inner) { (it + 0.5) * (photo.toDouble() / inner) - 0.5 - (photo - 1) / 2.0 }

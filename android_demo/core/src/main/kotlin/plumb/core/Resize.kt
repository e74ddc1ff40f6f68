package plumb.core

import kotlin.math.ceil
import kotlin.math.floor
import kotlin.math.max
import kotlin.math.min

// Beyond this factor bilinear sampling would skip pixels.
private const val BILINEAR_UP_TO = 2
private const val CHANNELS = 3

/** One side's sampling: output i is Σₖ in[index[i·count + k]]·weight[i·count + k], added in this order. */
class Taps(val count: Int, val index: IntArray, val weight: FloatArray)

/** Bilinear up to a factor of 2, area averaging beyond (docs/formats.md, section 4). */
fun photoTaps(old: Int, new: Int): Taps {
    require(old > 0 && new > 0) { "a side of $old does not become $new" }
    return if (old <= BILINEAR_UP_TO * new) bilinearTaps(old, new) else areaTaps(old, new)
}

private fun bilinearTaps(old: Int, new: Int): Taps {
    val taps = Taps(2, IntArray(2 * new), FloatArray(2 * new))
    for (i in 0 until new) {
        val x = min(max((i + 0.5) * (old.toDouble() / new) - 0.5, 0.0), (old - 1).toDouble())
        val low = floor(x).toInt()
        taps.index[2 * i] = low
        taps.index[2 * i + 1] = min(low + 1, old - 1)
        taps.weight[2 * i] = (1 - (x - low)).toFloat()
        taps.weight[2 * i + 1] = (x - low).toFloat()
    }
    return taps
}

private fun areaTaps(old: Int, new: Int): Taps {
    val scale = old.toDouble() / new
    val count = ceil(scale).toInt() + 1
    val taps = Taps(count, IntArray(count * new), FloatArray(count * new))
    for (i in 0 until new) {
        val (start, end) = Pair(i * scale, (i + 1) * scale)
        for (k in 0 until count) {
            val j = floor(start + 1e-9).toInt() + k
            taps.index[i * count + k] = min(j, old - 1)
            taps.weight[i * count + k] = (max(min(end, j + 1.0) - max(start, j.toDouble()), 0.0) / scale).toFloat()
        }
    }
    return taps
}

/** RGB bytes of one size → RGB bytes of another, height first, then width, rounded ⌊v + ½⌋. Keeps its tables. */
class ByteResizer(private val oldHeight: Int, private val oldWidth: Int, private val newHeight: Int, newWidth: Int) {
    private val down = photoTaps(oldHeight, newHeight)
    private val across = photoTaps(oldWidth, newWidth)
    private val row = FloatArray(oldWidth * CHANNELS)

    /** Writes row i of the result at out[start + i·stride]. */
    fun resize(source: ByteArray, out: ByteArray, start: Int, stride: Int) {
        require(source.size == oldHeight * oldWidth * CHANNELS) { "${source.size} bytes are not $oldHeight×$oldWidth RGB" }
        for (i in 0 until newHeight) {
            sumRows(source, i)
            sumColumns(out, start + i * stride)
        }
    }

    private fun sumRows(source: ByteArray, i: Int) {
        for (k in 0 until down.count) {
            val from = down.index[i * down.count + k] * row.size
            val weight = down.weight[i * down.count + k]
            if (k == 0) setRow(source, from, weight) else if (weight != 0f) addRow(source, from, weight)
        }
    }

    private fun setRow(source: ByteArray, from: Int, weight: Float) {
        for (j in row.indices) row[j] = (source[from + j].toInt() and 255) * weight
    }

    private fun addRow(source: ByteArray, from: Int, weight: Float) {
        for (j in row.indices) row[j] += (source[from + j].toInt() and 255) * weight
    }

    private fun sumColumns(out: ByteArray, start: Int) {
        val count = across.count
        var at = start
        for (first in across.index.indices step count) {
            var red = 0f
            var green = 0f
            var blue = 0f
            for (k in first until first + count) {
                val from = across.index[k] * CHANNELS
                val weight = across.weight[k]
                red += row[from] * weight
                green += row[from + 1] * weight
                blue += row[from + 2] * weight
            }
            out[at] = level(red)
            out[at + 1] = level(green)
            out[at + 2] = level(blue)
            at += CHANNELS
        }
    }
}

private fun level(value: Float): Byte = min((value + 0.5f).toInt(), 255).toByte()

/** A map of floats, oldHeight×oldWidth, at another size; a side that stays is left alone. */
fun resizeMap(map: FloatArray, oldHeight: Int, oldWidth: Int, newHeight: Int, newWidth: Int): FloatArray {
    require(map.size == oldHeight * oldWidth) { "${map.size} values are no $oldHeight×$oldWidth map" }
    val tall = if (oldHeight == newHeight) map else sampled(map, photoTaps(oldHeight, newHeight), newHeight, oldWidth, 1)
    return if (oldWidth == newWidth) tall else sampled(tall, photoTaps(oldWidth, newWidth), newHeight, newWidth, oldWidth)
}

/** rowLength 1: sampled along the height, else along the width of rows that long. */
private fun sampled(map: FloatArray, taps: Taps, height: Int, width: Int, rowLength: Int): FloatArray {
    val out = FloatArray(height * width)
    for (row in 0 until height) {
        for (column in 0 until width) {
            val place = if (rowLength == 1) row else column
            var sum = 0f
            for (k in place * taps.count until (place + 1) * taps.count) {
                val from = if (rowLength == 1) taps.index[k] * width + column else row * rowLength + taps.index[k]
                val product = map[from] * taps.weight[k]
                sum = if (k == place * taps.count) product else sum + product
            }
            out[row * width + column] = sum
        }
    }
    return out
}

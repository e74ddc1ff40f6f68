package plumb.core

import kotlin.math.exp
import kotlin.math.floor
import kotlin.math.max

private const val NEAREST = 65535

/** Disparity as 16 bits, the nearest pixel 65535: max(1, ⌊65535·exp(o − max) + ½⌋), 0 where o is not finite. */
fun depth16(output: FloatArray): ShortArray {
    val nearest = output.filter { it.isFinite() }.maxOrNull()?.toDouble() ?: 0.0
    return ShortArray(output.size) { i ->
        val value = floor(NEAREST * exp(output[i] - nearest) + 0.5)
        if (output[i].isFinite()) max(value, 1.0).toInt().toShort() else 0
    }
}

/** Depth of a pixel over the median depth of the picture: there is no true scale. */
fun relativeDepth(output: Float, median: Float): Double = exp(median.toDouble() - output)

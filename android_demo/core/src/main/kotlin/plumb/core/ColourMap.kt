package plumb.core

import kotlin.math.exp
import kotlin.math.max

const val LOW_QUANTILE = 0.01
const val HIGH_QUANTILE = 0.99
private const val NARROWEST = 1e-12
private const val LAST = 255

/** Entry of the colour map: ⌊255·clamp((o − low) / max(high − low, 10⁻¹²), 0, 1) + ½⌋; 0 where o is not finite. */
fun colourEntry(output: Float, low: Double, high: Double): Int {
    if (output - output != 0f) return 0
    val share = (output - low) / max(high - low, NARROWEST)
    return (LAST * (if (share > 1) 1.0 else if (share > 0) share else 0.0) + 0.5).toInt()
}

/** Log-disparity as opaque colours of inferno, near bright. */
fun paint(output: FloatArray, low: Double, high: Double, pixels: IntArray) {
    for (i in pixels.indices) pixels[i] = INFERNO[colourEntry(output[i], low, high)]
}

/** RGB bytes as opaque colours. */
fun paint(picture: ByteArray, pixels: IntArray) {
    for (i in pixels.indices) pixels[i] = opaque(picture, 3 * i)
}

/** The colour 0xFFRRGGBB of the three bytes at `at`. */
internal fun opaque(picture: ByteArray, at: Int): Int = (0xFF shl 24) or
    (picture[at].toInt() and 255 shl 16) or (picture[at + 1].toInt() and 255 shl 8) or (picture[at + 2].toInt() and 255)

/**
 * A range of colours that does not flicker. What is smoothed over time is how far the 1 % and 99 % quantiles lie from the
 * median: the network's unknown constant, which may differ from frame to frame, drops out.
 */
class StableRange(private val settleSeconds: Double = 0.5) {
    private var below = 0.0
    private var above = 0.0
    private var lastNs = 0L
    private var empty = true

    var low = 0.0
        private set
    var high = 0.0
        private set

    /** Forgets what was seen: another source of pictures begins. */
    fun reset() {
        empty = true
    }

    fun follow(statistics: OrderStatistics, timestampNs: Long) {
        val median = statistics.median().toDouble()
        val share = if (empty) 1.0 else 1 - exp(-max(timestampNs - lastNs, 0) / 1e9 / settleSeconds)
        below += share * (median - statistics.quantile(LOW_QUANTILE) - below)
        above += share * (statistics.quantile(HIGH_QUANTILE) - median - above)
        low = median - below
        high = median + above
        lastNs = timestampNs
        empty = false
    }
}

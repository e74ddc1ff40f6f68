package plumb.core

private const val BINS = 1 shl 16
private const val LOW_BITS = 16
private const val LOW_MASK = BINS - 1

/**
 * Exact sorted values of a map, without sorting it: a histogram of the upper 16 bits of each value's order key finds the
 * bin of the k-th value, a second one of the lower 16 bits within that bin the value itself. Keeps its room.
 */
class OrderStatistics {
    private val high = IntArray(BINS)
    private val low = IntArray(BINS)
    private var lowBin = -1
    private var values = FloatArray(0)

    /** How many of the loaded values are finite; the others take no part. */
    var count = 0
        private set

    fun load(values: FloatArray) {
        this.values = values
        high.fill(0)
        lowBin = -1
        count = 0
        for (value in values) {
            if (value - value != 0f) continue
            high[key(value) ushr LOW_BITS]++
            count++
        }
    }

    /** The k-th smallest finite value, from 0. */
    fun sorted(k: Int): Float {
        require(k in 0 until count) { "value $k of $count" }
        var rest = k
        var bin = 0
        while (rest >= high[bin]) rest -= high[bin++]
        if (bin != lowBin) countLow(bin)
        var end = 0
        while (rest >= low[end]) rest -= low[end++]
        return value((bin shl LOW_BITS) or end)
    }

    /** The middle value; of an even number the larger of the middle two: that of the lower median depth. */
    fun median(): Float = sorted(count / 2)

    /** Quantile q of N sorted values s: p = q·(N − 1), j = ⌊p⌋; s[j] + (p − j)·(s[j + 1] − s[j]). */
    fun quantile(q: Double): Double {
        val p = q * (count - 1)
        val j = p.toInt()
        val below = sorted(j).toDouble()
        return if (j + 1 == count) below else below + (p - j) * (sorted(j + 1) - below)
    }

    private fun countLow(bin: Int) {
        low.fill(0)
        lowBin = bin
        for (value in values) {
            val key = key(value)
            if (key ushr LOW_BITS == bin && value - value == 0f) low[key and LOW_MASK]++
        }
    }

    // Floats as integers of the same order, unsigned: negative ones have all bits turned, the others the first.
    private fun key(value: Float): Int {
        val bits = value.toRawBits()
        return bits xor ((bits shr 31) or Int.MIN_VALUE)
    }

    private fun value(key: Int): Float = Float.fromBits(if (key < 0) key xor Int.MIN_VALUE else key.inv())
}

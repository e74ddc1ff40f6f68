package plumb.core

private const val NS_A_MS = 1e6

/** The median of the last `size` times. Keeps its room. */
class RollingMedian(size: Int = 31) {
    private val times = LongArray(size)
    private val sorted = LongArray(size)
    private var added = 0

    fun add(ns: Long) {
        times[added++ % times.size] = ns
    }

    fun clear() {
        added = 0
    }

    /** In ms; 0 before the first. */
    fun medianMs(): Double {
        val count = minOf(added, times.size)
        if (count == 0) return 0.0
        times.copyInto(sorted, 0, 0, count)
        sorted.sort(0, count)
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0 / NS_A_MS
    }
}

/** Frames a second over the last `size` frames. Keeps its room. */
class FrameRate(size: Int = 31) {
    private val times = LongArray(size)
    private var added = 0

    fun add(ns: Long) {
        times[added++ % times.size] = ns
    }

    fun clear() {
        added = 0
    }

    /** 0 before the second frame. */
    fun perSecond(): Double {
        val count = minOf(added, times.size)
        if (count < 2) return 0.0
        val span = times[(added - 1) % times.size] - times[(added - count) % times.size]
        return if (span > 0) (count - 1) * 1e9 / span else 0.0
    }
}

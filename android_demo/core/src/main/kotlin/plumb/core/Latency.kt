package plumb.core

/** Quantile q of sorted values, in between linearly: p = q·(N − 1). */
fun quantile(sorted: DoubleArray, q: Double): Double {
    require(sorted.isNotEmpty()) { "no values have no quantile" }
    val p = q * (sorted.size - 1)
    val j = p.toInt()
    return if (j + 1 == sorted.size) sorted[j] else sorted[j] + (p - j) * (sorted[j + 1] - sorted[j])
}

/** Median, p90, p99 of measured times, as the benchmark's rows have them; first and load beside them. */
fun latency(samplesMs: DoubleArray, firstMs: Double, loadMs: Double): Map<String, Double> {
    val sorted = samplesMs.sortedArray()
    return mapOf(
        "median" to quantile(sorted, 0.5), "p90" to quantile(sorted, 0.9), "p99" to quantile(sorted, 0.99),
        "first" to firstMs, "load" to loadMs,
    )
}

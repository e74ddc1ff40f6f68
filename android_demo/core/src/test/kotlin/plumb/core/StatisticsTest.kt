package plumb.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import java.util.Random

class StatisticsTest {
    private val random = Random(1)

    @Test
    fun `sorted values are those of sorting`() {
        val values = FloatArray(5000) { (random.nextGaussian() * if (it % 3 == 0) 1e-30 else 10.0).toFloat() }
        values[7] = -0f
        values[8] = 0f
        values[9] = Float.MIN_VALUE
        val sorted = values.sortedArray()
        val statistics = OrderStatistics().apply { load(values) }
        for (k in sorted.indices) assertEquals(sorted[k], statistics.sorted(k), 0f)
        assertEquals(sorted[2500], statistics.median(), 0f)
    }

    @Test
    fun `values that are none take no part`() {
        val values = floatArrayOf(3f, Float.NaN, 1f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 2f)
        val statistics = OrderStatistics().apply { load(values) }
        assertEquals(3, statistics.count)
        assertEquals(listOf(1f, 2f, 3f), (0..2).map { statistics.sorted(it) })
        assertEquals(1.5, statistics.quantile(0.25), 0.0)
        assertThrows(IllegalArgumentException::class.java) { statistics.sorted(3) }
    }

    @Test
    fun `loading again forgets`() {
        val statistics = OrderStatistics().apply { load(floatArrayOf(5f, 6f)) }
        statistics.sorted(0)
        statistics.load(floatArrayOf(5.0001f, 5.00011f, 7f))
        assertEquals(5.0001f, statistics.sorted(0), 0f)
        assertEquals(5.00011f, statistics.sorted(1), 0f)
    }

    @Test
    fun `colours do not flicker when the network's constant jumps`() {
        val scene = FloatArray(1000) { random.nextGaussian().toFloat() }
        val range = StableRange()
        val first = entries(range, scene, 0)
        for (frame in 1..20) {
            val jump = random.nextInt(64) / 8f
            val moved = entries(range, FloatArray(scene.size) { scene[it] + jump }, frame * 33_000_000L)
            assertTrue(first.indices.all { Math.abs(first[it] - moved[it]) <= 1 })
        }
    }

    private fun entries(range: StableRange, output: FloatArray, timestampNs: Long): List<Int> {
        range.follow(OrderStatistics().apply { load(output) }, timestampNs)
        return output.map { colourEntry(it, range.low, range.high) }
    }

    @Test
    fun `a new scene is reached within seconds, gradually, and at once after a reset`() {
        val narrow = FloatArray(1000) { it / 1000f }
        val wide = FloatArray(1000) { it / 100f }
        val range = StableRange().apply { follow(OrderStatistics().apply { load(narrow) }, 0) }
        val first = range.high - range.low
        val statistics = OrderStatistics().apply { load(wide) }
        range.follow(statistics, 33_000_000)
        assertTrue(range.high - range.low < 2 * first)
        range.follow(statistics, 3_000_000_000)
        assertEquals(10 * first, range.high - range.low, 0.1)
        range.reset()
        range.follow(OrderStatistics().apply { load(narrow) }, 3_000_000_001)
        assertEquals(first, range.high - range.low, 1e-9)
    }

    @Test
    fun `moving medians and frames a second`() {
        val median = RollingMedian(3)
        assertEquals(0.0, median.medianMs(), 0.0)
        for (ms in listOf(100, 1, 2, 3)) median.add(ms * 1_000_000L)
        assertEquals(2.0, median.medianMs(), 0.0)
        median.clear()
        median.add(4_000_000)
        median.add(5_000_000)
        assertEquals(4.5, median.medianMs(), 0.0)
        val rate = FrameRate(4)
        assertEquals(0.0, rate.perSecond(), 0.0)
        for (frame in 0..9) rate.add(frame * 50_000_000L)
        assertEquals(20.0, rate.perSecond(), 1e-9)
    }

    @Test
    fun `latency as the benchmark has it`() {
        val found = latency(DoubleArray(101) { 100.0 - it }, firstMs = 7.0, loadMs = 3.0)
        assertEquals(mapOf("median" to 50.0, "p90" to 90.0, "p99" to 99.0, "first" to 7.0, "load" to 3.0), found)
        assertEquals(1.75, quantile(doubleArrayOf(1.0, 2.0), 0.75), 0.0)
    }

    @Test
    fun `the quick exponential is the platform's in float32 but for the last digit`() {
        for (i in -600_000..600_000 step 7) {
            val x = i / 1e4 + random.nextDouble() / 1e4
            assertEquals(Math.exp(x), fastExp(x), Math.exp(x) * 1e-10)
        }
        for (x in listOf(-1000.0, -650.0, 0.0, 599.99, 700.0, 1000.0, Double.NaN)) {
            assertEquals(Math.exp(x), fastExp(x), Math.exp(x) * 1e-10)
        }
    }
}

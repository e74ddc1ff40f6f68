package plumb.core

import java.lang.management.ManagementFactory

private const val SIDE = 384
private const val FRAME_HEIGHT = 480
private const val FRAME_WIDTH = 640
private const val WARM_UP_ROUNDS = 4
private const val ROUNDS = 7
private const val ROUND_NS = 300_000_000L
private val THREADS = ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean

/**
 * Time and allocation a frame of what the app computes around the network, at 384×384 from a 640×480 camera frame that is
 * turned and mirrored: a report, no test. Times are the thread's own on a processor: what else the machine does takes no
 * part, but for the caches. Start the JVM with one processor, as a frame has one thread.
 */
fun main() {
    val pipeline = DepthPipeline(Smooth(), manifestOf(SIDE, SIDE, Fit("stretch", "bilinear", listOf(0, 0, 0))))
    val frame = frame(FRAME_HEIGHT, FRAME_WIDTH, Turn(90, true))
    val renderer = CloudRenderer(480, 480)
    val view = CloudView(20.0, 10.0)
    val prepare = Step("prepare") { pipeline.prepare(frame) }
    prepare.run()
    pipeline.infer()
    pipeline.measure(0)
    val depth = Step("draw depth") { drawDepth(pipeline) }
    val cloud = Step("draw cloud") {
        pipeline.measure(0)
        pipeline.drawCloud(renderer, view)
    }
    val results = listOf(prepare, depth, cloud).associateWith { measured(it) }
    for ((step, ms) in results) println("%-22s %6.2f ms (best round %.2f, worst %.2f)".format(step.name, median(ms), ms.min(), ms.max()))
    println("prepare + draw depth   %6.2f ms a frame".format(median(results.getValue(prepare)) + median(results.getValue(depth))))
    println("prepare + draw cloud   %6.2f ms a frame".format(median(results.getValue(prepare)) + median(results.getValue(cloud))))
    println("allocated              %6d bytes a frame".format(allocated { prepare.run(); depth.run(); cloud.run() }))
}

private class Step(val name: String, private val work: () -> Unit) {
    fun run() = work()
}

private fun drawDepth(pipeline: DepthPipeline) {
    pipeline.measure(0)
    pipeline.drawPicture()
    pipeline.drawDepth()
}

/** Mean ms of each round, on the processor, after warm-up. */
private fun measured(step: Step): DoubleArray {
    repeat(WARM_UP_ROUNDS) { round(step) }
    return DoubleArray(ROUNDS) { round(step) }
}

private fun round(step: Step): Double {
    val start = THREADS.currentThreadCpuTime
    var count = 0
    while (THREADS.currentThreadCpuTime - start < ROUND_NS) {
        step.run()
        count++
    }
    return (THREADS.currentThreadCpuTime - start) / 1e6 / count
}

private fun median(values: DoubleArray) = quantile(values.sortedArray(), 0.5)

private fun allocated(frame: () -> Unit): Long {
    val thread = Thread.currentThread().id
    val before = THREADS.getThreadAllocatedBytes(thread)
    repeat(100) { frame() }
    return (THREADS.getThreadAllocatedBytes(thread) - before) / 100
}

/** A room: a floor that comes nearer towards the bottom, a wall, some noise. */
private class Smooth : Engine {
    override fun run(picture: ByteArray, output: FloatArray) {
        for (i in output.indices) {
            output[i] = maxOf(0f, i / SIDE / 200f - 0.8f) + (i % SIDE) / 700f + (picture[3 * i].toInt() and 7) / 200f
        }
    }

    override fun close() = Unit
}

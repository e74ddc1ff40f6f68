package plumb.core

import java.io.File
import java.io.IOException

private val NAME = Regex("[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}")
private const val MOST_RUNS = 100_000
private const val MOST_THREADS = 64

/** A benchmark as adb's shell asks for it. IllegalArgumentException, one line, for anything that is not as it should be. */
data class BenchmarkPlan(
    val model: String,
    val role: String,
    val delegate: Delegate,
    val threads: Int,
    val runs: Int,
    val warmUp: Int,
    /** Folder of pictures below bench/inputs, or null: a made-up picture, times alone. */
    val inputs: String?,
    /** The result is bench/NAME.json. */
    val out: String,
)

/** text, number: what the intent holds under a name, or null. */
fun benchmarkPlan(text: (String) -> String?, number: (String) -> Int?) = BenchmarkPlan(
    model = name("model", text("model") ?: throw IllegalArgumentException("model is missing: a folder's name, such as mn")),
    role = name("role", text("role") ?: "tflite_int8"),
    delegate = delegate(text("delegate") ?: "CPU"),
    threads = within("threads", number("threads") ?: 1, 1..MOST_THREADS),
    runs = within("runs", number("runs") ?: 50, 1..MOST_RUNS),
    warmUp = within("warm_up", number("warm_up") ?: 5, 0..MOST_RUNS),
    inputs = text("inputs")?.let { name("inputs", it) },
    out = name("out", text("out") ?: "result"),
)

private fun name(key: String, value: String): String {
    require(NAME.matches(value)) { "$key must be a name of A-Z a-z 0-9 _ . @ - that begins with none of . @ -" }
    return value
}

private fun delegate(value: String) = Delegate.values().find { it.name == value.uppercase() }
    ?: throw IllegalArgumentException("delegate must be one of ${Delegate.values().joinToString()}")

private fun within(key: String, value: Int, allowed: IntRange): Int {
    require(value in allowed) { "$key must be from ${allowed.first} to ${allowed.last}, not $value" }
    return value
}

/** Times of one engine, ms. */
class Timing(val samplesMs: DoubleArray, val firstMs: Double, val loadMs: Double)

/** First run, warm-up, then `runs` timed ones, on one picture. `goOn` is asked before each run. */
fun timed(engine: Engine, plan: BenchmarkPlan, picture: ByteArray, output: FloatArray, loadMs: Double, goOn: () -> Boolean): Timing {
    val first = runMs(engine, picture, output)
    repeat(plan.warmUp) { if (goOn()) engine.run(picture, output) }
    val samples = DoubleArray(plan.runs) {
        if (!goOn()) throw IOException("stopped after $it of ${plan.runs} runs")
        runMs(engine, picture, output)
    }
    return Timing(samples, first, loadMs)
}

private fun runMs(engine: Engine, picture: ByteArray, output: FloatArray): Double {
    val start = System.nanoTime()
    engine.run(picture, output)
    return (System.nanoTime() - start) / 1e6
}

/** A row as `python -m bench.device --json` writes it. What was not measured is absent. */
fun benchmarkRow(manifest: Manifest, file: ModelFile, plan: BenchmarkPlan, timing: Timing, more: Map<String, Any>): Map<String, Any> =
    mapOf(
        "model" to manifest.name, "target" to "tflite", "variant" to file.role, "file" to "${plan.model}/${file.path}",
        "size_bytes" to file.sizeBytes, "device" to "android-app", "delegate" to plan.delegate.name.lowercase(),
        "threads" to plan.threads, "latency_ms" to latency(timing.samplesMs, timing.firstMs, timing.loadMs),
        "samples_ms" to timing.samplesMs.toList(), "params" to manifest.params, "madds" to manifest.madds,
    ) + more

/** The whole result; `skipped` says what was not measured and why. */
fun benchmarkResult(machine: Map<String, Any>, rows: List<Map<String, Any>>, skipped: List<Pair<String, String>>): String =
    jsonText(
        mapOf(
            "format" to 1, "machine" to machine, "rows" to rows,
            "skipped" to skipped.map { (what, why) -> mapOf("what" to what, "why" to why) },
        ),
    )

/** The most memory that this process held, in bytes, from the text of /proc/self/status; null where it does not say. */
fun peakMemoryBytes(status: String): Long? =
    Regex("""VmHWM:\s+(\d+) kB""").find(status)?.let { it.groupValues[1].toLong() * 1024 }

/** Pictures for the network, NAME.rgb of height·width·3 bytes each, through the engine: NAME.f32 beside the result. */
fun runPictures(engine: Engine, manifest: Manifest, pictures: List<File>, out: File): Int {
    val output = FloatArray(manifest.height * manifest.width)
    val expected = manifest.height * manifest.width * 3L
    for (picture in pictures) {
        if (picture.length() != expected) throw IOException("${picture.name}: ${picture.length()} bytes, expected $expected")
        engine.run(picture.readBytes(), output)
        writeWhole(File(out, "${picture.nameWithoutExtension}.f32"), littleEndian(output))
    }
    return pictures.size
}

private fun littleEndian(values: FloatArray): ByteArray {
    val bytes = java.nio.ByteBuffer.allocate(4 * values.size).order(java.nio.ByteOrder.LITTLE_ENDIAN)
    bytes.asFloatBuffer().put(values)
    return bytes.array()
}

/** Under a temporary name, then renamed: no half-written file is ever read. */
fun writeWhole(file: File, bytes: ByteArray) {
    val part = File(file.parentFile, "${file.name}.part")
    part.writeBytes(bytes)
    if (!part.renameTo(file)) throw IOException("${file.name}: cannot be written")
}

package plumb.app

import android.app.Activity
import android.content.Intent
import android.content.IntentFilter
import android.os.BatteryManager
import android.os.Build
import android.os.Bundle
import android.view.WindowManager
import android.widget.TextView
import plumb.core.ArtifactException
import plumb.core.BenchmarkPlan
import plumb.core.EngineException
import plumb.core.ModelFile
import plumb.core.benchmarkPlan
import plumb.core.benchmarkResult
import plumb.core.benchmarkRow
import plumb.core.checkedFile
import plumb.core.peakMemoryBytes
import plumb.core.runPictures
import plumb.core.timed
import plumb.core.writeWhole
import java.io.File
import java.io.IOException
import java.util.concurrent.Executors

private const val FOLDER = "bench"
private const val TENTHS = 10.0

/**
 * Measures one file as an intent from adb's shell asks (README), writes bench/OUT.json into the shared folder, and
 * shows it. The delegate is the wanted one or none: what fails is listed under "skipped".
 */
class BenchmarkActivity : Activity() {
    private val work = Executors.newSingleThreadExecutor()

    @Volatile
    private var closed = false

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.benchmark)
        keepClear(findViewById(R.id.root))
        if (savedInstanceState == null) start(intent)
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        start(intent)
    }

    override fun onDestroy() {
        closed = true
        work.shutdown()
        super.onDestroy()
    }

    private fun start(intent: Intent) {
        val plan = try {
            benchmarkPlan({ intent.getStringExtra(it) }, { name -> intent.getIntExtra(name, -1).takeIf { intent.hasExtra(name) } })
        } catch (error: IllegalArgumentException) {
            return show("error: ${error.message}")
        }
        show(getString(R.string.benchmark_running))
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        work.execute { measure(plan) }
    }

    private fun measure(plan: BenchmarkPlan) {
        val text = try {
            write(plan)
        } catch (error: IOException) {
            "error: ${error.message}"
        }
        runOnUiThread {
            window.clearFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
            show(text)
        }
    }

    private fun show(text: String) {
        findViewById<TextView>(R.id.result).text = text
    }

    private fun write(plan: BenchmarkPlan): String {
        val folder = File(sharedFolder(this) ?: throw IOException("the external storage is not there"), FOLDER)
        if (!folder.isDirectory && !folder.mkdirs()) throw IOException("$folder: cannot be made")
        val result = try {
            benchmarkResult(machine(), listOf(row(plan, folder)), emptyList())
        } catch (error: ArtifactException) {
            skipped(plan, error)
        } catch (error: EngineException) {
            skipped(plan, error)
        } catch (error: IOException) {
            skipped(plan, error)
        } catch (error: OutOfMemoryError) {
            skipped(plan, error)
        }
        val file = File(folder, "${plan.out}.json")
        writeWhole(file, result.toByteArray())
        return getString(R.string.benchmark_done, file.path) + "\n\n" + result
    }

    private fun skipped(plan: BenchmarkPlan, error: Throwable): String {
        val what = "${plan.model}/${plan.role} on ${plan.delegate}, ${plan.threads} threads"
        return benchmarkResult(machine(), emptyList(), listOf(Pair(what, error.message.orEmpty())))
    }

    private fun row(plan: BenchmarkPlan, folder: File): Map<String, Any> {
        val choice = choices(findModels(this)).find { it.folder.name == plan.model && it.role == plan.role }
            ?: throw ArtifactException("${plan.model}: no such folder with a file '${plan.role}' on this phone")
        val file = checkedFile(choice.folder, choice.manifest, choice.role)
        val start = System.nanoTime()
        return LiteRtEngine(choice.folder, file, plan.delegate, plan.threads).use { engine ->
            measured(plan, choice, file, engine, (System.nanoTime() - start) / 1e6, folder)
        }
    }

    private fun measured(
        plan: BenchmarkPlan, choice: Choice, file: ModelFile, engine: LiteRtEngine, loadMs: Double, folder: File,
    ): Map<String, Any> {
        val size = choice.manifest.height * choice.manifest.width
        val picture = ByteArray(3 * size) { (it * 31 % 251).toByte() }
        val timing = timed(engine, plan, picture, FloatArray(size), loadMs) { !closed }
        val more = HashMap<String, Any>()
        temperature()?.let { more["temperature_c"] = it }
        peakMemory()?.let { more["peak_memory_bytes"] = it }
        plan.inputs?.let { name ->
            val pictures = File(folder, "inputs/$name").listFiles { it -> it.extension == "rgb" }.orEmpty().sorted()
            if (pictures.isEmpty()) throw IOException("inputs/$name: holds no .rgb file")
            val out = File(folder, plan.out)
            if (!out.isDirectory && !out.mkdirs()) throw IOException("${out.name}: cannot be made")
            more["pictures"] = runPictures(engine, choice.manifest, pictures, out)
        }
        return benchmarkRow(choice.manifest, file, plan, timing, more)
    }

    private fun machine(): Map<String, Any> = mapOf(
        "processor" to "${Build.MANUFACTURER} ${Build.MODEL} (${Build.HARDWARE})",
        "system" to "Android ${Build.VERSION.RELEASE} (API ${Build.VERSION.SDK_INT})",
        "architecture" to Build.SUPPORTED_ABIS.first(), "cores" to Runtime.getRuntime().availableProcessors(),
    )

    private fun temperature(): Double? {
        val battery = registerReceiver(null, IntentFilter(Intent.ACTION_BATTERY_CHANGED)) ?: return null
        val tenths = battery.getIntExtra(BatteryManager.EXTRA_TEMPERATURE, Int.MIN_VALUE)
        return if (tenths == Int.MIN_VALUE) null else tenths / TENTHS
    }

    private fun peakMemory(): Long? = try {
        peakMemoryBytes(File("/proc/self/status").readText())
    } catch (_: IOException) {
        null
    }
}

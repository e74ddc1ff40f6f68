package plumb.core

/** A network that cannot be loaded or run with a delegate; the message is one line for the user. */
class EngineException(message: String, cause: Throwable? = null) : Exception(message, cause)

/** What runs the network. */
enum class Delegate { CPU, GPU, NPU }

/** A loaded network. picture: RGB bytes, height×width; output: log-disparity, height×width. For one thread. */
interface Engine : AutoCloseable {
    fun run(picture: ByteArray, output: FloatArray)

    override fun close()
}

/** An engine, the delegate that it really runs on, and, where that is not the wanted one, why: to be shown. */
class Opened(val engine: Engine, val delegate: Delegate, val note: String?)

/** `wanted`, or the CPU where `wanted` fails; EngineException where the CPU fails too. */
fun openWithFallback(wanted: Delegate, open: (Delegate) -> Engine): Opened = try {
    Opened(open(wanted), wanted, null)
} catch (error: EngineException) {
    if (wanted == Delegate.CPU) throw error
    Opened(open(Delegate.CPU), Delegate.CPU, "$wanted failed (${error.message}): runs on the CPU")
}

private val RUNNABLE = listOf("float32", "int8")

/** The files of a manifest that this app can run: TFLite, with float32 or int8 ends. */
fun runnableRoles(manifest: Manifest): List<String> = manifest.files.values
    .filter { it.path.endsWith(".tflite") && it.input.dtype in RUNNABLE && it.output.dtype in RUNNABLE }
    .map { it.role }

package plumb.app

import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.LiteRtException
import com.google.ai.edge.litert.TensorBuffer
import plumb.core.Delegate
import plumb.core.DiskFolder
import plumb.core.Engine
import plumb.core.EngineException
import plumb.core.ModelFile
import plumb.core.ModelFolder
import plumb.core.Quantizer
import plumb.core.Tensor
import plumb.core.dequantize
import plumb.core.toFloats

private val ACCELERATORS = mapOf(
    Delegate.CPU to Accelerator.CPU, Delegate.GPU to Accelerator.GPU, Delegate.NPU to Accelerator.NPU,
)

/**
 * A file loaded by LiteRT, for one delegate alone: LiteRT itself then falls back to nothing, and what fails is said
 * (openWithFallback). The only file of the app that knows LiteRT. `file` must have been checked.
 */
class LiteRtEngine(folder: ModelFolder, file: ModelFile, delegate: Delegate, threads: Int) : Engine {
    private val model = guarded { load(folder, file.path, options(delegate, threads)) }
    private var inputs = emptyList<TensorBuffer>()
    private var outputs = emptyList<TensorBuffer>()
    private val feed: (ByteArray) -> Unit
    private val fetch: (FloatArray) -> Unit

    init {
        try {
            inputs = guarded { model.createInputBuffers() }
            outputs = guarded { model.createOutputBuffers() }
            feed = feeder(only(inputs, "inputs"), file.input)
            fetch = fetcher(only(outputs, "outputs"), file.output)
        } catch (error: EngineException) {
            close()
            throw error
        }
    }

    override fun run(picture: ByteArray, output: FloatArray) = guarded {
        feed(picture)
        model.run(inputs, outputs)
        fetch(output)
    }

    override fun close() {
        (inputs + outputs).forEach { it.close() }
        model.close()
    }
}

private fun options(delegate: Delegate, threads: Int) = CompiledModel.Options(ACCELERATORS.getValue(delegate)).apply {
    if (delegate == Delegate.CPU) cpuOptions = CompiledModel.CpuOptions(threads, null, null)
}

private fun load(folder: ModelFolder, path: String, options: CompiledModel.Options): CompiledModel = when (folder) {
    is AssetFolder -> CompiledModel.create(folder.assets, folder.assetPath(path), options)
    is DiskFolder -> CompiledModel.create(folder.file(path).absolutePath, options)
    else -> throw EngineException("${folder.name}: neither assets nor a folder on disk")
}

private fun only(buffers: List<TensorBuffer>, what: String): TensorBuffer =
    buffers.singleOrNull() ?: throw EngineException("the file has ${buffers.size} $what, not one")

/** Picture → input tensor. The arrays are made once: writing a frame allocates nothing. */
private fun feeder(buffer: TensorBuffer, tensor: Tensor): (ByteArray) -> Unit {
    if (tensor.dtype == "float32") {
        var floats = FloatArray(0)
        return { picture ->
            if (floats.size != picture.size) floats = FloatArray(picture.size)
            toFloats(picture, floats)
            buffer.writeFloat(floats)
        }
    }
    val quantizer = Quantizer(tensor)
    var quantized = ByteArray(0)
    return { picture ->
        if (quantized.size != picture.size) quantized = ByteArray(picture.size)
        quantizer.quantize(picture, quantized)
        buffer.writeInt8(quantized)
    }
}

/** Output tensor → log-disparity. LiteRT's reading returns a new array each time: nothing else does so in a frame. */
private fun fetcher(buffer: TensorBuffer, tensor: Tensor): (FloatArray) -> Unit =
    if (tensor.dtype == "float32") {
        { output -> buffer.readFloat().also { checkSize(it.size, output.size) }.copyInto(output) }
    } else {
        { output -> dequantize(buffer.readInt8().also { checkSize(it.size, output.size) }, tensor, output) }
    }

private fun checkSize(found: Int, expected: Int) {
    if (found != expected) throw EngineException("the network gave $found values, model.json says $expected")
}

private fun <T> guarded(call: () -> T): T = try {
    call()
} catch (error: LiteRtException) {
    throw EngineException(error.message ?: "LiteRT gave no reason", error)
} catch (error: LinkageError) {
    throw EngineException("LiteRT's library does not load here: ${error.message}", error)
} catch (error: IllegalArgumentException) {
    throw EngineException("LiteRT refused the file: ${error.message}", error)
} catch (error: IllegalStateException) {
    throw EngineException("LiteRT stopped: ${error.message}", error)
}

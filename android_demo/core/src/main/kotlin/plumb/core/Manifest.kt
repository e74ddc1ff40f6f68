package plumb.core

/** A model folder that must not be used; the message is one line for the user. */
class ArtifactException(message: String) : Exception(message)

const val MANIFEST_NAME = "model.json"
const val MANIFEST_FORMAT = 1
private const val SIDE_STEP = 32
private val FIT_MODES = listOf("stretch", "letterbox")
private val DTYPES = listOf("float32", "float16", "int8", "uint8", "image")
private val QUANTIZED = listOf("int8", "uint8")

// No part begins with a dot, none holds a backslash or a colon: such a path cannot leave the folder.
private val PATH = Regex("[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
private val SHA256 = Regex("[0-9a-f]{64}")

/** How a photo gets into the network: see Fit.kt. pad: red, green, blue. */
data class Fit(val mode: String, val resample: String, val pad: List<Int>)

/** One end of a file; scale and zeroPoint are 0 where it is not quantized. */
data class Tensor(val dtype: String, val scale: Double, val zeroPoint: Int)

data class ModelFile(
    val role: String, val path: String, val sha256: String, val sizeBytes: Long, val input: Tensor, val output: Tensor,
)

/** A model.json that was found complete (docs/formats.md, section 2). */
data class Manifest(
    val name: String,
    val title: String,
    val version: String,
    val height: Int,
    val width: Int,
    val fit: Fit,
    val files: Map<String, ModelFile>,
    val params: Long,
    val madds: Long,
    val licence: String,
    val trainedOn: List<String>,
    val accuracy: Map<String, Map<String, Double>>,
)

/** `values` of a model.json; ArtifactException names the first key that is wrong. source: for the message. */
fun parseManifest(values: Any?, source: String): Manifest {
    val top = JsonObject(values, source, "")
    val format = top.number("format")
    if (format != MANIFEST_FORMAT.toLong()) {
        throw ArtifactException("$source: format $format is not known here (known: $MANIFEST_FORMAT)")
    }
    val image = top.member("input")
    val sides = sides(image, top.member("output"))
    checkNotes(top)
    return Manifest(
        name = top.text("name"),
        title = top.text("title"),
        version = top.text("version"),
        height = sides.first,
        width = sides.second,
        fit = fit(image.member("fit")),
        files = top.member("files").let { files -> files.keys.associateWith { file(it, files.member(it)) } },
        params = top.number("params"),
        madds = top.number("madds"),
        licence = top.text("licence"),
        trainedOn = top.texts("trained_on"),
        accuracy = top.optional("accuracy").let { sets -> sets.keys.associateWith { scores(sets.member(it)) } },
    )
}

private fun checkNotes(top: JsonObject) {
    val versions = top.member("exporter").member("versions")
    versions.keys.forEach { versions.text(it) }
    val layers = top.optional("madds_by_layer")
    layers.keys.forEach { layers.number(it) }
}

/** Height and width, after `input` and `output` were checked, but for the fit. */
private fun sides(image: JsonObject, output: JsonObject): Pair<Int, Int> {
    image.need(image.text("channels") == "RGB", "channels", "RGB")
    image.need(image.list("range", "[0, 255]") == listOf(0.0, 255.0), "range", "[0, 255]")
    output.need(output.text("kind") == "log_disparity", "kind", "log_disparity")
    for (key in listOf("height", "width")) {
        side(image, key)
        output.need(side(output, key) == image.number(key), key, "that of the input, ${image.number(key)}")
    }
    return Pair(image.number("height").toInt(), image.number("width").toInt())
}

private fun side(sides: JsonObject, key: String): Long {
    val side = sides.number(key)
    sides.need(side >= SIDE_STEP && side % SIDE_STEP == 0L, key, "a multiple of $SIDE_STEP")
    return side
}

private fun fit(fit: JsonObject): Fit {
    val mode = fit.text("mode")
    fit.need(mode in FIT_MODES, "mode", FIT_MODES.joinToString(" or "))
    fit.need(fit.text("resample") == "bilinear", "resample", "bilinear")
    return Fit(mode, "bilinear", fit.colour("pad"))
}

private fun file(role: String, entry: JsonObject): ModelFile {
    val path = entry.text("path")
    val sha256 = entry.text("sha256")
    entry.need(PATH.matches(path), "path", "a path inside the folder: A-Z a-z 0-9 _ . - and /")
    entry.need(SHA256.matches(sha256), "sha256", "64 hexadecimal digits, lower case")
    val (input, output) = listOf("input", "output").map { tensor(entry.member(it)) }
    return ModelFile(role, path, sha256, entry.number("size_bytes"), input, output)
}

private fun tensor(tensor: JsonObject): Tensor {
    val dtype = tensor.text("dtype")
    tensor.need(dtype in DTYPES, "dtype", DTYPES.joinToString())
    val scaled = dtype in QUANTIZED
    val scale = if (scaled || "scale" in tensor.keys) tensor.real("scale") else 0.0
    tensor.need(scale > 0 || !(scaled || "scale" in tensor.keys), "scale", "a number above 0")
    val zero = if (scaled || "zero_point" in tensor.keys) tensor.real("zero_point") else 0.0
    tensor.need(isWhole(zero) && zero in -128.0..255.0, "zero_point", "a whole number, -128…255")
    return Tensor(dtype, scale, zero.toInt())
}

private fun scores(scores: JsonObject): Map<String, Double> = scores.keys.associateWith { scores.real(it) }

package plumb.core

private const val LOWEST = -128.0
private const val HIGHEST = 127.0

/** Bytes of a picture as an int8 end wants them: clamp(round(v / scale) + zero point, −128, 127), by table. */
class Quantizer(tensor: Tensor) {
    private val table = ByteArray(256) { level ->
        (Math.rint(level / tensor.scale) + tensor.zeroPoint).coerceIn(LOWEST, HIGHEST).toInt().toByte()
    }

    fun quantize(picture: ByteArray, out: ByteArray) {
        for (i in picture.indices) out[i] = table[picture[i].toInt() and 255]
    }
}

/** (q − zero point)·scale in float32. */
fun dequantize(quantized: ByteArray, tensor: Tensor, out: FloatArray) {
    val scale = tensor.scale.toFloat()
    for (i in out.indices) out[i] = (quantized[i] - tensor.zeroPoint) * scale
}

/** Bytes 0…255 as floats: what a float32 end wants. */
fun toFloats(picture: ByteArray, out: FloatArray) {
    for (i in picture.indices) out[i] = (picture[i].toInt() and 255).toFloat()
}

package plumb.core

import org.junit.Assume.assumeTrue
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import javax.imageio.ImageIO

/** A folder that the runner names with -Dplumb.NAME=…; without it the test is not run, and counted so. */
fun given(name: String): File {
    val path = System.getProperty("plumb.$name")
    assumeTrue("-Dplumb.$name names no folder", path != null && File(path).isDirectory)
    return File(path)
}

@Suppress("UNCHECKED_CAST")
fun jsonOf(file: File): Map<String, Any?> = parseJson(file.readBytes()) as Map<String, Any?>

@Suppress("UNCHECKED_CAST")
fun Map<String, Any?>.objects(key: String): List<Map<String, Any?>> = this[key] as List<Map<String, Any?>>

@Suppress("UNCHECKED_CAST")
fun Map<String, Any?>.member(key: String): Map<String, Any?> = this[key] as Map<String, Any?>

fun Map<String, Any?>.int(key: String): Int = (this[key] as Double).toInt()

fun Map<String, Any?>.text(key: String): String = this[key] as String

fun Map<String, Any?>.ints(key: String): List<Int> = (this[key] as List<*>).map { (it as Double).toInt() }

/** A picture as RGB bytes, by the JVM's own decoder. */
fun pictureOf(file: File): RgbPicture {
    val image = ImageIO.read(file)
    val picture = RgbPicture(image.height, image.width)
    for (i in 0 until image.height * image.width) {
        val colour = image.getRGB(i % image.width, i / image.width)
        for (channel in 0..2) picture.bytes[3 * i + channel] = (colour shr (16 - 8 * channel)).toByte()
    }
    return picture
}

fun floatsOf(bytes: ByteArray): FloatArray =
    FloatArray(bytes.size / 4).also { ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(it) }

fun shortsOf(bytes: ByteArray): ShortArray =
    ShortArray(bytes.size / 2).also { ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(it) }

/** The golden camera frame that an entry of frames.json describes. */
fun frameOf(golden: File, described: Map<String, Any?>): YuvFrame = YuvFrame().also { frame ->
    frame.height = described.int("height")
    frame.width = described.int("width")
    frame.turn = Turn(described.int("rotation_degrees"), described["mirrored"] as Boolean)
    val bytes = File(golden, described.text("file")).readBytes()
    val planes = mapOf("y" to frame.y, "u" to frame.u, "v" to frame.v)
    for (entry in described.objects("planes")) {
        val plane = planes.getValue(entry.text("plane"))
        plane.bytes = bytes
        plane.offset = entry.int("offset")
        plane.rowStride = entry.int("row_stride")
        plane.pixelStride = entry.int("pixel_stride")
    }
}

fun fitOf(case: Map<String, Any?>): Fit = case.member("fit").let { Fit(it.text("mode"), it.text("resample"), it.ints("pad")) }

fun boxOf(case: Map<String, Any?>): Box =
    case.member("box").let { Box(it.int("top"), it.int("left"), it.int("height"), it.int("width")) }

/** The largest difference of bytes taken as 0…255. */
fun largestStep(a: ByteArray, b: ByteArray): Int {
    require(a.size == b.size) { "${a.size} and ${b.size} bytes" }
    return a.indices.maxOf { Math.abs((a[it].toInt() and 255) - (b[it].toInt() and 255)) }
}

fun rgbOf(pixels: IntArray): ByteArray = ByteArray(3 * pixels.size) { (pixels[it / 3] shr (16 - 8 * (it % 3))).toByte() }

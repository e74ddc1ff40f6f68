package plumb.core

import kotlin.math.max
import kotlin.math.min

/** Where the photo lies in the network's picture, px. */
data class Box(val top: Int, val left: Int, val height: Int, val width: Int) {
    val size: Int get() = height * width
}

/** The photo's place in a height×width input (docs/formats.md, section 3). */
fun placement(photoHeight: Int, photoWidth: Int, height: Int, width: Int, mode: String): Box {
    require(min(min(photoHeight, photoWidth), min(height, width)) >= 1) {
        "a $photoHeight×$photoWidth photo does not fit into $height×$width"
    }
    if (mode == "stretch") return Box(0, 0, height, width)
    require(mode == "letterbox") { "fit mode '$mode': stretch or letterbox" }
    val scale = min(height.toDouble() / photoHeight, width.toDouble() / photoWidth)
    val innerHeight = min(height, max(1, (photoHeight * scale + 0.5).toInt()))
    val innerWidth = min(width, max(1, (photoWidth * scale + 0.5).toInt()))
    return Box((height - innerHeight) / 2, (width - innerWidth) / 2, innerHeight, innerWidth)
}

/** The network's picture of photos of one size: RGB bytes, height×width. Keeps its tables and its room. */
class NetworkInput(val photoHeight: Int, val photoWidth: Int, height: Int, private val width: Int, fit: Fit) {
    val box = placement(photoHeight, photoWidth, height, width, fit.mode)
    val bytes = ByteArray(height * width * 3) { fit.pad[it % 3].toByte() }
    private val resizer = ByteResizer(photoHeight, photoWidth, box.height, box.width)

    /** Puts `photo` where it belongs; what the box leaves free stays `pad`. */
    fun fill(photo: RgbPicture) {
        require(photo.height == photoHeight && photo.width == photoWidth) {
            "made for $photoHeight×$photoWidth, not for ${photo.height}×${photo.width}"
        }
        resizer.resize(photo.bytes, bytes, (box.top * width + box.left) * 3, width * 3)
    }
}

/** The part that lies in `box` of a map whose rows are `mapWidth` long, into `inner`. */
fun cut(map: FloatArray, mapWidth: Int, box: Box, inner: FloatArray) {
    for (row in 0 until box.height) {
        val from = (box.top + row) * mapWidth + box.left
        map.copyInto(inner, row * box.width, from, from + box.width)
    }
}

/** The same of an RGB picture. */
fun cut(picture: ByteArray, pictureWidth: Int, box: Box, inner: ByteArray) {
    for (row in 0 until box.height) {
        val from = ((box.top + row) * pictureWidth + box.left) * 3
        picture.copyInto(inner, row * box.width * 3, from, from + box.width * 3)
    }
}

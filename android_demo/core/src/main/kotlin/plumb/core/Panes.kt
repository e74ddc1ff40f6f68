package plumb.core

import kotlin.math.min

/** What is shown: picture and depth beside each other, depth over the picture, or the point cloud. */
enum class Scene { BESIDE, OVER, CLOUD }

/** A rectangle of the screen, px. */
data class Pane(val left: Float, val top: Float, val width: Float, val height: Float) {
    /** A place on the screen as shares of the pane's height and width; null outside. */
    fun share(x: Float, y: Float): Share? {
        val share = Share(((y - top) / height).toDouble(), ((x - left) / width).toDouble())
        return share.takeIf { it.down in 0.0..1.0 && it.across in 0.0..1.0 }
    }
}

/** A place in a picture, as shares of its height and width. */
data class Share(val down: Double, val across: Double)

/** Where the pictures go on a screen: as large as they fit; two of them above or beside each other, whichever is larger. */
fun panes(scene: Scene, height: Int, width: Int, pictureHeight: Int, pictureWidth: Int): List<Pane> {
    if (scene == Scene.CLOUD) return listOf(centred(0f, 0f, height.toFloat(), width.toFloat(), 1f))
    val shape = pictureWidth.toFloat() / pictureHeight
    if (scene == Scene.OVER) return listOf(centred(0f, 0f, height.toFloat(), width.toFloat(), shape))
    val above = (0..1).map { centred(0f, it * height / 2f, height / 2f, width.toFloat(), shape) }
    val beside = (0..1).map { centred(it * width / 2f, 0f, height.toFloat(), width / 2f, shape) }
    return if (above[0].width >= beside[0].width) above else beside
}

/** `panes` that keeps its last answer: a frame that lies where the one before did allocates nothing. */
class PaneLayout {
    private val asked = IntArray(4)
    private var scene: Scene? = null
    private var answer = emptyList<Pane>()

    fun panes(scene: Scene, height: Int, width: Int, pictureHeight: Int, pictureWidth: Int): List<Pane> {
        val same = asked[0] == height && asked[1] == width && asked[2] == pictureHeight && asked[3] == pictureWidth
        if (same && scene == this.scene) return answer
        asked[0] = height
        asked[1] = width
        asked[2] = pictureHeight
        asked[3] = pictureWidth
        this.scene = scene
        answer = plumb.core.panes(scene, height, width, pictureHeight, pictureWidth)
        return answer
    }
}

private fun centred(left: Float, top: Float, height: Float, width: Float, shape: Float): Pane {
    val innerWidth = min(width, height * shape)
    val innerHeight = innerWidth / shape
    return Pane(left + (width - innerWidth) / 2, top + (height - innerHeight) / 2, innerWidth, innerHeight)
}

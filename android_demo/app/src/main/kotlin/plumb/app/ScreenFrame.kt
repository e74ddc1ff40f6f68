package plumb.app

import android.graphics.Bitmap
import plumb.core.CloudRenderer
import plumb.core.DepthPipeline
import plumb.core.Scene

/** What one frame shows. Three of them take turns between worker and screen: neither waits, nothing tears. */
class ScreenFrame {
    var scene = Scene.BESIDE
    var pictureHeight = 1
    var pictureWidth = 1
    var picture: Bitmap? = null
    var depth: Bitmap? = null
    var cloud: Bitmap? = null

    /** Depth at the tapped place over the median depth; null where nothing was tapped. */
    var reading: Double? = null

    fun show(pipeline: DepthPipeline, scene: Scene) {
        this.scene = scene
        pictureHeight = pipeline.picture.height
        pictureWidth = pipeline.picture.width
        picture = filled(picture, pipeline.picturePixels, pictureHeight, pictureWidth)
        depth = filled(depth, pipeline.depthPixels, pipeline.box.height, pipeline.box.width)
    }

    fun show(renderer: CloudRenderer) {
        scene = Scene.CLOUD
        cloud = filled(cloud, renderer.pixels, renderer.height, renderer.width)
    }
}

/** `bitmap`, or a new one where the size changed, with those colours. */
private fun filled(bitmap: Bitmap?, pixels: IntArray, height: Int, width: Int): Bitmap {
    val fits = bitmap != null && bitmap.height == height && bitmap.width == width
    val target = if (bitmap != null && fits) bitmap else Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888)
    target.setPixels(pixels, 0, width, 0, 0, width, height)
    return target
}

package plumb.core

import java.io.File

private const val SIDE = 480
private val VIEWS = listOf(
    CloudView(), CloudView(yawDegrees = 30.0, pitchDegrees = 12.0), CloudView(yawDegrees = -35.0), CloudView(pitchDegrees = 40.0),
)

/**
 * What the app draws of the golden photo, as PNG, to be looked at: GOLDEN OUT. beside.png: picture and depth;
 * cloud.png: the cloud from the camera and from three other places.
 */
fun main(arguments: Array<String>) {
    val (golden, out) = arguments.map { File(it) }
    val picture = pictureOf(File(golden, "input.png"))
    val output = floatsOf(File(golden, "log_disparity.f32").readBytes())
    val pipeline = DepthPipeline(Recorded(output), manifestOf(picture.height, picture.width, Fit("stretch", "bilinear", listOf(0, 0, 0))))
    pipeline.prepare(picture, assumedFocal(picture.width))
    pipeline.infer()
    pipeline.measure(0)
    pipeline.drawPicture()
    pipeline.drawDepth()
    write(File(out, "beside.png"), listOf(pipeline.picturePixels, pipeline.depthPixels), picture.height, picture.width)
    val renderer = CloudRenderer(SIDE, SIDE)
    val clouds = VIEWS.map { view ->
        pipeline.drawCloud(renderer, view)
        renderer.pixels.copyOf()
    }
    write(File(out, "cloud.png"), clouds, SIDE, SIDE)
    File(out, "depth16.png").outputStream().use { pipeline.writeDepth(it) }
    File(out, "cloud.ply").outputStream().use { pipeline.writeCloud(it) }
}

/** Pictures of one size side by side. */
private fun write(file: File, pictures: List<IntArray>, height: Int, width: Int) {
    val sheet = IntArray(pictures.size * height * width)
    for (row in 0 until height) {
        pictures.forEachIndexed { i, pixels -> pixels.copyInto(sheet, (row * pictures.size + i) * width, row * width, (row + 1) * width) }
    }
    file.outputStream().use { writePng(sheet, height, pictures.size * width, it) }
}

private class Recorded(private val recorded: FloatArray) : Engine {
    override fun run(picture: ByteArray, output: FloatArray) {
        recorded.copyInto(output)
    }

    override fun close() = Unit
}

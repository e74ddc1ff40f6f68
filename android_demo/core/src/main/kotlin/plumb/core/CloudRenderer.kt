package plumb.core

import kotlin.math.cos
import kotlin.math.max
import kotlin.math.min
import kotlin.math.sin

/** From where the cloud is looked at: turned about the point at median depth; zoom 1 is the camera's own view. */
data class CloudView(val yawDegrees: Double = 0.0, val pitchDegrees: Double = 0.0, val zoom: Double = 1.0) {
    /** Turned by a finger that moved by (right, down) of a screen `extent` pixels wide: half a turn across it. */
    fun dragged(right: Double, down: Double, extent: Int) = copy(
        yawDegrees = (yawDegrees - right / extent * HALF_TURN) % (2 * HALF_TURN),
        pitchDegrees = (pitchDegrees + down / extent * HALF_TURN).coerceIn(-STEEPEST, STEEPEST),
    )

    fun zoomed(factor: Double) = copy(zoom = (zoom * factor).coerceIn(SMALLEST_ZOOM, LARGEST_ZOOM))

    private companion object {
        const val HALF_TURN = 180.0
        const val STEEPEST = 85.0
        const val SMALLEST_ZOOM = 0.25
        const val LARGEST_ZOOM = 8.0
    }
}

private const val BACKGROUND = 0xFF101014.toInt()
private const val NEAREST = 0.05f
private const val LARGEST_SPLAT = 4
private const val ROUNDED_UP = 1.2f

/** Draws a cloud into `pixels`, height×width, nearer points before farther ones; each point a small square. */
class CloudRenderer(val height: Int, val width: Int) {
    val pixels = IntArray(height * width)
    private val depth = FloatArray(height * width)
    private val turn = FloatArray(9)

    /** colours: RGB bytes, one pixel a point. focalShare: focal length over the photo's width. */
    fun draw(cloud: PointCloud, colours: ByteArray, focalShare: Double, view: CloudView) {
        pixels.fill(BACKGROUND)
        depth.fill(Float.MAX_VALUE)
        setTurn(view)
        val scale = (focalShare * width * view.zoom).toFloat()
        // A pixel of the map at depth z is z/focal wide; seen from z′ it covers this many screen pixels times z/z′.
        drawPoints(cloud.xyz, colours, scale, scale / (focalShare * cloud.width).toFloat())
    }

    private fun drawPoints(xyz: FloatArray, colours: ByteArray, scale: Float, spread: Float) {
        for (at in xyz.indices step 3) {
            val x = xyz[at]
            val y = xyz[at + 1]
            val z = xyz[at + 2] - 1
            val depth = turn[6] * x + turn[7] * y + turn[8] * z + 1
            if (depth > NEAREST) {
                val nearness = 1 / depth
                val right = (turn[0] * x + turn[1] * y + turn[2] * z) * (scale * nearness) + width / 2f
                val down = (turn[3] * x + turn[4] * y + turn[5] * z) * (scale * nearness) + height / 2f
                val size = min((spread * (z + 1) * nearness + ROUNDED_UP).toInt(), LARGEST_SPLAT)
                splat(right, down, depth, size, opaque(colours, at))
            }
        }
    }

    private fun splat(right: Float, down: Float, z: Float, size: Int, colour: Int) {
        if (!(right > 0 && down > 0 && right < width && down < height)) return
        val half = size / 2f
        // The middle lies on the screen, so that less than LARGEST_SPLAT is cut off: shifted by it, all is positive.
        val left = (right - half + LARGEST_SPLAT + 0.5f).toInt() - LARGEST_SPLAT
        val top = (down - half + LARGEST_SPLAT + 0.5f).toInt() - LARGEST_SPLAT
        for (row in max(top, 0) until min(top + size, height)) {
            for (at in row * width + max(left, 0) until row * width + min(left + size, width)) {
                if (z < depth[at]) {
                    depth[at] = z
                    pixels[at] = colour
                }
            }
        }
    }

    /** First about the vertical axis, then about the horizontal one. */
    private fun setTurn(view: CloudView) {
        val yaw = Math.toRadians(view.yawDegrees)
        val pitch = Math.toRadians(view.pitchDegrees)
        val cosYaw = cos(yaw).toFloat()
        val sinYaw = sin(yaw).toFloat()
        val cosPitch = cos(pitch).toFloat()
        val sinPitch = sin(pitch).toFloat()
        set(0, cosYaw, 0f, sinYaw)
        set(3, sinYaw * sinPitch, cosPitch, -cosYaw * sinPitch)
        set(6, -sinYaw * cosPitch, sinPitch, cosYaw * cosPitch)
    }

    private fun set(at: Int, x: Float, y: Float, z: Float) {
        turn[at] = x
        turn[at + 1] = y
        turn[at + 2] = z
    }
}

package plumb.core

import kotlin.math.hypot
import kotlin.math.min
import kotlin.math.tan

const val DEFAULT_FOV_DEGREES = 60.0
private const val FULL_FRAME_DIAGONAL_MM = 43.2666

/** Focal length in pixels, and whether it was assumed: the user is told so. */
data class Focal(val px: Double, val assumed: Boolean)

/** (width / 2) / tan(fov / 2), in pixels of a picture `width` pixels wide. */
fun focalFromFov(width: Int, fovDegrees: Double): Double {
    require(fovDegrees >= 1 && fovDegrees < 180) { "field of view $fovDegrees°: from 1 to below 180" }
    return width / 2.0 / tan(Math.toRadians(fovDegrees) / 2)
}

fun assumedFocal(width: Int) = Focal(focalFromFov(width, DEFAULT_FOV_DEGREES), assumed = true)

/** A camera's sensor: focal length and width of all its pixels in mm, their number, and the part that pictures use. */
data class Sensor(
    val focalMm: Double, val widthMm: Double, val pixelsWide: Int, val activeHeight: Int, val activeWidth: Int,
) {
    val known: Boolean get() = focalMm > 0 && widthMm > 0 && pixelsWide > 0 && activeHeight > 0 && activeWidth > 0
}

/**
 * Focal length in pixels of a height×width picture of that sensor, before it is turned: the picture is the largest part of
 * the active pixels that has its shape, scaled down. Assumed 60° across `uprightWidth` where the sensor says nothing.
 */
fun sensorFocal(sensor: Sensor, height: Int, width: Int, uprightWidth: Int): Focal {
    if (!sensor.known) return assumedFocal(uprightWidth)
    val scale = min(sensor.activeHeight.toDouble() / height, sensor.activeWidth.toDouble() / width)
    return Focal(sensor.focalMm / (sensor.widthMm / sensor.pixelsWide * scale), assumed = false)
}

/** Of a photo whose EXIF names a focal length of 35 mm film (by the diagonal); 0 where it names none: assumed 60°. */
fun photoFocal(focalOf35Mm: Int, height: Int, width: Int): Focal {
    if (focalOf35Mm <= 0) return assumedFocal(width)
    return Focal(focalOf35Mm * hypot(height.toDouble(), width.toDouble()) / FULL_FRAME_DIAGONAL_MM, assumed = false)
}

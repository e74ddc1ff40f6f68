package plumb.app

import android.graphics.ImageFormat
import android.hardware.camera2.CameraCharacteristics
import plumb.core.Focal
import plumb.core.Sensor
import plumb.core.Turn
import plumb.core.YuvFrame
import plumb.core.closestSize
import plumb.core.sensorFocal
import plumb.core.turnOf

private const val WANTED_HEIGHT = 480
private const val WANTED_WIDTH = 640

/** What a camera says of itself; what it leaves out is 0, and its focal length then unknown. */
class Lens(private val about: CameraCharacteristics) {
    val sensorDegrees = about.get(CameraCharacteristics.SENSOR_ORIENTATION) ?: 0
    val front = about.get(CameraCharacteristics.LENS_FACING) == CameraCharacteristics.LENS_FACING_FRONT
    val size = closestSize(sizes(), WANTED_HEIGHT, WANTED_WIDTH)?.let { sizes()[it] }
    val sensor = Sensor(
        focalMm = about.get(CameraCharacteristics.LENS_INFO_AVAILABLE_FOCAL_LENGTHS)?.firstOrNull()?.toDouble() ?: 0.0,
        widthMm = about.get(CameraCharacteristics.SENSOR_INFO_PHYSICAL_SIZE)?.width?.toDouble() ?: 0.0,
        pixelsWide = about.get(CameraCharacteristics.SENSOR_INFO_PIXEL_ARRAY_SIZE)?.width ?: 0,
        activeHeight = about.get(CameraCharacteristics.SENSOR_INFO_ACTIVE_ARRAY_SIZE)?.height() ?: 0,
        activeWidth = about.get(CameraCharacteristics.SENSOR_INFO_ACTIVE_ARRAY_SIZE)?.width() ?: 0,
    )

    private var knownDegrees = -1
    private var turn = Turn(0, false)
    private var focal = Focal(1.0, assumed = true)

    /** Turn and focal length of a frame; worked out again only when the screen turned. */
    fun describe(frame: YuvFrame, displayDegrees: Int) {
        if (displayDegrees != knownDegrees) {
            knownDegrees = displayDegrees
            turn = turnOf(sensorDegrees, displayDegrees, front)
            val uprightWidth = if (turn.swapsSides) frame.height else frame.width
            focal = sensorFocal(sensor, frame.height, frame.width, uprightWidth)
        }
        frame.turn = turn
        frame.focal = focal
    }

    private fun sizes(): List<Pair<Int, Int>> = about.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP)
        ?.getOutputSizes(ImageFormat.YUV_420_888).orEmpty().map { Pair(it.height, it.width) }
}

package plumb.app

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.ImageFormat
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.media.Image
import android.media.ImageReader
import android.os.Handler
import android.os.HandlerThread
import plumb.core.Focal
import plumb.core.Mailbox
import plumb.core.Plane
import plumb.core.Sensor
import plumb.core.Turn
import plumb.core.YuvFrame
import plumb.core.closestSize
import plumb.core.sensorFocal
import plumb.core.turnOf

private const val WANTED_HEIGHT = 480
private const val WANTED_WIDTH = 640
private const val IMAGES = 2

/** What is called from the camera's thread. */
interface CameraEvents {
    /** A frame lies ready, and none did before. */
    fun frameReady()

    fun cameraFailed(reason: String)
}

/**
 * Frames of one camera into a mailbox. Each is copied and closed at once, so that the camera never waits for the network.
 * displayDegrees: how the screen is turned; may change while frames come.
 */
class Camera(private val context: Context, private val frames: Mailbox<YuvFrame>, private val events: CameraEvents) {
    @Volatile
    var displayDegrees = 0
    private val thread = HandlerThread("camera").apply { start() }
    private val handler = Handler(thread.looper)
    private val manager = context.getSystemService(Context.CAMERA_SERVICE) as CameraManager
    private var device: CameraDevice? = null
    private var reader: ImageReader? = null

    // Counts openings: a camera that answers after it was closed again is closed at once.
    private var opening = 0

    /** Needs the camera's permission. */
    fun open(front: Boolean) {
        handler.post {
            closeNow()
            try {
                openNow(front)
            } catch (error: CameraAccessException) {
                events.cameraFailed(error.message ?: "reason ${error.reason}")
            } catch (error: SecurityException) {
                events.cameraFailed(error.message ?: "not allowed")
            } catch (error: IllegalArgumentException) {
                events.cameraFailed(error.message ?: "not there")
            }
        }
    }

    /** Stops after the frame that is being copied; does not wait for that. */
    fun close() {
        handler.post {
            closeNow()
            frames.clear()
        }
    }

    /** The end: the thread stops too. */
    fun release() {
        close()
        thread.quitSafely()
    }

    @SuppressLint("MissingPermission")
    private fun openNow(front: Boolean) {
        val lens = if (front) CameraCharacteristics.LENS_FACING_FRONT else CameraCharacteristics.LENS_FACING_BACK
        val ids = manager.cameraIdList
        val id = ids.find { manager.getCameraCharacteristics(it).get(CameraCharacteristics.LENS_FACING) == lens }
            ?: ids.firstOrNull() ?: return events.cameraFailed(context.getString(R.string.no_camera))
        val lensOf = Lens(manager.getCameraCharacteristics(id))
        val size = lensOf.size ?: return events.cameraFailed(context.getString(R.string.no_camera))
        val frameReader = ImageReader.newInstance(size.second, size.first, ImageFormat.YUV_420_888, IMAGES)
        frameReader.setOnImageAvailableListener({ take(it, lensOf) }, handler)
        reader = frameReader
        manager.openCamera(id, Opening(++opening, frameReader), handler)
    }

    private fun closeNow() {
        opening++
        device?.close()
        device = null
        reader?.close()
        reader = null
    }

    /** The newest image as a frame; the ones before it are dropped here, later ones by the mailbox. */
    private fun take(reader: ImageReader, lens: Lens) {
        val image = reader.acquireLatestImage() ?: return
        image.use {
            val frame = frames.toWrite()
            frame.height = image.height
            frame.width = image.width
            frame.timestampNs = image.timestamp
            lens.describe(frame, displayDegrees)
            val planes = image.planes
            copy(planes[0], frame.y)
            copy(planes[1], frame.u)
            copy(planes[2], frame.v)
            if (frames.put(frame)) events.frameReady()
        }
    }

    private fun copy(from: Image.Plane, to: Plane) {
        val bytes = from.buffer
        val count = bytes.remaining()
        to.reserve(count, from.rowStride, from.pixelStride)
        bytes.get(to.bytes, 0, count)
    }

    private inner class Opening(val number: Int, val reader: ImageReader) : CameraDevice.StateCallback() {
        override fun onOpened(camera: CameraDevice) {
            if (number != opening) return camera.close()
            device = camera
            try {
                camera.createCaptureSession(listOf(reader.surface), Session(camera, this), handler)
            } catch (error: CameraAccessException) {
                onError(camera, error.reason)
            }
        }

        override fun onDisconnected(camera: CameraDevice) = stop(camera, context.getString(R.string.camera_taken))

        override fun onError(camera: CameraDevice, error: Int) = stop(camera, context.getString(R.string.camera_error, error))

        fun stop(camera: CameraDevice, reason: String) {
            camera.close()
            if (number == opening) {
                closeNow()
                events.cameraFailed(reason)
            }
        }
    }

    private inner class Session(val camera: CameraDevice, val opened: Opening) : CameraCaptureSession.StateCallback() {
        override fun onConfigured(session: CameraCaptureSession) {
            if (opened.number != opening) return
            try {
                val request = camera.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW)
                request.addTarget(opened.reader.surface)
                request.set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE)
                session.setRepeatingRequest(request.build(), null, handler)
            } catch (error: CameraAccessException) {
                opened.onError(camera, error.reason)
            } catch (_: IllegalStateException) {
                // Closed between the two calls: whoever closed it knows.
            }
        }

        override fun onConfigureFailed(session: CameraCaptureSession) =
            opened.stop(camera, context.getString(R.string.camera_refused))
    }
}

/** What a camera says of itself; what it leaves out is 0, and its focal length then unknown. */
private class Lens(private val about: CameraCharacteristics) {
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

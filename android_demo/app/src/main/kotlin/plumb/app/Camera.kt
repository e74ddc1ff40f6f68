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
import plumb.core.Mailbox
import plumb.core.Plane
import plumb.core.YuvFrame

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

    /** The last opening failed, or what it gave came to an end; told as cameraFailed. */
    @Volatile
    var stopped = false
        private set
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
            stopped = false
            try {
                openNow(front)
            } catch (error: CameraAccessException) {
                failed(error.message ?: "reason ${error.reason}")
            } catch (error: SecurityException) {
                failed(error.message ?: "not allowed")
            } catch (error: IllegalArgumentException) {
                failed(error.message ?: "not there")
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
            ?: ids.firstOrNull() ?: return failed(context.getString(R.string.no_camera))
        val lensOf = Lens(manager.getCameraCharacteristics(id))
        val size = lensOf.size ?: return failed(context.getString(R.string.no_camera))
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
        val waiting = image.use {
            frames.write { frame ->
                frame.height = image.height
                frame.width = image.width
                frame.timestampNs = image.timestamp
                lens.describe(frame, displayDegrees)
                val planes = image.planes
                copy(planes[0], frame.y)
                copy(planes[1], frame.u)
                copy(planes[2], frame.v)
            }
        }
        if (waiting) events.frameReady()
    }

    private fun failed(reason: String) {
        stopped = true
        events.cameraFailed(reason)
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
                failed(reason)
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

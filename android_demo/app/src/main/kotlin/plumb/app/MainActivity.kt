package plumb.app

import android.Manifest
import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.hardware.display.DisplayManager
import android.net.Uri
import android.os.Build
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.view.Surface
import android.view.View
import android.view.WindowInsets
import android.view.WindowManager
import android.widget.Button
import android.widget.TextView
import plumb.core.CloudView
import plumb.core.Mailbox
import plumb.core.Opened
import plumb.core.Scene
import plumb.core.Share
import plumb.core.YuvFrame
import kotlin.math.max

private const val CAMERA_ASKED = 1
private const val WRITING_ASKED = 2
private const val PHOTO_ASKED = 3
private const val PICK_IMAGES = "android.provider.action.PICK_IMAGES" // MediaStore's constant, Android 13
private const val QUARTER_TURN = 90

/** The screen: live camera or a photo, its depth, its cloud. Wires; the work is done by Camera and Worker. */
class MainActivity : Activity(), CameraEvents, WorkerEvents, DepthTouches {
    private lateinit var preferences: Preferences
    private lateinit var depthView: DepthView
    private lateinit var camera: Camera
    private lateinit var worker: Worker
    private lateinit var choices: Choices
    private lateinit var displays: DisplayManager
    private val frames = Mailbox { YuvFrame() }
    private val ui = Handler(Looper.getMainLooper())
    private var live = true
    private var asked = false
    private val turned = object : DisplayManager.DisplayListener {
        override fun onDisplayAdded(id: Int) = Unit

        override fun onDisplayRemoved(id: Int) = Unit

        override fun onDisplayChanged(id: Int) = readDisplay()
    }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.main)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        preferences = Preferences(this)
        displays = getSystemService(Context.DISPLAY_SERVICE) as DisplayManager
        depthView = findViewById(R.id.depth)
        depthView.touches = this
        camera = Camera(this, frames, this)
        worker = Worker(frames, depthView.frames, this)
        choices = Choices(this, preferences) { openModel() }
        worker.scene = preferences.scene
        findViewById<View>(R.id.root).setOnApplyWindowInsetsListener { view, insets -> padded(view, insets) }
        wireButtons()
        openModel()
    }

    private fun wireButtons() {
        onClick(R.id.scene) { nextScene() }
        onClick(R.id.photo) { pickPhoto() }
        onClick(R.id.camera) { useCamera() }
        onClick(R.id.model) { choices.show(findModels(this)) }
        onClick(R.id.save) { save() }
        showScene()
    }

    private fun onClick(id: Int, act: () -> Unit) = findViewById<View>(id).setOnClickListener { act() }

    override fun onResume() {
        super.onResume()
        displays.registerDisplayListener(turned, ui)
        readDisplay()
        worker.resume()
        if (live) startCamera() else worker.drawSoon()
    }

    override fun onPause() {
        displays.unregisterDisplayListener(turned)
        worker.pause()
        camera.close()
        super.onPause()
    }

    override fun onDestroy() {
        camera.release()
        worker.release()
        super.onDestroy()
    }

    // ---- model

    private fun openModel() {
        val models = findModels(this)
        val all = choices(models)
        val choice = all.find { it.key == preferences.model } ?: all.firstOrNull()
        if (choice == null) return say(models.firstNotNullOfOrNull { it.problem } ?: getString(R.string.no_model))
        worker.open(choice, preferences.delegate, preferences.threads)
    }

    override fun opened(choice: Choice, opened: Opened) = onUi {
        say(opened.note.orEmpty())
        findViewById<TextView>(R.id.running).text = getString(R.string.running, choice.label, opened.delegate.name)
    }

    // ---- camera and photos

    private fun startCamera() {
        if (checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED) {
            camera.open(preferences.front)
        } else if (!asked) {
            asked = true
            requestPermissions(arrayOf(Manifest.permission.CAMERA), CAMERA_ASKED)
        } else {
            say(getString(R.string.camera_refused_by_user))
        }
    }

    /** The camera's button: back to the camera from a photo, else the other camera. */
    private fun useCamera() {
        if (live) preferences.front = !preferences.front
        live = true
        asked = false
        say("")
        startCamera()
    }

    override fun onRequestPermissionsResult(code: Int, permissions: Array<String>, results: IntArray) {
        val granted = results.isNotEmpty() && results.all { it == PackageManager.PERMISSION_GRANTED }
        when {
            code == WRITING_ASKED && granted -> saveNow()
            code == WRITING_ASKED -> say(getString(R.string.writing_refused))
            code == CAMERA_ASKED && !granted && results.isNotEmpty() -> say(getString(R.string.camera_refused_by_user))
        }
    }

    private fun pickPhoto() {
        val picker = if (Build.VERSION.SDK_INT >= 33) Intent(PICK_IMAGES) else Intent(Intent.ACTION_OPEN_DOCUMENT)
        if (Build.VERSION.SDK_INT < 33) picker.addCategory(Intent.CATEGORY_OPENABLE)
        try {
            startActivityForResult(picker.setType("image/*"), PHOTO_ASKED)
        } catch (_: ActivityNotFoundException) {
            say(getString(R.string.no_picker))
        }
    }

    override fun onActivityResult(code: Int, result: Int, data: Intent?) {
        val photo = data?.data ?: return
        if (code != PHOTO_ASKED || result != RESULT_OK) return
        live = false
        camera.close()
        say("")
        worker.resume()
        worker.showPhoto(contentResolver, photo)
    }

    private fun readDisplay() {
        val quarters = mapOf(Surface.ROTATION_90 to 1, Surface.ROTATION_180 to 2, Surface.ROTATION_270 to 3)
        camera.displayDegrees = QUARTER_TURN * (quarters[windowManager.defaultDisplay.rotation] ?: 0)
    }

    override fun frameReady() = worker.frameReady()

    override fun cameraFailed(reason: String) = onUi { say(getString(R.string.camera_failed, reason)) }

    // ---- what is shown

    private fun nextScene() {
        val scenes = Scene.values()
        preferences.scene = scenes[(preferences.scene.ordinal + 1) % scenes.size]
        worker.scene = preferences.scene
        worker.view = CloudView()
        showScene()
        worker.drawSoon()
    }

    private fun showScene() {
        val (name, description) = when (preferences.scene) {
            Scene.BESIDE -> Pair(R.string.beside, R.string.beside_described)
            Scene.OVER -> Pair(R.string.over, R.string.over_described)
            Scene.CLOUD -> Pair(R.string.cloud, R.string.cloud_described)
        }
        findViewById<Button>(R.id.scene).setText(name)
        depthView.contentDescription = getString(description)
    }

    override fun drawn() = onUi {
        depthView.invalidate()
        val reading = depthView.reading
        val line = findViewById<TextView>(R.id.reading)
        val text = if (reading == null) "" else getString(R.string.reading, reading)
        if (line.text.toString() != text) line.text = text
    }

    override fun measured(status: Status) = onUi {
        val assumed = if (status.focalIsAssumed) getString(R.string.assumed_view) else ""
        findViewById<TextView>(R.id.times).text = getString(
            R.string.times, status.perSecond, status.prepareMs, status.inferMs, status.drawMs, assumed,
        )
    }

    override fun problem(text: String) = onUi { say(text) }

    private fun say(text: String) {
        val line = findViewById<TextView>(R.id.message)
        line.text = text
        line.visibility = if (text.isEmpty()) View.GONE else View.VISIBLE
    }

    private fun onUi(act: () -> Unit) = ui.post { if (!isDestroyed) act() }.let { }

    override fun tapped(place: Share) {
        worker.tapped = place
        worker.drawSoon()
    }

    override fun dragged(rightPx: Float, downPx: Float) {
        worker.view = worker.view.dragged(rightPx.toDouble(), downPx.toDouble(), depthView.width)
        worker.drawSoon()
    }

    override fun pinched(factor: Float) {
        worker.view = worker.view.zoomed(factor.toDouble())
        worker.drawSoon()
    }

    /** Edge to edge: pictures and buttons keep clear of bars and of the camera's hole. */
    private fun padded(view: View, insets: WindowInsets): WindowInsets {
        val hole = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) Api28.cutout(insets) else IntArray(4)
        view.setPadding(
            max(insets.systemWindowInsetLeft, hole[0]), max(insets.systemWindowInsetTop, hole[1]),
            max(insets.systemWindowInsetRight, hole[2]), max(insets.systemWindowInsetBottom, hole[3]),
        )
        return insets
    }

    // ---- saving

    private fun save() {
        val permission = Manifest.permission.WRITE_EXTERNAL_STORAGE
        val needed = Build.VERSION.SDK_INT < Build.VERSION_CODES.Q
        if (needed && checkSelfPermission(permission) != PackageManager.PERMISSION_GRANTED) {
            requestPermissions(arrayOf(permission), WRITING_ASKED)
        } else {
            saveNow()
        }
    }

    private fun saveNow() = worker.save(getString(R.string.nothing_to_save)) { pipeline ->
        val files: List<Uri> = saveBoth(contentResolver, pipeline)
        onUi {
            say(getString(R.string.saved))
            startActivity(shareIntent(files, getString(R.string.share)))
        }
    }
}

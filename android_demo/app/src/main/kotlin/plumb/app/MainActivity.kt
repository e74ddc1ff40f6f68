package plumb.app

import android.Manifest
import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.os.Build
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.view.View
import android.view.WindowManager
import android.widget.Button
import android.widget.TextView
import plumb.core.CloudRenderer
import plumb.core.Delegate
import plumb.core.DepthPipeline
import plumb.core.DepthWorker
import plumb.core.Mailbox
import plumb.core.Scene
import plumb.core.Status
import plumb.core.WorkerEvents
import plumb.core.YuvFrame

private const val CAMERA_ASKED = 1
private const val WRITING_ASKED = 2
private const val PHOTO_ASKED = 3

/** The screen: live camera or a photo, its depth, its cloud. Wires; the work is done by Camera and Worker. */
class MainActivity : Activity(), CameraEvents, WorkerEvents {
    private lateinit var preferences: Preferences
    private lateinit var depthView: DepthView
    private lateinit var camera: Camera
    private lateinit var worker: Worker
    private lateinit var choices: Choices
    private lateinit var turn: DisplayTurn
    private val frames = Mailbox { YuvFrame() }
    private val ui = Handler(Looper.getMainLooper())
    private var live = true
    private var asked = false
    private var justTapped = false
    private val newest = Runnable { if (!isDestroyed) showNewest() }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.main)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        preferences = Preferences(this)
        depthView = findViewById(R.id.depth)
        camera = Camera(this, frames, this)
        turn = DisplayTurn(this) { camera.displayDegrees = it }
        worker = Worker(DepthWorker(frames, this))
        depthView.touches = Fingers(worker, depthView) { justTapped = true }
        choices = Choices(this, preferences) { openModel() }
        keepClear(findViewById(R.id.root))
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
        turn.start(ui)
        worker.resume()
        if (live) startCamera() else worker.drawSoon()
    }

    override fun onPause() {
        turn.stop()
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
        say("")
        findViewById<TextView>(R.id.running).text = ""
        val models = findModels(this)
        val all = choices(models)
        val choice = all.find { it.key == preferences.model } ?: all.firstOrNull()
        if (choice == null) return say(models.firstNotNullOfOrNull { it.problem } ?: getString(R.string.no_model))
        worker.open(networkOf(choice, preferences.threads), preferences.delegate)
    }

    override fun opened(label: String, delegate: Delegate, note: String?) = onUi {
        note?.let { say(it) }
        findViewById<TextView>(R.id.running).text = getString(R.string.running, label, delegate.name)
    }

    // ---- camera and photos

    private fun mayUseCamera() = checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED

    private fun startCamera() {
        if (mayUseCamera()) {
            camera.open(preferences.front)
        } else if (!asked) {
            asked = true
            requestPermissions(arrayOf(Manifest.permission.CAMERA), CAMERA_ASKED)
        } else {
            say(getString(R.string.camera_refused_by_user))
        }
    }

    /** The camera's button: back to the camera from a photo, the same again after a fault, else the other camera. */
    private fun useCamera() {
        if (live && !camera.stopped && mayUseCamera()) preferences.front = !preferences.front
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
        try {
            startActivityForResult(photoPicker(), PHOTO_ASKED)
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

    override fun frameReady() = worker.frameReady()

    override fun cameraFailed(reason: String) = onUi { say(getString(R.string.camera_failed, reason)) }

    // ---- what is shown

    private fun nextScene() {
        val scenes = Scene.values()
        preferences.scene = scenes[(preferences.scene.ordinal + 1) % scenes.size]
        showScene()
    }

    private fun showScene() {
        worker.show(preferences.scene)
        val (name, description) = when (preferences.scene) {
            Scene.BESIDE -> Pair(R.string.beside, R.string.beside_described)
            Scene.OVER -> Pair(R.string.over, R.string.over_described)
            Scene.CLOUD -> Pair(R.string.cloud, R.string.cloud_described)
        }
        val button = findViewById<Button>(R.id.scene)
        button.setText(name)
        button.contentDescription = getString(R.string.scene_described, getString(name))
        depthView.contentDescription = getString(description)
    }

    override fun show(pipeline: DepthPipeline, scene: Scene, reading: Double?) = show(reading) { it.show(pipeline, scene) }

    override fun show(cloud: CloudRenderer, reading: Double?) = show(reading) { it.show(cloud) }

    private inline fun show(reading: Double?, fill: (ScreenFrame) -> Unit) {
        depthView.frames.write {
            fill(it)
            it.reading = reading
        }
        ui.post(newest)
    }

    private fun showNewest() {
        depthView.invalidate()
        val reading = depthView.reading
        val line = findViewById<TextView>(R.id.reading)
        val text = if (reading == null) "" else getString(R.string.reading, reading)
        if (line.text.toString() != text) line.text = text
        // Told once a tap: as a live region, the changing number would be read out without end.
        if (reading != null && justTapped) depthView.announceForAccessibility(text)
        justTapped = justTapped && reading == null
    }

    override fun measured(status: Status) = onUi {
        val assumed = if (status.focalIsAssumed) getString(R.string.assumed_view) else ""
        findViewById<TextView>(R.id.times).text = getString(
            R.string.times, status.perSecond, status.prepareMs, status.inferMs, status.drawMs, status.dropped, assumed,
        )
    }

    override fun problem(text: String) = onUi { say(text) }

    private fun say(text: String) {
        val line = findViewById<TextView>(R.id.message)
        line.text = text
        line.visibility = if (text.isEmpty()) View.GONE else View.VISIBLE
    }

    private fun onUi(act: () -> Unit) {
        ui.post { if (!isDestroyed) act() }
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

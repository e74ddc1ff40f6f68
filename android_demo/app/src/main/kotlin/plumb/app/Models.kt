package plumb.app

import android.content.Context
import android.content.res.AssetManager
import plumb.core.ArtifactException
import plumb.core.DiskFolder
import plumb.core.Manifest
import plumb.core.ModelFolder
import plumb.core.Network
import plumb.core.checkedFile
import plumb.core.readManifest
import plumb.core.runnableRoles
import java.io.File
import java.io.IOException
import java.io.InputStream

private const val SHIPPED = "models"

/** A model folder among the app's assets, where the Gradle task copyModels put it. */
class AssetFolder(val assets: AssetManager, override val name: String) : ModelFolder {
    fun assetPath(path: String) = "$SHIPPED/$name/$path"

    override fun open(path: String): InputStream = assets.open(assetPath(path))
}

/** A folder that was found: what it can run, or why it is refused. */
class FoundModel(val folder: ModelFolder, val manifest: Manifest?, val roles: List<String>, val problem: String?)

/** One file of one model. key: what the settings remember it by. */
data class Choice(val folder: ModelFolder, val manifest: Manifest, val role: String) {
    val key: String get() = "${if (folder is AssetFolder) "shipped" else "own"}/${folder.name}/$role"
    val label: String get() = "${manifest.title} · $role · ${manifest.height}×${manifest.width}"
}

/**
 * The folder below Android/media that app and adb's shell can both read and write: from Android 10 on, phones keep one of
 * the two out of Android/data. Galleries are asked to leave it alone. Null where there is no storage.
 */
fun sharedFolder(context: Context): File? = context.externalMediaDirs.firstOrNull()?.also { folder ->
    try {
        File(folder, ".nomedia").createNewFile()
    } catch (_: IOException) {
        // Golden pictures then show up in galleries: no reason to stop.
    }
}

/** Where folders of one's own go: adb push artifacts/NAME there. */
fun ownModels(context: Context): File? = sharedFolder(context)?.let { File(it, SHIPPED) }

/** Shipped folders first, then one's own; each read now, so that a wrong one is shown with its reason. */
fun findModels(context: Context): List<FoundModel> {
    val shipped = context.assets.list(SHIPPED).orEmpty().sorted().map { AssetFolder(context.assets, it) }
    val own = ownModels(context)?.listFiles { file -> file.isDirectory }.orEmpty().sorted().map { DiskFolder(it) }
    return (shipped + own).map { found(it) }
}

private fun found(folder: ModelFolder): FoundModel = try {
    val manifest = readManifest(folder)
    val roles = runnableRoles(manifest).filter { isThere(folder, manifest.files.getValue(it).path) }
    val problem = "${folder.name}: no .tflite file of its model.json is there".takeIf { roles.isEmpty() }
    FoundModel(folder, manifest, roles, problem)
} catch (error: ArtifactException) {
    FoundModel(folder, null, emptyList(), error.message)
}

private fun isThere(folder: ModelFolder, path: String): Boolean = try {
    folder.open(path).close()
    true
} catch (_: IOException) {
    false
}

/** Every file that can be run; the int8 file to ship first within a folder. */
fun choices(models: List<FoundModel>): List<Choice> = models.flatMap { found ->
    val manifest = found.manifest ?: return@flatMap emptyList()
    found.roles.sortedBy { it != "tflite_int8" }.map { Choice(found.folder, manifest, it) }
}

/** What loads the chosen file, its hash checked each time before. */
fun networkOf(choice: Choice, threads: Int) = Network(choice.label, choice.manifest) { delegate ->
    LiteRtEngine(choice.folder, checkedFile(choice.folder, choice.manifest, choice.role), delegate, threads)
}

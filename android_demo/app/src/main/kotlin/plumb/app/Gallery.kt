package plumb.app

import android.content.ContentResolver
import android.content.ContentValues
import android.content.Intent
import android.net.Uri
import android.os.Build
import android.os.Environment
import android.provider.MediaStore
import plumb.core.DepthPipeline
import plumb.core.writeOrDelete
import java.io.File
import java.io.IOException
import java.io.OutputStream
import java.text.SimpleDateFormat
import java.util.Date
import java.util.Locale

/** Folder below Pictures and Download. */
const val ALBUM = "Plumb"

/** Where a file goes: pictures to the gallery, anything else to the downloads. */
enum class SavedKind(val mimeType: String, val folder: String, val ending: String) {
    DEPTH("image/png", Environment.DIRECTORY_PICTURES, "png"),
    CLOUD("application/octet-stream", Environment.DIRECTORY_DOWNLOADS, "ply"),
}

/** Depth PNG and PLY of the last picture into the media store; the places of both. */
fun saveBoth(resolver: ContentResolver, pipeline: DepthPipeline): List<Uri> {
    val name = "depth_" + SimpleDateFormat("yyyyMMdd_HHmmss", Locale.ROOT).format(Date())
    return listOf(
        save(resolver, name, SavedKind.DEPTH) { pipeline.writeDepth(it) },
        save(resolver, name, SavedKind.CLOUD) { pipeline.writeCloud(it) },
    )
}

private fun save(resolver: ContentResolver, name: String, kind: SavedKind, write: (OutputStream) -> Unit): Uri {
    val full = "$name.${kind.ending}"
    return try {
        val newer = Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q
        if (newer) Api29.save(resolver, full, kind, write) else saveByPath(resolver, full, kind, write)
    } catch (error: RuntimeException) {
        // What the media store throws of itself differs from phone to phone.
        throw IOException("$full: the media store refused it (${error.message})", error)
    }
}

/** Before Android 10 the media store is given a path; needs the permission to write. */
private fun saveByPath(resolver: ContentResolver, name: String, kind: SavedKind, write: (OutputStream) -> Unit): Uri {
    val folder = File(Environment.getExternalStoragePublicDirectory(kind.folder), ALBUM)
    if (!folder.isDirectory && !folder.mkdirs()) throw IOException("$folder: cannot be made")
    val values = ContentValues()
    values.put(MediaStore.MediaColumns.DATA, File(folder, name).path)
    values.put(MediaStore.MediaColumns.DISPLAY_NAME, name)
    values.put(MediaStore.MediaColumns.MIME_TYPE, kind.mimeType)
    val uri = resolver.insert(MediaStore.Files.getContentUri("external"), values)
        ?: throw IOException("$name: the media store gave no place")
    return finished(resolver, uri, write) {}
}

/** `uri`, written and finished; what failed is deleted again. */
internal fun finished(resolver: ContentResolver, uri: Uri, write: (OutputStream) -> Unit, finish: () -> Unit): Uri {
    val open = { resolver.openOutputStream(uri) ?: throw IOException("$uri: cannot be written") }
    writeOrDelete(open, write, finish) { resolver.delete(uri, null, null) }
    return uri
}

/** The system's share sheet for saved files. */
fun shareIntent(files: List<Uri>, title: String): Intent {
    val send = Intent(Intent.ACTION_SEND_MULTIPLE).setType("*/*")
    send.putParcelableArrayListExtra(Intent.EXTRA_STREAM, ArrayList(files))
    send.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
    return Intent.createChooser(send, title)
}

package plumb.app

import android.content.ContentResolver
import android.content.ContentValues
import android.net.Uri
import android.os.Environment
import android.provider.MediaStore
import java.io.IOException
import java.io.OutputStream

/** Calls that exist from Android 10 on; call them only there. tests/android/new_api.py holds that no other file makes them. */
object Api29 {
    /** A new file of the media store, which others see once it is complete; nothing is left of one that fails. */
    fun save(resolver: ContentResolver, name: String, kind: SavedKind, write: (OutputStream) -> Unit): Uri {
        val values = ContentValues()
        values.put(MediaStore.MediaColumns.DISPLAY_NAME, name)
        values.put(MediaStore.MediaColumns.MIME_TYPE, kind.mimeType)
        values.put(MediaStore.MediaColumns.RELATIVE_PATH, "${kind.folder}/$ALBUM")
        values.put(MediaStore.MediaColumns.IS_PENDING, 1)
        val uri = resolver.insert(collection(kind), values) ?: throw IOException("$name: the media store gave no place")
        return finished(resolver, uri, write) {
            resolver.update(uri, ContentValues().apply { put(MediaStore.MediaColumns.IS_PENDING, 0) }, null, null)
        }
    }

    private fun collection(kind: SavedKind): Uri = when (kind.folder) {
        Environment.DIRECTORY_PICTURES -> MediaStore.Images.Media.EXTERNAL_CONTENT_URI
        else -> MediaStore.Downloads.EXTERNAL_CONTENT_URI
    }
}

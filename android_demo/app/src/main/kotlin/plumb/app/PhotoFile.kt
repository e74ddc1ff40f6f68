package plumb.app

import android.content.ContentResolver
import android.content.Intent
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.media.ExifInterface
import android.net.Uri
import android.os.Build
import plumb.core.Photo
import plumb.core.PhotoReader
import plumb.core.RgbPicture
import plumb.core.Turn
import plumb.core.exifTurn
import plumb.core.photoFocal
import plumb.core.sampleSize
import java.io.IOException
import java.io.InputStream

// A depth PNG of this size still fits into a phone's memory while it is written.
private const val MOST_PIXELS = 6_000_000

private const val PICK_IMAGES = "android.provider.action.PICK_IMAGES" // MediaStore's constant
private const val ANDROID_13 = 33

/** Android's own picker, which needs no permission; before Android 13 that of documents. */
fun photoPicker(): Intent {
    val picker = if (Build.VERSION.SDK_INT >= ANDROID_13) Intent(PICK_IMAGES) else Intent(Intent.ACTION_OPEN_DOCUMENT)
    if (Build.VERSION.SDK_INT < ANDROID_13) picker.addCategory(Intent.CATEGORY_OPENABLE)
    return picker.setType("image/*")
}

/**
 * A photo of the user's, upright, with the focal length that its EXIF names. Larger ones are read at half or a quarter of
 * their size. IOException where `uri` is no picture that Android can read.
 */
fun readPhoto(resolver: ContentResolver, uri: Uri): Photo {
    val bounds = BitmapFactory.Options().apply { inJustDecodeBounds = true }
    opened(resolver, uri).use { BitmapFactory.decodeStream(it, null, bounds) }
    if (bounds.outWidth <= 0 || bounds.outHeight <= 0) throw IOException("$uri: no picture that can be read")
    val options = BitmapFactory.Options().apply { inSampleSize = sampleSize(bounds.outHeight, bounds.outWidth, MOST_PIXELS) }
    val bitmap = opened(resolver, uri).use { BitmapFactory.decodeStream(it, null, options) }
        ?: throw IOException("$uri: no picture that can be read")
    val exif = exif(resolver, uri)
    val turn = exifTurn(exif?.getAttributeInt(ExifInterface.TAG_ORIENTATION, 1) ?: 1)
    val picture = upright(bitmap, turn).also { bitmap.recycle() }
    val focalOf35Mm = exif?.getAttributeInt(ExifInterface.TAG_FOCAL_LENGTH_IN_35MM_FILM, 0) ?: 0
    return Photo(picture, photoFocal(focalOf35Mm, picture.height, picture.width))
}

private fun opened(resolver: ContentResolver, uri: Uri): InputStream = try {
    resolver.openInputStream(uri) ?: throw IOException("$uri: cannot be opened")
} catch (error: SecurityException) {
    throw IOException("$uri: may not be opened (${error.message})", error)
}

private fun exif(resolver: ContentResolver, uri: Uri): ExifInterface? = try {
    opened(resolver, uri).use { ExifInterface(it) }
} catch (_: IOException) {
    null // PNG and others have none
}

private fun upright(bitmap: Bitmap, turn: Turn): RgbPicture {
    val reader = PhotoReader(bitmap.height, bitmap.width, turn)
    val row = IntArray(bitmap.width)
    for (i in 0 until bitmap.height) {
        bitmap.getPixels(row, 0, bitmap.width, 0, i, bitmap.width, 1)
        reader.put(i, row)
    }
    return reader.upright
}

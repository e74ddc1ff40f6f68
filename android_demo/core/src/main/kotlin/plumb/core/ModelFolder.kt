package plumb.core

import java.io.File
import java.io.FileNotFoundException
import java.io.IOException
import java.io.InputStream
import java.security.MessageDigest

/** What `artifacts/<name>` holds, wherever it lies: on the phone's disk or among the app's assets. */
interface ModelFolder {
    val name: String

    /** The file at `path`, which came from a checked manifest. FileNotFoundException where there is none. */
    fun open(path: String): InputStream
}

/** A model folder on disk. */
class DiskFolder(val directory: File) : ModelFolder {
    override val name: String get() = directory.name

    fun file(path: String) = File(directory, path)

    override fun open(path: String): InputStream = file(path).inputStream()
}

private const val LONGEST_MANIFEST = 1 shl 20
private const val CHUNK = 1 shl 16

/** The manifest of `folder`. ArtifactException with one line for anything that is not as it should be. */
fun readManifest(folder: ModelFolder): Manifest {
    val source = "${folder.name}/$MANIFEST_NAME"
    return try {
        parseManifest(parseJson(folder.open(MANIFEST_NAME).use { firstBytes(it, source) }), source)
    } catch (_: FileNotFoundException) {
        throw ArtifactException("$source: no such file; python -m export.all writes it")
    } catch (error: JsonException) {
        throw ArtifactException("$source: not JSON that can be read (${error.message})")
    } catch (error: IOException) {
        throw ArtifactException("$source: cannot be read (${error.message})")
    }
}

/** The file of `role`, after its size and hash were compared with the manifest's. */
fun checkedFile(folder: ModelFolder, manifest: Manifest, role: String): ModelFile {
    val file = manifest.files[role] ?: throw ArtifactException(
        "${folder.name}/$MANIFEST_NAME: has no file '$role' (${manifest.files.keys.joinToString()})",
    )
    val path = "${folder.name}/${file.path}"
    val same = try {
        folder.open(file.path).use { isListed(it, file) }
    } catch (_: FileNotFoundException) {
        throw ArtifactException("$path: is missing, though $MANIFEST_NAME lists it; export the model again")
    } catch (error: IOException) {
        throw ArtifactException("$path: cannot be read (${error.message})")
    }
    if (!same) throw ArtifactException("$path: is not the file that $MANIFEST_NAME lists (its SHA-256 differs)")
    return file
}

private fun isListed(stream: InputStream, file: ModelFile): Boolean {
    val digest = MessageDigest.getInstance("SHA-256")
    val chunk = ByteArray(CHUNK)
    var size = 0L
    while (size <= file.sizeBytes) {
        val count = stream.read(chunk)
        if (count < 0) return size == file.sizeBytes && hex(digest.digest()) == file.sha256
        digest.update(chunk, 0, count)
        size += count
    }
    return false
}

private fun firstBytes(stream: InputStream, source: String): ByteArray {
    val bytes = ByteArray(LONGEST_MANIFEST)
    var size = 0
    while (size < bytes.size) {
        val count = stream.read(bytes, size, bytes.size - size)
        if (count < 0) return bytes.copyOf(size)
        size += count
    }
    throw ArtifactException("$source: longer than $LONGEST_MANIFEST bytes")
}

private fun hex(bytes: ByteArray): String = bytes.joinToString("") { "%02x".format(it) }

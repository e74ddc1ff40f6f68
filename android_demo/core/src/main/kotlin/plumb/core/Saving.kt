package plumb.core

import java.io.OutputStream

/** Writes to what `open` gives, then finishes; whatever fails, memory that runs out too, `delete` removes what was begun. */
fun writeOrDelete(open: () -> OutputStream, write: (OutputStream) -> Unit, finish: () -> Unit, delete: () -> Unit) {
    var whole = false
    try {
        open().buffered().use(write)
        finish()
        whole = true
    } finally {
        if (!whole) delete()
    }
}

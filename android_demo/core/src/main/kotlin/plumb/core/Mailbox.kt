package plumb.core

/**
 * The newest frame, from the camera's thread to the worker's: one that was not taken when the next one comes is dropped,
 * never queued. Three take turns, so that nobody waits: one is written, one lies ready, one is worked on.
 */
class Mailbox<T : Any>(make: () -> T) {
    private val free = ArrayDeque(List(3) { make() })
    private var ready: T? = null

    var dropped = 0L
        private set

    /** A frame to write into, for one writer; then `put` or `giveBack` it. */
    @Synchronized
    fun toWrite(): T = free.removeLast()

    /** The frame is written. Returns whether the reader must be woken: none lay ready before. */
    @Synchronized
    fun put(frame: T): Boolean {
        val before = ready
        ready = frame
        if (before == null) return true
        free.addLast(before)
        dropped++
        return false
    }

    /** Fills a frame and puts it; where `fill` throws, the frame is free again. */
    inline fun write(fill: (T) -> Unit): Boolean {
        val frame = toWrite()
        var whole = false
        try {
            fill(frame)
            whole = true
        } finally {
            if (!whole) giveBack(frame)
        }
        return put(frame)
    }

    /** The newest frame, for one reader, who gives it back; null where none lies ready. */
    @Synchronized
    fun take(): T? = ready.also { ready = null }

    /** For a reader that keeps one: the newest for `held`, or `held` itself where none lies ready. */
    @Synchronized
    fun exchange(held: T?): T? {
        val newest = take() ?: return held
        held?.let { free.addLast(it) }
        return newest
    }

    @Synchronized
    fun giveBack(frame: T) {
        free.addLast(frame)
    }

    /** Drops what lies ready: the source of frames stopped. */
    @Synchronized
    fun clear() {
        ready?.let { free.addLast(it) }
        ready = null
    }
}

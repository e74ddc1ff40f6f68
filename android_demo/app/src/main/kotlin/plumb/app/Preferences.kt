package plumb.app

import android.content.Context
import plumb.core.Delegate
import plumb.core.Scene

private const val FILE = "settings"
private const val MOST_THREADS = 4

/** What the user chose, kept over restarts. */
class Preferences(context: Context) {
    private val stored = context.getSharedPreferences(FILE, Context.MODE_PRIVATE)

    var model: String?
        get() = stored.getString("model", null)
        set(value) = stored.edit().putString("model", value).apply()

    var delegate: Delegate
        get() = Delegate.values().find { it.name == stored.getString("delegate", null) } ?: Delegate.CPU
        set(value) = stored.edit().putString("delegate", value.name).apply()

    var threads: Int
        get() = stored.getInt("threads", THREADS.last()).coerceIn(THREADS.first(), THREADS.last())
        set(value) = stored.edit().putInt("threads", value).apply()

    var scene: Scene
        get() = Scene.values().find { it.name == stored.getString("scene", null) } ?: Scene.BESIDE
        set(value) = stored.edit().putString("scene", value.name).apply()

    var front: Boolean
        get() = stored.getBoolean("front", false)
        set(value) = stored.edit().putBoolean("front", value).apply()

    companion object {
        /** More threads than this slow a phone down: its other cores are small ones. */
        val THREADS = (1..Runtime.getRuntime().availableProcessors().coerceAtMost(MOST_THREADS)).toList()
    }
}

package plumb.core

import kotlin.math.floor

/** As JSON Schema has it: 384 and 384.0 are whole numbers. */
internal fun isWhole(value: Double): Boolean = value.isFinite() && value == floor(value)

/** A JSON object whose members are asked for by type; ArtifactException names what is not there. */
internal class JsonObject(value: Any?, private val source: String, private val where: String) {
    private val values: Map<*, *> = value as? Map<*, *>
        ?: throw ArtifactException("$source: '${where.trimEnd('.').ifEmpty { "the whole" }}' must be an object")
    val keys: Set<String> = values.keys.mapTo(LinkedHashSet()) { it as String }

    fun member(key: String): JsonObject {
        need(get(key) is Map<*, *>, key, "an object")
        return JsonObject(get(key), source, "$where$key.")
    }

    fun optional(key: String): JsonObject =
        if (key in keys) member(key) else JsonObject(emptyMap<String, Any?>(), source, "$where$key.")

    fun text(key: String): String = typed<String>(key, "a text")

    fun real(key: String): Double = typed<Double>(key, "a number")

    fun number(key: String): Long {
        val value = real(key)
        need(isWhole(value) && value >= 0, key, "a whole number of 0 or more")
        return value.toLong()
    }

    fun list(key: String, allowed: String): List<*> = typed<List<*>>(key, allowed)

    fun texts(key: String): List<String> {
        val texts = list(key, "a list of texts").filterIsInstance<String>()
        need(texts.size == list(key, "").size, key, "a list of texts")
        return texts
    }

    fun colour(key: String): List<Int> {
        val allowed = "three whole numbers, 0…255"
        val values = list(key, allowed).map { (it as? Double)?.takeIf { v -> isWhole(v) && v in 0.0..255.0 } }
        need(values.size == 3 && null !in values, key, allowed)
        return values.map { it!!.toInt() }
    }

    fun need(condition: Boolean, key: String, allowed: String) {
        if (!condition) throw ArtifactException("$source: '$where$key' must be $allowed")
    }

    private inline fun <reified T> typed(key: String, allowed: String): T {
        val value = get(key)
        need(value is T, key, allowed)
        return value as T
    }

    private fun get(key: String): Any? {
        if (key !in keys) throw ArtifactException("$source: '$where$key' is missing")
        return values[key]
    }
}

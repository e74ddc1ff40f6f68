package plumb.core

/** Map, List, String, Number, Boolean and null as JSON text. IllegalArgumentException for anything else. */
fun jsonText(value: Any?): String = StringBuilder().also { append(it, value) }.toString()

private fun append(out: StringBuilder, value: Any?) {
    when (value) {
        null, is Boolean, is Int, is Long -> out.append(value)
        is Number -> out.append(finite(value))
        is String -> quote(out, value)
        is Map<*, *> -> list(out, '{', value.entries, '}') { member(out, it) }
        is Iterable<*> -> list(out, '[', value, ']') { append(out, it) }
        else -> throw IllegalArgumentException("${value.javaClass.name} has no form in JSON")
    }
}

private fun finite(number: Number): Number {
    require(number.toDouble().isFinite()) { "$number has no form in JSON" }
    return number
}

private fun <T> list(out: StringBuilder, open: Char, items: Iterable<T>, close: Char, item: (T) -> Unit) {
    out.append(open)
    items.forEachIndexed { i, it ->
        if (i > 0) out.append(", ")
        item(it)
    }
    out.append(close)
}

private fun member(out: StringBuilder, entry: Map.Entry<*, *>) {
    quote(out, entry.key as String)
    out.append(": ")
    append(out, entry.value)
}

private fun quote(out: StringBuilder, text: String) {
    out.append('"')
    for (char in text) {
        when {
            char == '"' || char == '\\' -> out.append('\\').append(char)
            char < ' ' || char.isSurrogate() -> out.append("\\u%04x".format(char.code))
            else -> out.append(char)
        }
    }
    out.append('"')
}

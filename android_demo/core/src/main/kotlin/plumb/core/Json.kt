package plumb.core

import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException

/** Text that is not JSON; the message says what stands where. */
class JsonException(message: String) : Exception(message)

/** UTF-8 JSON (RFC 8259) as Map, List, String, Double, Boolean and null. JsonException for anything else. */
fun parseJson(bytes: ByteArray): Any? = JsonReader(decoded(bytes)).whole()

private fun decoded(bytes: ByteArray): String = try {
    Charsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString()
} catch (_: CharacterCodingException) {
    throw JsonException("not UTF-8")
}

private const val DEEPEST = 100
private val NUMBER = Regex("""-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?""")
private val WORDS = mapOf("true" to true, "false" to false, "null" to null)
private val ESCAPES = mapOf(
    '"' to '"', '\\' to '\\', '/' to '/', 'b' to '\b', 'f' to '\u000c', 'n' to '\n', 'r' to '\r', 't' to '\t',
)

private class JsonReader(private val text: String) {
    private var at = 0
    private var depth = 0

    fun whole(): Any? {
        val value = value()
        skipBlanks()
        return if (at == text.length) value else fail("more after the end")
    }

    private fun value(): Any? {
        skipBlanks()
        return when (peek()) {
            '{' -> deeper { members() }
            '[' -> deeper { elements() }
            '"' -> string()
            '-', in '0'..'9' -> number()
            else -> word()
        }
    }

    private fun <T> deeper(read: () -> T): T {
        if (++depth > DEEPEST) fail("nested deeper than $DEEPEST")
        return read().also { depth-- }
    }

    private fun members(): Map<String, Any?> {
        val members = LinkedHashMap<String, Any?>()
        separated('{', '}') {
            skipBlanks()
            val key = string()
            skipBlanks()
            take(':')
            members[key] = value()
        }
        return members
    }

    private fun elements(): List<Any?> {
        val elements = ArrayList<Any?>()
        separated('[', ']') { elements += value() }
        return elements
    }

    private fun separated(open: Char, close: Char, item: () -> Unit) {
        take(open)
        skipBlanks()
        if (peek() == close) return take(close)
        while (true) {
            item()
            skipBlanks()
            if (peek() == close) return take(close)
            take(',')
        }
    }

    private fun string(): String {
        take('"')
        val string = StringBuilder()
        while (true) {
            when (val char = next()) {
                '"' -> return string.toString()
                '\\' -> string.append(escaped())
                else -> if (char < ' ') fail("a control character in a text") else string.append(char)
            }
        }
    }

    private fun escaped(): Char {
        val letter = next()
        return if (letter == 'u') unicode() else ESCAPES[letter] ?: fail("\\$letter is no escape")
    }

    private fun unicode(): Char {
        val digits = String(CharArray(4) { next() })
        if (!digits.all { it in '0'..'9' || it in 'a'..'f' || it in 'A'..'F' }) fail("\\u$digits is no character")
        return digits.toInt(16).toChar()
    }

    private fun number(): Double {
        val match = NUMBER.find(text, at)?.takeIf { it.range.first == at } ?: fail("no number")
        at = match.range.last + 1
        return match.value.toDouble()
    }

    private fun word(): Boolean? {
        val word = WORDS.keys.find { text.startsWith(it, at) } ?: fail("no value")
        at += word.length
        return WORDS[word]
    }

    private fun skipBlanks() {
        while (at < text.length && text[at] in " \t\r\n") at++
    }

    private fun peek(): Char = if (at < text.length) text[at] else fail("the text ends early")

    private fun next(): Char = peek().also { at++ }

    private fun take(expected: Char) {
        if (next() != expected) fail("no $expected")
    }

    private fun fail(what: String): Nothing = throw JsonException("$what at character $at")
}

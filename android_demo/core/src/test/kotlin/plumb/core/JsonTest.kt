package plumb.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

class JsonTest {
    private fun parse(text: String) = parseJson(text.toByteArray())

    @Test
    fun `values of every kind`() {
        assertEquals(mapOf("a" to listOf(1.0, -0.5, 2e3, true, false, null), "b" to emptyMap<String, Any>()),
            parse(" { \"a\" : [1, -0.5, 2E+3,true,false , null] ,\n\"b\":{}} "))
        assertEquals("\" \\ / \b \u000c \n \r \t \u00e9 𝄞", parse("\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u00e9 \\ud834\\udd1e\""))
        assertEquals(emptyList<Any>(), parse("[ ]"))
    }

    @Test
    fun `what is no JSON`() {
        val wrong = listOf("", " ", "{", "[1,]", "[,1]", "{\"a\"}", "{a: 1}", "{\"a\": 1,}", "01", "+1", "1.", ".5", "1e", "NaN",
            "-Infinity", "tru", "\"a", "\"\u0001\"", "\"\\x\"", "\"\\u12g4\"", "1 2", "'a'", "\uFEFF1", "[1}", "nullx")
        for (text in wrong) assertThrows(text, JsonException::class.java) { parse(text) }
        assertThrows(JsonException::class.java) { parseJson(byteArrayOf('"'.code.toByte(), 0xFF.toByte(), '"'.code.toByte())) }
    }

    @Test
    fun `depth is limited, so that a hostile file cannot exhaust the stack`() {
        assertThrows(JsonException::class.java) { parse("[".repeat(100_000)) }
        parse("[".repeat(100) + "]".repeat(100))
    }

    @Test
    fun `what is written can be read`() {
        val values = mapOf("name" to "a \"quoted\" \\ line\nbreak 📐", "rows" to listOf(1.5, -2.0, true, null, emptyMap<String, Any>()))
        assertEquals(values, parse(jsonText(values)))
        assertThrows(IllegalArgumentException::class.java) { jsonText(Double.NaN) }
        assertThrows(IllegalArgumentException::class.java) { jsonText(Any()) }
    }
}

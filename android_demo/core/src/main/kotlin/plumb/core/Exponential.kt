package plumb.core

import kotlin.math.exp
import kotlin.math.ln
import kotlin.math.pow

// e^x = 2^(x / ln 2): a whole power goes into the exponent's bits, STEPS parts of one come from a table, and what is left,
// below ln 2 / 2 / STEPS = 3.4e-4, from the first terms of the series. Off by less than 1e-11 of the value.
private const val STEP_BITS = 10
private const val STEPS = 1 shl STEP_BITS
private const val MANTISSA_BITS = 52
private const val LARGEST = 600.0
private const val ROUNDING = 1L shl 20
private val POWERS = LongArray(STEPS) { 2.0.pow(it.toDouble() / STEPS).toRawBits() }
private val STEPS_A_UNIT = STEPS / ln(2.0)
private val STEP_LENGTH = ln(2.0) / STEPS

/** e^x for a whole map at several times the speed of the platform's `exp`; equal to it in float32 but for the last digit. */
fun fastExp(x: Double): Double {
    if (!(x > -LARGEST && x < LARGEST)) return exp(x)
    val step = (x * STEPS_A_UNIT + ROUNDING + 0.5).toInt() - ROUNDING.toInt()
    val rest = x - step * STEP_LENGTH
    val power = Double.fromBits(POWERS[step and (STEPS - 1)] + ((step shr STEP_BITS).toLong() shl MANTISSA_BITS))
    return power * (1 + rest * (1 + rest * 0.5))
}

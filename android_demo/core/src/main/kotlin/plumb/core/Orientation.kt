package plumb.core

private const val FULL_TURN = 360

/**
 * How a camera's frames become upright on the screen. sensorDegrees: clockwise turn that makes them upright while the device
 * stands as built; displayDegrees: Display.getRotation in degrees. A front camera looks the other way, so that turning the
 * device turns its picture the other way too; it is shown mirrored, as people know themselves.
 */
fun turnOf(sensorDegrees: Int, displayDegrees: Int, front: Boolean): Turn {
    val degrees = if (front) sensorDegrees + displayDegrees else sensorDegrees - displayDegrees
    return Turn(Math.floorMod(degrees, FULL_TURN), front)
}

// EXIF orientation 1…8 → clockwise turn, then mirroring, as for frames.
private val EXIF_TURNS = listOf(
    Turn(0, false), Turn(0, true), Turn(180, false), Turn(180, true),
    Turn(90, true), Turn(90, false), Turn(270, true), Turn(270, false),
)

/** The turn of a photo's EXIF orientation; none for what is not 1…8. */
fun exifTurn(orientation: Int): Turn = EXIF_TURNS.getOrElse(orientation - 1) { Turn(0, false) }

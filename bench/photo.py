"""Photos as people have them: any orientation, 8 or 16 bits, with or without EXIF, up to 250 megapixels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import atan, degrees, hypot, inf
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.testsets.shot import DataError, opened
from export.geometry import DEFAULT_FOV_DEGREES, focal_from_fov

if TYPE_CHECKING:
    from PIL import Image

EXIF_IFD, ORIENTATION, FOCAL_LENGTH_35MM = 0x8769, 0x0112, 0xA405
FULL_FRAME_DIAGONAL_MM = hypot(36, 24)
# EXIF orientation → what turns the stored picture upright (names of PIL.Image.Transpose).
UPRIGHT = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
    6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip


@dataclass(frozen=True)
class Photo:
    """pixels H×W×3 uint8, upright · focal_px of these pixels · source: where that comes from, in words."""

    pixels: NDArray[np.uint8]
    focal_px: float
    source: str


def read(path: Path, fov: float | None = None) -> Photo:
    """The photo at `path`; fov: horizontal field of view in degrees, where the user gave one.

    DataError with one line: missing, broken, too large, or of values that are no brightness.
    """
    with warnings.catch_warnings():
        # Pillow warns of damaged EXIF and gives what it could read.
        warnings.simplefilter("ignore", UserWarning)
        image = opened(path)
        orientation, millimetres = _exif(image)
    if orientation in UPRIGHT:
        from PIL import Image

        image = image.transpose(Image.Transpose[UPRIGHT[orientation]])
    pixels = _rgb(image, path)
    return Photo(pixels, *_focal(pixels.shape[0], pixels.shape[1], fov, millimetres))


def _focal(height: int, width: int, fov: float | None, millimetres: float | None) -> tuple[float, str]:
    """Focal length in pixels; 35 mm equivalents compare the diagonals (CIPA DCG-001)."""
    if fov is not None:
        return focal_from_fov(width, fov), f"{fov:g}° as given"
    if millimetres is None:
        return focal_from_fov(width, DEFAULT_FOV_DEGREES), f"{DEFAULT_FOV_DEGREES:g}° assumed (--fov)"
    focal = millimetres / FULL_FRAME_DIAGONAL_MM * hypot(height, width)
    return focal, f"{2 * degrees(atan(width / 2 / focal)):.1f}° from EXIF ({millimetres:g} mm)"


def _exif(image: Image.Image) -> tuple[int, float | None]:
    """Orientation and 35 mm equivalent; 1 and None where they are not there or make no sense."""
    tags = image.getexif()
    millimetres = tags.get_ifd(EXIF_IFD).get(FOCAL_LENGTH_35MM)
    orientation = tags.get(ORIENTATION, 1)
    focal = float(millimetres) if isinstance(millimetres, Real) else 0.0
    return orientation if isinstance(orientation, int) else 1, focal if 0 < focal < inf else None


def _rgb(image: Image.Image, path: Path) -> NDArray[np.uint8]:
    """H×W×3 uint8. Pillow would cut 16-bit grey at 255, which leaves white."""
    if image.mode[0] not in "IF":
        return np.asarray(image.convert("RGB"))
    values = np.asarray(image)
    if image.mode == "F" or values.min() < 0 or values.max() > 65535:
        raise DataError(f"{path}: values of 32 bits, not a photo of 8 or 16; save it as a PNG or JPEG")
    return np.repeat(np.round(values / 257).astype(np.uint8)[:, :, None], 3, axis=2)

"""Photos and depth maps from picture files.

OpenCV decodes (libjpeg-turbo; three times as fast as Pillow on JPEG) and refuses files that end too
early; Pillow reads the header first, so that a picture of absurd size is refused before memory is.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from training.data.sample import DataError

# Pillow's own limit against decompression bombs; a larger photo is a mistake or an attack.
MAX_PIXELS = 178_000_000


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """The picture as H×W×3 uint8 RGB, as it is stored: an EXIF orientation is not applied, since depth
    maps have none. DataError with one line where it is missing or broken.
    """
    return _decoded(path, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)


def read_png16(path: Path) -> NDArray[np.uint16]:
    """A 16-bit one-channel PNG, its values. An 8-bit file is refused: it has lost what counts."""
    values = _decoded(path, cv2.IMREAD_UNCHANGED)
    if values.ndim != 2 or values.dtype != np.uint16:
        raise DataError(f"{path}: a 16-bit one-channel PNG was expected, found {_described(values)}")
    return values


def read_grey(path: Path) -> NDArray[np.uint8]:
    """An 8-bit grey picture, its values; also one stored as three channels that are all the same."""
    values = _decoded(path, cv2.IMREAD_UNCHANGED)
    if values.ndim == 3 and values.shape[2] == 3 and (values == values[..., :1]).all():
        values = values[..., 0]
    if values.ndim != 2 or values.dtype != np.uint8:
        raise DataError(f"{path}: an 8-bit grey picture was expected, found {_described(values)}")
    return values


def read_depth_mm(path: Path) -> NDArray[np.float32]:
    """A 16-bit PNG of millimetres as H×W float32 metres, 0 = no measurement."""
    return read_png16(path).astype(np.float32) / np.float32(1000)


def _described(values: NDArray[Any]) -> str:
    channels = 1 if values.ndim == 2 else values.shape[2]
    return f"{8 * values.itemsize}-bit, {channels} channel{'s' if channels > 1 else ''}"


def _decoded(path: Path, flags: int) -> NDArray[Any]:
    try:
        content = path.read_bytes()
        width, height = _size(content)
        if width * height > MAX_PIXELS:
            raise DataError(f"{path}: {width}×{height} pixels are more than {MAX_PIXELS}")
        values: NDArray[Any] | None = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{path}: not a picture (of a format that is known here)") from error
    except (OSError, SyntaxError, Image.DecompressionBombError, cv2.error) as error:
        reason = str(error).strip().partition("\n")[0]
        raise DataError(f"{path}: not a picture that can be read ({reason})") from error
    if values is None:
        raise DataError(f"{path}: not a picture that can be read (damaged, or it ends too early)")
    return values


def _size(content: bytes) -> tuple[int, int]:
    """Width and height, from the header alone."""
    with warnings.catch_warnings():
        # Pillow warns of large pictures; the limit here is our own.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(content)).size

"""Photos and 16-bit depth maps from files."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from training.data.sample import DataError

# Pillow's own limit against decompression bombs; a larger photo is a mistake or an attack.
MAX_PIXELS = 178_000_000


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """The picture as H×W×3 uint8 RGB; DataError with one line where it is missing or broken."""
    return np.asarray(_opened(path).convert("RGB"))


def read_depth_mm(path: Path) -> NDArray[np.float32]:
    """A 16-bit PNG of millimetres as H×W float32 metres, 0 = no measurement."""
    image = _opened(path)
    values = np.asarray(image)
    if values.ndim != 2 or values.dtype == np.uint8:
        raise DataError(f"{path}: a 16-bit one-channel PNG was expected, found {image.mode}")
    return values.astype(np.float32) / np.float32(1000)


def _opened(path: Path) -> Image.Image:
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            # Pillow warns of large pictures; the limit here is our own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file)
            if image.width * image.height > MAX_PIXELS:
                raise DataError(f"{path}: {image.width}×{image.height} pixels are more than {MAX_PIXELS}")
            image.load()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (OSError, UnidentifiedImageError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: not a picture that can be read ({error})") from error
    return image

"""One test image and what is known of its depth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

MAX_PIXELS = 250_000_000


class DataError(ValueError):
    """Test data that cannot be found or read; the message is one line that names the file."""


@dataclass(frozen=True)
class Shot:
    """image H×W×3 uint8 RGB · depth H×W metres or disparity H×W, 0 = none; at most one of the two.

    group: images of one scene share it, and are resampled together.
    """

    name: str
    image: NDArray[np.uint8]
    depth: NDArray[np.float32] | None = None
    disparity: NDArray[np.float32] | None = None
    group: str = ""


class Shots(Protocol):
    """The images of a set that was found: counted, then read one at a time."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Shot]: ...


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """The picture as H×W×3 uint8 RGB; DataError with one line where it is missing or broken."""
    return np.asarray(_opened(path).convert("RGB"))


def read_depth_mm(path: Path) -> NDArray[np.float32]:
    """A 16-bit PNG of millimetres as H×W metres, 0 = no measurement."""
    image = _opened(path)
    values = np.asarray(image)
    if values.ndim != 2 or values.dtype == np.uint8:
        raise DataError(f"{path}: a 16-bit one-channel PNG was expected, found {image.mode}")
    return values.astype(np.float32) / np.float32(1000)


def _opened(path: Path) -> Image.Image:
    try:
        with path.open("rb") as file:
            image = Image.open(file)
            if image.width * image.height > MAX_PIXELS:
                raise DataError(f"{path}: {image.width}×{image.height} pixels are more than {MAX_PIXELS}")
            image.load()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (OSError, UnidentifiedImageError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: not a picture that can be read ({error})") from error
    return image

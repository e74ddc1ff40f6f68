"""One test image and what is known of its depth."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

# Phones take photos of 200 megapixels, which are more than Pillow opens unasked.
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


def read_rows(index: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file; DataError names the line where one of `columns` is missing."""
    try:
        with index.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{index}: not a CSV file that can be read ({error})") from error
    for number, row in enumerate(rows, start=2):
        if lacking := [column for column in columns if not row.get(column)]:
            raise DataError(f"{index}, line {number}: '{lacking[0]}' is missing")
    return rows


def inside(folder: Path, relative: str) -> Path:
    """folder/relative, where that lies in the folder; DataError for a path that leads out of it."""
    path = folder / relative
    if not path.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{folder}: '{relative}' leads out of the folder")
    return path


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """The picture as H×W×3 uint8 RGB; DataError with one line where it is missing or broken."""
    return np.asarray(opened(path).convert("RGB"))


def read_depth_mm(path: Path) -> NDArray[np.float32]:
    """A 16-bit PNG of millimetres as H×W metres, 0 = no measurement."""
    return read_png16(path) / np.float32(1000)


def read_png16(path: Path) -> NDArray[np.float32]:
    """A 16-bit one-channel PNG, its values as float32."""
    image = opened(path)
    values = np.asarray(image)
    if values.ndim != 2 or values.dtype == np.uint8:
        raise DataError(f"{path}: a 16-bit one-channel PNG was expected, found {image.mode}")
    return values.astype(np.float32)


def same_size(shot: Shot) -> Shot:
    """`shot`, after a look at its sizes; DataError where truth and photo differ."""
    truth = shot.depth if shot.depth is not None else shot.disparity
    if truth is not None and truth.shape != shot.image.shape[:2]:
        raise DataError(f"{shot.name}: truth of {truth.shape} for a photo of {shot.image.shape[:2]}")
    return shot


def opened(path: Path) -> Image.Image:
    """The picture, decoded; DataError with one line: missing, broken, or larger than MAX_PIXELS."""
    from PIL import Image

    try:
        with _large_ones_allowed(), path.open("rb") as file:
            image = Image.open(file)
            if image.width * image.height > MAX_PIXELS:
                size, allowed = f"{image.width}×{image.height}", MAX_PIXELS // 1_000_000
                raise DataError(f"{path}: {size} pixels; at most {allowed} megapixels: make it smaller")
            image.load()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: not a picture that can be read ({error})") from error
    return image


@contextmanager
def _large_ones_allowed() -> Iterator[None]:
    """Without Pillow's limit, which refuses 200 megapixels: MAX_PIXELS is checked before decoding."""
    from PIL import Image

    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before

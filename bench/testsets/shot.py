"""The images of a test set, and what is known of their depth."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

Map = NDArray[np.float32]
RGB = NDArray[np.uint8]
# Phones take photos of 200 megapixels, which are more than Pillow opens unasked.
MAX_PIXELS = 250_000_000


class DataError(ValueError):
    """Test data that cannot be found or read; the message is one line that names the file."""


@dataclass(frozen=True)
class Pair:
    """Two points of a photo, as DIW has them: yA, xA, yB, xB from 1; relation ">": A is farther."""

    points: tuple[int, int, int, int]
    relation: str


@dataclass(frozen=True)
class Truth:
    """What is known of one photo's depth: exactly one of the three.

    depth: H×W metres, 0 = no measurement; only up to a factor where not `metric` ·
    disparity: H×W, up to scale and shift, 0 = none · pair: which of two points is farther.
    """

    depth: Map | None = None
    disparity: Map | None = None
    pair: Pair | None = None
    metric: bool = True

    def map(self) -> Map | None:
        return self.depth if self.depth is not None else self.disparity


@dataclass(frozen=True)
class Shots:
    """The images of a set that was found: named at once, photo and truth read one at a time.

    names: one an image, each different · groups: images of one scene share theirs, and are resampled
    together · photo(i): H×W×3 uint8 RGB · truth(i): of the photo's size; None where nothing is known.
    Both raise DataError with one line. where: the folder or file that the images lie in.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    photo: Callable[[int], RGB]
    truth: Callable[[int], Truth | None]
    where: Path | None = None

    def __post_init__(self) -> None:
        assert len(self.names) == len(self.groups) == len(set(self.names))

    def __len__(self) -> int:
        return len(self.names)

    def place(self, index: int) -> str:
        """An image's name with where it lies, for a message."""
        return str(self.where / self.names[index]) if self.where else self.names[index]


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
    """folder/relative, where that lies in the folder; DataError for a path that leads out of it.

    By the words of the path: a link that the user put into the folder may lead elsewhere.
    """
    path = folder / relative
    if not Path(os.path.normpath(path)).is_relative_to(os.path.normpath(folder)):
        raise DataError(f"{folder}: '{relative}' leads out of the folder")
    return path


def different(index: Path, names: Sequence[str]) -> tuple[str, ...]:
    """The names as a tuple; DataError where two images of `index` share one."""
    if len(set(names)) < len(names):
        ((twice, _),) = Counter(names).most_common(1)
        raise DataError(f"{index}: '{twice}' is there twice")
    return tuple(names)


def place(data: Path, folders: Sequence[str], pattern: str) -> Path | None:
    """The first of `folders` below `data` ("" is `data` itself) that holds something like `pattern`."""
    return next((data / name for name in folders if any((data / name).glob(pattern))), None)


def existing(folders: Sequence[Path], relative: str) -> Path:
    """`relative` below the first of `folders` that has it; else below the first, for the reader to name."""
    paths = [inside(folder, relative) for folder in folders]
    return next((path for path in paths if path.is_file()), paths[0])


def measured(values: NDArray[Any]) -> Map:
    """As float32, with 0 wherever there is no finite, positive value."""
    with np.errstate(invalid="ignore", over="ignore"):
        known = np.asarray(values, dtype=np.float32)
        return np.where(np.isfinite(known) & (known > 0), known, np.float32(0))


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """The picture as H×W×3 uint8 RGB; DataError with one line where it is missing or broken."""
    return np.asarray(opened(path).convert("RGB"))


def read_depth_mm(path: Path) -> NDArray[np.float32]:
    """A 16-bit PNG of millimetres as H×W metres, 0 = no measurement."""
    return read_png16(path) / np.float32(1000)


def read_png16(path: Path) -> NDArray[np.float32]:
    """A 16-bit one-channel PNG, its values as float32."""
    image = opened(path)
    if not image.mode.startswith("I"):
        raise DataError(f"{path}: a 16-bit one-channel PNG was expected, found {image.mode}")
    return np.asarray(image).astype(np.float32)


def read_levels(path: Path) -> NDArray[np.float32]:
    """A one-channel picture of 8 or 16 bits, or a PFM of floats (inf: unknown, then 0), as float32."""
    image = opened(path)
    if not image.mode.startswith(("L", "I", "F")) or len(image.getbands()) > 1:
        raise DataError(f"{path}: a picture of one channel was expected, found {image.mode}")
    return measured(np.asarray(image))


def checked_size(name: str, truth: Truth | None, height: int, width: int) -> Truth | None:
    """`truth`, after a look at its size; DataError where it is not the photo's."""
    known = truth.map() if truth else None
    if known is not None and known.shape != (height, width):
        raise DataError(f"{name}: truth of {known.shape} for a photo of {(height, width)}")
    return truth


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

"""Small pictures and what surrounds them, for data sets in their published layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.testsets.shot import Map, Shots, Truth, checked_size

HEIGHT, WIDTH = 4, 6


def save(path: Path, pixels: NDArray[Any]) -> Path:
    """Any array that Pillow can write, as the name's ending says; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, format="JPEG" if path.suffix == ".thumb" else None)
    return path


def photo(path: Path, height: int = HEIGHT, width: int = WIDTH) -> Path:
    """A picture that is not the same upside down, mirrored or transposed."""
    rows, columns = np.mgrid[:height, :width]
    return save(path, np.stack([rows * 40, columns * 30, rows + columns], axis=2).astype(np.uint8))


def levels(path: Path, value: int, kind: type[np.uint8] | type[np.uint16] = np.uint16) -> Path:
    """One value everywhere, but 0 in the first pixel."""
    values = np.full((HEIGHT, WIDTH), value, kind)
    values[0, 0] = 0
    return save(path, values)


def text(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(shots: Shots | None) -> tuple[Shots, list[Truth]]:
    """The set, and the truth of all its images, each of its photo's size."""
    assert shots is not None
    truths = []
    for i, name in enumerate(shots.names):
        pixels = shots.photo(i)
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] == 3
        truth = checked_size(name, shots.truth(i), *pixels.shape[:2])
        assert truth is not None
        truths.append(truth)
    return shots, truths


def depth(truth: Truth) -> Map:
    assert truth.depth is not None
    assert truth.depth.dtype == np.float32
    return truth.depth


def disparity(truth: Truth) -> Map:
    assert truth.disparity is not None
    assert truth.disparity.dtype == np.float32
    return truth.disparity

"""From the values of a file to disparity and its mask, and both beside a photo.

16-bit values go through a table of 65,536 reciprocals: a masked division costs six times as much.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.pictures import read_png16, read_rgb
from training.data.sample import DataError, Kind, Sample

LEVELS = 65_536
# A reciprocal of less would overflow what losses do with it; no sensor measures a hundredth of a mm.
NEAREST_M = 1e-5

# Disparity H×W float32, 0 where invalid · valid H×W bool.
Truth = tuple[NDArray[np.float32], NDArray[np.bool_]]


def of_depth_png(path: Path, per_metre: float) -> Truth:
    """A 16-bit PNG of depth = value / per_metre, 0 = none: 1000 for millimetres, 256 for KITTI."""
    values = read_png16(path)
    return np.take(_reciprocals(per_metre), values), values > 0


def of_disparity_png(path: Path, factor: float) -> Truth:
    """A 16-bit PNG of disparity = value · factor, 0 = none."""
    values = read_png16(path)
    return values * np.float32(factor), values > 0


def of_depth(depth: NDArray[Any]) -> Truth:
    """Depth, 0, negative or not finite = none."""
    valid = np.isfinite(depth) & (depth > NEAREST_M)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        disparity = np.where(valid, 1 / np.asarray(depth, np.float32), np.float32(0))
    return disparity.astype(np.float32, copy=False), valid


def beside(photo: Path, source: Path, truth: Truth, kind: Kind) -> Sample:
    """The photo at `photo` with `truth`, which was read from `source`."""
    return joined(read_rgb(photo), source, truth, kind)


def joined(image: NDArray[np.uint8], source: Path, truth: Truth, kind: Kind) -> Sample:
    """DataError that names `source` where its truth is of another size than the photo."""
    disparity, valid = truth
    if disparity.shape != image.shape[:2]:
        height, width = image.shape[:2]
        raise DataError(
            f"{source}: {disparity.shape[1]}×{disparity.shape[0]} px for a photo of {width}×{height}; "
            "both must be of one size"
        )
    return Sample(image, disparity, valid, kind)


@lru_cache(maxsize=8)
def _reciprocals(per_metre: float) -> NDArray[np.float32]:
    """per_metre / value for each 16-bit value; 0 for value 0."""
    table = np.zeros(LEVELS, np.float32)
    table[1:] = per_metre / np.arange(1, LEVELS)
    return table

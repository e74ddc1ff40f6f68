"""Resizing, in one place: half-pixel centres, one weight table an axis. NumPy only.

Pixel i of n has its centre at (i + ½)/n of the side, so output i of n′ looks at x = (i + ½)·n/n′ − ½.
The height is resized first, then the width; a side that stays is left alone. Weights are computed in
float64 and rounded to the array's type; products are rounded, then added, tap after tap (no fused
multiply-add): written so in another language, the result is the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Beyond this factor bilinear sampling would skip pixels.
BILINEAR_UP_TO = 2.0

# Indices of source pixels and their weights, both new×taps.
Taps = tuple[NDArray[np.int64], NDArray[np.float64]]


def resize(array: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """H×W or H×W×C floats → height×width(×C); each side bilinear up to a factor of 2 (n/n′ ≤ 2),
    area averaging beyond. Integers come out as float32. ValueError for an array of another rank, an
    empty one, or a side below 1.
    """
    return _both(array, height, width, photo_taps)


def bilinear(array: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """As `resize`, but bilinear at any factor, without antialiasing: PyTorch's
    `interpolate(align_corners=False)`, OpenCV's INTER_LINEAR.
    """
    return _both(array, height, width, bilinear_taps)


def area(array: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """As `resize`, but averaging over each output pixel's exact footprint: OpenCV's INTER_AREA when
    it shrinks.
    """
    return _both(array, height, width, area_taps)


@lru_cache(maxsize=64)
def bilinear_taps(old: int, new: int) -> Taps:
    """Indices and weights, new×2: x = (i + ½)·old/new − ½, clamped to the first and last centre."""
    x = np.clip((np.arange(new) + 0.5) * (old / new) - 0.5, 0, old - 1)
    low = np.floor(x).astype(np.int64)
    share = x - low
    index = np.stack([low, np.minimum(low + 1, old - 1)], axis=1)
    return index, np.stack([1 - share, share], axis=1)


@lru_cache(maxsize=64)
def area_taps(old: int, new: int) -> Taps:
    """Indices and weights, new×taps: the share of output i's footprint [i, i+1)·old/new in each pixel."""
    scale = old / new
    start, end = np.arange(new) * scale, np.arange(1, new + 1) * scale
    taps = int(np.ceil(scale)) + 1
    index = np.floor(start + 1e-9).astype(np.int64)[:, None] + np.arange(taps)
    overlap = np.minimum(end[:, None], index + 1) - np.maximum(start[:, None], index)
    return np.minimum(index, old - 1), np.clip(overlap, 0, None) / scale


def photo_taps(old: int, new: int) -> Taps:
    """Bilinear up to a factor of 2, area beyond."""
    return bilinear_taps(old, new) if old <= BILINEAR_UP_TO * new else area_taps(old, new)


def _both(array: NDArray[Any], height: int, width: int, taps: Callable[[int, int], Taps]) -> NDArray[Any]:
    if array.ndim not in (2, 3) or not array.size or min(height, width) < 1:
        raise ValueError(f"{array.shape} does not resize to {height}×{width}: H×W or H×W×C, not empty")
    kind = array.dtype if array.dtype in (np.float32, np.float64) else np.float32
    if array.shape[0] != height:
        array = _along(array, 0, taps(array.shape[0], height), kind)
    if array.shape[1] != width:
        array = _along(array, 1, taps(array.shape[1], width), kind)
    return array.astype(kind, copy=False)


def _along(array: NDArray[Any], axis: int, taps: Taps, kind: Any) -> NDArray[Any]:
    """Σ over taps of array[index]·weight along one axis; the loop is over the taps, two or a few."""
    index, weight = taps
    shape = [1] * array.ndim
    shape[axis] = -1
    total: NDArray[Any] | None = None
    for tap in range(index.shape[1]):
        part = np.take(array, index[:, tap], axis=axis) * weight[:, tap].astype(kind).reshape(shape)
        total = part if total is None else np.add(total, part, out=total)
    assert total is not None
    return total

"""Photo → network → photo: the reference that the Kotlin and Swift code mirrors. NumPy only.

stretch: both sides are resized to the network's. letterbox: the photo keeps its shape, is centred, and
the rest is filled with `pad`. Sampling: training/resample.py (`resize`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.manifest import Fit
from training.resample import bilinear, resize

__all__ = ["SIDE", "Box", "Fit", "placement", "published_image", "published_size", "to_network", "to_photo"]

# The smaller side of a photo in the paper's evaluation, px.
SIDE = 384


@dataclass(frozen=True)
class Box:
    """Where the photo lies in the network's input, px."""

    top: int
    left: int
    height: int
    width: int

    def cut(self, array: NDArray[Any]) -> NDArray[Any]:
        return array[self.top : self.top + self.height, self.left : self.left + self.width]


def placement(photo_height: int, photo_width: int, height: int, width: int, mode: str) -> Box:
    """The photo's place in a height×width input.

    letterbox: scale s = min(height/photo_height, width/photo_width); sides ⌊s·side + ½⌋, at least 1;
    top = ⌊(height − box height)/2⌋, left likewise. stretch: all of it.
    """
    if min(photo_height, photo_width, height, width) < 1:
        raise ValueError(f"a {photo_height}×{photo_width} photo does not fit into {height}×{width}")
    if mode == "stretch":
        return Box(0, 0, height, width)
    if mode != "letterbox":
        raise ValueError(f"fit mode '{mode}': stretch or letterbox")
    scale = min(height / photo_height, width / photo_width)
    inner_h = min(height, max(1, int(photo_height * scale + 0.5)))
    inner_w = min(width, max(1, int(photo_width * scale + 0.5)))
    return Box((height - inner_h) // 2, (width - inner_w) // 2, inner_h, inner_w)


def to_network(photo: NDArray[np.uint8], height: int, width: int, fit: Fit) -> NDArray[np.uint8]:
    """RGB uint8 photo → RGB uint8 height×width×3. Values are rounded, ⌊x + ½⌋, so that float and int8
    files see the same bytes. ValueError for anything but H×W×3 uint8.
    """
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8:
        raise ValueError(f"a photo is H×W×3 uint8 (RGB), not {photo.shape} {photo.dtype}")
    box = placement(photo.shape[0], photo.shape[1], height, width, fit.mode)
    resized = np.floor(resize(photo, box.height, box.width) + np.float32(0.5))
    picture = np.clip(resized, 0, 255).astype(np.uint8)
    if (box.height, box.width) == (height, width):
        return picture
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = fit.pad
    canvas[box.top : box.top + box.height, box.left : box.left + box.width] = picture
    return canvas


def to_photo(
    log_disparity: NDArray[np.float32], photo_height: int, photo_width: int, fit: Fit
) -> NDArray[np.float32]:
    """Network output H×W → log-disparity of the photo's size: padding cut off, resized in the log domain.

    May share its memory with the input where nothing is to do. ValueError for another rank.
    """
    if log_disparity.ndim != 2:
        raise ValueError(f"a log-disparity map is H×W, not {log_disparity.shape}")
    height, width = log_disparity.shape
    box = placement(photo_height, photo_width, height, width, fit.mode)
    return resize(box.cut(log_disparity), photo_height, photo_width).astype(np.float32, copy=False)


def published_size(height: int, width: int, side: int = SIDE) -> tuple[int, int]:
    """The network size of the paper's evaluation: the smaller side becomes `side`, the other keeps the
    aspect, then both are rounded to multiples of 32 (halves to the even multiple, as Python rounds).
    """
    small = min(height, width)
    if small < 1:
        raise ValueError(f"a {height}×{width} photo has no size to scale")
    sides = [side if s == small else side / small * s for s in (height, width)]
    return round(sides[0] / 32) * 32, round(sides[1] / 32) * 32


def published_image(photo: NDArray[np.uint8], side: int = SIDE) -> NDArray[np.float32]:
    """RGB uint8 photo → RGB float32 of `published_size`, 0…255, as the paper's evaluation resizes it:
    bilinear without antialiasing, not rounded. Photos without a value above 1 are taken as 0…1 there.
    """
    height, width = published_size(photo.shape[0], photo.shape[1], side)
    resized = bilinear(photo.astype(np.float32), height, width).astype(np.float32, copy=False)
    return resized * np.float32(255) if photo.max(initial=0) <= 1 else resized

"""How the two eyes lie in a frame of a stereo movie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Layout:
    """axis of the frame that is shared (1: side by side, 0: over and under) · squeezed: each eye has half
    of its pixels along that axis, and is stretched back."""

    axis: int
    squeezed: bool
    meaning: str


LAYOUTS: dict[str, Layout] = {
    "sbs": Layout(1, False, "side by side, each eye in full width"),
    "half-sbs": Layout(1, True, "side by side, each eye squeezed to half its width"),
    "ou": Layout(0, False, "over and under, each eye in full height"),
    "half-ou": Layout(0, True, "over and under, each eye squeezed to half its height"),
}


def eye_size(height: int, width: int, layout: Layout) -> tuple[int, int]:
    """Height and width of one eye of a frame, stretched back."""
    if layout.squeezed:
        return height, width
    return (height // 2, width) if layout.axis == 0 else (height, width // 2)


def split(frame: Picture, layout: Layout) -> tuple[Picture, Picture]:
    """The first (left or upper) and the second eye of an H×W×3 frame, H×W×3 each when squeezed.

    An odd last row or column belongs to neither.
    """
    import cv2

    half = frame.shape[layout.axis] // 2
    if layout.axis == 1:
        eyes = frame[:, :half], frame[:, half : 2 * half]
    else:
        eyes = frame[:half], frame[half : 2 * half]
    if not layout.squeezed:
        return eyes
    height, width = frame.shape[:2]
    first, second = (cv2.resize(eye, (width, height), interpolation=cv2.INTER_LINEAR) for eye in eyes)
    return first, second

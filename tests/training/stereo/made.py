"""Stereo pairs with known disparity, and movies made of them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.synthetic import scene
from training.stereo.layouts import LAYOUTS, Picture

FINE = 4  # the pictures are warped at this many columns a pixel


@functools.cache
def synthetic_pair(
    seed: int, height: int = 180, width: int = 320, low_px: float = -6, high_px: float = 16
) -> tuple[Picture, Picture, NDArray[np.float32]]:
    """Left and right eye of a synthetic room with a grained surface, and the disparity of the left one."""
    made = scene(seed, height, width, "room")
    nearness = 1 / made.depth
    disparity = low_px + (high_px - low_px) * (nearness - nearness.min()) / np.ptp(nearness)
    grain = np.random.default_rng(seed).normal(0, 14, (height, width, 1))
    left = np.clip(made.image + grain, 0, 255).astype(np.uint8)
    return left, warped(left, disparity), disparity.astype(np.float32)


def warped(left: Picture, disparity: NDArray[np.floating]) -> Picture:
    """The right eye: right(x − d(x)) = left(x), the nearer pixel in front; gaps continue their left side."""
    height, width = disparity.shape
    wide = cv2.resize(left, (width * FINE, height), interpolation=cv2.INTER_LINEAR)
    shift = cv2.resize(disparity.astype(np.float32), (width * FINE, height)) * FINE
    there = np.rint(np.arange(width * FINE) - shift).astype(int)
    order = np.argsort(shift, axis=1, kind="stable")
    rows = np.arange(height)[:, None]
    sorted_there = np.take_along_axis(there, order, axis=1)
    inside = (sorted_there >= 0) & (sorted_there < width * FINE)
    source = np.full((height, width * FINE), -1)
    at = np.broadcast_to(rows, inside.shape)[inside], sorted_there[inside]
    source[at] = order[inside]  # the last one written, the nearest, stays
    filled = np.maximum.accumulate(np.where(source >= 0, np.arange(width * FINE), 0), axis=1)
    right = wide[rows, np.maximum(source[rows, filled], 0)]
    return np.asarray(cv2.resize(right, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def packed(left: Picture, right: Picture, layout: str) -> Picture:
    """Both eyes in one frame."""
    axis, squeezed = LAYOUTS[layout].axis, LAYOUTS[layout].squeezed
    height, width = left.shape[:2]
    if squeezed:
        size = (width // 2, height) if axis == 1 else (width, height // 2)
        left, right = (cv2.resize(eye, size, interpolation=cv2.INTER_AREA) for eye in (left, right))
    return np.concatenate([left, right], axis=axis)


def write_movie(
    path: Path, frames: Sequence[Picture], rate: int = 10, codec: str = "libx264", keys_every: int = 12
) -> Path:
    """A video file of frames of one size, nearly lossless."""
    options = {"crf": "8", "preset": "ultrafast"} if codec == "libx264" else {}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 8_000_000  # for codecs that know no crf
        stream.gop_size = keys_every
        stream.codec_context.time_base = Fraction(1, rate)
        for number, frame in enumerate(frames):
            coded = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            coded.pts = number
            container.mux(stream.encode(coded))
        container.mux(stream.encode())
    return path


def stereo_movie(
    path: Path, seconds: int, layout: str = "sbs", rate: int = 2, height: int = 180, width: int = 320
) -> Path:
    """A movie of `seconds` whose shots are two synthetic rooms, a flat picture, and a black one."""
    pairs = [synthetic_pair(seed, height, width)[:2] for seed in (1, 2)]
    flat = pairs[0][0]
    black = np.zeros_like(flat)
    shots = [*pairs, (flat, flat), (black, black)]
    frames = [packed(*shots[second % len(shots)], layout) for second in range(seconds)]
    return write_movie(path, [frame for frame in frames for _ in range(rate)], rate)

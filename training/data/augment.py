"""One affine warp and one colour table a sample: crop, aspect, rotation, flip, letterbox; gamma,
brightness, contrast, colour cast, noise. Depth and mask follow the geometry exactly: nearest sampling,
and what comes from outside the picture is invalid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, cos, exp, floor, log, radians, sin, sqrt

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.data.sample import Sample

# Data is read by a process a core. A thread pool that OpenCV has started by the time they are forked can
# hang those that set the number of their threads.
cv2.setNumThreads(0)

NOISE_TILE = 512
# Beyond this factor linear sampling would alias; the picture is first shrunk by area averaging.
ALIASING = 1.6
# Pixels beside the crop that linear sampling, and the rounding of nearest sampling, may look at.
MARGIN = 2
BLACK = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Augmentation:
    """Strengths; 0 switches a part off.

    area: smallest share of the picture that a crop covers. aspect: the crop's width : height is
    drawn from [1/aspect, aspect] times `aspect_centre`, and squeezed into a square: networks meet
    stretched photos on phones. rotation_deg: largest angle. gamma, contrast, cast: largest log
    factor. brightness: largest shift, share of the range. noise: largest standard deviation, steps.
    grey: share of samples without colour, but for the cast.

    letterbox: share of samples that are padded instead, as on a phone that keeps a photo's shape: a
    crop of about the picture's own shape, not rotated, with bars of one colour above and below or left
    and right.
    """

    area: float = 0.35
    aspect: float = 1.3
    aspect_centre: float = 1.15
    rotation_deg: float = 5.0
    flip: bool = True
    gamma: float = 0.25
    contrast: float = 0.2
    brightness: float = 0.08
    cast: float = 0.06
    noise: float = 4.0
    letterbox: float = 0.1
    grey: float = 0.0


@dataclass(frozen=True)
class View:
    """What a crop shows. warp: 2×3, output pixel → source pixel, pixel centres at whole numbers.
    box: left, top, right, bottom of what it may show of the picture; what lies outside is `bars`, or,
    where that is None, mirrored. Either way it is invalid.
    """

    warp: NDArray[np.float64]
    box: tuple[int, int, int, int]
    bars: tuple[float, float, float] | None = None


def augment(sample: Sample, size: int, rng: Generator, how: Augmentation) -> Sample:
    """A size×size crop of `sample`; the same for the same state of `rng`."""
    height, width = sample.valid.shape
    boxed = rng.random() < how.letterbox
    view = _letterbox(height, width, size, rng, how) if boxed else _crop(height, width, size, rng, how)
    window, warp = _window(view, size)
    part = sample.inner(*window)
    photo = _warp_photo(part.image, warp, size, view.bars)
    coloured = _noisy(cv2.LUT(_greyed(photo, rng, how), _draw_colours(rng, how)), rng, how)
    valid = _nearest(part.valid.view(np.uint8), warp, size).view(np.bool_)
    if view.bars is not None:
        _draw_bars(coloured, view)
    disparity = np.where(valid, _nearest(part.disparity, warp, size), np.float32(0))
    return Sample(coloured, disparity, valid, sample.kind)


def _crop(height: int, width: int, size: int, rng: Generator, how: Augmentation) -> View:
    aspect = how.aspect_centre * exp(rng.uniform(-1, 1) * log(how.aspect))
    crop_w, crop_h, x, y = _place(height, width, aspect, rng, how)
    angle = radians(rng.uniform(-1, 1) * how.rotation_deg)
    turn = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    linear = turn @ np.diag([_mirror(rng, how) * crop_w / size, crop_h / size])
    return View(_about(linear, x + crop_w / 2, y + crop_h / 2, size), (0, 0, width, height))


def _letterbox(height: int, width: int, size: int, rng: Generator, how: Augmentation) -> View:
    """A crop of about the picture's own shape on a square: whole pixels of it, centred."""
    aspect = width / height * exp(rng.uniform(-1, 1) * log(how.aspect))
    crop_w, crop_h, x, y = _place(height, width, aspect, rng, how)
    left, top = floor(x), floor(y)
    right, bottom = min(width, left + max(1, round(crop_w))), min(height, top + max(1, round(crop_h)))
    scale = max(right - left, bottom - top) / size
    linear = np.diag([_mirror(rng, how) * scale, scale])
    grey, tint = rng.uniform(0, 255), rng.uniform(-16, 16, 3)
    red, green, blue = np.clip(np.rint(grey + tint), 0, 255) if rng.random() < 0.5 else BLACK
    warp = _about(linear, (left + right) / 2, (top + bottom) / 2, size)
    return View(warp, (left, top, right, bottom), (float(red), float(green), float(blue)))


def _place(
    height: int, width: int, aspect: float, rng: Generator, how: Augmentation
) -> tuple[float, float, float, float]:
    """Width, height, left and top of a crop of this width : height, as large as the picture allows."""
    area = rng.uniform(how.area, 1.0) * height * width
    crop_w, crop_h = sqrt(area * aspect), sqrt(area / aspect)
    shrink = min(1.0, width / crop_w, height / crop_h)
    # At most the picture: the product may round to a hair more, and a negative place lies outside.
    crop_w, crop_h = min(crop_w * shrink, width), min(crop_h * shrink, height)
    return crop_w, crop_h, rng.uniform(0, 1) * (width - crop_w), rng.uniform(0, 1) * (height - crop_h)


def _mirror(rng: Generator, how: Augmentation) -> float:
    return -1.0 if how.flip and rng.random() < 0.5 else 1.0


def _about(linear: NDArray[np.float64], x: float, y: float, size: int) -> NDArray[np.float64]:
    """The warp that puts the point (x, y), measured from the corner of the picture, in the middle."""
    middle = (size - 1) / 2
    offset = np.array([x - 0.5, y - 0.5]) - linear @ np.array([middle, middle])
    return np.column_stack([linear, offset])


def _window(view: View, size: int) -> tuple[tuple[slice, slice], NDArray[np.float64]]:
    """Rows and columns of the picture that the warp looks at, and the warp from there: the rest of a
    large photo need not be touched.
    """
    corners = np.array([[0, 0], [size - 1, 0], [0, size - 1], [size - 1, size - 1]], np.float64)
    points = corners @ view.warp[:, :2].T + view.warp[:, 2]
    left, top, right, bottom = view.box
    (x0, y0), (x1, y1) = points.min(axis=0) - MARGIN, points.max(axis=0) + MARGIN + 1
    left, right = max(left, min(floor(x0), right - 1)), min(right, max(ceil(x1), left + 1))
    top, bottom = max(top, min(floor(y0), bottom - 1)), min(bottom, max(ceil(y1), top + 1))
    warp = view.warp.copy()
    warp[:, 2] -= left, top
    return (slice(top, bottom), slice(left, right)), warp


def _nearest(values: NDArray[np.generic], warp: NDArray[np.float64], size: int) -> NDArray[np.generic]:
    """0 where the warp leaves the picture."""
    return cv2.warpAffine(  # type: ignore[no-any-return]
        values, warp, (size, size), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    )


def _warp_photo(
    image: NDArray[np.uint8],
    warp: NDArray[np.float64],
    size: int,
    bars: tuple[float, float, float] | None,
) -> NDArray[np.uint8]:
    factor = sqrt(abs(np.linalg.det(warp[:, :2])))
    if factor > ALIASING:
        height, width = (max(1, round(side / factor)) for side in image.shape[:2])
        scale = np.array([width / image.shape[1], height / image.shape[0]])
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        # Half-pixel centres: x' = (x + ½)·s − ½.
        shift = (scale - 1) / 2
        warp = np.column_stack([warp[:, :2] * scale[:, None], warp[:, 2] * scale + shift])
    # The edge of the picture is repeated under bars, which are drawn last: they must not blend into it.
    border = cv2.BORDER_REFLECT_101 if bars is None else cv2.BORDER_REPLICATE
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, warp, (size, size), flags=flags, borderMode=border)  # type: ignore[no-any-return]


def _draw_bars(image: NDArray[np.uint8], view: View) -> None:
    """Give every pixel whose centre lies outside the box the bars' colour, in place, free of noise."""
    left, top, right, bottom = view.box
    size = len(image)
    x = np.arange(size) * view.warp[0, 0] + view.warp[0, 2] + 0.5
    y = np.arange(size) * view.warp[1, 1] + view.warp[1, 2] + 0.5
    colour = np.asarray(view.bars, np.uint8)
    image[(y < top) | (y >= bottom)] = colour
    image[:, (x < left) | (x >= right)] = colour


def _greyed(image: NDArray[np.uint8], rng: Generator, how: Augmentation) -> NDArray[np.uint8]:
    """Nothing is drawn where the part is off: runs of before it was there repeat."""
    if not how.grey or rng.random() >= how.grey:
        return image
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)  # type: ignore[no-any-return]


def _draw_colours(rng: Generator, how: Augmentation) -> NDArray[np.uint8]:
    """256×1×3 table: gamma, contrast about the middle, brightness, a factor per channel."""
    gamma, contrast = (exp(rng.uniform(-1, 1) * s) for s in (how.gamma, how.contrast))
    shift = rng.uniform(-1, 1) * how.brightness
    cast = np.exp(rng.uniform(-1, 1, 3) * how.cast)
    levels = (np.arange(256) / 255)[:, None] ** gamma * cast
    table = (levels - 0.5) * contrast + 0.5 + shift
    return np.clip(np.rint(table * 255), 0, 255).astype(np.uint8)[:, None, :]


def _noisy(image: NDArray[np.uint8], rng: Generator, how: Augmentation) -> NDArray[np.uint8]:
    """Gaussian noise cut from a tile drawn once: drawing it anew costs more than decoding a photo."""
    strength = rng.uniform(0, 1) * how.noise
    top, left = rng.integers(0, NOISE_TILE, 2)
    height, width = image.shape[:2]
    patch = _noise(max(height, width))[top : top + height, left : left + width]
    return cv2.addWeighted(image, 1.0, patch, strength, 0.0, dtype=cv2.CV_8U)  # type: ignore[no-any-return]


@lru_cache(maxsize=4)
def _noise(size: int) -> NDArray[np.float32]:
    """The tile, repeated so that a size×size patch fits at any place of the first."""
    tile = np.random.default_rng(0).standard_normal((NOISE_TILE, NOISE_TILE, 3), dtype=np.float32)
    times = ceil((NOISE_TILE + size) / NOISE_TILE)
    return np.tile(tile, (times, times, 1))

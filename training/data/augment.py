"""One affine warp and one colour table a sample: crop, aspect, rotation, flip; gamma, brightness,
contrast, colour cast, noise. Depth and mask follow the geometry exactly: nearest sampling, and
what comes from outside the picture is invalid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, exp, log, radians, sin, sqrt

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.data.sample import Sample

NOISE_TILE = 512
# Beyond this factor linear sampling would alias; the picture is first shrunk by area averaging.
ALIASING = 1.6


@dataclass(frozen=True)
class Augmentation:
    """Strengths; 0 switches a part off.

    area: smallest share of the picture that a crop covers. aspect: the crop's width : height is
    drawn from [1/aspect, aspect] times `aspect_centre`, and squeezed into a square: networks meet
    stretched photos on phones. rotation_deg: largest angle. gamma, contrast, cast: largest log
    factor. brightness: largest shift, share of the range. noise: largest standard deviation, steps.
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


def augment(sample: Sample, size: int, rng: Generator, how: Augmentation) -> Sample:
    """A size×size crop of `sample`; the same for the same state of `rng`."""
    warp = _draw_warp(sample.image.shape[0], sample.image.shape[1], size, rng, how)
    image = _warp_photo(sample.image, warp, size)
    disparity = cv2.warpAffine(
        np.where(sample.valid, sample.disparity, np.float32(np.nan)),
        warp,
        (size, size),
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=float("nan"),
    )
    valid = np.isfinite(disparity)
    colours = cv2.LUT(image, _draw_colours(rng, how))
    return Sample(_noisy(colours, rng, how), np.where(valid, disparity, np.float32(0)), valid, sample.kind)


def _draw_warp(height: int, width: int, size: int, rng: Generator, how: Augmentation) -> NDArray[np.float64]:
    """2×3: output pixel → source pixel, pixel centres at whole numbers."""
    aspect = how.aspect_centre * exp(rng.uniform(-1, 1) * log(how.aspect))
    area = rng.uniform(how.area, 1.0) * height * width
    crop_w, crop_h = sqrt(area * aspect), sqrt(area / aspect)
    shrink = min(1.0, width / crop_w, height / crop_h)
    crop_w, crop_h = crop_w * shrink, crop_h * shrink
    centre_x = crop_w / 2 + rng.uniform(0, 1) * (width - crop_w)
    centre_y = crop_h / 2 + rng.uniform(0, 1) * (height - crop_h)
    angle = radians(rng.uniform(-1, 1) * how.rotation_deg)
    mirror = -1.0 if how.flip and rng.random() < 0.5 else 1.0
    turn = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    linear = turn @ np.diag([mirror * crop_w / size, crop_h / size])
    middle = (size - 1) / 2
    offset = np.array([centre_x - 0.5, centre_y - 0.5]) - linear @ np.array([middle, middle])
    return np.column_stack([linear, offset])


def _warp_photo(image: NDArray[np.uint8], warp: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    factor = sqrt(abs(np.linalg.det(warp[:, :2])))
    if factor > ALIASING:
        height, width = (max(1, round(side / factor)) for side in image.shape[:2])
        scale = np.array([width / image.shape[1], height / image.shape[0]])
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        # Half-pixel centres: x' = (x + ½)·s − ½.
        shift = (scale - 1) / 2
        warp = np.column_stack([warp[:, :2] * scale[:, None], warp[:, 2] * scale + shift])
    return cv2.warpAffine(  # type: ignore[no-any-return]
        image,
        warp,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )


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
    tile = _noise_tile()
    rows, columns = -(-(height + NOISE_TILE) // NOISE_TILE), -(-(width + NOISE_TILE) // NOISE_TILE)
    patch = np.tile(tile, (rows, columns, 1))[top : top + height, left : left + width]
    return cv2.addWeighted(image, 1.0, patch, strength, 0.0, dtype=cv2.CV_8U)  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def _noise_tile() -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((NOISE_TILE, NOISE_TILE, 3), dtype=np.float32)

"""What of a frame can be trained on: agreement of both directions, and the rules for keeping it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.stereo.layouts import Picture

Disparity = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Why a frame is dropped; stands in index.csv.
UNREADABLE = "unreadable"  # the movie is damaged there
DARK = "dark"
BORDERS = "black borders"  # more than half of the frame
TITLE = "title card"  # nearly all of one brightness: text on a plain ground
INVALID = "too few valid"
FLAT = "too flat"
REASONS = (UNREADABLE, DARK, BORDERS, TITLE, INVALID, FLAT)

DARK_LEVEL, DARK_QUANTILE = 40, 0.95
PLAIN_LEVELS, PLAIN_SHARE = 5, 0.7
SMALLEST_SIDE_PX, SMALLEST_AREA = 64, 0.5
# The range of disparity is that between these quantiles: a few wrong matches must not make a flat frame deep.
RANGE_QUANTILES = (0.01, 0.99)


def dull(left: Picture) -> str | None:
    """Why this picture is not worth matching: a black frame, a title card."""
    luma = left @ np.array((0.299, 0.587, 0.114), np.float32)
    if np.quantile(luma, DARK_QUANTILE) < DARK_LEVEL:
        return DARK
    histogram = np.bincount(luma.astype(np.uint8).ravel(), minlength=256) / luma.size
    if np.convolve(histogram, np.ones(PLAIN_LEVELS)).max() > PLAIN_SHARE:
        return TITLE
    return None


def agreement(left: Disparity, right: Disparity) -> Disparity:
    """|d_left(x) − d_right(x − d_left(x))| for each left pixel, in px; ∞ where either has no disparity or
    the match lies outside the picture. Both maps H×W, NaN = none, positive = nearer than infinity.
    """
    height, width = left.shape
    there = np.arange(width, dtype=np.float32) - left
    inside = (there >= 0) & (there <= width - 1)  # false for NaN
    column = np.rint(np.where(inside, there, 0)).astype(np.intp)
    other = right[np.arange(height)[:, None], column]
    difference = np.abs(left - other)
    return np.where(inside & np.isfinite(difference), difference, np.float32(np.inf))


def without_speckles(disparity: Disparity, valid: Mask, smallest_px: int, step_px: float = 2) -> Mask:
    """The mask without islands of fewer pixels; neighbours of one island differ by at most `step_px`."""
    import cv2

    if smallest_px <= 1:
        return valid
    none = np.iinfo(np.int16).min
    fixed = np.clip(np.where(valid, disparity, 0) * 16, none + 1, np.iinfo(np.int16).max)
    fixed = np.where(valid, np.rint(fixed), none).astype(np.int16)
    cv2.filterSpeckles(fixed, none, smallest_px - 1, int(step_px * 16))
    kept: Mask = valid & (fixed != none)
    return kept


def spread(values: Disparity) -> float:
    """Range of the valid disparities, between their 1 % and 99 % quantiles; 0 where there are none."""
    if values.size == 0:
        return 0.0
    low, high = np.quantile(values, RANGE_QUANTILES)
    return float(high - low)


def verdict(disparity: Disparity, valid: Mask, least_valid: float, least_range_px: float) -> str | None:
    """None when the frame is kept: more than `least_valid` of it is valid, and the range exceeds
    `least_range_px`; else the reason."""
    if valid.mean() <= least_valid:
        return INVALID
    return FLAT if spread(disparity[valid]) <= least_range_px else None


def to_png16(disparity: Disparity, valid: Mask) -> tuple[NDArray[np.uint16], float, float]:
    """round((d − min)·65534 / (max − min)) + 1 of the valid pixels, 0 = invalid, larger = nearer; with min
    and max (px). A constant map is all 1."""
    values = disparity[valid].astype(np.float64)
    low, high = float(values.min()), float(values.max())
    coded = np.zeros(disparity.shape, np.uint16)
    coded[valid] = np.rint((values - low) * (65534 / (high - low) if high > low else 0)).astype(np.uint16) + 1
    return coded, low, high

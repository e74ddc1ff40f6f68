"""The images that a model gets most wrong, as pictures: photo, truth, each file's depth, the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.judging.scoring import HIGHER_IS_BETTER
from bench.row import Through, Worst
from bench.testsets.shot import Shots, Truth
from export import geometry
from export.fit import Fit, to_network

Map = NDArray[np.float32]
RGB = NDArray[np.uint8]
HEIGHT, WIDEST = 240, 640
HOLE = (40, 44, 52)
# A difference of log-disparity at which the picture is at its strongest: depths that are 1.25× apart.
STRONGEST = float(np.log(1.25))
NEARER, FARTHER = (178, 24, 43), (33, 102, 172)


@dataclass(frozen=True)
class Shown:
    """An image of a set, to be shown for a model."""

    set_name: str
    shots: Shots
    index: int
    model: str
    cap_m: float | None


def indices(columns: Mapping[str, NDArray[np.float64]], metric: str, count: int) -> list[int]:
    """The `count` images that are worst in `metric` (in its UTSS form where that alone is known)."""
    values = columns.get(metric, columns.get(f"utss_{metric}"))
    if values is None:
        return []
    badness = -values if metric in HIGHER_IS_BETTER else values
    order = np.argsort(np.where(np.isfinite(badness), -badness, np.inf), kind="stable")
    return [int(i) for i in order[:count] if np.isfinite(badness[i])]


def picture(shown: Shown, files: Sequence[tuple[str, Map, Mapping[str, float]]]) -> Worst:
    """files: variant, output without padding, figures of this image; differences are to the first."""
    photo = shown.shots.photo(shown.index)
    size = _size(*photo.shape[:2])
    reference = files[0][1]
    through = []
    for variant, output, errors in files:
        depth = to_network(geometry.colour_map(output, _limits(reference, output)), *size, Fit())
        difference = None if output is reference else to_network(_difference(reference, output), *size, Fit())
        through.append(Through(variant, depth, difference, errors))
    truth = shown.shots.truth(shown.index)
    return Worst(
        shown.set_name,
        shown.shots.names[shown.index],
        shown.model,
        to_network(photo, *size, Fit()),
        _truth(truth, shown.cap_m, reference, size) if truth else None,
        tuple(through),
    )


def _size(height: int, width: int) -> tuple[int, int]:
    """Of the pictures: the photo's shape, HEIGHT px high, at most WIDEST px wide."""
    scale = min(HEIGHT / height, WIDEST / width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _limits(reference: Map, output: Map) -> tuple[float, float]:
    """One colour scale for all files of an image: the reference's range, moved by the median difference."""
    low, high = np.quantile(reference, (geometry.LOW_QUANTILE, geometry.HIGH_QUANTILE))
    shift = float(np.median(output) - np.median(reference)) if np.isfinite(output).all() else 0.0
    return float(low) + shift, float(high) + shift


def _difference(reference: Map, output: Map) -> RGB:
    """White where alike, red where the file sees things nearer than the reference, blue where farther."""
    if reference.shape != output.shape or not np.isfinite(output).all():
        return np.full((*output.shape, 3), HOLE, np.uint8)
    difference = output - reference
    share = np.clip((difference - np.median(difference)) / STRONGEST, -1, 1)[..., None]
    colour = np.where(share > 0, np.array(NEARER), np.array(FARTHER))
    picture: RGB = np.rint(255 + np.abs(share) * (colour - 255)).astype(np.uint8)
    return picture


def _truth(truth: Truth, cap_m: float | None, reference: Map, size: tuple[int, int]) -> RGB | None:
    """The truth in the reference's colours, after the median difference; holes are dark."""
    known = truth.map()
    if known is None:
        return None
    small = _nearest(known, size)
    valid = small > 0
    if truth.depth is None:  # of unknown offset: in colours of its own range
        log_truth = np.log(np.where(valid, small, 1))
        low, high = np.quantile(log_truth[valid], (0.01, 0.99)) if valid.any() else (0.0, 1.0)
    else:
        valid &= small < cap_m if cap_m else valid
        log_truth = -np.log(np.where(valid, small, 1))
        shift = np.median((_nearest(reference, size) - log_truth)[valid]) if valid.any() else 0.0
        log_truth = log_truth + shift
        low, high = _limits(reference, reference)
    picture = geometry.colour_map(log_truth, (float(low), float(high)))
    picture[~valid] = HOLE
    return picture


def _nearest(values: Map, size: tuple[int, int]) -> Map:
    """The map at `size`, values untouched: holes must not bleed."""
    rows, columns = (
        np.floor((np.arange(new) + 0.5) * old / new).astype(np.intp)
        for old, new in zip(values.shape, size, strict=True)
    )
    picked: Map = values[np.ix_(rows, columns)]
    return picked

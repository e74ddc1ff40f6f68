"""What a depth map is worth against the truth, and a file against its float model. NumPy only.

Scored as the published evaluation code of Romanov et al. does it: the prediction is resized to the
truth, ground truth at or past the cap is dropped, an image with 10 valid pixels or fewer is skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.resample import bilinear, bilinear_taps

FEWEST_PIXELS = 10  # an image with this many valid pixels, or fewer, is not scored
NEAREST_M = 1e-8
DELTA = 1.25
Map = NDArray[np.floating[Any]]


def uts(
    log_disparity: Map, depth: Map, valid: NDArray[np.bool_], cap: float | None = None
) -> dict[str, float] | None:
    """Depth metrics up to scale: the lower median of (log depth + output) is subtracted.

    log_disparity: any size, resized in the log domain · depth: h×w metres · valid: h×w · cap: metres.
    Returns delta1…3 (percent of pixels beyond 1.25, 1.25², 1.25³), rel (percent), log10, rmse (m), or
    None at 10 valid pixels or fewer. ValueError for a prediction that is not finite, or shapes that do
    not go together.
    """
    log_disparity = _checked(log_disparity)
    mask = _mask(depth, valid, cap)
    if mask is None:
        return None
    predicted = -_resized(log_disparity, depth.shape)[mask].astype(np.float64)
    truth = depth[mask].astype(np.float64)
    log_depth = predicted + lower_median(np.log(truth) - predicted)
    with np.errstate(over="ignore"):  # an absurd prediction is scored as infinitely wrong
        return depth_errors(np.exp(log_depth), truth)


def utss(
    log_disparity: Map, depth: Map, valid: NDArray[np.bool_], cap: float | None = None
) -> dict[str, float] | None:
    """Depth metrics up to scale and shift: least squares of a·exp(output) + b against 1/depth.

    As `uts`, but exp comes first and the disparity is resized; aligned disparity is held at 1/cap from
    below (without a cap, at what 10⁸ m would give).
    """
    disparity = _disparity(log_disparity)
    mask = _mask(depth, valid, cap)
    if mask is None:
        return None
    predicted = _resized(disparity, depth.shape)[mask]
    truth = depth[mask].astype(np.float64)
    aligned = fitted(predicted, 1 / truth)
    return depth_errors(1 / np.maximum(aligned, 1 / cap if cap else NEAREST_M), truth)


def disparity_rel(log_disparity: Map, disparity: Map, valid: NDArray[np.bool_]) -> float | None:
    """Mean of |a·exp(output) + b − D| / D after least squares, percent; for sets of unknown offset.

    disparity: h×w, D > 0 where known. Resized and skipped as in `utss`; no cap.
    """
    exponentiated = _disparity(log_disparity)
    mask = _mask(disparity, valid)
    if mask is None:
        return None
    predicted = _resized(exponentiated, disparity.shape)[mask]
    truth = disparity[mask].astype(np.float64)
    return float(100 * np.mean(np.abs(fitted(predicted, truth) - truth) / truth))


def whdr(log_disparity: Map, points: NDArray[np.int64], relations: Sequence[Any]) -> float:
    """Share (percent) of ordered pairs that the map gets wrong (DIW).

    log_disparity: at the image's own size · points: N×4, yA, xA, yB, xB from 1, as in DIW's file; they
    are clipped to the map · relations: N of ">" (or +1: A is farther) and "<" (or −1). A tie counts "<".
    ValueError for other relations, or numbers that differ.
    """
    log_disparity = _checked(log_disparity)
    height, width = log_disparity.shape
    index = np.asarray(points).reshape(-1, 4) - 1
    ya, xa, yb, xb = np.clip(np.floor(index), 0, [height - 1, width - 1] * 2).astype(np.int64).T
    farther = log_disparity[yb, xb] > log_disparity[ya, xa]
    if len(relations) != len(farther) or not len(relations):
        raise ValueError(f"{len(farther)} pairs of points need as many relations, not {len(relations)}")
    if unknown := [relation for relation in relations if relation not in (">", 1, "<", -1)]:
        raise ValueError(f"relation {unknown[0]!r} is none of '>', '<', 1, -1")
    stated = np.array([relation in (">", 1) for relation in relations])
    return float(100 * np.mean(farther != stated))


def at_points(values: Map, points: Sequence[int], height: int, width: int) -> tuple[float, float]:
    """Two values of a map resized to height×width (bilinear), without resizing all of it.

    points: yA, xA, yB, xB from 1, clipped, as in `whdr`.
    """
    y = np.clip(np.array(points[0::2]) - 1, 0, height - 1)
    x = np.clip(np.array(points[1::2]) - 1, 0, width - 1)
    rows, down = (taps[y] for taps in bilinear_taps(values.shape[0], height))
    columns, across = (taps[x] for taps in bilinear_taps(values.shape[1], width))
    corners = values[rows[:, :, None], columns[:, None, :]] * down.astype(values.dtype)[:, :, None]
    lines = corners.sum(axis=1) * across.astype(values.dtype)
    a, b = lines.sum(axis=1)
    return float(a), float(b)


def fidelity(reference: Map, candidate: Map) -> dict[str, float]:
    """How far a file's log-disparity lies from its float model's, both of one size.

    within_1_25, within_1_05: percent of pixels whose depths are within that factor after the median
    difference is taken out · shift_drift: percent, see `shift_drift` · max_abs: before alignment.
    """
    reference, candidate = _pair(reference, candidate)
    difference = candidate.astype(np.float64) - reference.astype(np.float64)
    off = np.abs(difference - np.median(difference))
    return {
        "within_1_25": float(100 * np.mean(off <= np.log(1.25))),
        "within_1_05": float(100 * np.mean(off <= np.log(1.05))),
        "shift_drift": shift_drift(reference, candidate),
        "max_abs": float(np.abs(difference).max()),
    }


def shift_drift(reference: Map, candidate: Map) -> float:
    """The shift of disparity that a file adds, percent of the median disparity: 100·|b| / (a·median D).

    D = exp(reference), D′ = exp(candidate aligned by the median), least squares D′ ≈ a·D + b. A true
    shift bends straight walls in the point cloud though δ1.25 hardly moves. Infinite where a ≤ 0.
    """
    reference, candidate = _pair(reference, candidate)
    # A factor of D′, the alignment's too, changes b and a alike, one of D cancels in a·median D: both
    # are divided by their largest value, which keeps exp within range.
    true, drifted = _disparity(reference).ravel(), _disparity(candidate).ravel()
    a, b = line(true, drifted)
    slope = a * float(np.median(true))
    return 100 * abs(b) / slope if slope > 0 else float("inf")


def correlation(log_disparity: Map, disparity: Map, valid: NDArray[np.bool_]) -> float | None:
    """Pearson correlation of exp(output) with the true disparity over valid pixels; 0 for a constant."""
    exponentiated = _disparity(log_disparity)
    mask = _mask(disparity, valid, above=-np.inf)
    if mask is None:
        return None
    predicted, truth = _resized(exponentiated, disparity.shape)[mask], disparity[mask].astype(np.float64)
    if predicted.std() == 0 or truth.std() == 0:
        return 0.0
    return float(np.corrcoef(predicted, truth)[0, 1])


def depth_errors(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> dict[str, float]:
    """δ errors and rel in percent, log10, rmse in metres, of aligned depths."""
    with np.errstate(over="ignore", divide="ignore"):
        ratio = np.maximum(predicted / truth, truth / predicted)
        return {f"delta{n}": float(100 * np.mean(ratio > DELTA**n)) for n in (1, 2, 3)} | {
            "rel": float(100 * np.mean(np.abs(predicted - truth) / truth)),
            "log10": float(np.mean(np.log10(ratio))),
            "rmse": float(np.sqrt(np.mean(np.square(predicted - truth)))),
        }


def lower_median(values: NDArray[Any]) -> float:
    """The middle value, of an even number the smaller of the two: PyTorch's median."""
    middle = (values.size - 1) // 2
    return float(np.partition(values, middle)[middle])


def line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Least squares y ≈ a·x + b; a = 0 where x does not vary."""
    centred = x - x.mean()
    spread = float(centred @ centred)
    a = float(centred @ y) / spread if spread > 0 else 0.0
    return a, float(y.mean() - a * x.mean())


def fitted(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """a·x + b of `line`."""
    a, b = line(x, y)
    return a * x + b


def _mask(
    truth: Map, valid: NDArray[np.bool_], cap: float | None = None, above: float = NEAREST_M
) -> NDArray[np.bool_] | None:
    """Pixels that are scored: valid, finite, above a limit, below the cap; None where they are too few."""
    if truth.ndim != 2 or truth.shape != valid.shape:
        raise ValueError(f"truth and mask are two maps of one size, not {truth.shape} and {valid.shape}")
    limit = np.inf if cap is None else cap
    mask: NDArray[np.bool_] = valid.astype(bool) & (truth > above) & (truth < limit)
    return mask if np.count_nonzero(mask) > FEWEST_PIXELS else None


def _pair(reference: Map, candidate: Map) -> tuple[Map, Map]:
    reference, candidate = _checked(reference), _checked(candidate)
    if reference.shape != candidate.shape:
        raise ValueError(f"maps of one size are compared, not {reference.shape} and {candidate.shape}")
    return reference, candidate


def _checked(log_disparity: Map) -> Map:
    """H×W (leading axes of 1 are dropped), finite; or ValueError."""
    shape = log_disparity.shape
    if len(shape) < 2 or not log_disparity.size or log_disparity.size != shape[-2] * shape[-1]:
        raise ValueError(f"a log-disparity map is H×W, not {shape}")
    flat = log_disparity.reshape(shape[-2:])
    if not np.isfinite(flat).all():
        raise ValueError("the log-disparity holds values that are not finite (NaN or Inf)")
    return flat


def _disparity(log_disparity: Map) -> NDArray[np.float64]:
    """exp, divided by its largest value: every use is blind to the factor, and it cannot overflow."""
    checked = _checked(log_disparity).astype(np.float64)
    disparity: NDArray[np.float64] = np.exp(checked - checked.max())
    return disparity


def _resized(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    return bilinear(values, shape[0], shape[1])

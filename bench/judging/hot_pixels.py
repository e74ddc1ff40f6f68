"""Hot pixels: single pixels of a file's output that leave the float model's while all around agrees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.metrics import DELTA, Map

LARGEST_CLUMP = 3  # pixels that depart within 5×5: more are a region or an edge, which fidelity counts
REACH = 2  # pixels to each side
WINDOW = (2 * REACH + 1, 2 * REACH + 1)


def hot_pixels(reference: Map, candidate: Map) -> int:
    """How many pixels depart by more than 1.25×, both after median alignment of the whole map and from the
    median of the difference in the 5×5 around them.

    Counted are clumps of up to three: in the 5×5 around each pixel, and around each other pixel that departs
    there, no more than three of the 25 do. Lines and edges, of any width, have pixels with more, so that
    not even their ends count; nor does the top of a smooth bump, of which a few pixels pass the limit.
    reference, candidate: log-disparity, H×W, the float model's and the file's. ValueError for maps of
    different sizes, or values that are not finite.
    """
    if reference.ndim != 2 or reference.shape != candidate.shape:
        raise ValueError(f"two maps of one size are compared, not {reference.shape} and {candidate.shape}")
    difference = candidate.astype(np.float64) - reference.astype(np.float64)
    if not difference.size or not np.isfinite(difference).all():
        raise ValueError("the log-disparity is empty, or holds values that are not finite (NaN or Inf)")
    departs = np.abs(difference - np.median(difference)) > np.log(DELTA)
    if not departs.any():
        return 0
    crowded = departs & (_around(departs) > LARGEST_CLUMP)
    rows, columns = np.nonzero(departs & (_around(crowded) == 0))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(difference, REACH, mode="reflect"), WINDOW)
    surroundings = np.median(windows[rows, columns].reshape(-1, WINDOW[0] * WINDOW[1]), axis=1)
    return int(np.count_nonzero(np.abs(difference[rows, columns] - surroundings) > np.log(DELTA)))


def _around(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """How many are set in the 5×5 around each pixel; outside the map none is."""
    height, width = mask.shape
    padded = np.pad(mask.astype(np.uint8), REACH)
    rows = np.add.reduce([padded[i : i + height] for i in range(WINDOW[0])])
    counts: NDArray[np.uint8] = np.add.reduce([rows[:, i : i + width] for i in range(WINDOW[1])])
    return counts

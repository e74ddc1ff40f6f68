"""Black borders: letterbox and pillarbox bars, and the floating windows of stereo movies.

A floating window is a black strip at the outer side of one eye, which moves the edge of the screen towards
the audience; it comes and goes with the shot. So there are two steps: the bars of the movie, once, and what
is still black at the edges of a frame, for each frame.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median_low
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.stereo.layouts import Picture

BLACK_LEVEL = 24  # a coded bar is not quite 0
BRIGHT_SHARE = 0.02  # of a row that may be brighter: noise, ringing of the codec
SOFT_EDGE_PX = 2  # between bar and picture, where the codec has blurred


class Borders(NamedTuple):
    """Pixels to cut off, of both eyes alike, so that disparities stay what they are."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def cut(self, eye: Picture) -> Picture:
        height, width = eye.shape[:2]
        return eye[self.top : height - self.bottom, self.left : width - self.right]

    def area_left(self, height: int, width: int) -> float:
        """Share of the picture that stays."""
        rows, columns = height - self.top - self.bottom, width - self.left - self.right
        return max(0, rows) * max(0, columns) / (height * width)


def borders_of_frame(left: Picture, right: Picture) -> Borders:
    """What is black at the edges of either eye; all of it for a black frame (top = height)."""
    sides = zip(_borders(left), _borders(right), strict=True)
    return Borders(*(max(both) for both in sides))


def borders_of_movie(frames: Iterable[tuple[Picture, Picture]]) -> Borders:
    """The median, side by side, over frames from the whole movie.

    A dark scene or a subtitle inside a bar changes a few frames, not the median. In a movie with two
    formats the commoner one wins; the bars of the other go frame by frame.
    """
    found = [borders_of_frame(left, right) for left, right in frames]
    if not found:
        return Borders()
    return Borders(*(median_low(side) for side in zip(*found, strict=True)))


def _borders(eye: Picture) -> Borders:
    red, green, blue = (eye[..., channel] >= BLACK_LEVEL for channel in range(3))
    bright = red | green | blue
    rows = bright.mean(axis=1) > BRIGHT_SHARE
    if not rows.any():
        return Borders(top=eye.shape[0])
    top, bottom = _ends(rows)
    # Columns are judged inside the rows that are left: a bar above must not count as part of them.
    columns = bright[top : len(rows) - bottom].mean(axis=0) > BRIGHT_SHARE
    if not columns.any():
        return Borders(top=eye.shape[0])
    return Borders(top, bottom, *_ends(columns))


def _ends(lit: NDArray[np.bool_]) -> tuple[int, int]:
    """Dark lines before the first and behind the last lit one, with the soft edge of a bar."""
    first, last = int(np.argmax(lit)), int(np.argmax(lit[::-1]))
    return tuple(n + SOFT_EDGE_PX if n else 0 for n in (first, last))  # type: ignore[return-value]

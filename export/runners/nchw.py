"""The input of the runtimes that take channels first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.runners import RunnerError

MULTIPLE = 32


def planes(image: NDArray[Any], height: int, width: int) -> NDArray[np.float32]:
    """RGB height×width×3 → float32 1×3×height×width, 0…255: a view, channels last in memory.

    height, width: what the file takes, 0 for any multiple of 32. RunnerError for another size.
    """
    found = image.shape[:2]
    if height == 0 and (found[0] % MULTIPLE or found[1] % MULTIPLE):
        raise RunnerError(
            f"the network takes multiples of {MULTIPLE}, not {found[0]}×{found[1]}: resize first"
        )
    if height and found != (height, width):
        raise RunnerError(f"the file takes {height}×{width}, not {found[0]}×{found[1]}: resize first")
    return np.ascontiguousarray(image, dtype=np.float32)[None].transpose(0, 3, 1, 2)

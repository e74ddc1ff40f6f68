"""How a photo gets into a network and its output back onto the photo: what a figure hangs on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.fit import SIDE, Box, Fit, placement, published_image, published_size, to_network

# Where a network takes any size, a long strip of a photo would ask for all memory there is.
MAX_PIXELS = 16 * 384 * 384


@dataclass(frozen=True)
class Protocol:
    """height, width: the network's size, photos fitted as apps do it ("as deployed"); both 0: the
    published protocol, smaller side 384 or another `side`, sides rounded to multiples of 32, bilinear
    without antialiasing, not rounded to bytes. No test-time augmentation in either.
    """

    height: int = 0
    width: int = 0
    fit: Fit = field(default_factory=Fit)
    side: int = SIDE

    def __str__(self) -> str:
        if not self.height:
            return f"published protocol, smaller side {self.side}"
        return f"as deployed, {self.height}×{self.width}, {self.fit.mode}"

    def image(self, photo: NDArray[np.uint8]) -> NDArray[Any]:
        """RGB uint8 photo → RGB of network size, 0…255: uint8 as deployed, else float32.

        ValueError for a photo too long for the published protocol.
        """
        if self.height:
            return to_network(photo, self.height, self.width, self.fit)
        height, width = published_size(photo.shape[0], photo.shape[1], self.side)
        if height * width > MAX_PIXELS:
            raise ValueError(f"{photo.shape[1]}×{photo.shape[0]} is too long a strip (sides up to 16 : 1)")
        return published_image(photo, self.side)

    def inner(self, output: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
        """The part of an output that a height×width photo covers."""
        return self.box(output, height, width).cut(output)

    def box(self, output: NDArray[np.float32], height: int, width: int) -> Box:
        """Where a height×width photo lies in an output."""
        mode = self.fit.mode if self.height else "stretch"
        return placement(height, width, output.shape[0], output.shape[1], mode)

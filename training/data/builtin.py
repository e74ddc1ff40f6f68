"""The built-in synthetic scenes as a training set: no files, exact depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.sample import Kind, Sample
from training.data.synthetic import scene

NAME = "synthetic"
SCENES = 65_536
# Beside photographs: so many that they are drawn again, and can be kept instead of being made anew.
BESIDE_PHOTOS = 1_000
HELD_OUT = 32


@dataclass(frozen=True)
class Scenes:
    """Scene number i is drawn from seed i; the held-out ones lie behind the others."""

    name: str = NAME
    held_out: bool = False
    height: int = 384
    width: int = 448
    count: int = SCENES

    def __len__(self) -> int:
        return HELD_OUT if self.held_out else self.count

    def __getitem__(self, index: int) -> Sample:
        made = scene(index + (SCENES if self.held_out else 0), self.height, self.width)
        valid = made.depth > 0
        disparity = np.divide(1, made.depth, out=np.zeros_like(made.depth), where=valid)
        return Sample(made.image, disparity, valid, Kind.ABSOLUTE)

"""Middlebury stereo: `middlebury/scenes.csv`, `SCENE/left.jpg`, `SCENE/disp_left.png` (value/256 px).

The offset of the disparities is unknown for most scenes (the 2006 pictures are cropped), so they are
scored after a scale and a shift. Scharstein et al., 2001–2014.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.testsets.shot import Shot, Shots, inside, read_png16, read_rgb, read_rows, same_size

PUBLISHED_AT = "https://vision.middlebury.edu/stereo/data/"


@dataclass(frozen=True)
class Middlebury:
    """Left photos with true disparity."""

    folder: Path
    scenes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.scenes)

    def __iter__(self) -> Iterator[Shot]:
        for scene in self.scenes:
            disparity = read_png16(inside(self.folder, f"{scene}/disp_left.png")) / np.float32(256)
            image = read_rgb(inside(self.folder, f"{scene}/left.jpg"))
            yield same_size(Shot(scene, image, disparity=disparity, group=scene))


def find(data: Path) -> Shots | None:
    index = data / "middlebury" / "scenes.csv"
    if not index.is_file():
        return None
    scenes = tuple(row["scene"] for row in read_rows(index, ("scene",)))
    return Middlebury(index.parent, scenes) if scenes else None

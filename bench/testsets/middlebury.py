"""Middlebury stereo: `middlebury/scenes.csv`, `SCENE/left.jpg`, `SCENE/disp_left.png` (value/256 px).

Without the CSV the published layouts are looked for, see `middlebury_published`. The offset of disparities is
unknown for most scenes (the 2006 pictures are cropped), so they are scored after a scale and a shift.
Scharstein et al., 2001–2014.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.testsets import middlebury_published
from bench.testsets.shot import RGB, Shots, Truth, different, inside, read_png16, read_rgb, read_rows

PUBLISHED_AT = "https://vision.middlebury.edu/stereo/data/"
LAYOUT = "middlebury/SCENE with im0.png and disp0.pfm (2014), view1.png and disp1.png, or im2 and disp2"


def find(data: Path) -> Shots | None:
    """Left photos with true disparity."""
    index = data / "middlebury" / "scenes.csv"
    if not index.is_file():
        return middlebury_published.published(data)
    folder = index.parent
    scenes = different(index, [row["scene"] for row in read_rows(index, ("scene",))])

    def truth(i: int) -> Truth:
        path = inside(folder, f"{scenes[i]}/disp_left.png")
        return Truth(disparity=read_png16(path) / np.float32(256))

    def photo(i: int) -> RGB:
        return read_rgb(inside(folder, f"{scenes[i]}/left.jpg"))

    return Shots(scenes, scenes, photo, truth, folder) if scenes else None

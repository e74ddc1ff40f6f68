"""NYU Depth v2, labelled images as folders: `nyu/train/index.csv`, `NNNNN.jpg`, `NNNNN.png` (mm).

Columns used of index.csv: `name`, and `scale_known` (1: metric depth may be used; 0: the scale of
the image is a guess). Silberman, Hoiem, Kohli, Fergus, "Indoor Segmentation and Support Inference
from RGBD Images", ECCV 2012.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.data.pictures import read_depth_mm, read_rgb
from training.data.sample import DataError, Kind, Sample

PUBLISHED_AT = "https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html"
BORDER_PX = 8  # the photos have a white rim
HELD_OUT_EVERY = 20


@dataclass(frozen=True)
class Nyu:
    """The images of the train folder, or those of them held out for validation."""

    folder: Path
    rows: tuple[tuple[str, Kind], ...]
    name: str = "nyu"

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Sample:
        name, kind = self.rows[index]
        image = read_rgb(self.folder / f"{name}.jpg")
        depth = read_depth_mm(self.folder / f"{name}.png")
        if depth.shape != image.shape[:2]:
            raise DataError(
                f"{self.folder / name}.png: {depth.shape} depth for an image of {image.shape[:2]}"
            )
        inner = (slice(BORDER_PX, -BORDER_PX), slice(BORDER_PX, -BORDER_PX))
        image, depth = image[inner], depth[inner]
        valid = depth > 0
        disparity = np.divide(1, depth, out=np.zeros_like(depth), where=valid)
        return Sample(image, disparity, valid, kind)


def find(data: Path, held_out: bool = False) -> Nyu | None:
    """The set below `data`, or None. One image in 20 is held out of training for validation."""
    index = data / "nyu" / "train" / "index.csv"
    if not index.is_file():
        return None
    rows = _rows(index)
    chosen = tuple(row for i, row in enumerate(rows) if (i % HELD_OUT_EVERY == 0) == held_out)
    return Nyu(index.parent, chosen) if chosen else None


def _rows(index: Path) -> list[tuple[str, Kind]]:
    with index.open(newline="", encoding="utf-8") as file:
        try:
            return [
                (_plain(row["name"]), Kind.ABSOLUTE if row["scale_known"] == "1" else Kind.UTS)
                for row in csv.DictReader(file)
            ]
        except (KeyError, ValueError, csv.Error) as error:
            raise DataError(f"{index}: not an index of NYU images ({error})") from error


def _plain(name: str) -> str:
    """A file name without a path: an index must not lead out of its folder."""
    if not name.isalnum():
        raise ValueError(f"name '{name}' is not a plain file name")
    return name

"""KITTI Stereo 2015: `kitti2015/pairs.csv`, photos, true disparity as 16-bit PNG (value/256 px).

depth = focal·baseline / disparity. Rows of `part` test alone are read; one drive is one group.
Menze and Geiger, "Object Scene Flow for Autonomous Vehicles", CVPR 2015.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.testsets.shot import DataError, Shot, Shots, inside, read_png16, read_rgb, read_rows, same_size

PUBLISHED_AT = "https://www.cvlibs.net/datasets/kitti/eval_scene_flow.php?benchmark=stereo"
CAP_M = 80.0
COLUMNS = ("id", "part", "left", "disparity", "focal_px", "baseline_m")


@dataclass(frozen=True)
class Kitti2015:
    """The test pairs: left photo with depth from true disparity."""

    folder: Path
    rows: tuple[dict[str, str], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Shot]:
        for row in self.rows:
            disparity = read_png16(inside(self.folder, row["disparity"])) / np.float32(256)
            depth = np.zeros_like(disparity)
            scale = np.float32(float(row["focal_px"]) * float(row["baseline_m"]))
            np.divide(scale, disparity, out=depth, where=disparity > 0)
            image = read_rgb(inside(self.folder, row["left"]))
            yield same_size(Shot(row["id"], image, depth=depth, group=row.get("drive") or row["id"]))


def find(data: Path) -> Shots | None:
    index = data / "kitti2015" / "pairs.csv"
    if not index.is_file():
        return None
    rows = tuple(row for row in read_rows(index, COLUMNS) if row["part"] == "test")
    for row in rows:
        try:
            float(row["focal_px"]), float(row["baseline_m"])
        except ValueError as error:
            raise DataError(f"{index}: {row['id']}: {error}") from error
    return Kitti2015(index.parent, rows) if rows else None

"""KITTI Stereo 2015: `kitti2015/pairs.csv`, photos, true disparity as 16-bit PNG (value/256 px).

depth = focal·baseline / disparity. Rows of `part` test alone are read; one drive is one group. Without the
CSV the published layout is looked for: `kitti2015/training/{image_2,disp_occ_0,calib_cam_to_cam}`.
Menze and Geiger, "Object Scene Flow for Autonomous Vehicles", CVPR 2015.
"""

from __future__ import annotations

from pathlib import Path

from bench.testsets import kitti_stereo
from bench.testsets.shot import DataError, Shots, different, inside, read_rgb, read_rows

PUBLISHED_AT = "https://www.cvlibs.net/datasets/kitti/eval_scene_flow.php?benchmark=stereo"
LAYOUT = "kitti2015/training with image_2, disp_occ_0 and calib_cam_to_cam (or kitti2015/pairs.csv)"
CAP_M = 80.0
COLUMNS = ("id", "part", "left", "disparity", "focal_px", "baseline_m")


def find(data: Path) -> Shots | None:
    """The test pairs: left photo with depth from true disparity."""
    index = data / "kitti2015" / "pairs.csv"
    if not index.is_file():
        return kitti_stereo.published(data, kitti_stereo.STEREO_2015)
    rows = [row for row in read_rows(index, COLUMNS) if row["part"] == "test"]
    if not rows:
        return None
    folder = index.parent
    scales = [_focal_times_baseline(index, row) for row in rows]
    return Shots(
        names=different(index, [row["id"] for row in rows]),
        groups=tuple(row.get("drive") or row["id"] for row in rows),
        photo=lambda i: read_rgb(inside(folder, rows[i]["left"])),
        truth=lambda i: kitti_stereo.depth(inside(folder, rows[i]["disparity"]), scales[i]),
        where=folder,
    )


def _focal_times_baseline(index: Path, row: dict[str, str]) -> float:
    try:
        return float(row["focal_px"]) * float(row["baseline_m"])
    except ValueError as error:
        raise DataError(f"{index}: {row['id']}: {error}") from error

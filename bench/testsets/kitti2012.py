"""KITTI Stereo 2012 as published: `kitti2012/training/{image_0,disp_occ,calib}`; see `kitti_stereo`."""

from __future__ import annotations

from pathlib import Path

from bench.testsets import kitti_stereo
from bench.testsets.shot import Shots

PUBLISHED_AT = "https://www.cvlibs.net/datasets/kitti/eval_stereo_flow.php?benchmark=stereo"
LAYOUT = "kitti2012/training with image_0, disp_occ and calib"
CAP_M = 80.0


def find(data: Path) -> Shots | None:
    """The published training part, whose truth is public."""
    return kitti_stereo.published(data, kitti_stereo.STEREO_2012)

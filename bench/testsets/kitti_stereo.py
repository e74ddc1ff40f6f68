"""KITTI Stereo 2015 and 2012 as published: photos, true disparity (16-bit PNG, value/256 px), calibration.

depth = focal·baseline / disparity; of the rectified projection matrices, whose fourth number is −focal times
the camera's distance from camera 0, focal·baseline is the left one's fourth number minus the right one's.
Truth of 2012 belongs to the grey cameras, so their photos are taken where both are there.
Menze and Geiger, CVPR 2015; Geiger et al., CVPR 2012.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.testsets.shot import DataError, Shots, Truth, place, read_png16, read_rgb

SUFFIX = "_10.png"
ENTRIES = 12  # of a 3×4 projection matrix
FOURTH = 3


@dataclass(frozen=True)
class Layout:
    """Folders below `training`. left, right: keys of the projection matrices in the calibration files."""

    places: tuple[str, ...]
    photos: tuple[str, ...]
    disparity: str
    calibration: str
    left: str
    right: str


STEREO_2015 = Layout(
    ("kitti2015/training", "data_scene_flow/training", "training"),
    ("image_2",), "disp_occ_0", "calib_cam_to_cam", "P_rect_02", "P_rect_03",
)  # fmt: skip
STEREO_2012 = Layout(
    ("kitti2012/training", "data_stereo_flow/training", "training"),
    ("image_0", "colored_0"), "disp_occ", "calib", "P0", "P1",
)  # fmt: skip


def published(data: Path, layout: Layout) -> Shots | None:
    """Every left photo with true disparity; one drive is one group, where the development kit tells it."""
    folder = place(data, layout.places, f"{layout.disparity}/*{SUFFIX}")
    if folder is None:
        return None
    names = tuple(sorted(path.stem for path in (folder / layout.disparity).glob(f"*{SUFFIX}")))
    photos = next((p for name in layout.photos if (p := folder / name).is_dir()), folder / layout.photos[0])

    def truth(i: int) -> Truth:
        calibration = folder / layout.calibration / f"{names[i].removesuffix('_10')}.txt"
        scale = focal_times_baseline(calibration, layout.left, layout.right)
        return depth(folder / layout.disparity / f"{names[i]}.png", scale)

    return Shots(names, _drives(folder, names), lambda i: read_rgb(photos / f"{names[i]}.png"), truth, folder)


def depth(path: Path, scale: float) -> Truth:
    """Metres from a PNG of disparities; scale = focal·baseline in px·m."""
    disparity = read_png16(path) / np.float32(256)
    metres = np.zeros_like(disparity)
    np.divide(np.float32(scale), disparity, out=metres, where=disparity > 0)
    return Truth(depth=metres)


def focal_times_baseline(path: Path, left: str, right: str) -> float:
    """px·m of the two cameras' lines in a calibration file."""
    scale = _matrix(path, left)[FOURTH] - _matrix(path, right)[FOURTH]
    if not 0 < scale < np.inf:
        raise DataError(f"{path}: focal·baseline of '{left}' and '{right}' is {scale:g}; it must be positive")
    return scale


def _matrix(path: Path, key: str) -> tuple[float, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        numbers = tuple(float(w) for line in lines if line.startswith(f"{key}:") for w in line.split()[1:])
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a calibration that can be read ({error})") from error
    if len(numbers) != ENTRIES:
        raise DataError(f"{path}: {ENTRIES} numbers after '{key}:' were expected, found {len(numbers)}")
    return numbers


def _drives(training: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    """The recordings that images come from: line N of the kit's mapping is `date drive frame`, or empty."""
    mapping = training.parent / "devkit" / "mapping" / "train_mapping.txt"
    if not mapping.is_file():
        return names
    lines = [line.split() for line in mapping.read_text(encoding="utf-8", errors="replace").split("\n")]
    numbers = [int(name[:6]) if name[:6].isdecimal() else len(lines) for name in names]
    return tuple(
        lines[n][1] if n < len(lines) and len(lines[n]) > 1 else name
        for n, name in zip(numbers, names, strict=True)
    )

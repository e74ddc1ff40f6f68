"""KITTI in four parts, each a folder with an index; absolute depth.

    kitti2015/pairs.csv            stereo pairs with true disparity; rows of `part` train alone
    kitti2012/pairs.csv            the same, colour or grey
    kitti_depth/frames.csv         frames with annotated depth
    kitti_object_lidar/frames.csv  frames with one LiDAR scan: FRAME/rgb.jpg, FRAME/depth_velodyne.png

16-bit PNGs as KITTI publishes them: disparity = value/256 px, depth = value/256 m, 0 = none;
depth = focal_px·baseline_m / disparity. The left photo is used. Drives are held out whole; frames of
unknown drives count as one. Geiger et al., CVPR 2012; Menze and Geiger, CVPR 2015; Uhrig et al., 3DV 2017.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.data import truth
from training.data.rows import Row, inside, plain, positive, read_rows
from training.data.sample import Kind, Sample
from training.data.validation import part

PUBLISHED_AT = "https://www.cvlibs.net/datasets/kitti/"
STEPS = 256  # a pixel of disparity, or a metre


@dataclass(frozen=True)
class Frame:
    """metres_px: focal length times baseline where the map holds disparity; None where it holds depth."""

    photo: str
    truth: str
    metres_px: float | None
    drive: str


@dataclass(frozen=True)
class Kitti:
    """Paths of frames are below `folder`."""

    folder: Path
    frames: tuple[Frame, ...]
    name: str

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> Sample:
        frame = self.frames[index]
        source = self.folder / frame.truth
        if frame.metres_px is None:
            known = truth.of_depth_png(source, STEPS)
        else:
            known = truth.of_disparity_png(source, 1 / (STEPS * frame.metres_px))
        return truth.beside(self.folder / frame.photo, source, known, Kind.ABSOLUTE)


def find_2015(data: Path, held_out: bool = False) -> Kitti | None:
    columns = ("part", "left", "disparity", "focal_px", "baseline_m", "drive")
    return _find(data / "kitti2015" / "pairs.csv", columns, _pair_2015, held_out)


def find_2012(data: Path, held_out: bool = False) -> Kitti | None:
    columns = ("left", "disparity_occ", "disparity_noc", "focal_px", "baseline_m", "drive")
    return _find(data / "kitti2012" / "pairs.csv", columns, _pair_2012, held_out)


def find_depth(data: Path, held_out: bool = False) -> Kitti | None:
    columns = ("rgb", "depth_annotated", "drive")
    return _find(data / "kitti_depth" / "frames.csv", columns, _annotated, held_out)


def find_lidar(data: Path, held_out: bool = False) -> Kitti | None:
    return _find(data / "kitti_object_lidar" / "frames.csv", ("frame",), _scanned, held_out)


def _find(
    index: Path, columns: tuple[str, ...], frame_of: Callable[[Path, Row], Frame], held_out: bool
) -> Kitti | None:
    if not index.is_file():
        return None
    rows = [row for row in read_rows(index, columns) if row.get("part", "train") == "train"]
    frames = [frame_of(index, row) for row in rows]
    chosen = part(frames, [frame.drive for frame in frames], held_out)
    return Kitti(index.parent, chosen, index.parent.name) if chosen else None


def _pair_2015(index: Path, row: Row) -> Frame:
    photo, disparity = inside(index, row["left"]), inside(index, row["disparity"])
    return Frame(photo, disparity, _metres_px(index, row), row["drive"])


def _pair_2012(index: Path, row: Row) -> Frame:
    """All pixels (occ) where they are known, else those seen by both cameras (noc)."""
    disparity = inside(index, row["disparity_occ"] or row["disparity_noc"])
    return Frame(inside(index, row["left"]), disparity, _metres_px(index, row), row["drive"])


def _annotated(index: Path, row: Row) -> Frame:
    return Frame(inside(index, row["rgb"]), inside(index, row["depth_annotated"]), None, row["drive"])


def _scanned(index: Path, row: Row) -> Frame:
    name = plain(index, row["frame"])
    return Frame(f"{name}/rgb.jpg", f"{name}/depth_velodyne.png", None, "")


def _metres_px(index: Path, row: Row) -> float:
    return positive(index, row, "focal_px") * positive(index, row, "baseline_m")

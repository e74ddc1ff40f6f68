"""KITTI, annotated depth (16-bit PNG, value/256 m): the 161 images that MiDaS was evaluated on, or a list.

In the data folder or its `kitti`: depth `DRIVE_sync/proj_depth/groundtruth/image_02/NNNNNNNNNN.png`, or that
below `val` or `data_depth_annotated/val`; photos `DATE/DRIVE_sync/image_02/data/NNNNNNNNNN.png` (or .jpg), or
that below `raw`. Where `kitti/list.txt` is there it is read instead, one line an image: photo depth (further
columns are left alone; an image whose depth is `None` is left out). Uhrig et al., 3DV 2017.

Which 161: test images of Eigen et al. (NIPS 2014) in drives of the official validation part, with depth
(Ranftl et al., "Towards Robust Monocular Depth Estimation", PAMI 2020, section 5).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.testsets.shot import (
    DataError,
    Shots,
    Truth,
    different,
    existing,
    inside,
    place,
    read_png16,
    read_rgb,
)

PUBLISHED_AT = "https://www.cvlibs.net/datasets/kitti/eval_depth.php?benchmark=depth_prediction"
LAYOUT = "kitti/val/DRIVE_sync/proj_depth/… and kitti/DATE/DRIVE_sync/image_02/data/…, or any kitti/list.txt"
CAP_M = 80.0
FOLDERS = ("kitti", "KITTI", "")
LIST = "list.txt"
DEPTHS = (
    "val",
    "data_depth_annotated/val",
    "",
    "train",
    "data_depth_annotated/train",
    "data_depth_annotated",
)
PHOTOS = ("", "raw", "raw_data", "kitti_raw")
# Drive → first frame, last, step, and frames that Eigen's list leaves out.
DRIVES: dict[str, tuple[int, int, int, tuple[int, ...]]] = {
    "2011_09_26_drive_0002": (6, 69, 3, (66,)),
    "2011_09_26_drive_0013": (5, 135, 5, (15, 25, 55, 75)),
    "2011_09_26_drive_0020": (6, 78, 3, (24, 30, 39)),
    "2011_09_26_drive_0023": (18, 468, 18, (234,)),
    "2011_09_26_drive_0036": (32, 768, 32, (736,)),
    "2011_09_30_drive_0016": (11, 264, 11, (99,)),
    "2011_10_03_drive_0047": (32, 800, 32, (256,)),
}


def find(data: Path) -> Shots | None:
    """The images of the list where there is one, else the 161; one drive is one group."""
    patterns = [f"{f}/*_sync/proj_depth/groundtruth/image_02/*.png".removeprefix("/") for f in DEPTHS]
    found = (folder for pattern in patterns if (folder := place(data, FOLDERS, pattern)))
    folder = place(data, FOLDERS[:2], LIST) or next(found, None)
    if folder is None:
        return None
    frames = _listed(folder) if (folder / LIST).is_file() else _of_midas(folder)
    return (
        Shots(
            names=different(folder / LIST, [name for name, _, _ in frames]),
            groups=tuple(drive(name) for name, _, _ in frames),
            photo=lambda i: read_rgb(frames[i][1]),
            truth=lambda i: Truth(depth=read_png16(frames[i][2]) / np.float32(256)),
            where=folder,
        )
        if frames
        else None
    )


def frames_of_midas() -> list[tuple[str, int]]:
    """Drive and frame of the 161."""
    return [
        (name, frame)
        for name, (first, last, step, without) in DRIVES.items()
        for frame in range(first, last + 1, step)
        if frame not in without
    ]


def drive(name: str) -> str:
    """The recording that a path belongs to: its part with `_drive_`; the whole name where it has none."""
    return next((part for part in Path(name).parts if "_drive_" in part), name)


def _of_midas(folder: Path) -> list[tuple[str, Path, Path]]:
    """[] where the depth of none is there; DataError where that of some is missing."""
    frames = []
    for name, frame in frames_of_midas():
        depth = f"{name}_sync/proj_depth/groundtruth/image_02/{frame:010d}.png"
        photo = f"{name[:10]}/{name}_sync/image_02/data/{frame:010d}.png"
        frames.append((f"{name}/{frame:010d}", _photo(folder, photo), _below(folder, DEPTHS, depth)))
    absent = [depth for _, _, depth in frames if not depth.is_file()]
    if absent and len(absent) < len(frames):
        raise DataError(f"{absent[0]}: no such file; {len(absent)} of {len(frames)} depths are missing")
    return [] if absent else frames


def _listed(folder: Path) -> list[tuple[str, Path, Path]]:
    index = folder / LIST
    try:
        lines = index.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{index}: not a list that can be read ({error})") from error
    frames = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0].startswith("#") or words[1:2] == ["None"]:
            continue
        if len(words) < 2:
            raise DataError(f"{index}, line {number}: '{line[:60]}' is not 'photo depth'")
        name = Path(words[0]).with_suffix("").as_posix()
        frames.append((name, _photo(folder, words[0]), _below(folder, DEPTHS, words[1])))
    return frames


def _photo(folder: Path, relative: str) -> Path:
    """The photo, also as JPEG where the list says PNG."""
    path = _below(folder, PHOTOS, relative)
    jpeg = _below(folder, PHOTOS, str(Path(relative).with_suffix(".jpg")))
    return jpeg if jpeg.is_file() and not path.is_file() else path


def _below(folder: Path, folders: tuple[str, ...], relative: str) -> Path:
    inside(folder, relative)
    return existing([folder / name for name in folders], relative)

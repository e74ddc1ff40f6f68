"""TUM RGB-D: the Mannequin-challenge split as .h5 files, or sequences as TUM publishes them.

In the data folder or its `TUM`: `NAME.h5` (`/gt/img_1` H×W×3, 0…1 or 0…255; `/gt/gt_depth` H×W metres), as in
tum_hdf5.tgz (1815 files; Li et al., CVPR 2019); else `SEQUENCE/rgb.txt` and `depth.txt`, lines of time and
file, associated by the nearest time within 0.02 s, PNG depth/5000 m (Sturm et al., IROS 2012).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.testsets import hdf5
from bench.testsets.shot import (
    RGB,
    DataError,
    Shots,
    Truth,
    different,
    inside,
    measured,
    place,
    read_png16,
    read_rgb,
)

PUBLISHED_AT = "https://storage.googleapis.com/mannequinchallenge-data/tumtest/tum_hdf5.tgz"
LAYOUT = "TUM/*.h5, or sequences as TUM/SEQUENCE/rgb.txt and depth.txt"
CAP_M = 10.0
FOLDERS = ("TUM", "tum", "TUM/tum_hdf5", "tum/tum_hdf5", "tum_hdf5", "")
APART_S = 0.02
UNITS_A_METRE = np.float32(5000)
IMAGE, DEPTH = "gt/img_1", "gt/gt_depth"


def find(data: Path) -> Shots | None:
    """The .h5 files where there are some, else the plain sequences; one sequence is one group."""
    if (folder := place(data, FOLDERS, "*.h5")) is not None:
        return _split(folder)
    if (folder := place(data, FOLDERS, "rgb.txt")) is not None:
        return _sequences(folder, [folder])
    if (folder := place(data, FOLDERS, "*/rgb.txt")) is not None:
        return _sequences(folder, sorted(path.parent for path in folder.glob("*/rgb.txt")))
    return None


def _split(folder: Path) -> Shots:
    """Files are named SEQUENCE_TIME.jpg.h5."""
    names = tuple(sorted(path.name.removesuffix(".h5") for path in folder.glob("*.h5")))

    def photo(i: int) -> RGB:
        path = folder / f"{names[i]}.h5"
        (pixels,) = hdf5.array(path, IMAGE)
        return _rgb(path, pixels)

    def truth(i: int) -> Truth:
        path = folder / f"{names[i]}.h5"
        (depth,) = hdf5.array(path, DEPTH)
        if depth.ndim != 2 or depth.dtype.kind not in "fiu":
            raise DataError(f"{path}: '{DEPTH}' must be H×W numbers, found {depth.dtype} of {depth.shape}")
        return Truth(depth=measured(depth))

    return Shots(names, tuple(name.rsplit("_", 1)[0] for name in names), photo, truth, folder)


def _rgb(path: Path, pixels: NDArray[np.generic]) -> RGB:
    """0…1 becomes 0…255; a picture is in 0…1 where nothing in it is above 1, as the published code has it."""
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype.kind not in "fiu":
        raise DataError(f"{path}: '{IMAGE}' must be H×W×3 numbers, found {pixels.dtype} of {pixels.shape}")
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, dtype=np.uint8)
    values = measured(pixels)
    return np.rint(np.clip(values * (1 if values.max(initial=0) > 1 else 255), 0, 255)).astype(np.uint8)


def _sequences(folder: Path, sequences: list[Path]) -> Shots:
    frames = [(s, photo, depth) for s in sequences for photo, depth in associated(s)]
    if not frames:
        raise DataError(f"{folder}: no photo has depth within {APART_S} s (rgb.txt, depth.txt)")
    names = [f"{sequence.name}/{Path(photo).stem}" for sequence, photo, _ in frames]
    return Shots(
        names=different(folder, names),
        groups=tuple(sequence.name for sequence, _, _ in frames),
        photo=lambda i: read_rgb(inside(frames[i][0], frames[i][1])),
        truth=lambda i: Truth(depth=read_png16(inside(frames[i][0], frames[i][2])) / UNITS_A_METRE),
        where=folder,
    )


def associated(sequence: Path) -> list[tuple[str, str]]:
    """Photo and depth file of the frames whose nearest depth is at most 0.02 s away."""
    times, photos = _listed(sequence / "rgb.txt")
    depth_times, depths = _listed(sequence / "depth.txt")
    if not depths:
        return []
    after = np.minimum(np.searchsorted(depth_times, times), len(depths) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(times - depth_times[before] < depth_times[after] - times, before, after)
    close = np.abs(depth_times[nearest] - times) <= APART_S
    return [(photos[i], depths[nearest[i]]) for i in np.flatnonzero(close)]


def _listed(path: Path) -> tuple[NDArray[np.float64], list[str]]:
    """Times in ascending order, and the files that belong to them."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a list that can be read ({error})") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            time, _, file = line.strip().partition(" ")
            try:
                rows.append((float(time), file.strip()))
            except ValueError:
                raise DataError(f"{path}, line {number}: '{line[:60]}' is not 'time file'") from None
            if not file:
                raise DataError(f"{path}, line {number}: '{line[:60]}' is not 'time file'")
    rows.sort()
    return np.array([time for time, _ in rows], np.float64), [file for _, file in rows]

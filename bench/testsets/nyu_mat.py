"""NYU Depth v2, the official test split of 654 images, as published.

In the data folder, or in its folder `nyu`: `nyu_depth_v2_labeled.mat` (HDF5, MATLAB's reversed axes:
`images` N×3×W×H uint8, `rawDepths` N×W×H metres, not in-painted) and beside it `splits.mat`
(`testNdxs`, from 1) or `test.txt` with such an index a line. 8 px of border off.
Silberman et al., "Indoor Segmentation and Support Inference from RGBD Images", ECCV 2012.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.testsets import hdf5
from bench.testsets.nyu import INNER
from bench.testsets.shot import RGB, DataError, Shots, Truth, different, measured, place

FILE = "nyu_depth_v2_labeled.mat"
PUBLISHED_AT = f"http://horatio.cs.nyu.edu/mit/silberman/nyu_depth_v2/{FILE}"
SPLIT_AT = "http://horatio.cs.nyu.edu/mit/silberman/indoor_seg_sup/splits.mat"
SPLITS = ("splits.mat", "nyu-splits.mat", "nyu_splits.mat", "nyu_split.mat", "test.txt")
LAYOUT = f"{FILE} and splits.mat in the data folder or its folder nyu"
FOLDERS = ("nyu", "", "NYU", "nyuv2", "nyu_depth_v2")


def find(data: Path) -> Shots | None:
    """The test images, in the order of their index; DataError where the split file is missing."""
    folder = place(data, FOLDERS, FILE)
    if folder is None:
        return None
    path = folder / FILE
    images = hdf5.shape(path, "images")[0]
    indices = _split(folder, images)
    read = hdf5.reader(path)
    scenes = hdf5.texts(path, "scenes")
    names = different(path, [f"{index:05d}" for index in indices])
    groups = tuple(scenes[index] for index in indices) if scenes and len(scenes) == images else names

    def photo(i: int) -> RGB:
        pixels = read("images", indices[i])
        if pixels.ndim != 3 or pixels.shape[0] != 3 or pixels.dtype != np.uint8:
            raise DataError(f"{path}: 'images' holds {pixels.dtype} of {pixels.shape}, not uint8 of 3×W×H")
        return np.ascontiguousarray(pixels.transpose(2, 1, 0)[INNER])

    def truth(i: int) -> Truth:
        return Truth(depth=measured(read("rawDepths", indices[i]).T[INNER]))

    return Shots(names, groups, photo, truth, path)


def _split(folder: Path, images: int) -> tuple[int, ...]:
    """The test indices, counted from 0, ascending."""
    path = next((folder / name for name in SPLITS if (folder / name).is_file()), None)
    if path is None:
        raise DataError(f"{folder / FILE}: no {SPLITS[0]} beside it; it is published at {SPLIT_AT}")
    indices = sorted(_listed(path) if path.suffix == ".txt" else _matlab(path))
    if not indices or not 1 <= indices[0] <= indices[-1] <= images:
        found = f"{indices[0]} to {indices[-1]}" if indices else "none"
        raise DataError(f"{path}: indices of test images must be 1 to {images}, found {found}")
    return tuple(index - 1 for index in indices)


def _listed(path: Path) -> list[int]:
    indices = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), start=1):
        if line.strip():
            if not line.strip().isdecimal():
                raise DataError(f"{path}, line {number}: '{line.strip()[:40]}' is no index")
            indices.append(int(line))
    return indices


def _matlab(path: Path) -> list[int]:
    from scipy.io import loadmat

    try:
        return [int(index) for index in loadmat(path)["testNdxs"].ravel()]
    except KeyError:
        raise DataError(f"{path}: has no variable 'testNdxs'") from None
    except Exception as error:  # scipy tells of broken files by exceptions of every kind, zlib's among them
        raise DataError(f"{path}: not a MATLAB file that can be read ({error})") from error

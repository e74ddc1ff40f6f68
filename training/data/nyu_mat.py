"""NYU Depth v2's labelled set as it is published: `nyu_depth_v2_labeled.mat`, HDF5 (MATLAB v7.3).

MATLAB stores columns first, so h5py sees `images` N×3×640×480 uint8, `depths` and `rawDepths` N×640×480
(metres): width before height, and transposed here. `depths` is filled by colorisation; valid are the
pixels that `rawDepths` measured. `scenes` 1×N holds references to the scenes' names.

The official split, 795 images to train on and 654 to test on: `splits.mat` beside it (MATLAB v5,
`trainNdxs`), or `trainNdxs.txt`, one number a line; both count from 1. Without either all images are
used, with a warning. After cleinc/bts, utils/extract_official_train_test_set_from_mat.py.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.data import truth
from training.data.sample import DataError, Kind, Sample
from training.data.validation import part

if TYPE_CHECKING:
    import h5py

FILE = "nyu_depth_v2_labeled.mat"
SPLITS = ("splits.mat", "trainNdxs.txt")
BORDER_PX = 8  # the photos have a white rim


@dataclass(frozen=True)
class NyuMat:
    """The images at `indices`, from 0."""

    file: Path
    indices: tuple[int, ...]
    name: str = "nyu"

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Sample:
        image, depth = _read(self.file, self.indices[index])
        sample = truth.joined(image, self.file, truth.of_depth(depth), Kind.ABSOLUTE)
        return sample.inner(slice(BORDER_PX, -BORDER_PX), slice(BORDER_PX, -BORDER_PX))


def find(data: Path, held_out: bool = False) -> NyuMat | None:
    """The file in `data/nyu` or `data`, or None. Scenes are held out whole."""
    file = next((p for p in (data / "nyu" / FILE, data / FILE) if p.is_file()), None)
    if file is None:
        return None
    scenes = _scenes(file)
    indices = _train_indices(file, len(scenes))
    chosen = part(indices, [scenes[i] for i in indices], held_out)
    return NyuMat(file, chosen) if chosen else None


def _read(file: Path, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Photo H×W×3 and depth H×W, 0 where the sensor measured nothing."""
    with _opened(file) as content:
        try:
            image = np.ascontiguousarray(np.asarray(content["images"][index], np.uint8).transpose(2, 1, 0))
            depth = np.asarray(content["depths"][index], np.float32).T
            if "rawDepths" in content:
                depth = np.where(np.asarray(content["rawDepths"][index]).T > 0, depth, np.float32(0))
        except (KeyError, IndexError, OSError, ValueError) as error:
            raise DataError(f"{file}: image {index} cannot be read ({error})") from error
    return image, depth


def _scenes(file: Path) -> list[str]:
    """The scene of each image; without `scenes` each image counts as one of its own."""
    with _opened(file) as content:
        try:
            if "scenes" not in content:
                return [str(i) for i in range(len(content["images"]))]
            references = np.asarray(content["scenes"]).ravel()
            return ["".join(map(chr, np.asarray(content[r]).ravel())) for r in references]
        except (KeyError, OSError, TypeError, ValueError) as error:
            raise DataError(f"{file}: no list of scenes that can be read ({error})") from error


def _train_indices(file: Path, images: int) -> list[int]:
    """Images of the official training part, counted from 0."""
    split = next((p for name in SPLITS if (p := file.with_name(name)).is_file()), None)
    if split is None:
        warnings.warn(
            f"{file}: no {' or '.join(SPLITS)} beside it: the official test images are trained on too",
            stacklevel=3,
        )
        return list(range(images))
    numbers = _text(split) if split.suffix == ".txt" else _matlab(split)
    if wrong := [n for n in numbers if not 1 <= n <= images]:
        raise DataError(f"{split}: image {wrong[0]} of {images}; numbers count from 1")
    return sorted({n - 1 for n in numbers})


def _text(split: Path) -> list[int]:
    try:
        return [int(line) for line in split.read_text(encoding="utf-8").split()]
    except ValueError as error:
        raise DataError(f"{split}: not a list of whole numbers ({error})") from error


def _matlab(split: Path) -> list[int]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        return [int(n) for n in loadmat(split)["trainNdxs"].ravel()]
    except (KeyError, MatReadError, NotImplementedError, OSError, TypeError, ValueError) as error:
        raise DataError(f"{split}: no 'trainNdxs' that can be read ({error})") from error


def _opened(file: Path) -> h5py.File:
    import h5py

    try:
        return h5py.File(file, "r")
    except OSError as error:
        raise DataError(f"{file}: not an HDF5 file that can be read ({error})") from error

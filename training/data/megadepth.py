"""MegaDepth v1: photo collections of landmarks, depth by multi-view stereo, up to scale (UTS).

`MegaDepth_v1/NNNN/denseK/{imgs/NAME.jpg,depths/NAME.h5}`, as the archive unpacks also below
`phoenix/S6/zl548/`. The HDF5 file holds `depth` H×W float, along the optical axis, up to one factor a
scene; 0 = none. Where reconstruction failed it holds ordinal labels instead, below 0 (people and other
foreground against background): such files are left out, as by the set's users (D2-Net, lib/dataset.py,
asserts that no value is below 0; it resizes the photo to the depth's size, as is done here where the two
differ). Li and Snavely, "MegaDepth", CVPR 2018.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data import truth
from training.data.pictures import read_rgb
from training.data.sample import DataError, Kind, Sample
from training.data.validation import part

PUBLISHED_AT = "https://www.cs.cornell.edu/projects/megadepth/"
FOLDERS = ("phoenix/S6/zl548/MegaDepth_v1", "MegaDepth_v1", "megadepth")
DATASET = "depth"
# Ordinal labels fill whole regions: a few rows of a file show whether it holds any.
ROWS_LOOKED_AT = 16
# Photo and depth of one picture may differ by rounding; more is a mix-up.
ASPECT_TOLERANCE = 0.02


@dataclass(frozen=True)
class MegaDepth:
    """names: `NNNN/denseK/NAME` below `folder`."""

    folder: Path
    names: tuple[str, ...]
    name: str = "megadepth"

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sample:
        scene, _, name = self.names[index].rpartition("/")
        source = self.folder / scene / "depths" / f"{name}.h5"
        depth = read_depth(source)
        image = _fitted(read_rgb(self.folder / scene / "imgs" / f"{name}.jpg"), depth.shape, source)
        return truth.joined(image, source, truth.of_depth(depth), Kind.UTS)


def find(data: Path, held_out: bool = False) -> MegaDepth | None:
    """The set below `data`, or None. Looks into every file for ordinal labels: half a millisecond each.
    Landmarks (NNNN) are held out whole.
    """
    folder = next((f for name in FOLDERS if (f := data / name).is_dir()), None)
    if folder is None:
        return None
    names = _metric_names(folder)
    chosen = part(names, [name.partition("/")[0] for name in names], held_out)
    return MegaDepth(folder, chosen) if chosen else None


def read_depth(path: Path, rows: slice | None = None) -> NDArray[np.float32]:
    """The map of an HDF5 file, or those of its `rows`. DataError where it is missing or broken."""
    import h5py

    try:
        with h5py.File(path, "r") as content:
            stored = content[DATASET]
            if stored.ndim != 2:
                raise DataError(f"{path}: '{DATASET}' has {stored.ndim} axes; height and width are expected")
            return np.asarray(stored[rows or slice(None)], np.float32)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (KeyError, AttributeError, TypeError, OSError, RuntimeError) as error:
        raise DataError(f"{path}: no '{DATASET}' that can be read ({error})") from error


@lru_cache(maxsize=4)
def _metric_names(folder: Path) -> tuple[str, ...]:
    return tuple(_walked(folder))


def _walked(folder: Path) -> Iterator[str]:
    """All that is not ordinal. A file that cannot be read is listed: reading the sample names it."""
    for path in sorted(folder.glob("*/dense*/depths/*.h5")):
        if not _is_ordinal(path):
            scene = path.parent.parent.relative_to(folder)
            yield f"{scene.as_posix()}/{path.stem}"


def _is_ordinal(path: Path) -> bool:
    import h5py

    try:
        with h5py.File(path, "r") as content:
            step = max(1, len(content[DATASET]) // ROWS_LOOKED_AT)
        return bool((read_depth(path, slice(None, None, step)) < 0).any())
    except (DataError, KeyError, OSError, RuntimeError, TypeError):
        return False


def _fitted(image: NDArray[np.uint8], shape: tuple[int, ...], source: Path) -> NDArray[np.uint8]:
    """The photo at the size of its depth map."""
    if image.shape[:2] == shape:
        return image
    height, width = shape
    if abs(image.shape[1] / image.shape[0] * height / width - 1) > ASPECT_TOLERANCE:
        raise DataError(f"{source}: {width}×{height} px for a photo of {image.shape[1]}×{image.shape[0]}")
    shrinks = height < image.shape[0]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)  # type: ignore[no-any-return]

"""A folder of one's own pictures with depth: photos in `images/`, depth of the same name in `depth/`.

    images/…/NAME.jpg (.jpeg, .png)    depth/…/NAME.png   16 bit, millimetres, 0 = none
                                       depth/…/NAME.npy   H×W floats, metres; 0, negative, NaN, inf = none

Or both side by side, as NAME.jpg and NAME_depth.png or NAME_depth.npy, anywhere below the folder `own/`.
Instead of `depth` it may say `disparity` (`NAME_disparity`): inverse depth up to scale and shift (UTSS),
larger is nearer, 0 and NaN = none. Pictures of one subfolder count as one scene; those in no
subfolder each as their own. A photo without depth is passed over; depth without a photo is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data import truth
from training.data.sample import DataError, Kind, Sample
from training.data.validation import part

PUBLISHED_AT = "your own pictures: images/NAME.jpg with depth/NAME.png (mm) or .npy (m)"
KINDS = {"depth": Kind.ABSOLUTE, "disparity": Kind.UTSS}
PHOTOS = (".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG")
TRUTHS = (".png", ".npy")
MM_PER_M = 1000
LARGEST_16_BIT = 65_535


@dataclass(frozen=True)
class Picture:
    photo: str
    truth: str
    kind: Kind
    scene: str


@dataclass(frozen=True)
class Own:
    """Paths of pictures are below `folder`."""

    folder: Path
    pictures: tuple[Picture, ...]
    name: str = "own"

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Sample:
        picture = self.pictures[index]
        source = self.folder / picture.truth
        known = _depth(source) if picture.kind is Kind.ABSOLUTE else _disparity(source)
        return truth.beside(self.folder / picture.photo, source, known, picture.kind)


def find(data: Path, held_out: bool = False) -> Own | None:
    """The pictures in `data/own`, or in `data` where it has `images` beside `depth` or `disparity`."""
    folder = data / "own"
    if not folder.is_dir():
        folder = data
        if not (data / "images").is_dir() or not any((data / name).is_dir() for name in KINDS):
            return None
    pictures = sorted((*_apart(folder), *_side_by_side(folder)), key=lambda p: p.photo)
    chosen = part(pictures, [picture.scene for picture in pictures], held_out)
    return Own(folder, chosen) if chosen else None


def _apart(folder: Path) -> Iterator[Picture]:
    """`images/…/NAME` with `depth/…/NAME`."""
    for name, kind in KINDS.items():
        for path in _files(folder / name):
            place = path.relative_to(folder / name).with_suffix("")
            yield _picture(folder, folder / "images" / place, path, kind)


def _side_by_side(folder: Path) -> Iterator[Picture]:
    """`…/NAME` with `…/NAME_depth`."""
    for name, kind in KINDS.items():
        for path in _files(folder):
            apart = path.relative_to(folder).parts[0] in (*KINDS, "images")
            if path.stem.endswith(f"_{name}") and not apart:
                yield _picture(folder, path.with_name(path.stem.removesuffix(f"_{name}")), path, kind)


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix in TRUTHS and p.is_file())


def _picture(folder: Path, stem: Path, source: Path, kind: Kind) -> Picture:
    """stem: the photo's path without suffix. Without any photo the .jpg is named, and missed on reading."""
    photo = next((p for s in PHOTOS if (p := stem.with_name(stem.name + s)).is_file()), None)
    photo = photo or stem.with_name(f"{stem.name}.jpg")
    relative = photo.relative_to(folder)
    parent = relative.parent
    scene = str(parent) if parent.parts not in ((), ("images",)) else str(relative)
    return Picture(relative.as_posix(), source.relative_to(folder).as_posix(), kind, scene)


def _depth(path: Path) -> truth.Truth:
    return truth.of_depth_png(path, MM_PER_M) if path.suffix == ".png" else truth.of_depth(_array(path))


def _disparity(path: Path) -> truth.Truth:
    if path.suffix == ".png":
        return truth.of_disparity_png(path, 1 / LARGEST_16_BIT)
    values = _array(path)
    valid = np.isfinite(values) & (values != 0)
    return np.where(valid, values, np.float32(0)), valid


def _array(path: Path) -> NDArray[np.float32]:
    """H×W (or H×W×1) floats of an .npy file; never a pickle."""
    try:
        values: NDArray[Any] = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: not an array that can be read ({error})") from error
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if values.ndim != 2 or values.dtype.kind != "f":
        raise DataError(f"{path}: {values.dtype} of {values.shape}; H×W floats are expected")
    return values.astype(np.float32)

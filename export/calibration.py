"""Images that the ranges of int8 activations are measured on, and the record of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.fit import Fit, to_network
from export.quantize.static import OUTPUT_MARGIN
from training.data import readers
from training.data.pictures import read_rgb
from training.data.sample import DataError, Reader
from training.data.synthetic import scene

IMAGES = 256
SEED = 0
SUFFIXES = (".jpg", ".jpeg", ".png")
# Behind the scenes that training draws and holds out.
FIRST_SCENE = 1_000_000
# Photos of scikit-image that neither the golden files nor the benchmark's accuracy use.
PHOTOS = ("chelsea", "rocket")
RANGES = f"least squared error, a tensor at a time; the output's extremes and {OUTPUT_MARGIN:.0%} beyond"


@dataclass(frozen=True)
class Calibration:
    """images: RGB uint8 of network size. record: what calibration.json says of them."""

    images: tuple[NDArray[np.uint8], ...]
    record: dict[str, Any]


def gather(folder: Path | None, data: Sequence[Path], height: int, width: int, fit: Fit) -> Calibration:
    """Up to IMAGES pictures: those of `folder` when given, else training images found below `data`,
    else built-in photos and scenes. DataError when a given folder holds no picture.
    """
    if folder is not None:
        source, pictures = folder.resolve().name, _of_folder(folder)
    else:
        source, pictures = _of_readers(readers.search(data, given=False).train)
    chosen = [to_network(picture, height, width, fit) for picture in islice(pictures, IMAGES)]
    record = {
        "source": source,
        "images": [hashlib.sha256(image.tobytes()).hexdigest() for image in chosen],
        "preparation": {"height": height, "width": width, "fit": asdict(fit)},
        "seed": SEED,
        "ranges": RANGES,
    }
    return Calibration(tuple(chosen), record)


def _of_folder(folder: Path) -> Iterable[NDArray[np.uint8]]:
    if not folder.is_dir():
        raise DataError(f"--calibration {folder}: no such folder")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        raise DataError(f"--calibration {folder}: holds no picture ({', '.join(SUFFIXES)})")
    order = np.random.default_rng(SEED).permutation(len(paths))
    return (read_rgb(paths[i]) for i in order)


def _of_readers(found: tuple[Reader, ...]) -> tuple[str, Iterable[NDArray[np.uint8]]]:
    names = [reader.name for reader in found]
    if names == ["synthetic"]:
        return "built-in photos and synthetic scenes", _built_in()
    return f"training images of {', '.join(names)}", _in_turns(found)


def _in_turns(found: tuple[Reader, ...]) -> Iterable[NDArray[np.uint8]]:
    rng = np.random.default_rng(SEED)
    orders = [rng.permutation(len(reader)) for reader in found]
    for turn in range(max(map(len, orders))):
        for reader, order in zip(found, orders, strict=True):
            if turn < len(order):
                yield reader[int(order[turn])].image


def _built_in() -> Iterable[NDArray[np.uint8]]:
    import skimage.data

    for name in PHOTOS:
        photo: Callable[[], NDArray[np.uint8]] = getattr(skimage.data, name)
        yield photo()
    for seed in range(FIRST_SCENE, FIRST_SCENE + IMAGES):
        yield scene(seed, 384, 512).image

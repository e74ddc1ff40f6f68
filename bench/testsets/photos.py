"""Photos that scikit-image and scikit-learn ship: on every machine, without truth but for one.

`motorcycle` is the left view of a Middlebury 2014 pair with its true disparity (Scharstein et al.).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.testsets.shot import Shot

NAMES = ("coffee", "astronaut", "china", "flower")


def available(*packages: str) -> bool:
    """Whether the packages that ship the photos are installed (a board may have neither)."""
    return all(importlib.util.find_spec(package) is not None for package in packages)


@dataclass(frozen=True)
class Photos:
    """Four photos without truth: only fidelity to the float model can be read off them."""

    names: tuple[str, ...] = NAMES

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Shot]:
        import skimage.data
        from sklearn.datasets import load_sample_image

        for name in self.names:
            if hasattr(skimage.data, name):
                image = getattr(skimage.data, name)()
            else:
                image = load_sample_image(f"{name}.jpg")
            yield Shot(name, np.ascontiguousarray(image[..., :3]), group=name)


@dataclass(frozen=True)
class Motorcycle:
    """The stereo pair with true disparity, whose offset is taken as unknown."""

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Shot]:
        import skimage.data

        left, _, disparity = skimage.data.stereo_motorcycle()
        known = np.where(np.isfinite(disparity), disparity, 0).astype(np.float32)
        yield Shot("motorcycle", np.ascontiguousarray(left[..., :3]), disparity=known, group="motorcycle")

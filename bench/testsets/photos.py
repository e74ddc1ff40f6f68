"""Photos that scikit-image and scikit-learn ship: on every machine, without truth but for one.

`motorcycle` is the left view of a Middlebury 2014 pair with its true disparity (Scharstein et al.).
"""

from __future__ import annotations

import importlib.util

import numpy as np

from bench.testsets.shot import RGB, Shots, Truth

NAMES = ("coffee", "astronaut", "china", "flower")


def available(*packages: str) -> bool:
    """Whether the packages that ship the photos are installed (a board may have neither)."""
    return all(importlib.util.find_spec(package) is not None for package in packages)


def photos() -> Shots | None:
    """Four photos without truth: only fidelity to the float model can be read off them."""
    if not available("skimage", "sklearn"):
        return None
    return Shots(NAMES, NAMES, lambda i: _photo(NAMES[i]), lambda i: None)


def motorcycle() -> Shots | None:
    """The stereo pair with true disparity, whose offset is taken as unknown."""
    if not available("skimage"):
        return None
    return Shots(("motorcycle",), ("motorcycle",), lambda i: _motorcycle()[0], lambda i: _motorcycle()[1])


def _photo(name: str) -> RGB:
    import skimage.data
    from sklearn.datasets import load_sample_image

    built_in = hasattr(skimage.data, name)
    image = getattr(skimage.data, name)() if built_in else load_sample_image(f"{name}.jpg")
    return np.ascontiguousarray(image[..., :3])


def _motorcycle() -> tuple[RGB, Truth]:
    import skimage.data

    left, _, disparity = skimage.data.stereo_motorcycle()
    known = np.where(np.isfinite(disparity), disparity, 0).astype(np.float32)
    return np.ascontiguousarray(left[..., :3]), Truth(disparity=known)

"""Radiance → photograph: exposure, lens, sensor and tone curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data.synthetic.tiles import Array

CURVE_SIZE = 4096


def photograph(radiance: Array, rng: np.random.Generator) -> NDArray[np.uint8]:
    """3×H×W linear radiance → H×W×3 uint8 sRGB."""
    height, width = radiance.shape[1:]
    radiance = softened(radiance, float(rng.uniform(0.0, 0.24)))
    bright = float(np.quantile(radiance[1, ::4, ::4], rng.uniform(0.5, 0.7)))
    gain = float(rng.lognormal(np.log(0.34), 0.3)) / max(bright, 1e-6)
    balance = np.exp(rng.normal(0, 0.06, 3)).astype(np.float32) * np.float32(gain)
    exposed = radiance * balance[:, None, None]
    exposed *= falloff(height, width, float(rng.uniform(0, 0.35)))
    exposed += grains(rng, height, width) * np.sqrt(np.maximum(exposed, 0) + np.float32(0.02))
    curve = tone_curve(float(rng.uniform(0.8, 1.25)))
    levels = np.clip(exposed * np.float32(CURVE_SIZE / 4), 0, CURVE_SIZE - 1).astype(np.int16)
    return np.ascontiguousarray(curve[levels].transpose(1, 2, 0))


def falloff(height: int, width: int, strength: float) -> Array:
    """Vignette: 1 in the middle, 1 − strength in the corners."""
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] ** 2
    x = np.linspace(-1, 1, width, dtype=np.float32)[None] ** 2
    return 1 - np.float32(strength / 2) * (x + y)


def grains(rng: np.random.Generator, height: int, width: int) -> Array:
    """Sensor noise 3×H×W, in part common to the colours; the colours share one draw, shifted."""
    strength = np.float32(rng.uniform(0.0, 0.014))
    draw = rng.standard_normal((height + 2, width), np.float32) * strength
    return np.stack([draw[k : k + height] for k in range(3)])


def softened(radiance: Array, side: float) -> Array:
    """A 3×3 lens blur with weights (side, 1 − 2·side, side) along both axes, edges repeated."""
    s, keep = np.float32(side), np.float32(1 - 2 * side)
    for _ in range(2):
        out = radiance * keep
        rest = radiance * s
        out[:, 1:] += rest[:, :-1]
        out[:, :-1] += rest[:, 1:]
        out[:, 0] += rest[:, 0]
        out[:, -1] += rest[:, -1]
        radiance = out.transpose(0, 2, 1)
    return radiance


def tone_curve(contrast: float) -> NDArray[np.uint8]:
    """Linear 0…4 → sRGB bytes through a shoulder that saves highlights."""
    x = (np.arange(CURVE_SIZE) + 0.5) * (4 / CURVE_SIZE)
    mapped = x * (1 + x / 9) / (1 + x) * 1.38
    display = np.clip(mapped, 0, 1) ** (1 / 2.2)
    bent = 0.5 + (display - 0.5) * contrast
    return np.clip(np.round(255 * bent), 0, 255).astype(np.uint8)

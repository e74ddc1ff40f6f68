"""What surface patterns are made of: where a point lies on them, and waves and dice filtered to a pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.synthetic.tiles import Array

HASH = np.random.Generator(np.random.PCG64(1)).random(4096, np.float32)


@dataclass(frozen=True, eq=False)
class Material:
    """paint: key of PAINTS · colours 3×3: linear RGB of ground, pattern, joint · scale: one period, metres.

    grain: strength of the noise over it · fitted: the pattern fills the face, u and v in 0…1 ·
    under: paint of what lies around the pattern · glow: own light · gloss: strength of highlights ·
    tile: whose noise or lettering · aspect, shift: what the paint makes of them, mostly width over height
    of a period and where the pattern starts.
    """

    paint: str
    colours: Array
    scale: float = 1.0
    grain: float = 0.2
    gloss: float = 0.0
    glow: float = 0.0
    fitted: bool = False
    under: str = "plain"
    tile: str = "plaster"
    aspect: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Patch:
    """Points of one material: u, v in metres (0…1 where fitted), footprint: size of a pixel in the same."""

    u: Array
    v: Array
    footprint: Array

    def over(self, period: float, aspect: float = 1.0) -> Patch:
        """The same points counted in periods; aspect is width over height of one."""
        k = np.float32(1 / period)
        return Patch(self.u * k, self.v * np.float32(aspect) * k, self.footprint * k)


def pulse(x: Array, duty: float, width: Array) -> Array:
    """Mean over a pixel of the square wave that is 1 where the fraction of x < duty."""
    half = 0.5 * np.maximum(width, np.float32(1e-4))
    return (climbed(x + half, duty) - climbed(x - half, duty)) / (2 * half)


def climbed(x: Array, duty: float) -> Array:
    """Integral of the square wave from 0 to x."""
    whole = np.floor(x)
    return whole * np.float32(duty) + np.minimum(x - whole, np.float32(duty))


def middle(x: Array, share: float, width: Array) -> Array:
    """A pulse of that share in the middle of each period."""
    return pulse(x - np.float32((1 - share) / 2), share, width)


def chance(i: Array, j: Array, salt: int = 0) -> Array:
    """One number in 0…1 for each lattice cell."""
    key = np.floor(i).astype(np.int32) * 73 + np.floor(j).astype(np.int32) * 1237 + salt * 911
    drawn: Array = HASH[key & 4095]
    return drawn


def steady(footprint: Array) -> Array:
    """1 where single periods can be seen, 0 where many fall into a pixel."""
    return np.clip(2 - 4 * footprint, 0, 1)


def mix(first: Array, second: Array, share: Array) -> Array:
    """Colours of 3 or 3×N blended by share N."""
    a = first[:, None] if first.ndim == 1 else first
    b = second[:, None] if second.ndim == 1 else second
    return a + (b - a) * share

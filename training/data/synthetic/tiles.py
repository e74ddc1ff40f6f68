"""Square, repeating pictures of noise, pebbles and lettering, read at any scale.

Made once from fixed seeds and kept; a scene only chooses where and how large to read them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]  # float32 wherever there is one value a pixel
SIZE = 512
LEVELS = 9


@dataclass(frozen=True, eq=False)
class Tile:
    """levels: the picture in 0…1 at 512², 256², … 2² one after the other, each the 2×2 mean of the last."""

    levels: Array
    starts: NDArray[np.int32]


def pyramid(picture: Array) -> Tile:
    levels = [picture.astype(np.float32)]
    for _ in range(LEVELS - 1):
        n = levels[-1].shape[0] // 2
        levels.append(levels[-1].reshape(n, 2, n, 2).mean((1, 3), dtype=np.float32))
    starts = np.cumsum([0] + [level.size for level in levels[:-1]]).astype(np.int32)
    return Tile(np.concatenate([level.ravel() for level in levels]), starts)


def enlarged(lattice: Array, factor: int) -> Array:
    """Smooth periodic interpolation of an n×n lattice to (n·factor)²."""
    share = (np.arange(factor, dtype=np.float32) + 0.5) / factor
    share = share * share * (3 - 2 * share)
    for _ in range(2):
        following = np.roll(lattice, -1, 0)
        lattice = lattice[:, None] + (following - lattice)[:, None] * share[None, :, None]
        lattice = lattice.reshape(-1, lattice.shape[2]).T
    return lattice


def normalised(picture: Array) -> Array:
    """Mean 0.5, standard deviation 0.2, cut to 0…1."""
    spread = np.float32(0.2) / picture.std()
    normal: Array = np.clip((picture - picture.mean()) * spread + np.float32(0.5), 0, 1)
    return normal


def octaves(rng: np.random.Generator, first: int, persistence: float) -> Array:
    """Value noise summed over lattices first², (2·first)², … 512²."""
    total = np.zeros((SIZE, SIZE), np.float32)
    weight, n = 1.0, first
    while n <= SIZE:
        lattice = rng.random((n, n), np.float32) - np.float32(0.5)
        total += np.float32(weight) * enlarged(lattice, SIZE // n)
        weight, n = weight * persistence, 2 * n
    return total


def pebbles(rng: np.random.Generator, cells: int) -> Array:
    """Distance to the nearest of cells² jittered points: dark joints between round stones."""
    offset = rng.random((cells, cells, 2), np.float32)
    shade = rng.random((cells, cells), np.float32)
    at = (np.arange(SIZE, dtype=np.float32) + 0.5) * cells / SIZE
    x, y = np.meshgrid(at, at)
    best, second = np.full_like(x, 9), np.full_like(x, 9)
    tone = np.zeros_like(x)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            i, j = np.floor(x).astype(int) + dx, np.floor(y).astype(int) + dy
            point = offset[j % cells, i % cells]
            distance = np.hypot(i + point[..., 0] - x, j + point[..., 1] - y)
            tone = np.where(distance < best, shade[j % cells, i % cells], tone)
            second = np.minimum(second, np.maximum(best, distance))
            best = np.minimum(best, distance)
    joint = np.clip((second - best) * 5, 0, 1)
    return (joint * (0.5 + 0.5 * tone)).astype(np.float32)


def lettering(rng: np.random.Generator, rows: int) -> Array:
    """Lines of words made of strokes: 1 on paper, 0 on ink."""
    page = np.ones((SIZE, SIZE), np.float32)
    pitch = SIZE // rows
    for row in range(rows):
        x = int(rng.integers(0, pitch))
        while x < SIZE - pitch:
            for _ in range(int(rng.integers(2, 9))):
                stamp(page, rng, row * pitch + pitch // 5, x, pitch * 3 // 5)
                x += pitch // 2
            x += pitch // 2
    return page


def stamp(page: Array, rng: np.random.Generator, y: int, x: int, size: int) -> None:
    """One made-up letter: an upright and two or three strokes of a 3×5 grid."""
    pattern = rng.random((5, 3)) < 0.35
    pattern[:, 0] |= rng.random() < 0.7
    pattern[rng.integers(0, 5)] |= rng.random() < 0.6
    glyph = np.kron(pattern, np.ones((max(1, size // 5), max(1, size // 7)), bool))
    block = page[y : y + glyph.shape[0], x : x + glyph.shape[1]]
    block[glyph[: block.shape[0], : block.shape[1]]] = 0.0


MAKERS: dict[str, Callable[[np.random.Generator], Array]] = {
    "cloud": lambda rng: normalised(octaves(rng, 2, 0.55)),
    "plaster": lambda rng: normalised(octaves(rng, 8, 0.75)),
    "grit": lambda rng: normalised(octaves(rng, 32, 0.9)),
    "leaf": lambda rng: normalised(octaves(rng, 16, 0.8) + 0.8 * pebbles(rng, 64)),
    "pebbles": lambda rng: pebbles(rng, 24),
    "text": lambda rng: lettering(rng, 16),
    "print": lambda rng: lettering(rng, 32),
}


@cache
def tile(name: str) -> Tile:
    seed = list(MAKERS).index(name)
    return pyramid(MAKERS[name](np.random.Generator(np.random.PCG64(seed))))


def read(name: str, u: Array, v: Array, footprint: Array) -> Array:
    """Bilinear value at (u, v), in tile lengths, from the level with texels about as large as footprint."""
    picture = tile(name)
    level = level_of(footprint)
    size = SIZE >> level
    texels = size.astype(np.float32)
    x, y = u * texels - np.float32(0.5), v * texels - np.float32(0.5)
    column, row = np.floor(x), np.floor(y)
    fx, fy = x - column, y - row
    mask = size - 1
    i, j = column.astype(np.int32) & mask, row.astype(np.int32) & mask
    right = ((i + 1) & mask) - i
    top = picture.starts[level] + j * size + i
    bottom = top + (((j + 1) & mask) - j) * size
    levels = picture.levels
    upper: Array = levels[top] + (levels[top + right] - levels[top]) * fx
    lower: Array = levels[bottom] + (levels[bottom + right] - levels[bottom]) * fx
    upper += (lower - upper) * fy
    return upper


def read_nearest(name: str, u: Array, v: Array, footprint: Array) -> Array:
    """The nearest texel of that level: a third of the time, for what is fine and irregular anyway."""
    picture = tile(name)
    level = level_of(footprint)
    size = SIZE >> level
    texels = size.astype(np.float32)
    i = np.floor(u * texels).astype(np.int32) & (size - 1)
    j = np.floor(v * texels).astype(np.int32) & (size - 1)
    found: Array = picture.levels[picture.starts[level] + j * size + i]
    return found


def level_of(footprint: Array) -> NDArray[np.int32]:
    level: NDArray[np.int32] = np.clip(np.frexp(footprint * SIZE)[1], 0, LEVELS - 1)
    return level

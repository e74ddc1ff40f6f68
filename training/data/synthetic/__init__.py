"""Rooms and streets ray-cast from a seed: photographs with exact depth, no files, NumPy only.

What trains where no data set is found, and what an int8 export is calibrated on where no photos are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.synthetic import rooms, streets
from training.data.synthetic.camera import photograph
from training.data.synthetic.raycast import pinhole
from training.data.synthetic.shading import render
from training.data.synthetic.world import World

BUILDERS: dict[str, tuple[Callable[[np.random.Generator], World], float]] = {
    "room": (rooms.room, rooms.FAR_M),
    "street": (streets.street, streets.FAR_M),
}
KINDS = tuple(BUILDERS)


@dataclass(frozen=True)
class SyntheticScene:
    """image H×W×3 uint8 RGB · depth H×W float32 metres along the optical axis, 0 = sky or past FAR_M ·
    fov_degrees horizontal: focal = W / (2·tan(fov/2)) pixels, principal point ((W−1)/2, (H−1)/2) · kind."""

    image: NDArray[np.uint8]
    depth: NDArray[np.float32]
    fov_degrees: float
    kind: str


def scene(seed: int, height: int, width: int, kind: str | None = None) -> SyntheticScene:
    """The scene of that seed; the same one on every machine up to float32 rounding.

    kind: one of KINDS, or None to draw it from the seed. Raises ValueError for another.
    The world depends on seed and kind alone: another size shows the same view.
    """
    if kind is not None and kind not in KINDS:
        raise ValueError(f"synthetic scene kind {kind!r}: allowed are {', '.join(KINDS)}")
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = KINDS[int(rng.integers(len(KINDS)))]
    kind = kind or drawn
    build, far_m = BUILDERS[kind]
    world = build(rng)
    view = pinhole(world.position, world.axes, world.fov_degrees, height, width)
    radiance, depth = render(world, view)
    image = photograph(radiance, rng)
    depth[depth > far_m] = 0
    return SyntheticScene(image, depth, world.fov_degrees, kind)

"""A scene before it is seen: solids, lights and a camera."""

from __future__ import annotations

from dataclasses import dataclass

from training.data.synthetic.solids import Solid, Vector
from training.data.synthetic.tiles import Array


@dataclass(frozen=True, eq=False)
class Lighting:
    """Linear RGB throughout.

    main: colour of the light that throws shadows; to_light: unit vector towards it where it is far, or its
    position where `lamp`; ambient from above and below; second: a weaker light without shadows, from
    `to_second`; haze: colour and share per metre; sky: colours at zenith and horizon, share of clouds.
    """

    main: Array
    to_light: Vector
    lamp: bool
    above: Array
    below: Array
    second: Array
    to_second: Vector
    haze: Array
    haze_per_m: float = 0.0
    zenith: Array | None = None
    horizon: Array | None = None
    clouds: float = 0.0


@dataclass(frozen=True, eq=False)
class World:
    """solids with the camera among them · low, high: corners of what shadows and crowding are kept for ·
    enclosed: these are the corners of a room, whose edges are dim."""

    solids: list[Solid]
    lighting: Lighting
    position: Vector
    axes: Vector
    fov_degrees: float
    far_m: float
    low: Vector
    high: Vector
    enclosed: bool = False

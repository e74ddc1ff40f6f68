"""How much light reaches a point: maps of depth seen from the light and of heights seen from above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.synthetic.raycast import View, cast, orient
from training.data.synthetic.tiles import Array
from training.data.synthetic.world import World

SHADOW_SIZE = 208
CROWDING_SIZE = 64
EDGE_M = 0.3
EDGE_DIMMING = np.float32(0.45)


@dataclass(frozen=True, eq=False)
class Map:
    """Values H×W seen through a view, read at world points."""

    view: View
    values: Array

    def corners(self, points: Array) -> tuple[list[Array], Array, Array, Array, NDArray[np.bool_]]:
        """The four values around each point, its shares between them (right, down), its depth, and
        whether it lies outside (the nearest inside is read then)."""
        height, width = self.values.shape
        x, y, z = self.view.project(points)
        outside = (x < 0) | (y < 0) | (x > width - 2) | (y > height - 2)
        x, y = np.clip(x, 0, width - 1.01), np.clip(y, 0, height - 1.01)
        column, row = x.astype(np.int32), y.astype(np.int32)
        flat, at = self.values.ravel(), row * width + column
        return [flat[at + k] for k in (0, 1, width, width + 1)], x - column, y - row, z, outside


def blended(corners: Sequence[Array], right: Array, down: Array) -> Array:
    upper: Array = corners[0] + (corners[1] - corners[0]) * right
    lower = corners[2] + (corners[3] - corners[2]) * right
    return upper + (lower - upper) * down


def shadow_view(world: World) -> View:
    """Looks from the light: down from a lamp with 140°, or along the sun over what the world keeps."""
    light = world.lighting
    if light.lamp:
        span = np.linspace(-2.8, 2.8, SHADOW_SIZE)
        return View(light.to_light, orient(0, -90, 0), span, span)
    yaw = np.degrees(np.arctan2(light.to_light[0], -light.to_light[1]))
    axes = orient(yaw, -np.degrees(np.arcsin(light.to_light[2])), 0)
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    seen = (world.low + corners * (world.high - world.low)) @ axes
    low, high = seen.min(0), seen.max(0)
    xs, ys = (np.linspace(low[k], high[k], SHADOW_SIZE) for k in (0, 1))
    return View(axes[:, 2] * (low[2] - 60), axes, xs, ys, pinhole=False)


def shadow_map(world: World) -> Map:
    """Depth seen from the main light."""
    view = shadow_view(world)
    reach, _ = cast(view, [s for s in world.solids if s.casts], 1e4, least=3)
    return Map(view, reach)


def unshadowed(sunlit: Map, points: Array) -> Array:
    """Share of the main light that reaches points 3×N: bilinear over four tests of depth."""
    reach, right, down, z, outside = sunlit.corners(points)
    z = z - np.float32(0.03 if sunlit.view.pinhole else 0.12)
    share = blended([(r > z).astype(np.float32) for r in reach], right, down)
    return np.where(outside, np.float32(1), share)


def crowding_map(world: World) -> Map:
    """Mean height, in a neighbourhood, of what stands in the world, seen from above."""
    size = (world.high - world.low)[:2]
    xs, ys = ((np.arange(CROWDING_SIZE) + 0.5) / CROWDING_SIZE * n - n / 2 for n in size)
    top = np.append((world.low + world.high)[:2] / 2, world.high[2] + 1)
    view = View(top, orient(0, -90, 0), xs, ys, pinhole=False)
    casters = [k for k in world.solids if k.casts]
    depth, _ = cast(view, casters, float(top[2] - world.low[2]), least=6)
    return Map(view, blurred(blurred(np.float32(top[2]) - depth)))


def openness(open_sky: Map, points: Array, normals: Array) -> Array:
    """How open the sky is, 0…1: a point below the mean height of what stands around it is dim.

    Read a little way out along the normal, so that a wall is not its own shade.
    """
    span = np.float32(open_sky.view.ys[-1] - open_sky.view.ys[0])
    corners, right, down, _, _ = open_sky.corners(points + normals * (np.float32(0.012) * span))
    above = np.maximum(blended(corners, right, down) - points[2], 0)
    share: Array = 1 / (1 + above * (25 / span))
    return share


def edges_of_room(world: World, points: Array) -> Array:
    """Ambient light left near the edges where walls, floor and ceiling meet, 1 away from them.

    The nearest of the three pairs of walls does not count: it is what most points lie on.
    """
    low, high = (corner.astype(np.float32)[:, None] for corner in (world.low, world.high))
    near = np.exp(np.minimum(points - low, high - points) * np.float32(-1 / EDGE_M))
    share: Array = 1 - EDGE_DIMMING * np.minimum(near.sum(0) - near.max(0), 1)
    return share


def blurred(picture: Array) -> Array:
    """5×5 box mean, edges repeated."""
    for _ in range(2):
        total = np.cumsum(np.pad(picture, ((3, 2), (0, 0)), mode="edge"), 0)
        picture = ((total[5:] - total[:-5]) / 5).T
    return picture

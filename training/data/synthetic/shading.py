"""What a view sees: surfaces, light that arrives, shadows, haze and sky, as linear radiance."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from training.data.synthetic.lightmaps import (
    Map,
    crowding_map,
    edges_of_room,
    openness,
    shadow_map,
    unshadowed,
)
from training.data.synthetic.patterns import Patch
from training.data.synthetic.raycast import View, cast
from training.data.synthetic.solids import SHAPES, Solid, times
from training.data.synthetic.textures import albedo
from training.data.synthetic.tiles import Array, read
from training.data.synthetic.world import Lighting, World

CHUNK = 1 << 15  # points shaded at once: their arrays stay in the cache


@dataclass(frozen=True, eq=False)
class Surface:
    """The pixels that hit something, grouped by solid: their index in the image, depth, world position 3×N,
    normal 3×N towards the camera, albedo 3×N, gloss and glow N."""

    index: NDArray[np.int64]
    depth: Array
    position: Array
    normal: Array
    albedo: Array
    gloss: Array
    glow: Array

    def part(self, which: slice) -> Surface:
        values = (getattr(self, f.name) for f in fields(self))
        return Surface(*(value[..., which] for value in values))


def render(world: World, view: View) -> tuple[Array, Array]:
    """Radiance 3×H×W and depth H×W (far_m: nothing)."""
    solids = by_material(world.solids)
    depth, index = cast(view, solids, world.far_m)
    surface = gather(view, solids, depth, index)
    radiance = np.zeros((3, depth.size), np.float32)
    missed = np.flatnonzero(index < 0)
    radiance[:, missed] = sky(view, world.lighting, missed)
    sunlit, open_sky = shadow_map(world), crowding_map(world)
    for start in range(0, len(surface.depth), CHUNK):
        piece = surface.part(slice(start, start + CHUNK))
        radiance[:, piece.index] = lit(world, piece, sunlit, open_sky)
    return radiance.reshape(3, *depth.shape), depth


def by_material(solids: list[Solid]) -> list[Solid]:
    """Solids of one material next to each other, so that its pixels are painted in one go."""
    order: dict[int, int] = {}
    for s in solids:
        order.setdefault(id(s.material), len(order))
    return sorted(solids, key=lambda s: order[id(s.material)])


def gather(view: View, solids: list[Solid], depth: Array, index: NDArray[np.int16]) -> Surface:
    ids = index.ravel()
    order = np.argsort(ids, kind="stable")
    bounds = np.searchsorted(ids[order], np.arange(len(solids) + 1))
    order = order[bounds[0] :]
    bounds = bounds - bounds[0]
    rows, columns = np.divmod(order, len(view.xs))
    t = depth.ravel()[order]
    rays = np.stack([view.xs.astype(np.float32)[columns], view.ys.astype(np.float32)[rows], np.ones_like(t)])
    rays = times(view.axes, rays)
    position = view.position.astype(np.float32)[:, None] + rays * t
    normal, colour = np.empty_like(position), np.empty_like(position)
    u, v, footprint, gloss, glow = np.empty((5, len(t)), np.float32)
    pixel = t * np.float32(view.xs[1] - view.xs[0])
    inverses = np.linalg.inv(np.stack([s.matrix for s in solids])).astype(np.float32)
    for k, s in enumerate(solids):
        part = slice(bounds[k], bounds[k + 1])
        if part.start < part.stop:
            normal[:, part], u[part], v[part], footprint[part] = touch(
                s, inverses[k], position[:, part], rays[:, part], pixel[part]
            )
            u[part] += (k * 0.37 % 1) * (not s.material.fitted)  # no two alike
    for first, last in runs(solids):
        part = slice(bounds[first], bounds[last])
        material = solids[first].material
        if part.start < part.stop:
            colour[:, part] = albedo(Patch(u[part], v[part], footprint[part]), material)
            gloss[part], glow[part] = material.gloss, material.glow
    return Surface(order, t, position, normal, colour, gloss, glow)


def runs(solids: list[Solid]) -> list[tuple[int, int]]:
    """First and last + 1 of the solids that share a material."""
    starts = [k for k, s in enumerate(solids) if k == 0 or s.material is not solids[k - 1].material]
    return list(zip(starts, [*starts[1:], len(solids)], strict=True))


def touch(
    solid: Solid, inverse: Array, position: Array, rays: Array, pixel: Array
) -> tuple[Array, Array, Array, Array]:
    """Normals 3×N towards the camera, u, v and footprint of one solid's points.

    pixel: size of a pixel held square to its ray there; a slanted surface gets a larger footprint, less
    than in full, since only one direction is stretched.
    """
    half = np.sqrt((solid.matrix**2).sum(0)).astype(np.float32)
    local = times(inverse, position - solid.centre.astype(np.float32)[:, None])
    normal, u, v = SHAPES[solid.shape].surface(local, half)
    normal = times(inverse.T, normal)
    facing, length, ray = dot(normal, rays), np.sqrt(dot(normal, normal)), np.sqrt(dot(rays, rays))
    normal *= -np.sign(facing) / length
    tilt = np.maximum(np.abs(facing) / (length * ray), np.float32(0.04))
    footprint = pixel * tilt ** np.float32(-0.7)
    if not solid.material.fitted:
        return normal, u, v, footprint
    wide, high = (half[0], half[1]) if solid.shape == "quad" else (max(half[0], half[1]), half[2])
    return normal, u / (2 * wide), v / (2 * high), footprint / (2 * min(wide, high))


def dot(a: Array, b: Array) -> Array:
    """Of the columns of two 3×N."""
    product: Array = a[0] * b[0]
    product = product + a[1] * b[1]
    product += a[2] * b[2]
    return product


def lit(world: World, s: Surface, sunlit: Map, open_sky: Map) -> Array:
    """Radiance 3×N towards the camera."""
    light = world.lighting
    away = -(s.position - world.position.astype(np.float32)[:, None])
    away /= np.sqrt(dot(away, away))
    to_light, strength = direction_to_light(light, s.position)
    facing = np.maximum(dot(s.normal, to_light), 0) * strength
    facing *= unshadowed(sunlit, s.position + s.normal * np.float32(0.02))
    half = to_light + away
    half /= np.sqrt(dot(half, half))
    shine = np.maximum(dot(s.normal, half), 0)
    for _ in range(5):
        shine = shine * shine
    second = np.maximum(dot(light.to_second.astype(np.float32)[:, None], s.normal), 0)
    up = np.float32(0.5) * (1 + s.normal[2]) * openness(open_sky, s.position, s.normal)
    diffuse = light.below[:, None] + (light.above - light.below)[:, None] * up
    if world.enclosed:
        diffuse *= edges_of_room(world, s.position)
    diffuse = diffuse + light.second[:, None] * second + light.main[:, None] * facing
    radiance: Array = s.albedo * (diffuse + s.glow)
    radiance += light.main[:, None] * (shine * s.gloss * (facing > 0) * strength)
    if light.haze_per_m:
        clear = np.exp(s.depth * np.float32(-light.haze_per_m))
        radiance = light.haze[:, None] + (radiance - light.haze[:, None]) * clear
    return radiance


def direction_to_light(light: Lighting, position: Array) -> tuple[Array, Array | float]:
    """Unit vectors (3×N or 3×1) and how much of the light arrives: 1, or inverse square for a lamp."""
    if not light.lamp:
        return light.to_light.astype(np.float32)[:, None], 1.0
    way = light.to_light.astype(np.float32)[:, None] - position
    square = dot(way, way)
    return way / np.sqrt(square), 4 / (square + np.float32(0.5))


def sky(view: View, light: Lighting, pixels: NDArray[np.int64]) -> Array:
    """Radiance 3×N of pixels (flat indices) that see no solid.

    From horizon to zenith, with clouds as on a flat ceiling; haze below the horizon.
    """
    if light.zenith is None or light.horizon is None:
        return np.zeros((3, len(pixels)), np.float32)
    rows, columns = np.divmod(pixels, len(view.xs))
    x, y = view.xs.astype(np.float32)[columns], view.ys.astype(np.float32)[rows]
    side, front, up = times(view.axes, np.stack([x, y, np.ones_like(x)]))
    up = np.clip(up / np.sqrt(1 + x * x + y * y), 0, 1)
    radiance: Array = light.horizon[:, None] + (light.zenith - light.horizon)[:, None] * np.sqrt(up)
    level = np.float32(0.06) / (up + np.float32(0.08))
    shape = read("cloud", side * level, front * level, level * level * np.float32(0.03))
    cover = (shape - np.float32(0.75 - 0.5 * light.clouds)) * 4
    cover = np.clip(cover, 0, 1) * np.clip(up * 6, 0, 1) * np.float32(light.clouds > 0)
    white = light.horizon.max() * np.array([1.0, 0.99, 0.98], np.float32)
    cloud = white[:, None] * (np.float32(0.75) + np.float32(0.4) * shape)
    radiance += (cloud - radiance) * cover
    return radiance

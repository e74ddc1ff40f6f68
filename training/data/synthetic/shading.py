"""What a view sees: surfaces, light that arrives, shadows, haze and sky, as linear radiance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.synthetic.raycast import View, cast, orient
from training.data.synthetic.solids import SHAPES, Array, Solid, Vector, times
from training.data.synthetic.textures import Patch, albedo
from training.data.synthetic.tiles import read

SHADOW_SIZE = 208
CROWDING_SIZE = 64


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
    softness: float = 1.0


@dataclass(frozen=True, eq=False)
class World:
    """solids with the camera among them · low, high: corners of what shadows and crowding are kept for."""

    solids: list[Solid]
    lighting: Lighting
    position: Vector
    axes: Vector
    fov_degrees: float
    far_m: float
    low: Vector
    high: Vector


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


def render(world: World, view: View) -> tuple[Array, Array]:
    """Radiance 3×H×W and depth H×W (far_m: nothing)."""
    solids = by_material(world.solids)
    depth, index = cast(view, solids, world.far_m)
    surface = gather(view, solids, depth, index)
    radiance = background(view, world.lighting, depth.size)
    with np.errstate(invalid="ignore", divide="ignore"):
        radiance[:, surface.index] = lit(world, surface)
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
    return product + a[2] * b[2]


def lit(world: World, s: Surface) -> Array:
    """Radiance 3×N towards the camera."""
    light = world.lighting
    away = -(s.position - world.position.astype(np.float32)[:, None])
    away /= np.sqrt(dot(away, away))
    to_light, strength = direction_to_light(light, s.position)
    facing = np.maximum(dot(s.normal, to_light), 0) * strength
    facing *= shadow(world, s.position + s.normal * np.float32(0.02))
    half = to_light + away
    half /= np.sqrt(dot(half, half))
    shine = np.maximum(dot(s.normal, half), 0)
    for _ in range(5):
        shine = shine * shine
    second = np.maximum(dot(light.to_second.astype(np.float32)[:, None], s.normal), 0)
    up = np.float32(0.5) * (1 + s.normal[2]) * crowding(world, s)
    diffuse = light.below[:, None] + (light.above - light.below)[:, None] * up
    diffuse = diffuse + light.second[:, None] * second + light.main[:, None] * facing
    radiance = s.albedo * (diffuse + s.glow)
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


def shadow(world: World, position: Array) -> Array:
    """Share of the main light that reaches points 3×N: depth seen from the light, bilinear over 4 tests."""
    view = shadow_view(world)
    casters = [s for s in world.solids if s.casts]
    reach, _ = cast(view, casters, 1e4, least=3)
    x, y, z = view.project(position)
    outside = (x < 0) | (y < 0) | (x > SHADOW_SIZE - 2) | (y > SHADOW_SIZE - 2)
    column = np.clip(x, 0, SHADOW_SIZE - 2).astype(np.int32)
    row = np.clip(y, 0, SHADOW_SIZE - 2).astype(np.int32)
    fx, fy = x - column, y - row
    at = row * SHADOW_SIZE + column
    flat, z = reach.ravel(), z - np.float32(0.03 if world.lighting.lamp else 0.12)
    corner = [(flat[at + k] > z).astype(np.float32) for k in (0, 1, SHADOW_SIZE, SHADOW_SIZE + 1)]
    upper = corner[0] + (corner[1] - corner[0]) * fx
    lower = corner[2] + (corner[3] - corner[2]) * fx
    return np.where(outside, np.float32(1), upper + (lower - upper) * fy)


def crowding(world: World, s: Surface) -> Array:
    """How open the sky is, 0…1: a point below the mean height of what stands around it is dim.

    The mean is taken over a map of heights seen from above, read a little way out along the normal.
    """
    size = (world.high - world.low)[:2]
    xs, ys = ((np.arange(CROWDING_SIZE) + 0.5) / CROWDING_SIZE * n - n / 2 for n in size)
    top = np.append((world.low + world.high)[:2] / 2, world.high[2] + 1)
    view = View(top, orient(0, -90, 0), xs, ys, pinhole=False)
    casters = [k for k in world.solids if k.casts]
    depth, _ = cast(view, casters, float(top[2] - world.low[2]), least=6)
    height = blurred(blurred(np.float32(top[2]) - depth))
    x, y, _ = view.project(s.position + s.normal * np.float32(0.012 * size.max()))
    column = np.clip(x, 0, CROWDING_SIZE - 1.01)
    row = np.clip(y, 0, CROWDING_SIZE - 1.01)
    i, j = column.astype(np.int32), row.astype(np.int32)
    fx, fy = column - i, row - j
    flat, at = height.ravel(), j * CROWDING_SIZE + i
    upper = flat[at] + (flat[at + 1] - flat[at]) * fx
    lower = flat[at + CROWDING_SIZE] + (flat[at + CROWDING_SIZE + 1] - flat[at + CROWDING_SIZE]) * fx
    above = np.maximum(upper + (lower - upper) * fy - s.position[2], 0)
    return 1 / (1 + above * np.float32(25 / size.max()))


def blurred(picture: Array) -> Array:
    """5×5 box mean, edges repeated."""
    for _ in range(2):
        total = np.cumsum(np.pad(picture, ((3, 2), (0, 0)), mode="edge"), 0)
        picture = ((total[5:] - total[:-5]) / 5).T
    return picture


def background(view: View, light: Lighting, pixels: int) -> Array:
    """Sky 3×pixels: from horizon to zenith, clouds as on a flat ceiling, haze below the horizon."""
    if light.zenith is None or light.horizon is None:
        return np.zeros((3, pixels), np.float32)
    up = view.axes[2].astype(np.float32)
    xs, ys = view.xs.astype(np.float32), view.ys.astype(np.float32)
    height = (xs * up[0])[None] + (ys * up[1] + up[2])[:, None]
    sky = np.clip(height / np.sqrt(1 + xs[None] ** 2 + ys[:, None] ** 2), 0.0, 1).ravel()
    radiance = light.horizon[:, None] + (light.zenith - light.horizon)[:, None] * np.sqrt(sky)
    if not light.clouds:
        return radiance
    level = 1 / (sky + np.float32(0.08))
    side, front = (
        ((xs * view.axes[k, 0])[None] + (ys * view.axes[k, 1] + view.axes[k, 2])[:, None]).ravel()
        for k in (0, 1)
    )
    shape = read("cloud", side * level * 0.06, front * level * 0.06, level * level * 1e-4)
    cover = np.clip((shape - np.float32(0.75 - 0.5 * light.clouds)) * 4, 0, 1) * np.clip(sky * 6, 0, 1)
    white = light.horizon.max() * np.float32([1.0, 0.99, 0.98])
    return radiance + (white[:, None] * (0.75 + 0.4 * shape) - radiance) * cover

"""Affine copies of a few unit shapes: where a ray enters them, and what their surface is like there.

A solid maps its unit shape to the world by p = centre + matrix·q. The ray parameter t is the same in both
spaces, so every intersection is worked out on the unit shape and t is the depth of the view that cast it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.synthetic.patterns import Material
from training.data.synthetic.tiles import Array

Vector = NDArray[np.floating[Any]]  # float64: positions, axes and matrices of solids
Point = Sequence[float] | Vector
Ray = tuple[Array, Array, Array]
NEAR_M = 0.05
# how far a ray must run through a bush to meet a leaf, in radii
GAPS = np.random.Generator(np.random.PCG64(2)).uniform(0, 1.5, (32, 32)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Solid:
    """shape: key of SHAPES · matrix 3×3: its columns are the half axes in metres · centre 3: metres, z up."""

    shape: str
    matrix: Vector
    centre: Vector
    material: Material
    casts: bool = True


@dataclass(frozen=True)
class Shape:
    """enter: ray on the unit shape → t, inf where it misses · surface: points 3×N → normals 3×N, u, v.

    u and v come in half axes of the solid together with the index of the axis each runs along.
    recentred: rays start at the solid's depth, which keeps quadratics exact in float32 far away.
    """

    enter: Callable[[Ray, Ray], Array]
    surface: Callable[[Array, Array], tuple[Array, Array, Array]]
    recentred: bool = False


def enter_quad(origin: Ray, direction: Ray) -> Array:
    """The square z = 0, |x|, |y| ≤ 1, seen from both sides."""
    t: Array = -origin[2] / direction[2]
    inside = np.abs(origin[0] + t * direction[0]) <= 1
    inside &= np.abs(origin[1] + t * direction[1]) <= 1
    return np.where(inside, t, np.float32(np.inf))


def slab(origin: Array, direction: Array) -> tuple[Array, Array]:
    """Where a ray enters and leaves |x| ≤ 1."""
    inverse = 1 / direction
    low, high = (-1 - origin) * inverse, (1 - origin) * inverse
    return np.minimum(low, high), np.maximum(low, high)


def first_if_met(first: Array, last: Array) -> Array:
    return np.where(first <= last, first, np.float32(np.inf))


def enter_cube(origin: Ray, direction: Ray) -> Array:
    """|x|, |y|, |z| ≤ 1 by three slabs."""
    first, last = slab(origin[0], direction[0])
    for axis in (1, 2):
        low, high = slab(origin[axis], direction[axis])
        first, last = np.maximum(first, low), np.minimum(last, high)
    return first_if_met(first, last)


def quadric(origin: Sequence[Array], direction: Sequence[Array]) -> tuple[Array, Array]:
    """Where a ray enters and leaves Σ x² ≤ 1 over the given axes; NaN where it misses."""
    a = direction[0] * direction[0]
    b = origin[0] * direction[0]
    c = origin[0] * origin[0] - 1
    for o, d in zip(origin[1:], direction[1:], strict=True):
        a, b, c = a + d * d, b + o * d, c + o * o
    root = np.sqrt(b * b - a * c)
    inverse = 1 / a
    return (-b - root) * inverse, (root - b) * inverse


def enter_sphere(origin: Ray, direction: Ray) -> Array:
    first, last = quadric(origin, direction)
    return first_if_met(first, last)


def enter_bush(origin: Ray, direction: Ray) -> Array:
    """A sphere with a ragged edge: where a ray grazes it, holes of a fixed pattern let it pass."""
    first, last = quadric(origin, direction)
    x, y, z = (o + first * d for o, d in zip(origin, direction, strict=True))
    # what a missed ray indexes does not matter: its NaN fails the comparison
    column = ((x + np.float32(0.7) * y) * 9).astype(np.int32) & 31
    row = (z * 9).astype(np.int32) & 31
    dx, dy, dz = direction
    chord = (last - first) * np.sqrt(dx * dx + dy * dy + dz * dz)
    return np.where(chord > GAPS[row, column], first, np.float32(np.inf))


def enter_cylinder(origin: Ray, direction: Ray) -> Array:
    """x² + y² ≤ 1, |z| ≤ 1, closed by discs."""
    first, last = quadric(origin[:2], direction[:2])
    low, high = slab(origin[2], direction[2])
    return first_if_met(np.maximum(first, low), np.minimum(last, high))


def convex(planes: Sequence[tuple[float, float, float, float]]) -> Shape:
    """The polyhedron n·p ≤ h over rows (n, h)."""
    table = np.array(planes, np.float32)

    def enter(origin: Ray, direction: Ray) -> Array:
        first, last = np.float32(-np.inf), np.float32(np.inf)
        for x, y, z, h in table:
            slope = x * direction[0] + y * direction[1] + z * direction[2]
            t = (h - (x * origin[0] + y * origin[1] + z * origin[2])) / slope
            first = np.maximum(first, np.where(slope < 0, t, -np.inf))  # type: ignore[assignment]
            last = np.minimum(last, np.where(slope > 0, t, np.inf))  # type: ignore[assignment]
        return first_if_met(first, last)  # type: ignore[arg-type]

    def surface(points: Array, half: Array) -> tuple[Array, Array, Array]:
        x, y, z, h = table.T[:, :, None]
        face = np.argmax(x * points[0] + y * points[1] + z * points[2] - h, axis=0)
        normals = table[:, :3].T[:, face]
        sideways = np.abs(normals[0]) * half[1] > np.abs(normals[1]) * half[0]
        flat = np.abs(normals[2]) > 0.9
        u, v = faces_uv(points, half, sideways & ~flat, flat)
        return normals, u, v

    return Shape(enter, surface)


def faces_uv(
    points: Array, half: Array, along_x: NDArray[np.bool_], along_z: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Metres from the lower corner of the face whose normal is along x, z or else y."""
    x, y, z = (points + 1) * half[:, None]
    return np.where(along_x, y, x), np.where(along_z, y, z)


def surface_quad(points: Array, half: Array) -> tuple[Array, Array, Array]:
    normals = np.zeros_like(points)
    normals[2] = 1
    return normals, (points[0] + 1) * half[0], (points[1] + 1) * half[1]


def surface_cube(points: Array, half: Array) -> tuple[Array, Array, Array]:
    x, y, z = np.abs(points)
    along_z = (z >= x) & (z >= y)
    along_x = (x > y) & ~along_z
    masks = (along_x, ~(along_x | along_z), along_z)
    normals = np.stack([np.copysign(m, p) for m, p in zip(masks, points, strict=True)])
    u, v = faces_uv(points, half, along_x, along_z)
    return normals.astype(np.float32), u, v


def surface_sphere(points: Array, half: Array) -> tuple[Array, Array, Array]:
    angle = np.arctan2(points[1], points[0])
    return points, angle * half[0], (points[2] + 1) * half[2]


def surface_cylinder(points: Array, half: Array) -> tuple[Array, Array, Array]:
    lid = np.abs(points[2]) > 0.9999
    zero = np.float32(0)
    normals = np.stack(
        [
            np.where(lid, zero, points[0]),
            np.where(lid, zero, points[1]),
            np.where(lid, points[2], zero),
        ]
    )
    u = np.where(lid, points[0], np.arctan2(points[1], points[0])) * half[0]
    v = np.where(lid, points[1] * half[1], (points[2] + 1) * half[2])
    return normals, u, v


def ring(sides: int, slope: float, height: float) -> list[tuple[float, float, float, float]]:
    angles = np.arange(sides) * 2 * np.pi / sides
    return [(float(np.cos(a)), float(np.sin(a)), slope, height) for a in angles]


FLOOR = (0.0, 0.0, -1.0, 1.0)
ENDS = [(0.0, 1.0, 0.0, 1.0), (0.0, -1.0, 0.0, 1.0)]
SHAPES: dict[str, Shape] = {
    "quad": Shape(enter_quad, surface_quad),
    "cube": Shape(enter_cube, surface_cube),
    "sphere": Shape(enter_sphere, surface_sphere, recentred=True),
    "bush": Shape(enter_bush, surface_sphere, recentred=True),
    "cylinder": Shape(enter_cylinder, surface_cylinder, recentred=True),
    # ridge along y
    "gable": convex([FLOOR, *ENDS, (1.0, 0.0, 0.5, 0.5), (-1.0, 0.0, 0.5, 0.5)]),
    "spire": convex([FLOOR, *ring(7, 0.45, 0.45)]),
    # a car's cabin: narrower at the top, more so in front (+y)
    "cabin": convex(
        [
            FLOOR,
            (0.0, 0.0, 1.0, 1.0),
            (1.0, 0.0, 0.12, 0.88),
            (-1.0, 0.0, 0.12, 0.88),
            (0.0, 1.0, 0.3, 0.7),
            (0.0, -1.0, 0.18, 0.82),
        ]
    ),
}


def times(matrix: Vector | Array, points: Array) -> Array:
    """matrix·points, 3×3 by 3×N, in float32 and without BLAS: no threads, the same sums everywhere."""
    x, y, z = matrix.astype(np.float32).T[:, :, None]
    product: Array = x * points[0]
    product += y * points[1]
    product += z * points[2]
    return product


def turned(yaw: float) -> Vector:
    """Rotation about the vertical by yaw degrees, counter-clockwise from above."""
    c, s = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])


def solid(shape: str, centre: Point, size: Point, material: Material, yaw: float = 0) -> Solid:
    """centre and full size in metres."""
    matrix = turned(yaw) * (np.asarray(size, float) / 2)
    return Solid(shape, matrix, np.asarray(centre, float), material)


def box(low: Point, size: Point, material: Material, yaw: float = 0) -> Solid:
    """A cube of that full size that stands on (x, y, z) = low with the middle of its bottom."""
    x, y, z = low
    return solid("cube", (x, y, z + size[2] / 2), size, material, yaw)


def rod(start: Point, end: Point, radius: float, material: Material) -> Solid:
    """A cylinder between two points."""
    x, y, z = ((e - s) / 2 for s, e in zip(start, end, strict=True))
    level, length = math.hypot(x, y), math.sqrt(x * x + y * y + z * z)
    c, s = (x / level, y / level) if level else (1.0, 0.0)
    up, flat = z / length * radius, level / length * radius
    matrix = np.array([[-s * radius, -c * up, x], [c * radius, -s * up, y], [0, flat, z]])
    return Solid("cylinder", matrix, (np.asarray(start, float) + end) / 2, material)


def quad(centre: Point, right: Point, up: Point, material: Material) -> Solid:
    """A flat rectangle, centre ± right ± up; it throws no shadow."""
    r, u = np.asarray(right, float), np.asarray(up, float)
    normal = np.cross(r, u)
    matrix = np.stack([r, u, normal / np.linalg.norm(normal)], 1)
    return Solid("quad", matrix, np.asarray(centre, float), material, casts=False)


def placed(solids: Sequence[Solid], at: Point, yaw: float = 0, scale: float = 1) -> list[Solid]:
    """The group scaled and turned about its origin, then moved to `at`."""
    turn = turned(yaw) * scale
    shift = np.asarray(at, float)
    return [replace(s, matrix=turn @ s.matrix, centre=turn @ s.centre + shift) for s in solids]

"""Rooms: a box with doors, windows and pictures on its walls and furniture on its floor."""

from __future__ import annotations

import numpy as np

from training.data.synthetic import palette
from training.data.synthetic.furniture import ALONG_WALL, FREE
from training.data.synthetic.palette import Generator, material, one_of
from training.data.synthetic.patterns import Material
from training.data.synthetic.raycast import orient
from training.data.synthetic.solids import Solid, Vector, box, placed, quad, rod, turned
from training.data.synthetic.world import Lighting, World

FAR_M = 60.0
CLEARANCE_M = 0.75
# width and depth low, high in metres
SIZES = {
    "room": ((2.6, 6.5), (3.0, 8.0)),
    "hall": ((6.0, 10.0), (8.0, 11.5)),
    "corridor": ((1.5, 2.4), (6.0, 11.5)),
}
# yaw that turns a thing's back (+y) to the wall · on which side of the room it is
WALLS = ((0, (0, 1)), (90, (-1, 0)), (180, (0, -1)), (270, (1, 0)))


def room(rng: Generator) -> World:
    """A furnished room, hall or corridor; the camera stands at −y."""
    width, depth = SIZES[one_of(rng, "room", "room", "room", "room", "room", "hall", "corridor")]
    size = np.array([rng.uniform(*width), rng.uniform(*depth), rng.uniform(2.3, 3.2)])
    position, axes = stand(rng, size)
    solids = shell(rng, size)
    for yaw, side in WALLS:
        solids += on_wall(rng, size, yaw, side)
    solids += furnished(rng, size, position)
    lighting, fittings = light(rng, size)
    low, high = np.array([-size[0] / 2, -size[1] / 2, 0]), np.array([*size[:2] / 2, size[2]])
    fov = float(rng.uniform(45, 88))
    return World(solids + fittings, lighting, position, axes, fov, FAR_M, low, high, enclosed=True)


def stand(rng: Generator, size: Vector) -> tuple[Vector, Vector]:
    """A camera in the near part of the room that looks across it."""
    reach = size[:2] / 2 - 0.5
    x, y = rng.uniform(-0.95, 0.95) * reach[0], -rng.uniform(0.5, 1.0) * reach[1]
    if rng.random() < 0.3:
        y = -y * rng.uniform(0, 0.6)
    aim = rng.uniform(-0.5, 0.5, 2) * reach + (0, 0.6 * reach[1])
    position = np.array([x, y, rng.uniform(0.6, min(1.9, size[2] - 0.4))])
    yaw = np.degrees(np.arctan2(x - aim[0], aim[1] - y)) + rng.normal(0, 10)
    pitch = rng.uniform(-22, 6) - 6 * (position[2] - 1.2)
    return position, orient(yaw, pitch, rng.normal(0, 2.5))


def shell(rng: Generator, size: Vector) -> list[Solid]:
    """Floor, ceiling, four walls and their skirting."""
    w, d, h = size
    floor, main, other = palette.floor(rng), palette.wall(rng), palette.wall(rng)
    ceiling = material(
        rng, one_of(rng, "plain", "plain", "tiled"), "white", "white", "grey", grain=0.05, scale=0.6
    )
    right, up = np.array([w / 2, 0, 0]), np.array([0, d / 2, 0])
    along = (right, up) if rng.random() < 0.5 else (up, right)
    parts = [quad((0, 0, 0), *along, floor), quad((0, 0, h), right, up, ceiling)]
    skirting = material(rng, "plain", one_of(rng, "white", "wood", "grey"))
    accent = int(rng.integers(0, 8))
    for k, (yaw, side) in enumerate(WALLS):
        across = turned(yaw) @ (w / 2 if side[0] == 0 else d / 2, 0, 0)
        centre = (side[0] * w / 2, side[1] * d / 2, h / 2)
        parts.append(quad(centre, across, (0, 0, h / 2), other if k == accent else main))
        length = 2 * float(np.abs(across).max())
        low = (side[0] * (w / 2 - 0.008), side[1] * (d / 2 - 0.008), 0)
        parts.append(box(low, (length, 0.016, 0.09), skirting, yaw))
    return parts


def on_wall(rng: Generator, size: Vector, yaw: float, side: tuple[int, int]) -> list[Solid]:
    """Doors, windows, pictures, posters and heaters along one wall, one after the other."""
    length = float(size[0] if side[0] == 0 else size[1])
    depth = float(size[1] if side[0] == 0 else size[0]) / 2
    parts: list[Solid] = []
    x = -length / 2 + rng.uniform(0.15, 0.8)
    while x < length / 2 - 0.4:
        kind = one_of(rng, "door", "window", "window", "picture", "picture", "poster", "none")
        group, width = hung(rng, kind, float(size[2]))
        if x + width < length / 2 - 0.05:
            parts += placed(group, turned(yaw) @ (x + width / 2, depth, 0), yaw)
        x += width + rng.uniform(0.15, 1.0)
    return parts


def hung(rng: Generator, kind: str, height: float) -> tuple[list[Solid], float]:
    """Something on the wall y = 0, seen from −y, and its width."""
    if kind == "none":
        return [], float(rng.uniform(0.3, 1.2))
    if kind == "door":
        tone, rows = one_of(rng, "wood", "white", "any"), float(rng.integers(1, 4))
        face = material(rng, "panels", tone, "dark", "grey", fitted=True, aspect=rows)
        return framed(rng, 0.9, 2.05, 1.025, face), 1.0
    if kind == "window":
        w, h = float(rng.uniform(0.7, 2.2)), float(rng.uniform(0.8, 1.5))
        middle = min(height - h / 2 - 0.15, float(rng.uniform(1.4, 1.7)))
        return framed(rng, w, h, middle, pane(rng, w)) + around(rng, w, h, middle), w + 0.3
    w, h = rng.uniform(0.25, 1.1, 2).tolist()
    middle = float(rng.uniform(1.35, 1.75))
    if kind == "poster":
        return [quad((0, -0.012, middle), (w / 2, 0, 0), (0, 0, h / 2), palette.sign(rng))], w
    face = material(rng, "picture", "any", "any", "vivid", fitted=True, grain=0.0)
    return framed(rng, w, h, middle, face), w


def pane(rng: Generator, width: float) -> Material:
    """The view through a window, in panes about 0.7 m wide."""
    return material(
        rng, "pane", one_of(rng, "white", "pastel"), "leaf", "white", fitted=True, glow=1.0, grain=0.0,
        scale=float(max(1, round(width / 0.7))), aspect=float(rng.integers(1, 3)),
    )  # fmt: skip


def framed(rng: Generator, w: float, h: float, middle: float, face: Material) -> list[Solid]:
    rim = material(rng, "plain", one_of(rng, "white", "wood", "dark"), grain=0.1)
    thick, deep = float(rng.uniform(0.03, 0.07)), 0.05
    view = quad((0, -0.014, middle), (w / 2, 0, 0), (0, 0, h / 2), face)
    sides = [box((x, -deep / 2, middle - h / 2), (thick, deep, h), rim) for x in (-w / 2, w / 2)]
    ends = [
        box((0, -deep / 2, middle + z - thick / 2), (w + thick, deep, thick), rim) for z in (-h / 2, h / 2)
    ]
    return [view, *sides, *(ends if middle > h / 2 + 0.05 else ends[1:])]


def around(rng: Generator, w: float, h: float, middle: float) -> list[Solid]:
    """Curtains beside a window, a heater under it."""
    parts: list[Solid] = []
    if rng.random() < 0.5:
        drape = material(rng, "stripes", "any", "any", scale=rng.uniform(0.05, 0.12), grain=0.2)
        for x in (-w / 2 - 0.08, w / 2 + 0.08):
            folds = np.linspace(-0.12, 0.12, 4)
            parts += [
                rod((x + f, -0.1, 0.1), (x + f, -0.1, middle + h / 2 + 0.12), 0.045, drape) for f in folds
            ]
    elif rng.random() < 0.6:
        heater = material(rng, "stripes", "white", "grey", scale=0.06)
        parts.append(box((0, -0.08, 0.15), (min(w, 1.2), 0.1, 0.55), heater))
    return parts


def furnished(rng: Generator, size: Vector, camera: Vector) -> list[Solid]:
    """Things along the walls, then in the room, none into another or too near the camera."""
    taken: list[tuple[float, float, float]] = []
    parts: list[Solid] = []
    if rng.random() < 0.4:
        w, d = rng.uniform(0.6, 1.4, 2)
        parts.append(quad((0, rng.uniform(-0.5, 1), 0.012), (w, 0, 0), (0, d, 0), palette.cloth(rng)))
    for _ in range(int(rng.integers(8, 18))):
        yaw, side = WALLS[int(rng.integers(4))]
        group = ALONG_WALL[one_of(rng, *ALONG_WALL)](rng)
        low, high = extent(group)
        along = 0 if side[0] == 0 else 1
        free = size[along] / 2 - (high[0] - low[0]) / 2
        off = size[1 - along] / 2 - high[1] - 0.03
        spot = np.array([side[0] * off, side[1] * off, 0])
        spot[along] = rng.uniform(-free, free) if free > 0 else 0
        parts += kept(group, spot, yaw, camera, taken) if free > 0 else []
    for _ in range(int(rng.integers(3, 10))):
        group = FREE[one_of(rng, *FREE)](rng)
        spot = np.array([*rng.uniform(-1, 1, 2) * (size[:2] / 2 - 0.6), 0])
        parts += kept(group, spot, float(rng.uniform(0, 360)), camera, taken)
    return parts


def extent(group: list[Solid]) -> tuple[Vector, Vector]:
    """Low and high corner of the box around a group."""
    reach = np.stack([np.abs(s.matrix).sum(1) for s in group])
    centres = np.stack([s.centre for s in group])
    return (centres - reach).min(0), (centres + reach).max(0)


def kept(
    group: list[Solid],
    spot: Vector,
    yaw: float,
    camera: Vector,
    taken: list[tuple[float, float, float]],
) -> list[Solid]:
    """The group at its place, or nothing where its circle meets another or the camera's."""
    low, high = extent(group)
    middle = spot + turned(yaw) @ ((low + high) / 2)
    radius = float(np.hypot(*(high - low)[:2]) / 2)
    if np.hypot(*(middle - camera)[:2]) < radius + CLEARANCE_M:
        return []
    if any(np.hypot(middle[0] - x, middle[1] - y) < 0.8 * (radius + r) for x, y, r in taken):
        return []
    taken.append((float(middle[0]), float(middle[1]), radius))
    return placed(group, spot, yaw)


def light(rng: Generator, size: Vector) -> tuple[Lighting, list[Solid]]:
    """A lamp under the ceiling, or daylight from one side."""
    warm = np.array([1, rng.uniform(0.8, 0.98), rng.uniform(0.55, 0.95)], np.float32)
    cool = np.array([rng.uniform(0.75, 0.95), 0.92, 1], np.float32)
    fill = float(rng.uniform(0.25, 0.6))
    side = rng.normal(0, 1, 3) * (1, 1, 0.3)
    second = side / np.linalg.norm(side)
    weak = cool * np.float32(rng.uniform(0.1, 0.6))
    spot = np.array([*rng.uniform(-0.3, 0.3, 2) * size[:2], size[2] - rng.uniform(0.15, 0.6)])
    above, below = cool * fill, warm * (fill * np.float32(0.7))
    haze = np.zeros(3, np.float32)
    if rng.random() < 0.65:
        strong = warm * np.float32(rng.uniform(0.5, 1.3))
        source = spot - np.array([0, 0, 0.05])
        return Lighting(strong, source, True, above, below, weak, second, haze), hanging(rng, spot, size[2])
    way = np.array([*rng.normal(0, 1, 2), rng.uniform(0.5, 1.4)])
    strong = warm * np.float32(rng.uniform(0.4, 1.2))
    return Lighting(strong, way / np.linalg.norm(way), False, above, below, weak, second, haze), []


def hanging(rng: Generator, spot: Vector, ceiling: float) -> list[Solid]:
    """A glowing lamp and its cord."""
    glow = material(rng, "plain", "white", glow=6.0, grain=0.0)
    x, y, z = spot
    bulb = rod(spot, (x, y, z + 0.08), rng.uniform(0.1, 0.25), glow)
    return [bulb, rod(spot, (x, y, ceiling), 0.008, material(rng, "plain", "dark"))]

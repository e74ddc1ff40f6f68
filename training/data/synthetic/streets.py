"""Streets: a road along +y between pavements, houses, trees, cars and people, under a sky."""

from __future__ import annotations

import numpy as np

from training.data.synthetic import palette
from training.data.synthetic.furniture import person
from training.data.synthetic.outdoors import block, car, fence, house, pole, tree
from training.data.synthetic.palette import Generator, material, one_of
from training.data.synthetic.raycast import orient
from training.data.synthetic.solids import Solid, Vector, box, placed, quad, solid
from training.data.synthetic.world import Lighting, World

FAR_M = 80.0
END_M = 110.0
CLEARANCE_M = 2.5


def street(rng: Generator) -> World:
    """Town: joined blocks; suburb: houses in gardens; park: a path between trees."""
    kind = one_of(rng, "town", "town", "town", "suburb", "suburb", "park")
    half = float(rng.uniform(1.2, 2.5) if kind == "park" else rng.uniform(2.8, 6.5))
    pavement = 0.0 if kind == "park" else float(rng.uniform(1.5, 4.5))
    position, axes = stand(rng, half, kind)
    solids = ground(rng, half, pavement, kind)
    for side in (-1, 1):
        if kind == "park":
            solids += planted(rng, side, half, position)
        else:
            solids += built(rng, side, half + pavement, kind == "town")
        solids += lined(rng, side, half, pavement, position)
    if kind != "park":
        solids += traffic(rng, half, position)
    if rng.random() < 0.6:
        wide, high = rng.uniform(20, 60), rng.uniform(6, 20)
        y = rng.uniform(45, 78)
        solids.append(box((rng.normal(0, 8), y + 5, 0), (wide, 10, high), palette.facade(rng)))
    fov = float(rng.uniform(42, 88))
    low, high3 = np.array([-28.0, -6, 0]), np.array([28.0, 50, 18])
    return World(solids, daylight(rng), position, axes, fov, 400.0, low, high3)


def stand(rng: Generator, half: float, kind: str) -> tuple[Vector, Vector]:
    """On the road as a driver, on the pavement as a walker, or from a first floor."""
    who = one_of(rng, "driver", "driver", "walker", "walker", "across", "raised")
    if kind == "park" and who == "driver":
        who = "walker"
    on_road = who in ("driver", "raised")
    x = rng.uniform(-half, half) if on_road else (half + 0.7) * rng.choice([-1, 1])
    height = {"driver": (1.25, 2), "raised": (2.5, 7)}.get(who, (1.3, 1.9))
    turn, spread = {"walker": (12, 18), "across": (45, 12)}.get(who, (0, 14))
    pitch = rng.uniform(-9, 6) - (8 if who == "raised" else 0)
    axes = orient(rng.normal(np.sign(x) * turn, spread), pitch, rng.normal(0, 2))
    return np.array([x, 0.0, rng.uniform(*height)]), axes


def ground(rng: Generator, half: float, pavement: float, kind: str) -> list[Solid]:
    """The open ground, the road (a path in a park), its pavements and perhaps a crossing."""
    tones = ("stone", "grey") if kind == "town" else ("grass", "grass")
    wide = material(rng, "mottled", *tones, scale=1.2, tile="leaf", grain=0.4)
    lanes = 2.0 if half < 5 else 4.0
    asphalt = material(rng, "road", "asphalt", "white", scale=2 * half, aspect=lanes, tile="grit", grain=0.2)
    paving = material(
        rng, one_of(rng, "tiled", "tiled", "brick", "mottled"), "stone", "stone", "grey",
        scale=rng.uniform(0.3, 0.9), tile="grit",
    )  # fmt: skip
    if kind == "park":
        asphalt = paving
    kerb = material(rng, "plain", "stone", grain=0.3)
    middle, long = END_M / 2 - 10, END_M / 2 + 10
    parts = [
        quad((0, middle, -0.04), (90, 0, 0), (0, long, 0), wide),
        quad((0, middle, 0), (half, 0, 0), (0, long, 0), asphalt),
    ]
    for side in (-1, 1) if pavement else ():
        x = side * (half + pavement / 2)
        parts.append(box((x, middle, -0.03), (pavement, 2 * long, 0.15), paving))
        parts.append(box((side * (half + 0.07), middle, -0.02), (0.15, 2 * long, 0.15), kerb))
    if pavement and rng.random() < 0.4:
        y = float(rng.uniform(5, 20))
        white = material(
            rng, "stripes", "white", "asphalt", scale=rng.uniform(0.8, 1.1), grain=0.4, tile="grit"
        )
        parts.append(quad((0, y, 0.012), (half, 0, 0), (0, 1.6, 0), white))
    return parts


def built(rng: Generator, side: int, edge: float, town: bool) -> list[Solid]:
    """Houses along one side: joined blocks in town, gabled houses in gardens outside."""
    parts: list[Solid] = []
    y = -10.0
    usual = rng.uniform(2, 5)
    while y < 95:
        width = float(rng.uniform(7, 20) if town else rng.uniform(6, 12))
        depth = float(rng.uniform(8, 14))
        storeys = max(1, round(usual + rng.normal(0, 1.2))) if town else int(rng.integers(1, 3))
        back = edge + (rng.uniform(0, 0.6) if town else rng.uniform(3, 8)) + depth / 2
        group = block(rng, depth, width, storeys) if town else house(rng, depth, width, storeys)
        if rng.random() < (0.9 if town else 0.8):
            parts += placed(group, (side * back, y + width / 2, 0))
        elif rng.random() < 0.8:
            parts += placed(tree(rng), (side * back, y + width / 2, 0))
        if not town and rng.random() < 0.7:
            parts += fence(rng, side * (edge + 0.2), y, width)
        gap = rng.uniform(0, 0.5) * (rng.random() < 0.2) * 10 if town else rng.uniform(2, 8)
        y += width + float(gap)
    return parts


def planted(rng: Generator, side: int, edge: float, camera: Vector) -> list[Solid]:
    """Trees and shrubs scattered over the grass beside a path."""
    parts: list[Solid] = []
    for _ in range(int(rng.integers(5, 16))):
        x, y = side * (edge + 0.8 + rng.exponential(8)), float(rng.uniform(1, 65))
        if not clear(x, y, camera, 3.5):
            continue
        if rng.random() < 0.75:
            group = tree(rng, 10 if y < 20 else 4)
        else:
            green = material(rng, "leaves", "leaf", "leaf", scale=1.0, tile="leaf", grain=0.5)
            group = [solid("bush", (k * 0.7, 0, 0.4), rng.uniform(0.8, 1.8, 3), green) for k in range(3)]
        parts += placed(group, (x, y, -0.05), float(rng.uniform(0, 360)), float(rng.uniform(0.7, 1.4)))
    return parts


def clear(x: float, y: float, camera: Vector, margin: float = CLEARANCE_M) -> bool:
    return bool(np.hypot(x - camera[0], y - camera[1]) > margin)


def lined(rng: Generator, side: int, half: float, pavement: float, camera: Vector) -> list[Solid]:
    """Trees, poles and people along one pavement."""
    parts: list[Solid] = []
    spacing, y = float(rng.uniform(7, 16)), float(rng.uniform(-3, 6))
    leafy, kerb = pavement > 0 and rng.random() < 0.55, 0.12 if pavement else 0.0
    while y < 70:
        x = side * (half + 0.55)
        if leafy and clear(x, y, camera, 4.0):
            group = tree(rng, 10 if y < 20 else 4)
            parts += placed(
                group, (x, y, kerb - 0.02), float(rng.uniform(0, 360)), float(rng.uniform(0.7, 1.3))
            )
        if rng.random() < 0.6 and clear(x, y + spacing / 2, camera):
            parts += placed(pole(rng), (x, y + spacing / 2, kerb), 90.0 + side * 90)
        y += spacing * float(rng.uniform(0.7, 1.3))
    for _ in range(int(rng.integers(0, 5))):
        x, y = side * (half + rng.uniform(-0.4, max(pavement, 1.0) - 0.2)), 2 + 26 * rng.random() ** 1.5
        on = kerb if abs(x) > half + 0.15 else 0.0
        if clear(x, y, camera):
            parts += placed(person(rng), (x, y, on), float(rng.uniform(0, 360)))
    return parts


def traffic(rng: Generator, half: float, camera: Vector) -> list[Solid]:
    """Parked cars along the kerbs and moving ones in their lanes."""
    parts: list[Solid] = []
    for side in (-1, 1):
        y, parked = float(rng.uniform(1, 12)), rng.random() < 0.6
        while y < 60 and parked and half > 3.5:
            x = side * (half - 1.15)
            if rng.random() < 0.7 and clear(x, y, camera, 5.0):
                parts += placed(car(rng), (x, y, 0), float(rng.choice([0, 180]) + rng.normal(0, 2)))
            y += 5.6 + float(rng.exponential(3))
        for _ in range(int(rng.integers(0, 3))):
            x, y = side * half * 0.3, float(rng.uniform(8, 60))
            if clear(x, y, camera, 6.5):
                parts += placed(car(rng), (x, y, 0), 90.0 - side * 90 + float(rng.normal(0, 2)))
    return parts


def daylight(rng: Generator) -> Lighting:
    """Sun and sky from clear noon to overcast and low evening light."""
    overcast = float(rng.random() < 0.35)
    elevation = np.radians(rng.uniform(12, 65))
    around = rng.uniform(0, 2 * np.pi)
    way = np.array(
        [np.cos(around) * np.cos(elevation), np.sin(around) * np.cos(elevation), np.sin(elevation)]
    )
    low = float(np.clip(1.4 - elevation * 1.6, 0, 1))
    sun = np.array([1, 0.93 - 0.25 * low, 0.82 - 0.45 * low], np.float32)
    grey = np.array([0.92, 0.96, 1.0], np.float32)
    blue = np.array([rng.uniform(0.15, 0.4), rng.uniform(0.35, 0.6), 1.0], np.float32)
    zenith = grey * np.float32(rng.uniform(0.8, 1.2)) if overcast else blue * np.float32(rng.uniform(0.5, 1))
    horizon = (grey + (sun - grey) * np.float32(low * 0.7)) * np.float32(rng.uniform(0.9, 1.4))
    strength = np.float32(rng.uniform(0, 0.3) if overcast else rng.uniform(1.4, 2.8))
    above = (zenith + horizon) * np.float32(rng.uniform(0.22, 0.45))
    return Lighting(
        sun * strength, way, False, above, above * np.float32(0.35), sun * np.float32(0.12),
        way * (-1, -1, 1), horizon, float(np.exp(rng.uniform(np.log(0.0005), np.log(0.012)))),
        zenith, horizon, float(rng.uniform(0, 0.9)),
    )  # fmt: skip

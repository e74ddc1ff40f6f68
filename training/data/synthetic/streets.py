"""Streets: a road along +y between pavements, houses, trees, cars and people, under a sky."""

from __future__ import annotations

import numpy as np

from training.data.synthetic import palette
from training.data.synthetic.furniture import Generator, person
from training.data.synthetic.palette import material, one_of
from training.data.synthetic.raycast import orient
from training.data.synthetic.shading import Lighting, World
from training.data.synthetic.solids import Solid, Vector, box, placed, quad, rod, solid

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
    y = -14.0
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


def block(rng: Generator, depth: float, width: float, storeys: int) -> list[Solid]:
    face = palette.facade(rng)
    h = storeys * face.scale / face.aspect
    trim = material(rng, "plain", one_of(rng, "stone", "grey", "dark"))
    parts = [
        box((0, 0, 0), (depth, width, h), face),
        box((0, 0, h), (depth + 0.5, width + 0.1, 0.35), trim),
    ]
    if rng.random() < 0.45:
        reach, cover = (
            float(rng.uniform(0.8, 1.6)),
            material(rng, "stripes", "vivid", "white", scale=0.5),
        )
        for x in (-1, 1):
            parts.append(box((x * (depth + reach) / 2, 0, 2.7), (reach, width * 0.7, 0.12), cover))
            parts.append(box((x * (depth / 2 + 0.06), 0, 3.0), (0.12, width * 0.6, 0.6), palette.sign(rng)))
    for _ in range(int(rng.integers(0, 3)) * (storeys > 1)):
        level = (1 + int(rng.integers(0, storeys - 1))) * h / storeys
        spot = float(rng.uniform(-0.35, 0.35)) * width
        parts.append(box((0, spot, level), (depth + 1.8, 2.4, 1.0), trim))
    return parts


def house(rng: Generator, depth: float, width: float, storeys: int) -> list[Solid]:
    face, h = palette.facade(rng), storeys * 3.0
    roof = material(rng, "tiled", one_of(rng, "brick", "dark", "earth"), "dark", "dark", scale=0.3)
    rise = float(rng.uniform(1.5, 3.5))
    yaw = 90.0 * (rng.random() < 0.4)
    across, along = (width, depth) if yaw else (depth, width)
    return [
        box((0, 0, 0), (depth, width, h), face),
        solid("gable", (0, 0, h + rise - 0.05), (across + 0.8, along + 0.6, 2 * rise), roof, yaw),
        box(
            (depth * 0.2, width * 0.2, h),
            (0.7, 0.7, rise + 1.2),
            material(rng, "brick", "brick", "brick", "stone", scale=0.25),
        ),
    ]


def fence(rng: Generator, x: float, y: float, length: float) -> list[Solid]:
    """A hedge, a wall or pickets along the pavement."""
    kind = one_of(rng, "hedge", "wall", "pickets")
    middle = y + length / 2
    if kind == "hedge":
        green = material(rng, "leaves", "leaf", "leaf", scale=1.2, tile="leaf", grain=0.5)
        return [box((x, middle, 0), (0.7, length, rng.uniform(0.7, 1.6)), green)]
    if kind == "wall":
        return [box((x, middle, 0), (0.25, length, rng.uniform(0.5, 1.3)), palette.wall(rng))]
    m, h = (
        material(rng, "plain", one_of(rng, "white", "wood", "dark")),
        float(rng.uniform(0.8, 1.2)),
    )
    posts = [box((x, y + k, 0), (0.09, 0.09, h), m) for k in np.arange(0, length, 1.6)]
    rails = [box((x, middle, h * z), (0.04, length, 0.1), m) for z in (0.4, 0.85)]
    return posts + rails


def tree(rng: Generator, clumps: int = 6) -> list[Solid]:
    """A trunk under a crown of leafy clumps, or a conifer."""
    h = float(rng.uniform(2.0, 3.4))
    bark = material(rng, "mottled", "earth", "dark", scale=0.15, grain=0.5)
    green = material(rng, "leaves", "leaf", "leaf", scale=rng.uniform(1.5, 3), tile="leaf", grain=0.4)
    parts = [rod((0, 0, 0), (0, 0, h + 0.8), rng.uniform(0.1, 0.25), bark)]
    if rng.random() < 0.15:
        sizes = [(3.4 - k * 0.9, 3.4 - k * 0.9, 2.6) for k in range(3)]
        return parts + [solid("spire", (0, 0, 2.5 + k * 1.5), sizes[k], green) for k in range(3)]
    crown = rng.uniform(1.2, 2.4)
    for _ in range(clumps + int(rng.integers(0, 4))):
        way = rng.normal(0, 1, 3)
        way *= crown * rng.uniform(0.4, 0.8) / np.linalg.norm(way)
        size = rng.uniform(0.6, 1.1, 3) * crown * (1 + 2 / clumps)
        parts.append(solid("bush", way + (0, 0, h + crown), size, green, float(rng.uniform(0, 180))))
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


def car(rng: Generator) -> list[Solid]:
    """A car, van or lorry that points to +y."""
    kind = one_of(rng, "car", "car", "car", "van", "lorry")
    l, w = {"car": (rng.uniform(3.6, 4.8), 1.75), "van": (5.0, 1.95), "lorry": (7.5, 2.4)}[kind]
    paint = material(
        rng,
        "bodywork",
        one_of(rng, "vivid", "grey", "white", "dark"),
        "dark",
        "vivid",
        fitted=True,
        grain=0.0,
        gloss=1.0,
    )
    glass = material(rng, "plain", "dark", gloss=1.5, grain=0.2, tile="cloud")
    rubber, hub = material(rng, "plain", "dark", grain=0.1), material(rng, "plain", "grey", gloss=0.5)
    body = {"car": 0.62, "van": 0.9, "lorry": 0.9}[kind]
    parts = [box((0, 0, 0.28), (w, l, body), paint)]
    parts.append(box((0, 0, 0.2), (w - 0.2, l - 0.3, 0.2), rubber))
    cabin = {
        "car": (0.55, -0.12 * l, 0.58 * l),
        "van": (0.95, -0.06 * l, 0.86 * l),
        "lorry": (1.2, 0.33 * l, 0.28 * l),
    }[kind]
    tall, middle, long = cabin
    z = 0.28 + body
    parts.append(solid("cabin", (0, middle, z + tall / 2), (w - 0.06, long, tall), glass))
    parts.append(box((0, middle - 0.05 * long, z + tall - 0.02), (w * 0.82, long * 0.72, 0.06), paint))
    if kind == "lorry":
        load = material(
            rng,
            "text",
            one_of(rng, "white", "vivid"),
            "dark",
            "vivid",
            scale=0.8,
            fitted=True,
            tile="text",
            grain=0.1,
        )
        parts.append(box((0, -0.16 * l, 0.8), (w, 0.66 * l, 2.2), load))
    for x in (-w / 2 + 0.1, w / 2 - 0.1):
        for y in (-0.31 * l, 0.31 * l):
            parts.append(rod((x - 0.11, y, 0.33), (x + 0.11, y, 0.33), 0.33, rubber))
            parts.append(rod((x, y, 0.33), (x + 0.112 * np.sign(x), y, 0.33), 0.18, hub))
    return parts


def pole(rng: Generator) -> list[Solid]:
    """A lamp post, a traffic sign or a bollard."""
    m, kind = (
        material(rng, "plain", one_of(rng, "grey", "dark"), gloss=0.3),
        one_of(rng, "lamp", "sign", "bollard", "bin"),
    )
    if kind == "lamp":
        h = float(rng.uniform(4, 8))
        return [
            rod((0, 0, 0), (0, 0, h), 0.07, m),
            rod((0, 0, h), (1.2, 0, h + 0.2), 0.05, m),
            box((1.3, 0, h + 0.1), (0.6, 0.25, 0.12), m),
        ]
    if kind == "sign":
        face = material(rng, "text", "white", "vivid", "vivid", scale=0.9, fitted=True, grain=0.0)
        board = quad((0, -0.06, 2.4), (0.35, 0, 0), (0, 0, 0.35), face)
        return [rod((0, 0, 0), (0, 0, 2.8), 0.035, m), board]
    if kind == "bin":
        return [
            rod(
                (0, 0, 0),
                (0, 0, 1.0),
                0.28,
                material(rng, "plain", one_of(rng, "leaf", "dark", "grey")),
            )
        ]
    return [rod((0, 0, 0), (0, 0, 0.9), 0.07, m), solid("sphere", (0, 0, 0.9), (0.16,) * 3, m)]


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

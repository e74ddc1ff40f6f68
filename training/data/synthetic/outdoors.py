"""Things that stand outdoors, each about its own origin on the ground z = 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.synthetic import palette
from training.data.synthetic.palette import Generator, material, one_of
from training.data.synthetic.patterns import Material
from training.data.synthetic.solids import Solid, box, quad, rod, solid


def block(rng: Generator, depth: float, width: float, storeys: int) -> list[Solid]:
    """A town house with its cornice, and perhaps awnings, signs and balconies on both fronts (±x)."""
    face = palette.facade(rng)
    h = storeys * face.scale / face.aspect
    trim = material(rng, "plain", one_of(rng, "stone", "grey", "dark"))
    parts = [
        box((0, 0, 0), (depth, width, h), face),
        box((0, 0, h), (depth + 0.5, width + 0.1, 0.35), trim),
    ]
    if rng.random() < 0.45:
        reach = float(rng.uniform(0.8, 1.6))
        cover = material(rng, "stripes", "vivid", "white", scale=0.5)
        for x in (-1, 1):
            parts.append(box((x * (depth + reach) / 2, 0, 2.7), (reach, width * 0.7, 0.12), cover))
            parts.append(box((x * (depth / 2 + 0.06), 0, 3.0), (0.12, width * 0.6, 0.6), palette.sign(rng)))
    for _ in range(int(rng.integers(0, 3)) * (storeys > 1)):
        level = (1 + int(rng.integers(0, storeys - 1))) * h / storeys
        spot = float(rng.uniform(-0.35, 0.35)) * width
        parts.append(box((0, spot, level), (depth + 1.8, 2.4, 1.0), trim))
    return parts


def house(rng: Generator, depth: float, width: float, storeys: int) -> list[Solid]:
    """A house with a gable roof and a chimney."""
    face, h = palette.facade(rng), storeys * 3.0
    roof = material(rng, "tiled", one_of(rng, "brick", "dark", "earth"), "dark", "dark", scale=0.3)
    rise = float(rng.uniform(1.5, 3.5))
    yaw = 90.0 * (rng.random() < 0.4)
    across, along = (width, depth) if yaw else (depth, width)
    chimney = material(rng, "brick", "brick", "brick", "stone", scale=0.25)
    return [
        box((0, 0, 0), (depth, width, h), face),
        solid("gable", (0, 0, h + rise - 0.05), (across + 0.8, along + 0.6, 2 * rise), roof, yaw),
        box((depth * 0.2, width * 0.2, h), (0.7, 0.7, rise + 1.2), chimney),
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
    m = material(rng, "plain", one_of(rng, "white", "wood", "dark"))
    h = float(rng.uniform(0.8, 1.2))
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
        parts.append(
            solid("bush", way + np.array([0, 0, h + crown]), size, green, float(rng.uniform(0, 180)))
        )
    return parts


@dataclass(frozen=True)
class Make:
    """A vehicle in metres: length low, high · width · height of its body · its cabin's height, middle and
    length, the last two in lengths of the vehicle."""

    length: tuple[float, float]
    width: float
    body: float
    cabin: tuple[float, float, float]


MAKES = {
    "car": Make((3.6, 4.8), 1.75, 0.62, (0.55, -0.12, 0.58)),
    "van": Make((4.6, 5.2), 1.95, 0.9, (0.95, -0.06, 0.86)),
    "lorry": Make((7.0, 8.0), 2.4, 0.9, (1.2, 0.33, 0.28)),
}


def car(rng: Generator) -> list[Solid]:
    """A car, van or lorry that points to +y."""
    kind = one_of(rng, "car", "car", "car", "van", "lorry")
    make = MAKES[kind]
    length, w = float(rng.uniform(*make.length)), make.width
    tone = one_of(rng, "vivid", "grey", "white", "dark")
    paint = material(rng, "bodywork", tone, "dark", "vivid", fitted=True, grain=0.0, gloss=1.0)
    glass = material(rng, "plain", "dark", gloss=1.5, grain=0.2, tile="cloud")
    rubber = material(rng, "plain", "dark", grain=0.1)
    tall, middle, long = make.cabin[0], make.cabin[1] * length, make.cabin[2] * length
    z = 0.28 + make.body
    parts = [
        box((0, 0, 0.28), (w, length, make.body), paint),
        box((0, 0, 0.2), (w - 0.2, length - 0.3, 0.2), rubber),
        solid("cabin", (0, middle, z + tall / 2), (w - 0.06, long, tall), glass),
        box((0, middle - 0.05 * long, z + tall - 0.02), (w * 0.82, long * 0.72, 0.06), paint),
    ]
    if kind == "lorry":
        load = material(
            rng, "text", one_of(rng, "white", "vivid"), "dark", "vivid", fitted=True, tile="text", grain=0.0
        )
        parts.append(box((0, -0.16 * length, 0.8), (w, 0.66 * length, 2.2), load))
    return parts + wheels(rng, length, w, rubber)


def wheels(rng: Generator, length: float, width: float, rubber: Material) -> list[Solid]:
    hub = material(rng, "plain", "grey", gloss=0.5)
    parts = []
    for side in (-1, 1):
        x = side * (width / 2 - 0.1)
        for y in (-0.31 * length, 0.31 * length):
            parts.append(rod((x - 0.11, y, 0.33), (x + 0.11, y, 0.33), 0.33, rubber))
            parts.append(rod((x, y, 0.33), (x + 0.112 * side, y, 0.33), 0.18, hub))
    return parts


def pole(rng: Generator) -> list[Solid]:
    """A lamp post, a traffic sign or a bollard."""
    m = material(rng, "plain", one_of(rng, "grey", "dark"), gloss=0.3)
    kind = one_of(rng, "lamp", "sign", "bollard", "bin")
    if kind == "lamp":
        h = float(rng.uniform(4, 8))
        return [
            rod((0, 0, 0), (0, 0, h), 0.07, m),
            rod((0, 0, h), (1.2, 0, h + 0.2), 0.05, m),
            box((1.3, 0, h + 0.1), (0.6, 0.25, 0.12), m),
        ]
    if kind == "sign":
        face = material(
            rng, "text", "white", "vivid", "vivid", scale=0.9, fitted=True, tile="text", grain=0.0
        )
        board = quad((0, -0.06, 2.4), (0.35, 0, 0), (0, 0, 0.35), face)
        return [rod((0, 0, 0), (0, 0, 2.8), 0.035, m), board]
    if kind == "bin":
        tin = material(rng, "plain", one_of(rng, "leaf", "dark", "grey"))
        return [rod((0, 0, 0), (0, 0, 1.0), 0.28, tin)]
    return [rod((0, 0, 0), (0, 0, 0.9), 0.07, m), solid("sphere", (0, 0, 0.9), (0.16,) * 3, m)]

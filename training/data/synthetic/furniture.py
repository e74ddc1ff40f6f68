"""Things that stand indoors, each about its own origin: on the floor z = 0, back towards +y."""

from __future__ import annotations

from collections.abc import Callable

from training.data.synthetic.palette import Generator, cloth, hard, material, one_of, sign, wood
from training.data.synthetic.solids import Solid, box, placed, quad, rod, solid


def legs(rng: Generator, w: float, d: float, h: float) -> list[Solid]:
    m, thick = hard(rng), rng.uniform(0.02, 0.045)
    spots = [(x * (w / 2 - thick), y * (d / 2 - thick)) for x in (-1, 1) for y in (-1, 1)]
    if rng.random() < 0.5:
        return [rod((x, y, 0), (x, y, h), thick * 0.8, m) for x, y in spots]
    return [box((x, y, 0), (2 * thick, 2 * thick, h), m) for x, y in spots]


def table(rng: Generator) -> list[Solid]:
    w, d, h = rng.uniform(0.8, 1.8), rng.uniform(0.6, 0.9), rng.uniform(0.45, 0.8)
    if rng.random() < 0.3:
        m = hard(rng)
        top = rod((0, 0, h - 0.04), (0, 0, h), d * 0.6, m)
        foot = rod((0, 0, 0), (0, 0, 0.03), d * 0.3, m)
        return [top, foot, rod((0, 0, 0), (0, 0, h), 0.05, m), *clutter(rng, d * 0.7, d * 0.7, h)]
    top = box((0, 0, h - 0.05), (w, d, 0.05), hard(rng))
    return [top, *legs(rng, w, d, h - 0.05), *clutter(rng, w, d, h)]


def chair(rng: Generator) -> list[Solid]:
    w, h, m = rng.uniform(0.4, 0.5), rng.uniform(0.42, 0.48), hard(rng)
    seat = box((0, 0, h - 0.04), (w, w, 0.05), cloth(rng) if rng.random() < 0.5 else m)
    back = box((0, w / 2 - 0.02, h + 0.12), (w, 0.03, rng.uniform(0.25, 0.42)), seat.material)
    posts = [rod((x, w / 2 - 0.02, h), (x, w / 2 - 0.02, h + 0.3), 0.015, m) for x in (-w / 2.3, w / 2.3)]
    return [seat, back, *posts, *legs(rng, w, w, h - 0.04)]


def sofa(rng: Generator) -> list[Solid]:
    w, d, m = rng.uniform(0.8, 2.2), rng.uniform(0.8, 0.95), cloth(rng)
    seats = max(1, round(w / 0.8))
    each = (w - 0.36) / seats
    parts = [
        box((0, 0, 0.05), (w, d, 0.28), m),
        box((0, d / 2 - 0.12, 0.3), (w, 0.24, 0.5), m),
        *(box((x, 0, 0.1), (0.18, d, 0.5), m) for x in (-w / 2 + 0.09, w / 2 - 0.09)),
    ]
    for k in range(seats):
        x = (k + 0.5) * each - each * seats / 2
        parts.append(box((x, -0.1, 0.33), (each - 0.02, d - 0.28, 0.14), m))
    if rng.random() < 0.7:
        x = float(rng.uniform(-w / 3, w / 3))
        parts.append(solid("sphere", (x, 0.1, 0.62), (0.44, 0.2, 0.4), cloth(rng, "vivid"), 20))
    return parts


def bed(rng: Generator) -> list[Solid]:
    w, d = rng.uniform(0.9, 1.8), 2.05
    cover, pillow = cloth(rng), material(rng, "plain", "white")
    parts = [
        box((0, 0, 0), (w, d, 0.3), hard(rng)),
        box((0, 0, 0.3), (w - 0.04, d - 0.06, 0.2), material(rng, "plain", "white")),
        box((0, -0.3, 0.32), (w + 0.02, d * 0.68, 0.22), cover),
        box((0, d / 2 - 0.03, 0), (w, 0.06, rng.uniform(0.6, 1.2)), hard(rng)),
    ]
    for x in (-w / 4, w / 4) if w > 1.3 else (0,):
        parts.append(solid("sphere", (x, d / 2 - 0.35, 0.55), (0.65, 0.42, 0.2), pillow))
    return parts


def cabinet(rng: Generator) -> list[Solid]:
    """Chest, sideboard, wardrobe or fridge with a panelled front."""
    w, d, h = rng.uniform(0.5, 1.8), rng.uniform(0.35, 0.6), rng.uniform(0.5, 2.1)
    body = box((0, 0, 0.06), (w, d, h - 0.06), hard(rng))
    front = material(
        rng, "panels", one_of(rng, "wood", "white", "any"), "dark", "grey", fitted=True,
        scale=max(1, round(w / 0.45)), aspect=float(rng.integers(1, 4)),
    )  # fmt: skip
    face = quad((0, -d / 2 - 0.012, 0.06 + (h - 0.06) / 2), (w / 2, 0, 0), (0, 0, h / 2 - 0.03), front)
    top = clutter(rng, w, d, h) if h < 1.4 else []
    return [body, face, *top]


def shelf(rng: Generator) -> list[Solid]:
    """Open boards between two sides, filled with books, boxes and things."""
    w, d, h = rng.uniform(0.6, 1.4), rng.uniform(0.25, 0.35), rng.uniform(1.0, 2.2)
    m, rows = wood(rng) if rng.random() < 0.6 else hard(rng), int(rng.integers(3, 6))
    parts = [box((x, 0, 0), (0.03, d, h), m) for x in (-w / 2, w / 2)]
    parts.append(box((0, d / 2 - 0.01, 0), (w, 0.02, h), m))
    spines = material(rng, "books", "vivid", "any", "dark", scale=rng.uniform(0.05, 0.09), grain=0.1)
    for k in range(rows + 1):
        z = k * (h - 0.03) / rows
        parts.append(box((0, 0, z), (w, d, 0.03), m))
        if k < rows and rng.random() < 0.75:
            share, tall = rng.uniform(0.4, 0.95), h / rows * rng.uniform(0.55, 0.85)
            x = (w - share * w) / 2 * rng.choice([-0.9, 0.9])
            parts.append(box((x, 0.02, z + 0.03), (share * w - 0.04, d * 0.75, tall), spines))
    return parts


def clutter(rng: Generator, w: float, d: float, z: float) -> list[Solid]:
    """Cups, books, bottles, fruit, boxes and screens on a w×d top at height z."""
    parts: list[Solid] = []
    for _ in range(int(rng.integers(0, 5))):
        x, y = rng.uniform(-0.4, 0.4) * w, rng.uniform(-0.4, 0.4) * d
        kind = one_of(rng, "cup", "book", "bottle", "ball", "box", "screen")
        parts += placed(SMALL[kind](rng), (x, y, z), float(rng.uniform(-50, 50)))
    return parts


def cup(rng: Generator) -> list[Solid]:
    m = material(rng, "plain", "any", gloss=0.4)
    return [rod((0, 0, 0), (0, 0, rng.uniform(0.08, 0.14)), rng.uniform(0.03, 0.05), m)]


def book(rng: Generator) -> list[Solid]:
    return [
        box((0, 0, 0.03 * k), (0.2, 0.27, 0.028), material(rng, "plain", "any"), k * 9)
        for k in range(int(rng.integers(1, 4)))
    ]


def bottle(rng: Generator) -> list[Solid]:
    m, h = material(rng, "plain", "vivid", gloss=0.8), rng.uniform(0.16, 0.22)
    return [rod((0, 0, 0), (0, 0, h), 0.038, m), rod((0, 0, h), (0, 0, h + 0.08), 0.013, m)]


def ball(rng: Generator) -> list[Solid]:
    m, r = material(rng, "plain", "vivid", gloss=0.3), rng.uniform(0.04, 0.12)
    return [solid("sphere", (0, 0, r), (2 * r,) * 3, m)]


def carton(rng: Generator) -> list[Solid]:
    size = rng.uniform(0.12, 0.4, 3)
    face = sign(rng) if rng.random() < 0.5 else material(rng, "plain", "wood")
    return [box((0, 0, 0), size, face)]


def screen(rng: Generator) -> list[Solid]:
    dark = material(rng, "plain", "dark", gloss=0.6)
    glow = material(
        rng,
        one_of(rng, "text", "picture"),
        "any",
        "white",
        "vivid",
        fitted=True,
        glow=1.2,
        tile="print",
        grain=0.0,
    )
    view = quad((0, -0.012, 0.32), (0.26, 0, 0), (0, 0, 0.155), glow)
    stand = box((0, 0.02, 0), (0.18, 0.14, 0.015), dark)
    return [
        box((0, 0.01, 0.15), (0.55, 0.03, 0.34), dark),
        view,
        stand,
        box((0, 0.03, 0), (0.04, 0.03, 0.2), dark),
    ]


def plant(rng: Generator) -> list[Solid]:
    r, h = rng.uniform(0.12, 0.2), rng.uniform(0.2, 0.4)
    green = material(rng, "leaves", "leaf", "leaf", scale=0.5, tile="leaf")
    parts = [rod((0, 0, 0), (0, 0, h), r, material(rng, "plain", one_of(rng, "brick", "white", "grey")))]
    for _ in range(int(rng.integers(6, 12))):
        x, y = rng.normal(0, r, 2)
        size = rng.uniform(0.06, 0.4, 3)
        z = h + size[2] / 2 + float(rng.uniform(0, 0.5))
        parts.append(solid("bush", (x, y, z), size, green, float(rng.uniform(0, 180))))
    return [*parts, rod((0, 0, h), (0, 0, h + 0.5), 0.02, wood(rng))]


def lamp(rng: Generator) -> list[Solid]:
    h, m = rng.uniform(1.2, 1.7), material(rng, "plain", "dark", gloss=0.4)
    shade = material(rng, "plain", "white", glow=rng.uniform(0, 4))
    return [
        rod((0, 0, 0), (0, 0, 0.03), 0.15, m),
        rod((0, 0, 0), (0, 0, h), 0.012, m),
        rod((0, 0, h), (0, 0, h + 0.28), rng.uniform(0.12, 0.2), shade),
    ]


def stool(rng: Generator) -> list[Solid]:
    return [rod((0, 0, 0), (0, 0, rng.uniform(0.35, 0.5)), rng.uniform(0.17, 0.3), cloth(rng))]


def cartons(rng: Generator) -> list[Solid]:
    parts, z = [], 0.0
    for _ in range(int(rng.integers(1, 4))):
        size = rng.uniform(0.25, 0.55, 3)
        face = sign(rng) if rng.random() < 0.3 else material(rng, "plain", "wood", grain=0.2)
        parts.append(box((0, 0, z), size, face, float(rng.uniform(-20, 20))))
        z += float(size[2])
    return parts


def person(rng: Generator) -> list[Solid]:
    """Standing or walking: capsules and spheres, 1.5 to 1.95 m tall."""
    top, skin = cloth(rng), material(rng, "plain", "skin")
    trousers = material(rng, "plain", "dark", tile="grit")
    hair = material(rng, "plain", one_of(rng, "dark", "wood"), grain=0.4, tile="grit")
    step, swing = rng.uniform(0, 0.28), rng.uniform(0, 0.25)
    parts = [
        solid("sphere", (0, 0, 1.25), (0.44, 0.28, 0.66), top),
        solid("sphere", (0, 0, 0.98), (0.36, 0.26, 0.36), top),
        rod((0, 0, 1.45), (0, 0, 1.6), 0.055, skin),
        solid("sphere", (0, 0, 1.66), (0.17, 0.2, 0.25), skin),
        solid("sphere", (0, 0.02, 1.7), (0.19, 0.2, 0.2), hair),
    ]
    for side in (-1, 1):
        knee = (0.1 * side, -side * step / 2, 0.5)
        foot = (0.1 * side, -side * step + 0.08 * (side * step > 0), 0.06)
        hand = (0.3 * side, side * swing - 0.05, 0.82)
        elbow = (0.27 * side, side * swing * 0.3, 1.12)
        parts += [
            rod((0.09 * side, 0, 0.95), knee, 0.085, trousers),
            rod(knee, foot, 0.065, trousers),
        ]
        parts.append(solid("sphere", (foot[0], foot[1] - 0.06, 0.05), (0.11, 0.28, 0.11), hair))
        parts += [rod((0.2 * side, 0, 1.45), elbow, 0.055, top), rod(elbow, hand, 0.045, skin)]
        parts.append(solid("sphere", (0.2 * side, 0, 1.44), (0.14, 0.14, 0.14), top))
    return placed(parts, (0, 0, 0), 0, float(rng.uniform(0.84, 1.08)))


Builder = Callable[[Generator], list[Solid]]
SMALL: dict[str, Builder] = {
    "cup": cup, "book": book, "bottle": bottle, "ball": ball, "box": carton, "screen": screen,
}  # fmt: skip
# stands against a wall · stands anywhere
ALONG_WALL: dict[str, Builder] = {
    "cabinet": cabinet, "shelf": shelf, "sofa": sofa, "bed": bed, "table": table, "plant": plant,
    "lamp": lamp, "cartons": cartons, "chair": chair,
}  # fmt: skip
FREE: dict[str, Builder] = {
    "table": table, "chair": chair, "stool": stool, "person": person, "plant": plant, "ball": ball,
    "cartons": cartons, "sofa": sofa,
}  # fmt: skip

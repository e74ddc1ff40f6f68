"""Random colours and materials that look like what they are called."""

from __future__ import annotations

import colorsys

import numpy as np

from training.data.synthetic.patterns import Material
from training.data.synthetic.tiles import Array

Generator = np.random.Generator

# name → hue low, high, saturation low, high, value low, high (sRGB)
TONES: dict[str, tuple[float, float, float, float, float, float]] = {
    "white": (0.05, 0.2, 0.0, 0.1, 0.8, 0.97),
    "pastel": (0.0, 1.0, 0.05, 0.25, 0.6, 0.9),
    "vivid": (0.0, 1.0, 0.4, 0.9, 0.25, 0.85),
    "any": (0.0, 1.0, 0.0, 0.5, 0.12, 0.85),
    "dark": (0.0, 1.0, 0.0, 0.4, 0.06, 0.3),
    "grey": (0.0, 1.0, 0.0, 0.06, 0.25, 0.75),
    "wood": (0.04, 0.1, 0.3, 0.7, 0.25, 0.8),
    "brick": (0.0, 0.07, 0.35, 0.65, 0.35, 0.7),
    "stone": (0.05, 0.15, 0.05, 0.3, 0.45, 0.85),
    "grass": (0.2, 0.3, 0.35, 0.65, 0.3, 0.55),
    "leaf": (0.14, 0.34, 0.35, 0.75, 0.25, 0.6),
    "earth": (0.05, 0.11, 0.25, 0.5, 0.25, 0.5),
    "asphalt": (0.0, 1.0, 0.0, 0.05, 0.35, 0.6),
    "skin": (0.03, 0.08, 0.3, 0.55, 0.35, 0.95),
}


def colour(rng: Generator, tone: str) -> Array:
    """Linear RGB drawn from TONES."""
    share = rng.random(3).tolist()
    low, high = TONES[tone][::2], TONES[tone][1::2]
    h, s, v = (a + (b - a) * x for a, b, x in zip(low, high, share, strict=True))
    return np.array([x**2.2 for x in colorsys.hsv_to_rgb(h, s, v)], np.float32)


def material(rng: Generator, paint: str, *tones: str, **options: object) -> Material:
    """A Material of that paint with one colour a tone; the last tone serves for those not given."""
    names = (*tones, *(tones[-1],) * (3 - len(tones)))
    colours = np.stack([colour(rng, name) for name in names])
    shift = tuple(float(x) for x in rng.random(2))
    defaults: dict[str, object] = {"shift": shift, "grain": float(rng.uniform(0.05, 0.35))}
    return Material(paint, colours, **(defaults | options))  # type: ignore[arg-type]


def one_of(rng: Generator, *choices: str) -> str:
    return choices[int(rng.integers(len(choices)))]


def wood(rng: Generator) -> Material:
    return material(
        rng,
        "planks",
        "wood",
        "wood",
        "dark",
        scale=rng.uniform(0.15, 0.6),
        gloss=rng.uniform(0, 0.3),
    )


def cloth(rng: Generator, tone: str = "any") -> Material:
    """Fabric: plain, mottled or striped."""
    paint = one_of(rng, "plain", "mottled", "stripes", "checker")
    scale = rng.uniform(0.04, 0.3)
    return material(rng, paint, tone, "any", scale=scale, tile="grit", grain=rng.uniform(0.2, 0.5))


def hard(rng: Generator) -> Material:
    """Furniture: wood, paint, metal or plastic."""
    kind = one_of(rng, "wood", "wood", "white", "any", "vivid", "grey")
    if kind == "wood":
        return wood(rng)
    return material(rng, "plain", kind, grain=rng.uniform(0, 0.15), gloss=rng.uniform(0, 0.6))


def floor(rng: Generator) -> Material:
    kind = one_of(rng, "planks", "planks", "tiled", "checker", "mottled", "carpet")
    if kind == "planks":
        return material(
            rng,
            "planks",
            "wood",
            "wood",
            "dark",
            scale=rng.uniform(0.08, 0.25),
            gloss=rng.uniform(0, 0.4),
        )
    if kind == "carpet":
        return material(rng, "plain", "any", tile="grit", grain=rng.uniform(0.4, 0.9))
    return material(
        rng, kind, "stone", one_of(rng, "stone", "dark", "any"), "grey", scale=rng.uniform(0.2, 0.6),
        gloss=rng.uniform(0, 0.5), tile="cloud",
    )  # fmt: skip


def wall(rng: Generator) -> Material:
    kind = one_of(rng, "plain", "plain", "plain", "stripes", "brick", "tiled", "planks", "mottled")
    tone = one_of(rng, "white", "white", "pastel", "pastel", "stone", "any")
    tones = {"brick": ("brick", "brick", "stone"), "planks": ("wood", "wood", "dark")}
    scales = {"brick": 0.25, "stripes": rng.uniform(0.1, 0.4), "tiled": rng.uniform(0.1, 0.3)}
    return material(
        rng, kind, *tones.get(kind, (tone, tone if kind != "stripes" else "pastel", "grey")),
        scale=scales.get(kind, 0.5), grain=rng.uniform(0.03, 0.25),
    )  # fmt: skip


def facade(rng: Generator) -> Material:
    under = one_of(rng, "brick", "brick", "plain", "plain", "mottled", "tiled", "planks")
    tone = "brick" if under == "brick" else one_of(rng, "stone", "pastel", "white", "grey")
    bay = rng.uniform(1.4, 3.6)
    return material(
        rng, "facade", tone, tone, "white", scale=bay, aspect=bay / rng.uniform(2.7, 3.5), under=under,
        grain=rng.uniform(0.1, 0.3),
    )  # fmt: skip


def sign(rng: Generator) -> Material:
    """Lettering on paper or a board."""
    return material(
        rng, "text", one_of(rng, "white", "vivid", "pastel"), one_of(rng, "dark", "vivid"), "vivid",
        scale=rng.uniform(0.5, 1.6), tile=one_of(rng, "text", "print"), grain=0.0, fitted=True,
    )  # fmt: skip

"""Surface patterns: position on the surface in metres → albedo, filtered to the size of a pixel there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.data.synthetic.patterns import Material, Patch, chance, middle, mix, pulse, steady
from training.data.synthetic.tiles import Array, read, read_nearest

Paint = Callable[[Patch, Material], Array]


def plain(patch: Patch, material: Material) -> Array:
    return np.repeat(material.colours[0][:, None], len(patch.u), 1)


def mottled(patch: Patch, material: Material) -> Array:
    """Two colours through large noise: concrete, grass, carpet, marble."""
    p = patch.over(material.scale * 3)
    return mix(material.colours[0], material.colours[1], read(material.tile, p.u, p.v, p.footprint))


def checker(patch: Patch, material: Material) -> Array:
    p = patch.over(2 * material.scale)
    a, b = pulse(p.u, 0.5, p.footprint), pulse(p.v, 0.5, p.footprint)
    return mix(material.colours[0], material.colours[1], a + b - 2 * a * b)


def tiled(patch: Patch, material: Material) -> Array:
    """Tiles with joints, each of a slightly other tone."""
    p = patch.over(material.scale, material.aspect)
    tone = chance(p.u, p.v) * steady(p.footprint)
    face = middle(p.u, 0.96, p.footprint) * middle(p.v, 0.96, p.footprint)
    return mix(material.colours[2], mix(material.colours[0], material.colours[1], 0.5 * tone), face)


def brick(patch: Patch, material: Material) -> Array:
    """Running bond: every other row moved by half a brick."""
    p = patch.over(material.scale, 3.0)
    u = p.u + np.float32(0.5) * (np.floor(p.v) % 2)
    tone = 0.5 + (chance(u, p.v) - 0.5) * steady(p.footprint)
    face = middle(u, 0.95, p.footprint) * middle(p.v, 0.86, 3 * p.footprint)
    return mix(material.colours[2], mix(material.colours[0], material.colours[1], tone), face)


def planks(patch: Patch, material: Material) -> Array:
    """Boards along v: own tone each, long grain, dark joints."""
    p = patch.over(material.scale)
    row = np.floor(p.u)
    along = p.v / np.float32(8) + chance(row, row) * 5
    tone = chance(row, along) * steady(p.footprint)
    grain = read("plaster", p.u * 0.7 + tone, p.v * 0.06 + tone * 3, p.footprint * 0.35)
    face = middle(p.u, 0.97, p.footprint) * middle(along, 0.995, p.footprint / 8)
    wood = mix(material.colours[0], material.colours[1], np.clip(0.6 * tone + 0.8 * grain - 0.2, 0, 1))
    return mix(material.colours[2], wood, 0.3 + 0.7 * face)


def stripes(patch: Patch, material: Material) -> Array:
    p = patch.over(material.scale)
    return mix(material.colours[0], material.colours[1], pulse(p.u, 0.5 * material.aspect, p.footprint))


def text(patch: Patch, material: Material) -> Array:
    """Lettering with a heading in larger letters and a picture block."""
    p = patch.over(material.scale)
    ink = read(material.tile, p.u, -p.v, p.footprint)
    block = middle(p.u * 2, 0.4, 2 * p.footprint) * middle(p.v * 1.5, 0.4, 1.5 * p.footprint)
    paper = mix(material.colours[0], material.colours[2], block * chance(p.u * 2, p.v * 1.5))
    return mix(material.colours[1], paper, ink)


def books(patch: Patch, material: Material) -> Array:
    """Spines of many widths, colours and heights side by side in rows as high as the face."""
    p = patch.over(material.scale)
    u = p.u + 0.6 * np.sin(p.u * 1.7) + 0.3 * np.sin(p.u * 4.1)
    wide = np.abs(1 + 1.02 * np.cos(p.u * 1.7) + 1.23 * np.cos(p.u * 4.1)) * p.footprint
    pick, other = chance(u, u * 0), chance(u, u * 0 + 7)
    spine = mix(mix(material.colours[0], material.colours[1], pick), material.colours[2], other * other)
    spine = spine * (0.35 + 0.9 * chance(u, u * 0 + 3))
    label = middle(p.v * 0.3 + other, 0.25, 0.3 * p.footprint) * (pick > 0.5)
    spine = spine + (0.4 * label)[None]
    return spine * (0.25 + 0.75 * middle(u, 0.9, wide))


def picture(patch: Patch, material: Material) -> Array:
    """A framed painting: land under a sky with blots of a third colour."""
    p = patch
    a = read("cloud", p.u * 0.35 + material.shift[0], p.v * 0.35 + material.shift[1], p.footprint * 0.35)
    b = read("leaf", p.u * 0.3 + material.shift[1], p.v * 0.3, p.footprint * 0.3)
    land = np.clip((0.6 * a + 0.2 - p.v) * 12 + 0.5, 0, 1)
    view = mix(material.colours[0][:, None] * (0.6 + 0.4 * p.v), material.colours[1][:, None] * b, land)
    view = mix(view, material.colours[2], np.clip((a * b - 0.27) * 12, 0, 1))
    edge = np.minimum(np.minimum(p.u, 1 - p.u), np.minimum(p.v, 1 - p.v))
    passe = np.clip((edge - 0.1) / p.footprint, 0, 1)
    frame = np.clip((edge - 0.035) / p.footprint, 0, 1)
    return mix(mix(material.colours[2] * 0.3, np.array([0.8, 0.78, 0.72]), frame), view, passe)


def panels(patch: Patch, material: Material) -> Array:
    """A door or cupboard front: scale panels across, aspect down, with grooves and a handle."""
    u, v = patch.u * np.float32(material.scale), patch.v * np.float32(material.aspect)
    wu, wv = patch.footprint * material.scale, patch.footprint * material.aspect
    outer = middle(u, 0.97, wu) * middle(v, 0.97, wv)
    groove = middle(u, 0.74, wu) * middle(v, 0.8, wv) - middle(u, 0.7, wu) * middle(v, 0.76, wv)
    knob = middle(u + 0.36, 0.06, wu) * middle(v, 0.12, wv)
    face = material.colours[0][:, None] * ((0.25 + 0.75 * outer) * (1 - 0.45 * groove))
    return mix(face, material.colours[2], knob)


def pane(patch: Patch, material: Material) -> Array:
    """A window seen from inside: bright sky over dim ground behind bars."""
    u, v = patch.u * np.float32(material.scale), patch.v * np.float32(material.aspect)
    wu, wv = patch.footprint * material.scale, patch.footprint * material.aspect
    glass = middle(u, 0.9, wu) * middle(v, 0.9, wv)
    haze = read("leaf", patch.u * 0.2 + material.shift[0], patch.v * 0.2, patch.footprint * 0.2)
    ground = np.clip((0.25 + 0.35 * haze - 0.7 * patch.v + material.shift[1] * 0.3) * 8, 0, 1)
    outside = mix(material.colours[0] * 2, material.colours[1][:, None] * (0.5 + haze), ground)
    return mix(material.colours[2] * 0.5, outside, glass)


def facade(patch: Patch, material: Material) -> Array:
    """Storeys of windows: scale wide bays, aspect = bay width over storey height; shops at the ground."""
    p = patch.over(material.scale, material.aspect)
    wide, high = p.footprint, p.footprint * np.float32(material.aspect)
    shop = (p.v < 1) & (material.shift[0] > 0.5)
    glass = middle(p.u, 0.46, wide) * middle(p.v, 0.5, high)
    frame = middle(p.u, 0.54, wide) * middle(p.v, 0.58, high)
    glass = np.where(shop, middle(p.u, 0.84, wide) * middle(p.v, 0.66, high), glass)
    frame = np.where(shop, middle(p.u, 0.9, wide) * middle(p.v, 0.74, high), frame)
    kind = chance(p.u, p.v)
    inside = read_nearest("cloud", p.u * 0.3, p.v * 0.4, p.footprint * 0.4)
    bar = middle(p.u * 2 + 0.5, 0.08, 2 * wide) * ~shop
    tone = 0.03 + 0.3 * inside * kind * kind + 0.35 * (kind > 0.85) * ((p.v % 1) > 0.5)
    panes = np.array([0.8, 0.95, 1.15], np.float32)[:, None] * tone * (1 - 0.5 * bar)
    wall = PAINTS[material.under](patch, wall_of(material))
    wall = wall * (1 - 0.25 * pulse(p.v + 0.03, 0.06, high))
    sill = mix(wall, material.colours[2] * 1.2, frame)
    return mix(sill, panes, glass)


def wall_of(material: Material) -> Material:
    scales = {"brick": 0.26, "planks": 0.2, "tiled": 0.6}
    return Material(material.under, material.colours, scales.get(material.under, 1.0), tile="plaster")


def road(patch: Patch, material: Material) -> Array:
    """Asphalt with worn tracks; scale is the width of the road, lanes = aspect, along v."""
    p = patch.over(material.scale)
    across, w = p.u, p.footprint
    lanes = material.aspect
    dash = pulse(patch.v / np.float32(6) + material.shift[0], 0.5, patch.footprint / 6)
    line = middle(across * lanes + 0.5, 0.12 / material.scale * lanes, w * lanes)
    edge = middle(across, 0.955, w) - middle(across, 0.925, w)
    inner = (across > 0.1) & (across < 0.9)
    paint = np.clip(line * dash * inner + edge * (material.shift[1] > 0.4), 0, 1)
    stain = read("cloud", patch.u * 0.11, patch.v * 0.04, patch.footprint * 0.11)
    rough = read_nearest("grit", patch.u * 0.8, patch.v * 0.8, patch.footprint * 0.8)
    asphalt = material.colours[0][:, None] * (0.45 + 0.6 * stain + 0.5 * rough)
    return mix(asphalt, material.colours[1], paint * (0.4 + 0.6 * rough))


def leaves(patch: Patch, material: Material) -> Array:
    """Clumps of light and dark green."""
    p = patch.over(material.scale)
    fine = read("leaf", p.u, p.v, p.footprint)
    return mix(material.colours[0] * 0.4, material.colours[1], np.clip(1.7 * fine - 0.35, 0, 1))


def bodywork(patch: Patch, material: Material) -> Array:
    """Fitted to a car's body: dark sill, bumper line, lamps at the ends of the face."""
    sill = patch.v < 0.22
    lamp = (np.abs(patch.v - 0.68) < 0.12) & (np.abs(patch.u - 0.5) > 0.36)
    trim = np.abs(patch.u - 0.5) < 0.006
    shade = np.where(sill, 0.12, 1 - 0.5 * trim).astype(np.float32)
    return mix(material.colours[0][:, None] * shade, material.colours[2], 0.8 * lamp)


PAINTS: dict[str, Paint] = {
    "plain": plain,
    "mottled": mottled,
    "checker": checker,
    "tiled": tiled,
    "brick": brick,
    "planks": planks,
    "stripes": stripes,
    "text": text,
    "books": books,
    "picture": picture,
    "panels": panels,
    "pane": pane,
    "facade": facade,
    "road": road,
    "leaves": leaves,
    "bodywork": bodywork,
}


def albedo(patch: Patch, material: Material) -> Array:
    """3×N linear RGB: the paint under its grain."""
    colour = PAINTS[material.paint](patch, material)
    if material.grain == 0:
        return colour
    size = 1.0 if material.fitted else 1.7
    u, v = patch.u / np.float32(size) + material.shift[0], patch.v / np.float32(size)
    noise = read_nearest(material.tile, u, v, patch.footprint / np.float32(size))
    return colour * (1 + np.float32(2 * material.grain) * (noise - np.float32(0.5)))

"""Point clouds to turn with the mouse: plotly's 3-D scatter, small enough for a page."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from math import radians, tan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.picture import BACKGROUND
from bench.row import Cloud
from bench.writers.chooser import Choice

MOST_POINTS = 24_000
FARTHEST = 5.0  # times the median depth
STEPS = 30_000  # of a coordinate, from the middle of the box to its farthest wall: fits in 16 bits
COLOURS = 256
FOV_DEG = 45.0  # of plotly's camera, from top to bottom
ASPECT = 4 / 3  # of the viewer, or wider
SEEN = 0.98  # the share of the points that is in view at first
Floats = NDArray[np.float64]


def scenes(clouds: Sequence[Cloud]) -> list[Choice]:
    """A figure for each cloud; those of one photo share box and camera, so that they can be compared."""
    made = []
    for title in dict.fromkeys(cloud.title for cloud in clouds):
        those = [(cloud, *_thinned(cloud)) for cloud in clouds if cloud.title == title]
        seen = [(cloud, points, colours) for cloud, points, colours in those if len(points)]
        if not seen:
            continue
        every = np.concatenate([points for _, points, _ in seen])
        box = _box(every)
        layout = _layout(title, box, _eye(every))
        for cloud, points, colours in seen:
            figure = {"data": [_trace(points, colours, box)], "layout": layout}
            made.append(Choice(title, f"{cloud.model} {cloud.variant}", figure))
    return made


def _thinned(cloud: Cloud) -> tuple[Floats, NDArray[np.uint8]]:
    """At most MOST_POINTS points, even over the photo, in plotly's axes (x right, y forward, z up).

    Without those that are not finite, and those so far off that the scene would shrink to a dot: sky.
    """
    kept = np.flatnonzero(np.isfinite(cloud.points).all(axis=1) & (cloud.points[:, 2] > 0))
    if len(kept):
        depth = cloud.points[kept, 2]
        kept = kept[depth <= FARTHEST * np.median(depth)]
    if len(kept) > MOST_POINTS:
        kept = kept[_even(cloud.points[kept])]
    x, y, z = cloud.points[kept].astype(np.float64).T
    return np.stack([x, z, -y], axis=1), cloud.colours[kept]


def _even(points: NDArray[np.float32]) -> NDArray[np.intp]:
    """Indices of one point in each of MOST_POINTS square cells of the photo, as far as there is one."""
    seen = points[:, :2] / points[:, 2:]
    low, high = seen.min(axis=0), seen.max(axis=0)
    # A strip has cells along it alone; points of one single ray share a cell.
    side = max(np.sqrt(np.prod(high - low) / MOST_POINTS), (high - low).max() / MOST_POINTS, 1e-9)
    columns, rows = (((high - low) / side).astype(np.intp)).clip(1)
    column, row = np.minimum(((seen - low) / side).astype(np.intp), (columns - 1, rows - 1)).T
    kept: NDArray[np.intp] = np.unique(row * columns + column, return_index=True)[1]
    return kept


def _box(points: Floats) -> Floats:
    """2×3: lowest and highest corner, nowhere without extent."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.maximum((high - low) / 2, 0.01 * float((high - low).max()) + 1e-6)
    middle = (low + high) / 2
    return np.stack([middle - room, middle + room])


def _trace(points: Floats, colours: NDArray[np.uint8], box: Floats) -> dict[str, Any]:
    middle, step = box.mean(axis=0), _step(box)
    places = np.rint((points - middle) / step).astype("<i2")
    index, palette = _palette(colours)
    return {
        "type": "scatter3d",
        "mode": "markers",
        **{axis: _packed(places[:, i]) for i, axis in enumerate("xyz")},
        "marker": {
            "size": 4, "symbol": "square", "showscale": False,
            "color": _packed(index), "cmin": 0, "cmax": COLOURS - 1,
            "colorscale": [[i / (COLOURS - 1), f"rgb({r},{g},{b})"] for i, (r, g, b) in enumerate(palette)],
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }  # fmt: skip


def _step(box: Floats) -> float:
    return float((box[1] - box[0]).max() / 2 / STEPS)


def _packed(values: NDArray[Any]) -> dict[str, str]:
    """An array as plotly.js reads it: base64 of little-endian numbers, a fifth of its size as text."""
    kind = {"<i2": "i2", "|u1": "u1"}[values.dtype.str]
    return {"dtype": kind, "bdata": base64.b64encode(values.tobytes()).decode("ascii")}


def _palette(colours: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], list[list[int]]]:
    """Each point's colour as a number below COLOURS, and what colours those are."""
    from PIL import Image

    flat = Image.fromarray(np.ascontiguousarray(colours[None]))
    reduced = flat.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette = np.zeros((COLOURS, 3), np.uint8)
    known = np.array(reduced.getpalette(), np.uint8).reshape(-1, 3)[:COLOURS]
    palette[: len(known)] = known
    return np.asarray(reduced, np.uint8).ravel(), palette.tolist()


def _eye(points: Floats) -> Floats:
    """Where the photo was taken (0, 0, 0), or so far behind that all but a few points are in view."""
    upwards = tan(radians(FOV_DEG / 2))
    high = np.abs(points[:, 2]) / upwards - points[:, 1]
    wide = np.abs(points[:, 0]) / (upwards * ASPECT) - points[:, 1]
    return np.array([0, -max(0.0, float(np.quantile(np.maximum(high, wide), SEEN))), 0])


def _layout(title: str, box: Floats, eye: Floats) -> dict[str, Any]:
    """Plotly's camera counts in units of the box, from its middle; one turns about the middle depth, 1."""
    middle, extent = box.mean(axis=0), box[1] - box[0]
    scale = 1 / float(extent.max())
    camera = {
        "eye": _vector((eye - middle) * scale),
        "center": _vector((np.array([0, 1, 0]) - middle) * scale),
        "up": {"x": 0, "y": 0, "z": 1},
    }
    sides = dict(zip("xyz", extent / 2 / _step(box), strict=True))
    background = f"rgb{BACKGROUND}"
    return {
        "scene": {
            **{f"{axis}axis": {"visible": False, "range": [-side, side]} for axis, side in sides.items()},
            "aspectmode": "manual",
            "aspectratio": _vector(extent * scale),
            "camera": camera,
            "dragmode": "turntable",
            "bgcolor": background,
        },
        "paper_bgcolor": background,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "meta": title,
    }


def _vector(values: Floats) -> dict[str, float]:
    return {axis: round(float(value), 5) for axis, value in zip("xyz", values, strict=True)}

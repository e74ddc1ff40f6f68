"""Small collections: `more/FOLDER/index.csv` (name, kind, meaning, use), photo `NAME.jpg`, 16-bit `NAME.png`.

Rows of `use` test alone are read. The kind says what the PNG holds: absolute = millimetres, uts = inverse
depth up to a factor, utss = inverse depth up to scale and shift. What stands before ":" in `meaning` is the
scene; images of one scene are one group. A folder whose tests are mostly utss is scored as disparity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.testsets.shot import (
    DataError,
    Shots,
    Truth,
    different,
    inside,
    read_png16,
    read_rgb,
    read_rows,
)

LAYOUT = "more/FOLDER/index.csv with pictures beside it"
COLUMNS = ("name", "kind", "meaning", "use")
KINDS = ("absolute", "uts", "utss")


@dataclass(frozen=True)
class Collection:
    """A folder of the collections. as_disparity: all its rows are scored after scale and shift."""

    title: str
    cap_m: float | None = None
    as_disparity: bool = False


COLLECTIONS: dict[str, Collection] = {
    "stereo_photo": Collection("stereo photographs", as_disparity=True),
    "mvs_outdoor": Collection("outdoor scenes, multi-view stereo"),
    "mvs_indoor": Collection("indoor scenes, multi-view stereo"),
    "mvs2_outdoor": Collection("more outdoor scenes, multi-view stereo"),
    "mvs2_indoor": Collection("more indoor scenes, multi-view stereo"),
    "rgbd_rooms": Collection("rooms, RGB-D cameras", 10.0),
    "rgbd_objects": Collection("objects, RGB-D cameras", 10.0),
    "rgbd_plants": Collection("plants, RGB-D cameras", 10.0),
    "tabletop": Collection("tables, RGB-D cameras", 10.0),
    "street": Collection("streets, LiDAR", 80.0),
    "rendered": Collection("rendered scenes"),
}


def finder(name: str) -> Callable[[Path], Shots | None]:
    """The `find` of one folder."""
    return lambda data: _find(data / "more" / name, COLLECTIONS[name].as_disparity)


def _find(folder: Path, as_disparity: bool) -> Shots | None:
    index = folder / "index.csv"
    if not index.is_file():
        return None
    rows = _tests(index, KINDS if as_disparity else KINDS[:2])
    if not rows:
        return None
    names = different(index, [name for name, _, _ in rows])
    return Shots(
        names=names,
        groups=tuple(group for _, _, group in rows),
        photo=lambda i: read_rgb(inside(folder, f"{names[i]}.jpg")),
        truth=lambda i: _truth(inside(folder, f"{names[i]}.png"), rows[i][1], as_disparity),
        where=folder,
    )


def _tests(index: Path, kinds: Sequence[str]) -> list[tuple[str, str, str]]:
    """Name, kind and scene of the rows for testing."""
    tests = []
    for number, row in enumerate(read_rows(index, COLUMNS), start=2):
        if row["use"] == "test":
            if row["kind"] not in kinds:
                raise DataError(f"{index}, line {number}: kind '{row['kind']}' (allowed: {', '.join(kinds)})")
            tests.append((row["name"], row["kind"], scene(row["name"], row["meaning"])))
    return tests


def scene(name: str, meaning: str) -> str:
    """What stands before the colon; where there is none the image is a scene of its own."""
    return meaning.split(":", maxsplit=1)[0] if ":" in meaning else name


def _truth(path: Path, kind: str, as_disparity: bool) -> Truth:
    values = read_png16(path)
    inverse = np.divide(1, values, out=np.zeros_like(values), where=values > 0)
    if as_disparity:
        return Truth(disparity=inverse if kind == "absolute" else values)
    if kind == "absolute":
        return Truth(depth=values / np.float32(1000))
    return Truth(depth=inverse, metric=False)

"""RGB-D frames of many cameras: `other_cameras/NAME.{jpg,png,json}`, depth in units of the JSON.

Frames of NYU's own camera (`nyu_raw_*`) are left out: the set is meant to be of cameras that training
has not seen. Frames of one video are one group: the name up to its last number.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from bench.testsets.shot import DataError, Shots, Truth, read_png16, read_rgb

PUBLISHED_AT = "frames of several public sets"
LAYOUT = "other_cameras with NAME.jpg, NAME.png and NAME.json"
CAP_M = 10.0
LEFT_OUT = "nyu_raw_"


def find(data: Path) -> Shots | None:
    """Photos with sensor depth, holes kept."""
    folder = data / "other_cameras"
    names = tuple(sorted(p.stem for p in folder.glob("*.json") if not p.stem.startswith(LEFT_OUT)))

    def truth(i: int) -> Truth:
        depth = read_png16(folder / f"{names[i]}.png") * _unit(folder / f"{names[i]}.json")
        return Truth(depth=depth.astype(np.float32))

    groups = tuple(map(scene, names))
    return (
        Shots(names, groups, lambda i: read_rgb(folder / f"{names[i]}.jpg"), truth, folder) if names else None
    )


def scene(name: str) -> str:
    """The name without its last number: `kitchen_frame-000010` and `kitchen_frame-000017` are one."""
    return re.sub(r"[-_]\d+$", "", name)


def _unit(path: Path) -> float:
    try:
        return float(json.loads(path.read_text(encoding="utf-8"))["depth_unit_m"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: has no 'depth_unit_m' that can be read ({error})") from error

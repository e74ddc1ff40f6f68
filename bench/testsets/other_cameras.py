"""RGB-D frames of many cameras: `other_cameras/NAME.{jpg,png,json}`, depth in units of the JSON.

Frames of NYU's own camera (`nyu_raw_*`) are left out: the set is meant to be of cameras that training
has not seen. Frames of one video are one group: the name up to its last number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.testsets.shot import DataError, Shot, Shots, read_png16, read_rgb, same_size

CAP_M = 10.0
LEFT_OUT = "nyu_raw_"


@dataclass(frozen=True)
class OtherCameras:
    """Photos with sensor depth, holes kept."""

    folder: Path
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Shot]:
        for name in self.names:
            unit_m = _unit(self.folder / f"{name}.json")
            depth = read_png16(self.folder / f"{name}.png") * unit_m
            image = read_rgb(self.folder / f"{name}.jpg")
            yield same_size(Shot(name, image, depth=depth.astype("float32"), group=scene(name)))


def find(data: Path) -> Shots | None:
    folder = data / "other_cameras"
    names = sorted(path.stem for path in folder.glob("*.json") if not path.stem.startswith(LEFT_OUT))
    return OtherCameras(folder, tuple(names)) if names else None


def scene(name: str) -> str:
    """The name without its last number: `kitchen_frame-000010` and `kitchen_frame-000017` are one."""
    return re.sub(r"[-_]\d+$", "", name)


def _unit(path: Path) -> float:
    try:
        return float(json.loads(path.read_text(encoding="utf-8"))["depth_unit_m"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: has no 'depth_unit_m' that can be read ({error})") from error

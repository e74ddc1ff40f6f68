"""NYU Depth v2, test images as a folder: `nyu/dev/index.csv`, `NNNNN.jpg`, `NNNNN.png` (mm).

Scored as the paper does: 8 px of border off, cap 10 m. Column `scene_type` of index.csv and runs of
neighbouring indices say which images belong together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.testsets.shot import DataError, Shot, Shots, read_depth_mm, read_rgb, read_rows, same_size

PUBLISHED_AT = "https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html"
BORDER_PX = 8
CAP_M = 10.0
# Indices of one block lie this close; the next scene starts further on.
SAME_SCENE = 5


@dataclass(frozen=True)
class NyuDev:
    """The images of the dev folder, in the order of their index."""

    folder: Path
    names: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Shot]:
        inner = (slice(BORDER_PX, -BORDER_PX), slice(BORDER_PX, -BORDER_PX))
        for name, group in zip(self.names, self.groups, strict=True):
            image = read_rgb(self.folder / f"{name}.jpg")
            depth = read_depth_mm(self.folder / f"{name}.png")
            whole = same_size(Shot(f"{self.folder / name}.png", image, depth=depth))
            yield Shot(name, whole.image[inner], depth=depth[inner], group=group)


def find(data: Path) -> Shots | None:
    index = data / "nyu" / "dev" / "index.csv"
    if not index.is_file():
        return None
    rows = [(row["name"], row["scene_type"]) for row in read_rows(index, ("name", "scene_type"))]
    if bad := [name for name, _ in rows if not name.isdigit()]:
        raise DataError(f"{index}: name '{bad[0]}' is not a number")
    rows.sort()
    return NyuDev(index.parent, tuple(name for name, _ in rows), _groups(rows))


def _groups(rows: list[tuple[str, str]]) -> tuple[str, ...]:
    groups: list[str] = []
    last, scene, number = -SAME_SCENE - 1, "", -1
    for name, kind in rows:
        if int(name) - last > SAME_SCENE or kind != scene:
            number += 1
        last, scene = int(name), kind
        groups.append(f"{kind} {number}")
    return tuple(groups)

"""NYU Depth v2, test images as a folder: `nyu/dev/index.csv`, `NNNNN.jpg`, `NNNNN.png` (mm).

Scored as the paper does: 8 px of border off, cap 10 m. Column `scene_type` of index.csv and runs of
neighbouring indices say which images belong together.
"""

from __future__ import annotations

from pathlib import Path

from bench.testsets.shot import DataError, Shots, Truth, different, read_depth_mm, read_rgb, read_rows

PUBLISHED_AT = "https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html"
LAYOUT = "nyu/dev with index.csv, NNNNN.jpg and NNNNN.png (mm)"
BORDER_PX = 8
CAP_M = 10.0
INNER = (slice(BORDER_PX, -BORDER_PX), slice(BORDER_PX, -BORDER_PX))
# Indices of one block lie this close; the next scene starts further on.
SAME_SCENE = 5


def find(data: Path) -> Shots | None:
    """The images of the dev folder, in the order of their index."""
    index = data / "nyu" / "dev" / "index.csv"
    if not index.is_file():
        return None
    rows = [(row["name"], row["scene_type"]) for row in read_rows(index, ("name", "scene_type"))]
    if bad := [name for name, _ in rows if not name.isdigit()]:
        raise DataError(f"{index}: name '{bad[0]}' is not a number")
    rows.sort()
    folder, names = index.parent, different(index, [name for name, _ in rows])

    def truth(i: int) -> Truth:
        return Truth(depth=read_depth_mm(folder / f"{names[i]}.png")[INNER])

    return Shots(names, _groups(rows), lambda i: read_rgb(folder / f"{names[i]}.jpg")[INNER], truth, folder)


def _groups(rows: list[tuple[str, str]]) -> tuple[str, ...]:
    groups: list[str] = []
    last, scene, number = -SAME_SCENE - 1, "", -1
    for name, kind in rows:
        if int(name) - last > SAME_SCENE or kind != scene:
            number += 1
        last, scene = int(name), kind
        groups.append(f"{kind} {number}")
    return tuple(groups)

"""Depth in the Wild, test part: `DIW_test.csv` and the folder of photos that it names, `DIW_test`.

Both lie in the data folder or in its folder `DIW`. Two lines an image: the photo's path, then
yA,xA,yB,xB,relation,width,height, coordinates from 1; ">": A is farther. Chen et al., NIPS 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.testsets.shot import DataError, Pair, Shots, Truth, inside, place, read_rgb

PUBLISHED_AT = "http://www-personal.umich.edu/~wfchen/depth-in-the-wild/"
LAYOUT = "DIW/DIW_test.csv and DIW/DIW_test"
INDEX = "DIW_test.csv"
FOLDERS = ("DIW", "diw", "")
FIELDS = 7
RELATIONS = ("<", ">")


def find(data: Path) -> Shots | None:
    """Photos with one pair of points each; of a row no more is kept than a path and five numbers."""
    folder = place(data, FOLDERS, INDEX)
    if folder is None:
        return None
    index = folder / INDEX
    try:
        lines = index.read_text(encoding="utf-8").rstrip().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{index}: not a text that can be read ({error})") from error
    if len(lines) % 2 or not lines:
        raise DataError(f"{index}, line {len(lines)}: two lines an image were expected: path, then points")
    paths = tuple(path.strip().removeprefix("./") for path in lines[::2])
    points, farther = _parsed(index, lines[1::2])

    def truth(i: int) -> Truth:
        y_a, x_a, y_b, x_b = points[i].tolist()
        return Truth(pair=Pair((y_a, x_a, y_b, x_b), RELATIONS[farther[i]]))

    names = paths if len(set(paths)) == len(paths) else _numbered(paths)
    return Shots(names, paths, lambda i: read_rgb(inside(folder, paths[i])), truth, folder)


def _numbered(paths: tuple[str, ...]) -> tuple[str, ...]:
    """With the line of each, for a file that asks of one photo more than once."""
    return tuple(f"{path} (line {2 * i + 1})" for i, path in enumerate(paths))


def _parsed(index: Path, rows: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Of the second line of each image: N×4 coordinates from 1, and whether A is farther."""
    points = np.empty((len(rows), 4), np.int32)
    farther = np.empty(len(rows), np.uint8)
    for i, row in enumerate(rows):
        fields = row.split(",")
        try:
            points[i] = [int(float(field)) for field in fields[:4]]
            farther[i] = RELATIONS.index(fields[4].strip())
            if len(fields) != FIELDS:
                raise ValueError
        except (ValueError, IndexError, OverflowError):
            expected = "yA,xA,yB,xB,relation (< or >),width,height"
            raise DataError(f"{index}, line {2 * i + 2}: '{row[:60]}' is not {expected}") from None
    return points, farther

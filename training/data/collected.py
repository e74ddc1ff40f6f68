"""Sets collected from many sources, `more/SET/`: `index.csv`, `NNN.jpg`, `NNN.png` (16 bit, 0 = none).

Columns used: `name`; `kind`, what the PNG holds: `absolute` millimetres, `uts` inverse depth times an
unknown factor of the image, `utss` inverse depth up to scale and shift; `use`: only `train` is read;
`meaning`, which begins with the scene's name and a colon; `source`, whose repository stands for the scene
where `meaning` names none. No scene is split between training and validation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from training.data import truth
from training.data.rows import Row, plain, read_rows
from training.data.sample import DataError, Kind, Sample
from training.data.validation import part

COLUMNS = ("name", "kind", "meaning", "use", "source")
KINDS = {kind.value: kind for kind in Kind}
USES = ("train", "test")
MM_PER_M = 1000
LARGEST = 65_535
SCENE = re.compile(r"([\w.+-]+):")


@dataclass(frozen=True)
class Collected:
    folder: Path
    rows: tuple[tuple[str, Kind], ...]
    name: str

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Sample:
        name, kind = self.rows[index]
        source = self.folder / f"{name}.png"
        if kind is Kind.ABSOLUTE:
            known = truth.of_depth_png(source, MM_PER_M)
        else:
            known = truth.of_disparity_png(source, 1 / LARGEST)
        return truth.beside(self.folder / f"{name}.jpg", source, known, kind)


def find(name: str, data: Path, held_out: bool = False) -> Collected | None:
    """The training images of `data/more/NAME`, or None."""
    index = data / "more" / name / "index.csv"
    if not index.is_file():
        return None
    rows = [row for row in read_rows(index, COLUMNS) if _use(index, row) == "train"]
    named = [(plain(index, row["name"]), _kind(index, row)) for row in rows]
    chosen = part(named, [scene_of(row) for row in rows], held_out)
    return Collected(index.parent, chosen, name) if chosen else None


def scene_of(row: Row) -> str:
    """The word before the colon of `meaning`; else the repository that the picture is from."""
    if match := SCENE.match(row["meaning"]):
        return match[1]
    return re.split("[@:]", row["source"])[0]


def _kind(index: Path, row: Row) -> Kind:
    if row["kind"] not in KINDS:
        raise DataError(f"{index}: kind '{row['kind']}' of {row['name']}; known are {', '.join(KINDS)}")
    return KINDS[row["kind"]]


def _use(index: Path, row: Row) -> str:
    if row["use"] not in USES:
        raise DataError(f"{index}: use '{row['use']}' of {row['name']} is neither train nor test")
    return row["use"]

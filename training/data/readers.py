"""The table of training sets, and the search for them in folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data import builtin, nyu
from training.data.sample import DataError, Reader

Find = Callable[[Path, bool], Reader | None]


@dataclass(frozen=True)
class DataSet:
    """find(data folder, held out?) → the set's reader, or None where it is not there."""

    title: str
    published_at: str
    terms: str
    find: Find


READERS: dict[str, DataSet] = {
    "nyu": DataSet(
        "NYU Depth v2, labelled, as folders",
        nyu.PUBLISHED_AT,
        "research use with citation (Silberman et al., ECCV 2012)",
        nyu.find,
    ),
}


def licence(names: Sequence[str]) -> str:
    """The terms of weights trained on the sets `names`."""
    terms = [f"{n}: {READERS[n].terms}" for n in names if n in READERS]
    if not terms:
        return "Apache-2.0"
    return f"research only: trained on research data ({'; '.join(terms)})"


@dataclass(frozen=True)
class Found:
    """Training and validation readers, which sets are there and which are not."""

    train: tuple[Reader, ...]
    held_out: tuple[Reader, ...]
    missing: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(reader.name for reader in self.train)


def search(folders: Sequence[Path], given: bool, names: Sequence[str] | None = None) -> Found:
    """The sets `names` (all, when None) below `folders`; built-in scenes where none is found.

    given: the folders were named by the user, so finding nothing in one of them is a DataError.
    """
    wanted = {name: READERS[name] for name in names} if names is not None else READERS
    train: dict[str, Reader] = {}
    held_out: dict[str, Reader] = {}
    for folder in folders:
        if given and not folder.is_dir():
            raise DataError(f"--data {folder}: no such folder")
        here = {n: r for n, s in wanted.items() if (r := s.find(folder, False)) is not None}
        if given and not here:
            known = ", ".join(READERS)
            raise DataError(f"--data {folder}: holds none of the known sets ({known})")
        train |= here
        held_out |= {n: r for n in here if (r := wanted[n].find(folder, True)) is not None}
    missing = tuple(f"{n}: {wanted[n].published_at}" for n in wanted if n not in train)
    if not train:
        return Found((builtin.Scenes(),), (builtin.Scenes(held_out=True),), missing)
    return Found(tuple(train.values()), tuple(held_out.values()), missing)

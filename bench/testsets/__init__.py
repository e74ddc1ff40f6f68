"""The search for test sets in folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.testsets.shot import DataError, Shots
from bench.testsets.table import TESTSETS, TestSet

__all__ = ["TESTSETS", "DataError", "Found", "TestSet", "chosen", "search"]


@dataclass(frozen=True)
class Found:
    """sets: name → images, in the table's order. missing: names of published sets that are not there."""

    sets: dict[str, Shots]
    missing: tuple[str, ...]


def search(folders: Sequence[Path], given: bool, names: Sequence[str] = ()) -> Found:
    """The sets below `folders`, and the built-in ones; of these `names` alone, where some are named.

    given: the folders were named by the user; one that holds no known set is a DataError, and so is a set
    that two folders hold.
    """
    wanted = [t for t in TESTSETS.values() if not names or t.name in names]
    sets = {t.name: shots for t in wanted if t.built_in and (shots := t.find(Path())) is not None}
    for folder in folders:
        if given and not folder.is_dir():
            raise DataError(f"--data {folder}: no such folder")
        here = _below(folder, wanted)
        if given and not here and not names:
            raise DataError(f"--data {folder}: holds none of the known sets ({_outside()})")
        if twice := [name for name in here if name in sets]:
            raise DataError(
                f"--data {folder}: '{twice[0]}' lies in {sets[twice[0]].where} too; give one of them"
            )
        sets |= here
    missing = (t.name for t in wanted if t.published_at and t.name not in sets)
    return Found({name: sets[name] for name in TESTSETS if name in sets}, tuple(missing))


def _below(folder: Path, wanted: Sequence[TestSet]) -> dict[str, Shots]:
    """What one folder holds; a folder of the user's own photos counts where it holds no known set."""
    here: dict[str, Shots] = {}
    for last in (False, True):
        if not (last and here):
            tried = [t for t in wanted if not t.built_in and t.last_resort == last]
            here |= {t.name: shots for t in tried if (shots := t.find(folder)) is not None}
    return here


def _outside() -> str:
    return ", ".join(t.name for t in TESTSETS.values() if not t.built_in)


def chosen(found: Found, names: Sequence[str]) -> dict[str, Shots]:
    """The sets of these names, all where none is given. DataError for an unknown one, or one not found."""
    if unknown := [name for name in names if name not in TESTSETS]:
        raise DataError(f"--set {unknown[0]}: unknown (known: {', '.join(TESTSETS)})")
    if absent := [name for name in names if name not in found.sets]:
        raise DataError(f"--set {absent[0]}: not found; {TESTSETS[absent[0]].source}")
    return {name: found.sets[name] for name in names} if names else dict(found.sets)

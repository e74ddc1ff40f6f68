"""index.csv and the counts made of it.

    name                                 NNNNNN; of a pair, its row in the list, from 0
    time_s                               from the beginning of the movie; of a pair, empty
    valid                                share of the frame, 0…1
    disparity_min_px, disparity_max_px   what 1 and 65535 of the PNG stand for
    kept                                 1, or 0: then there are no files
    reason                               why not: one of filters.REASONS; of a kept frame, empty

Figures that were not measured are empty.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from training.data.sample import DataError
from training.files import replacing

KEPT, DROPPED = "1", "0"


@dataclass(frozen=True)
class Row:
    """One frame, as text: what is written is what is counted."""

    name: str
    time_s: str
    valid: str
    disparity_min_px: str
    disparity_max_px: str
    kept: str
    reason: str = ""


COLUMNS = tuple(field.name for field in fields(Row))


@dataclass(frozen=True)
class Count:
    """What became of the frames of a source; `dropped`: reason → frames, commonest first."""

    name: str
    file: str
    planned: int
    done: int
    kept: int
    dropped: dict[str, int]


def row(
    name: str,
    time_s: float | None,
    reason: str | None,
    valid: float | None = None,
    limits_px: tuple[float, float] | None = None,
) -> Row:
    low, high = ("", "") if limits_px is None else (f"{value:.4f}" for value in limits_px)
    return Row(
        name,
        "" if time_s is None else f"{time_s:.3f}",
        "" if valid is None else f"{valid:.4f}",
        low,
        high,
        KEPT if reason is None else DROPPED,
        reason or "",
    )


def write(path: Path, rows: Iterable[Row]) -> None:
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(tuple(asdict(row).values()) for row in rows)


def read(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        try:
            return [Row(*(line[column] for column in COLUMNS)) for line in csv.DictReader(file)]
        except (KeyError, TypeError, ValueError, csv.Error) as error:
            raise DataError(f"{path}: not an index of extracted frames ({error})") from error


def collect(folder: Path, planned: int) -> None:
    """index.csv from the chunks that are finished; when none is missing their parts are removed."""
    parts = folder / ".parts"
    if not parts.is_dir():
        return
    rows = [row for part in sorted(parts.glob("[0-9]*.csv")) for row in read(part)]
    write(folder / "index.csv", rows)
    if len(rows) == planned:
        shutil.rmtree(parts)


def count(folder: Path) -> Count | None:
    """Of a source's folder; None where there is no index yet."""
    if not ((folder / "index.csv").is_file() and (folder / "plan.json").is_file()):
        return None
    rows, plan = read(folder / "index.csv"), json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    dropped = Counter(row.reason for row in rows if row.kept != KEPT)
    kept = len(rows) - dropped.total()
    return Count(folder.name, plan["file"], plan["frames"], len(rows), kept, dict(dropped.most_common()))


def write_movies(out: Path) -> None:
    """movies.json over all sources in the folder, also those of earlier runs."""
    movies: list[dict[str, Any]] = []
    for folder in sorted(path.parent for path in out.glob("*/plan.json")):
        if (counted := count(folder)) is not None:
            plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
            movies.append({**asdict(counted), "settings": plan["settings"]})
    with replacing(out / "movies.json") as temporary:
        text = json.dumps({"format": 1, "movies": movies}, indent=1, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def table(counts: Sequence[Count]) -> str:
    """One line a source, and under it one for each reason."""
    lines = []
    for c in counts:
        unfinished = "" if c.done == c.planned else f" (of {c.planned:,} planned)"
        share = f" ({100 * c.kept / c.done:.1f} %)" if c.done else ""
        lines.append(f"{c.name}: {c.done:,} frames{unfinished}, {c.kept:,} kept{share}")
        lines += [f"    {n:,} dropped: {reason}" for reason, n in c.dropped.items()]
    return "\n".join(lines)

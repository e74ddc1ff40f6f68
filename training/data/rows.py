"""The rows of an index file, each value checked before a path or a number is made of it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from math import isfinite
from pathlib import Path, PurePosixPath

from training.data.sample import DataError

Row = dict[str, str]


def read_rows(index: Path, columns: Sequence[str]) -> list[Row]:
    """The rows of a CSV file. DataError where its header lacks one of `columns`, and with the number of
    the line where a row has more or fewer fields than the header.
    """
    try:
        with index.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            if lacking := [column for column in columns if column not in (reader.fieldnames or ())]:
                raise DataError(f"{index}: its first line names no column '{lacking[0]}'")
            rows = [_checked(index, reader.line_num, row) for row in reader]
    except FileNotFoundError as error:
        raise DataError(f"{index}: no such file") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{index}: not a CSV file that can be read ({error})") from error
    return rows


def _checked(index: Path, line: int, row: Row) -> Row:
    # What DictReader puts in the place of a field that is not there, and of a name for one too many.
    if None in row or None in row.values():
        raise DataError(f"{index}, line {line}: more or fewer fields than the first line names")
    return row


def inside(index: Path, path: str) -> str:
    """`path` as it stands in a file of the folder of `index`. DataError where it is empty, absolute, or
    leads out of the folder. (A look at the text alone: a data set may be linked together.)
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or ":" in parts[0] or "\0" in path:
        raise DataError(f"{index}: '{path}' is not a path inside the folder")
    return path


def plain(index: Path, name: str) -> str:
    """`name`, a file's name without folder and suffix; DataError where it is more than that."""
    if not name.replace("_", "").replace("-", "").isalnum():
        raise DataError(f"{index}: '{name}' is not a plain file name")
    return name


def number(index: Path, row: Row, column: str) -> float:
    """The finite number in `column`; DataError with the value where it is none."""
    try:
        value = float(row[column])
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise DataError(f"{index}: {column} '{row[column]}' is not a number")
    return value


def positive(index: Path, row: Row, column: str) -> float:
    """The number in `column`, above 0."""
    value = number(index, row, column)
    if value <= 0:
        raise DataError(f"{index}: {column} '{row[column]}' is not above 0")
    return value

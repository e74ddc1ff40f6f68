from __future__ import annotations

import json
from pathlib import Path

import pytest

from training.data.sample import DataError
from training.stereo import filters, index


def rows(first: int, count: int) -> list[index.Row]:
    reasons = (None, filters.FLAT)
    return [
        index.row(f"{n:06d}", n / 2, reasons[n % 2], 0.9, None if n % 2 else (-3.5, 8))
        for n in range(first, first + count)
    ]


def test_rows_come_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "index.csv"
    index.write(path, rows(0, 2))
    assert path.read_text(encoding="utf-8") == (
        "name,time_s,valid,disparity_min_px,disparity_max_px,kept,reason\n"
        "000000,0.000,0.9000,-3.5000,8.0000,1,\n"
        "000001,0.500,0.9000,,,0,too flat\n"
    )
    assert index.read(path) == rows(0, 2)
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="not an index"):
        index.read(path)


def test_parts_are_put_together_and_removed_once_all_are_there(tmp_path: Path) -> None:
    parts = tmp_path / ".parts"
    index.write(parts / "000004.csv", rows(4, 4))
    index.collect(tmp_path, 8)
    assert index.read(tmp_path / "index.csv") == rows(4, 4)
    assert parts.is_dir()
    index.write(parts / "000000.csv", rows(0, 4))
    index.collect(tmp_path, 8)
    assert index.read(tmp_path / "index.csv") == rows(0, 8)
    assert not parts.exists()


def test_counts_and_their_table(tmp_path: Path) -> None:
    folder = tmp_path / "film"
    assert index.count(folder) is None
    index.write(folder / "index.csv", rows(0, 6))
    plan = {"file": "film.mkv", "frames": 8, "settings": {"layout": "sbs"}}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    counted = index.count(folder)
    assert counted == index.Count("film", "film.mkv", 8, 6, 3, {filters.FLAT: 3})
    assert index.table([counted]) == (
        "film: 6 frames (of 8 planned), 3 kept (50.0 %)\n    3 dropped: too flat"
    )
    index.write_movies(tmp_path)
    movies = json.loads((tmp_path / "movies.json").read_text(encoding="utf-8"))
    assert movies["format"] == 1
    assert movies["movies"][0]["settings"] == {"layout": "sbs"}
    assert movies["movies"][0]["kept"] == 3

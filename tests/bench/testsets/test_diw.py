"""Depth in the Wild: two lines an image, 74,441 images."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.testsets import diw
from bench.testsets.shot import DataError, Pair
from tests.bench.testsets.layouts import photo, read, text

ROOT = Path(__file__).parents[3]
IMAGES = 74_441
SLOW_MACHINE = 4.0  # the factor that a loaded or old machine may take longer
PUBLISHED = [
    "./DIW_test/0ab.thumb", "281,204,310,77,>,500,340",
    "./DIW_test/1cd.thumb", "1,1,340,500,<,500,340",
]  # fmt: skip


@pytest.mark.parametrize("place", ["DIW", ""])
def test_pairs_of_points_are_read(tmp_path: Path, place: str) -> None:
    text(tmp_path / place / "DIW_test.csv", *PUBLISHED)
    for name in ("0ab", "1cd"):
        photo(tmp_path / place / "DIW_test" / f"{name}.thumb")
    shots, truths = read(diw.find(tmp_path))
    assert shots.names == ("DIW_test/0ab.thumb", "DIW_test/1cd.thumb")
    assert [t.pair for t in truths] == [Pair((281, 204, 310, 77), ">"), Pair((1, 1, 340, 500), "<")]


@pytest.mark.parametrize(
    ("line", "content", "number"),
    [
        (1, "281,204,310,77,=,500,340", 2),
        (1, "281,204,310,77,>,500", 2),
        (1, "281,204,310,77,>,500,340,1", 2),
        (3, "1,1,340,x,<,500,340", 4),
        (3, "1,nan,340,1,<,500,340", 4),
        (3, "1,1e99,340,1,<,500,340", 4),
        (3, "", 3),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: int, content: str, number: int) -> None:
    lines = list(PUBLISHED)
    lines[line] = content
    text(tmp_path / "DIW_test.csv", *lines)
    with pytest.raises(DataError, match=rf"DIW_test\.csv, line {number}: "):
        diw.find(tmp_path)


def test_a_photo_that_is_missing_or_outside_is_named(tmp_path: Path) -> None:
    text(tmp_path / "DIW_test.csv", PUBLISHED[0], PUBLISHED[1], "../../x.jpg", PUBLISHED[3])
    shots = diw.find(tmp_path)
    assert shots is not None
    with pytest.raises(DataError, match=r"0ab\.thumb: no such file"):
        shots.photo(0)
    with pytest.raises(DataError, match="leads out of the folder"):
        shots.photo(1)


def test_a_photo_asked_twice_has_two_names(tmp_path: Path) -> None:
    text(tmp_path / "DIW_test.csv", *PUBLISHED, *PUBLISHED[:2])
    shots = diw.find(tmp_path)
    assert shots is not None
    assert shots.names[::2] == ("DIW_test/0ab.thumb (line 1)", "DIW_test/0ab.thumb (line 5)")
    assert shots.groups[0] == shots.groups[2]


def test_all_of_it_is_read_at_once_and_lean(tmp_path: Path) -> None:
    lines = (
        f"./DIW_test/{i:032x}.thumb\n{i % 300},{i % 400},7,9,{'<>'[i % 2]},500,340\n" for i in range(IMAGES)
    )
    (tmp_path / "DIW_test.csv").write_text("".join(lines), encoding="utf-8")
    began = time.process_time()
    shots = diw.find(tmp_path)
    seconds = time.process_time() - began
    assert shots is not None
    assert len(shots) == IMAGES
    truth = shots.truth(IMAGES - 1)
    assert truth is not None
    assert truth.pair == Pair(((IMAGES - 1) % 300, (IMAGES - 1) % 400, 7, 9), "<>"[(IMAGES - 1) % 2])
    assert seconds < 1 * SLOW_MACHINE


def test_what_is_kept_is_small(tmp_path: Path) -> None:
    """Of the whole list: the paths (some 100 bytes each) and 17 bytes an image."""
    lines = (f"./DIW_test/{i:032x}.thumb\n1,2,7,9,<,500,340\n" for i in range(IMAGES))
    (tmp_path / "DIW_test.csv").write_text("".join(lines), encoding="utf-8")
    code = (
        "import sys, tracemalloc; from pathlib import Path; from bench.testsets import diw; "
        "tracemalloc.start(); shots = diw.find(Path(sys.argv[1])); "
        "print(tracemalloc.get_traced_memory()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < IMAGES * 150

from __future__ import annotations

from pathlib import Path

import pytest

from training.data import rows
from training.data.sample import DataError

INDEX = Path("somewhere/index.csv")


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../up.png", "a/../../b.png", "a\\b.png", "C:/x.png", "a\0b.png", ".."]
)
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    with pytest.raises(DataError, match="is not a path inside the folder"):
        rows.inside(INDEX, path)


@pytest.mark.parametrize("path", ["a.png", "image_2/000000_10.png", "2011_09_26/rgb/1.jpg", "02. Cafe/a.png"])
def test_a_path_inside_is_kept(path: str) -> None:
    assert rows.inside(INDEX, path) == path


@pytest.mark.parametrize("name", ["", "a/b", "..", "a.png", "a b", "a\n"])
def test_a_name_is_a_name(name: str) -> None:
    with pytest.raises(DataError, match="is not a plain file name"):
        rows.plain(INDEX, name)


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "-1", "0"])
def test_a_number_above_0_is_one(text: str) -> None:
    with pytest.raises(DataError, match=r"index\.csv: focal_px '"):
        rows.positive(INDEX, {"focal_px": text}, "focal_px")


def test_a_line_of_the_wrong_length_is_named(tmp_path: Path) -> None:
    index = tmp_path / "index.csv"
    for line in ("1", "1,2,3"):
        index.write_text(f"a,b\n1,2\n{line}\n", encoding="utf-8")
        with pytest.raises(DataError, match=r"index\.csv, line 3: more or fewer fields"):
            rows.read_rows(index, ("a", "b"))


def test_an_index_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"index\.csv: no such file"):
        rows.read_rows(tmp_path / "index.csv", ())

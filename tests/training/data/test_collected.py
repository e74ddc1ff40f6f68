from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.data import layouts
from training.data import collected
from training.data.sample import DataError, Kind

HEADER = "name,kind,meaning,use,source"


@pytest.mark.parametrize(
    ("meaning", "source", "scene"),
    [
        ("gs_jian: toy figure on a table", "a/b@1:x.jpg", "gs_jian"),
        ("cv_60bkws: street: wet", "a/b", "cv_60bkws"),
        ("depth in mm (RealSense, registered: yes)", "NVlabs/U:data/demo.png", "NVlabs/U"),
        ("affine in inverse depth", "panrafal/depthy@6ff99c1eb9:x.jpg", "panrafal/depthy"),
    ],
)
def test_the_scene_stands_before_the_colon(meaning: str, source: str, scene: str) -> None:
    assert collected.scene_of({"meaning": meaning, "source": source}) == scene


@pytest.mark.parametrize("row", ["000,metric,a: b,train,c/d", "000,uts,a: b,maybe,c/d"])
def test_a_word_that_is_not_known_is_refused(row: str, tmp_path: Path) -> None:
    layouts.table(tmp_path / "more" / "phone" / "index.csv", HEADER, [row])
    with pytest.raises(DataError, match=r"index\.csv: (kind 'metric'|use 'maybe') of 000"):
        collected.find("phone", tmp_path)


def test_each_image_has_its_own_kind_and_tests_are_not_read(tmp_path: Path) -> None:
    lines = ["000,uts,a: b,train,c/d", "001,utss,a: b,train,c/d", "002,absolute,a: b,train,c/d"]
    index = tmp_path / "more" / "phone" / "index.csv"
    layouts.table(index, HEADER, [*lines, "003,uts,z: b,test,c/d"])
    for name in ("000", "001", "002"):
        layouts.photo(index.with_name(f"{name}.jpg"), 0)
        layouts.png16(index.with_name(f"{name}.png"), layouts.depth(0) * 1000)
    reader = collected.find("phone", tmp_path)
    assert reader is not None
    assert [reader[i].kind for i in range(len(reader))] == [Kind.UTS, Kind.UTSS, Kind.ABSOLUTE]


def test_a_set_of_tests_alone_is_none(tmp_path: Path) -> None:
    layouts.table(tmp_path / "more" / "phone" / "index.csv", HEADER, ["003,uts,z: b,test,c/d"])
    assert collected.find("phone", tmp_path) is None

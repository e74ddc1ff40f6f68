"""Small collections with an index, and folders of a user's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.testsets import TESTSETS, folder, more
from bench.testsets.shot import DataError
from tests.bench.testsets.layouts import HEIGHT, WIDTH, depth, disparity, levels, photo, read, text

HEADER = "name,kind,meaning,use,source"


def collection(root: Path, name: str, *rows: str) -> None:
    """Every picture holds 4000, but 0 in the first pixel."""
    for row in rows:
        photo(root / "more" / name / f"{row[:3]}.jpg")
        levels(root / "more" / name / f"{row[:3]}.png", 4000)
    text(root / "more" / name / "index.csv", HEADER, *rows)


# --- collections


def test_every_collection_is_a_row_of_its_own() -> None:
    for name, each in more.COLLECTIONS.items():
        assert TESTSETS[name].metric == ("disparity_rel" if each.as_disparity else "delta1")


def test_kinds_are_told_apart_and_training_is_left_out(tmp_path: Path) -> None:
    collection(
        tmp_path, "rgbd_rooms",
        '000,absolute,"hall: stairs, Kinect",test,x', '001,uts,"hall: stairs",test,x',
        "002,absolute,depth in mm,test,x", '003,absolute,"lounge: sofa",train,x', "004,utss,any,train,x",
    )  # fmt: skip
    shots, truths = read(TESTSETS["rgbd_rooms"].find(tmp_path))
    assert shots.names == ("000", "001", "002")
    assert shots.groups == ("hall", "hall", "002")
    assert [t.metric for t in truths] == [True, False, True]
    assert [depth(t)[1, 1] for t in truths] == pytest.approx([4, 1 / 4000, 4])
    assert not any(depth(t)[0, 0] for t in truths)


def test_a_stereo_collection_is_all_disparity(tmp_path: Path) -> None:
    rows = ('000,utss,"a: b",test,x', '001,uts,"c: d",test,x', '002,absolute,"e: f",test,x')
    collection(tmp_path, "stereo_photo", *rows)
    _, truths = read(TESTSETS["stereo_photo"].find(tmp_path))
    assert [disparity(t)[1, 1] for t in truths] == pytest.approx([4000, 4000, 1 / 4000])
    assert not any(disparity(t)[0, 0] for t in truths)


def test_a_collection_without_tests_is_none(tmp_path: Path) -> None:
    collection(tmp_path, "street", '000,absolute,"a: b",train,x')
    assert TESTSETS["street"].find(tmp_path) is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('000,utss,"a: b",test,x', "line 2: kind 'utss' (allowed: absolute, uts)"),
        ('000,feet,"a: b",test,x', "line 2: kind 'feet'"),
        ("000,absolute,,test,x", "line 2: 'meaning' is missing"),
        ('../../000,absolute,"a: b",test,x', "leads out of the folder"),
        ('111,absolute,"a: b",test,x', "111.jpg: no such file"),
        ('000,uts,"a: b",test,x\n000,uts,"a: b",test,x', "'000' is there twice"),
    ],
)
def test_a_bad_row_of_a_collection_is_named(tmp_path: Path, row: str, message: str) -> None:
    collection(tmp_path, "street", '000,absolute,"a: b",test,x')
    text(tmp_path / "more" / "street" / "index.csv", HEADER, row)
    with pytest.raises(DataError, match=re.escape(message)):
        read(TESTSETS["street"].find(tmp_path))


# --- a folder of one's own


def npy(path: Path, *shape: int) -> None:
    values = np.full(shape, 2.5)
    values.ravel()[:3] = (np.nan, np.inf, -1)
    np.save(path, values)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".JPG", ".png"])
def test_own_photos_have_depth_beside_them(tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b", "c", "d", "without"):
        photo(tmp_path / f"{name}{suffix}")
    levels(tmp_path / "a_depth.png", 2500)
    npy(tmp_path / "b_depth.npy", HEIGHT, WIDTH)
    npy(tmp_path / "c.npy", HEIGHT, WIDTH, 1)
    if suffix == ".png":
        (tmp_path / "d.png").unlink()
    else:
        levels(tmp_path / "d.png", 2500)
    shots, truths = read(folder.find(tmp_path))
    assert shots.names == shots.groups == (("a", "b", "c") if suffix == ".png" else ("a", "b", "c", "d"))
    for truth in truths:
        assert depth(truth)[1] == pytest.approx(2.5)
    assert depth(truths[1])[0].tolist() == [0, 0, 0, 2.5, 2.5, 2.5]


def test_folders_of_other_kinds_are_left_alone(tmp_path: Path) -> None:
    assert folder.find(tmp_path) is None
    assert folder.find(tmp_path / "none") is None
    photo(tmp_path / "a.jpg")
    photo(tmp_path / "b.png")
    assert folder.find(tmp_path) is None
    levels(tmp_path / "a.png", 2500)
    assert folder.find(tmp_path) is not None
    text(tmp_path / "index.csv", HEADER)  # a collection, whose PNG files hold inverse depth
    assert folder.find(tmp_path) is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones((2, 3)), "truth of (2, 3) for a photo of (4, 6)"),
        (np.ones((HEIGHT, WIDTH, 3)), "H×W numbers were expected, found (4, 6, 3)"),
        (np.ones(HEIGHT), "H×W numbers were expected"),
        (np.full((HEIGHT, WIDTH), "far"), "H×W numbers were expected"),
        (np.full((HEIGHT, WIDTH), None), "a.npy: not an array that can be read"),
        (None, "a.npy: not an array that can be read"),
    ],
)
def test_bad_depth_of_ones_own_is_named(tmp_path: Path, values: NDArray[Any] | None, message: str) -> None:
    photo(tmp_path / "a.jpg")
    if values is None:
        (tmp_path / "a.npy").write_bytes(b"\x93NUMPY")
    else:
        np.save(tmp_path / "a.npy", values)
    with pytest.raises(DataError, match=re.escape(message)):
        read(folder.find(tmp_path))


def test_two_depths_or_two_photos_of_a_name_are_refused(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    levels(tmp_path / "a.png", 2500)
    levels(tmp_path / "a_depth.png", 2500)
    with pytest.raises(DataError, match=r"a\.jpg: a_depth\.png and a\.png beside it"):
        folder.find(tmp_path)
    (tmp_path / "a_depth.png").unlink()
    photo(tmp_path / "a.jpeg")
    with pytest.raises(DataError, match="'a' is there twice"):
        folder.find(tmp_path)


def test_eight_bits_are_not_depth(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    levels(tmp_path / "a_depth.png", 200, np.uint8)
    with pytest.raises(DataError, match="16-bit one-channel PNG was expected"):
        read(folder.find(tmp_path))

"""What holds for every row of the table of training sets, each in its published layout."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.training.data import layouts
from tests.training.data.layouts import LAYOUTS
from training.data import readers
from training.data.readers import READERS
from training.data.sample import DataError, Kind, Reader

# Sets that name no scenes. (One more, kitti_object_lidar, is too small to hold anything back.)
WITHOUT_SCENES = {"nyu", "redweb"}
EVERY = sorted(READERS)


def found(name: str, root: Path, held_out: bool = False) -> Reader:
    reader = READERS[name].find(root, held_out)
    assert reader is not None
    return reader


def test_every_set_has_a_layout() -> None:
    assert set(LAYOUTS) == set(READERS)


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_found_in_an_empty_folder(name: str, tmp_path: Path) -> None:
    assert READERS[name].find(tmp_path, False) is None
    assert READERS[name].find(tmp_path, True) is None


@pytest.mark.parametrize("name", EVERY)
def test_disparity_is_what_the_files_say(name: str, tmp_path: Path) -> None:
    layout = LAYOUTS[name]
    layout.make(tmp_path, ["a", "b", "c"])
    reader = found(name, tmp_path)
    number = 1  # NYU holds the first back
    sample = reader[len(reader) - 3 + number]
    depth = layout.cut(layout.depth(number))
    assert reader.name == name
    assert sample.kind is layout.kind
    assert sample.image.shape == (*depth.shape, 3)
    assert np.array_equal(sample.valid, depth > 0)
    assert sample.disparity.dtype == np.float32
    assert (sample.disparity[~sample.valid] == 0).all()
    known = sample.disparity[sample.valid]
    aligned = in_metres(known, 1 / depth[depth > 0], layout.kind)
    # 8 bit of ReDWeb: 254 levels.
    assert np.abs(aligned * depth[depth > 0] - 1).max() < (0.03 if name == "redweb" else 0.003)


def in_metres(disparity: NDArray[np.float32], truth: NDArray[np.floating], kind: Kind) -> NDArray[np.float64]:
    """`disparity` as 1/m: as it is, times a factor, or times a positive factor and shifted."""
    if kind is Kind.ABSOLUTE:
        return disparity.astype(np.float64)
    if kind is Kind.UTS:
        return np.asarray(disparity * np.median(truth / disparity), np.float64)
    slope, offset = np.polyfit(disparity.astype(np.float64), truth, 1)
    assert slope > 0  # larger is nearer
    return np.asarray(slope * disparity + offset)


@pytest.mark.parametrize("name", EVERY)
def test_the_photo_is_the_one_that_was_written(name: str, tmp_path: Path) -> None:
    layout = LAYOUTS[name]
    files = layout.make(tmp_path, ["a", "b", "c"])
    reader = found(name, tmp_path)
    assert np.array_equal(reader[len(reader) - 2].image, layout.cut(layouts.read(files[1][0])))


@pytest.mark.parametrize("name", [n for n in EVERY if n != "kitti_object_lidar"])
def test_no_scene_is_in_both_parts(name: str, tmp_path: Path) -> None:
    layout = LAYOUTS[name]
    scenes = [f"s{i // 2:02d}" for i in range(40)]
    files = layout.make(tmp_path, scenes)
    pictures = {
        layout.cut(layouts.read(photo)).tobytes(): scene
        for (photo, _), scene in zip(files, scenes, strict=True)
    }
    train, held_out = (
        [pictures[reader[i].image.tobytes()] for i in range(len(reader))]
        for reader in (found(name, tmp_path), found(name, tmp_path, held_out=True))
    )
    assert len(held_out) == 2  # one in twenty
    assert sorted(train + held_out) == scenes
    assert not set(train) & set(held_out) or name in WITHOUT_SCENES


def cut_short(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def made_8_bit(path: Path) -> None:
    if path.suffix == ".h5":
        pytest.skip("HDF5 holds floats")
    layouts.write(path, np.full((48, 64), 90, np.uint8))


def made_smaller(path: Path) -> None:
    values = np.full((24, 40), 900)
    if path.suffix == ".h5":
        layouts.hdf5(path, values)
    else:
        layouts.png16(path, values)


def made_text(path: Path) -> None:
    path.write_text("not what it says", encoding="utf-8")


DAMAGES: dict[str, tuple[int, Callable[[Path], None]]] = {
    "photo cut short": (0, cut_short),
    "photo gone": (0, os.unlink),
    "photo is text": (0, made_text),
    "truth cut short": (1, cut_short),
    "truth of 8 bit": (1, made_8_bit),
    "truth of another size": (1, made_smaller),
    "truth is text": (1, made_text),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", EVERY)
def test_a_broken_file_is_named_in_one_line(name: str, damage: str, tmp_path: Path) -> None:
    which, spoil = DAMAGES[damage]
    if name == "redweb" and damage == "truth of 8 bit":
        pytest.skip("8 bit is how it is published")
    files = LAYOUTS[name].make(tmp_path, ["a", "b", "c"])
    reader = found(name, tmp_path)
    before = len(reader)
    reader[before - 2]
    spoil(files[1][which])
    with pytest.raises(DataError) as raised:
        reader[before - 2]
    assert files[1][which].name in str(raised.value)
    assert "\n" not in str(raised.value)
    reader[before - 1]  # the others stay


INDEXED = sorted({n for n in EVERY if n not in ("nyu_sync", "diml", "megadepth", "redweb", "own")})


def index_of(root: Path) -> Path:
    return next(p for p in root.rglob("*.csv"))


@pytest.mark.parametrize("name", INDEXED)
def test_an_index_that_leads_out_of_its_folder_is_refused(name: str, tmp_path: Path) -> None:
    LAYOUTS[name].make(tmp_path, ["a", "b"])
    index = index_of(tmp_path)
    lines = index.read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    fields = lines[1].split(",")
    column = next(i for i, h in enumerate(header) if h in ("name", "left", "rgb", "frame"))
    fields[column] = "../../secret"
    index.write_text("\n".join([lines[0], ",".join(fields), *lines[2:]]), encoding="utf-8")
    with pytest.raises(DataError, match=r"\.csv: '\.\./\.\./secret' is not a p"):
        READERS[name].find(tmp_path, False)


@pytest.mark.parametrize("name", INDEXED)
@pytest.mark.parametrize("text", ["", "name\nx\n", "\x00\x00", b"\xff\xfe\xff"])
def test_an_index_that_is_none_is_refused(name: str, text: str | bytes, tmp_path: Path) -> None:
    LAYOUTS[name].make(tmp_path, ["a"])
    index = index_of(tmp_path)
    index.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(DataError, match=index.name):
        READERS[name].find(tmp_path, False)


def test_sets_in_several_folders_are_joined(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        layouts.movies(tmp_path / folder, ["film", "film"])
        layouts.redweb(tmp_path / folder, ["", ""])
    found_sets = readers.search([tmp_path / "one", tmp_path / "two", tmp_path / "one"], given=True)
    assert found_sets.names == ("redweb", "movies")
    movies = found_sets.train[1]
    assert len(movies) == 4  # the same folder again adds nothing
    assert movies[3].kind is Kind.UTSS
    with pytest.raises(IndexError):
        movies[4]


def test_the_licence_names_sets_of_the_same_terms_together() -> None:
    text = readers.licence(["kitti2015", "phone", "kitti2012", "portrait"])
    assert text.count("CC BY-NC-SA") == 1
    assert "kitti2015, kitti2012: " in text
    assert "phone, portrait: " in text
    assert readers.licence(["synthetic"]) == "Apache-2.0"


def test_folders_that_are_merely_absent_are_not_worth_a_word(tmp_path: Path) -> None:
    missing = readers.search([tmp_path], given=False).missing
    assert any(line.startswith("megadepth: https://") for line in missing)
    assert not any(line.startswith("stereo_photo") for line in missing)


def test_built_in_scenes_come_beside_photos_where_they_are_named(tmp_path: Path) -> None:
    layouts.movies(tmp_path, ["film", "film"])
    found = readers.search([tmp_path], given=True, names=("movies", "redweb", "synthetic"))
    assert found.names == ("movies", "synthetic")
    assert len(found.train[1]) == 1_000  # few enough to be kept in memory
    assert "synthetic" not in {reader.name for reader in found.held_out}
    assert readers.search([tmp_path], given=True).names == ("movies",)

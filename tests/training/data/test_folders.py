"""What is peculiar to the layouts that are read without an index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.training.data import layouts
from training.data import diml, megadepth, movies, nyu_sync, own, redweb
from training.data.sample import DataError, Kind

# --- NYU, synchronised frames


def test_a_list_says_which_frames_are_used(tmp_path: Path) -> None:
    layouts.nyu_sync(tmp_path, ["kitchen_0028b", "kitchen_0028b", "office_0003"])
    lines = [
        "/kitchen_0028b/rgb_00000.jpg /kitchen_0028b/sync_depth_00000.png 518.8579",
        "/office_0003/rgb_00002.jpg None 518.8579",
        "",
    ]
    listing = tmp_path / "nyu" / "nyudepthv2_train_files_with_gt.txt"
    listing.write_text("\n".join(lines), encoding="utf-8")
    reader = nyu_sync.find(tmp_path)
    assert reader is not None
    assert reader.frames == (("kitchen_0028b/rgb_00000.jpg", "kitchen_0028b/sync_depth_00000.png"),)


@pytest.mark.parametrize(
    ("line", "message"),
    [("/a/rgb_0.jpg", "line 1: a photo and its depth"), ("/../../a.jpg /b.png 1", "is not a path inside")],
)
def test_a_wrong_list_is_refused(line: str, message: str, tmp_path: Path) -> None:
    layouts.nyu_sync(tmp_path, ["a"])
    (tmp_path / "nyu" / "sync" / "nyudepthv2_train_files_with_gt.txt").write_text(line, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        nyu_sync.find(tmp_path)


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    photo, depth = layouts.nyu_sync(tmp_path, ["a"])[0]
    layouts.photo(photo, 0, 240, 320)
    layouts.png16(depth, layouts.depth(0, 240, 320) * 1000)
    reader = nyu_sync.find(tmp_path)
    assert reader is not None
    with pytest.raises(DataError, match=r"rgb_00000\.jpg: 320×240 px; frames of this set are 640×480"):
        reader[0]


# --- DIML


def test_the_sample_is_read_once_and_without_its_test_part(tmp_path: Path) -> None:
    layouts.diml_sample(tmp_path, ["02. Cafe", "04. Church"])
    layouts.diml_sample(tmp_path, ["02. Cafe", "04. Church", "05. Hall"], size="LR")
    layouts.diml_sample(tmp_path, ["02. Cafe"], part="test")
    reader = diml.find(tmp_path)
    assert reader is not None
    scenes = sorted(photo.rsplit("/", 2)[0] for photo, _ in reader.frames)
    assert scenes == ["train/HR/02. Cafe", "train/HR/04. Church", "train/LR/05. Hall"]
    assert (reader[0].disparity > 0).sum() == reader[0].valid.sum() > 0


# --- MegaDepth


def test_ordinal_files_are_left_out(tmp_path: Path) -> None:
    files = layouts.megadepth(tmp_path, ["0000", "0001", "0001"])
    labels = np.where(layouts.depth(1) > 5, -1, -2)
    layouts.hdf5(files[1][1], labels)
    reader = megadepth.find(tmp_path)
    assert reader is not None
    assert reader.names == ("0000/dense0/0_o", "0001/dense0/2_o")


def test_a_negative_value_that_slipped_through_is_invalid(tmp_path: Path) -> None:
    files = layouts.megadepth(tmp_path, ["0000"])
    reader = megadepth.find(tmp_path)
    assert reader is not None
    values = layouts.depth(0)
    values[20, 30] = -2
    layouts.hdf5(files[0][1], values)
    sample = reader[0]
    assert not sample.valid[20, 30]
    assert sample.valid.sum() == (values > 0).sum()


def test_the_photo_takes_the_size_of_its_depth(tmp_path: Path) -> None:
    files = layouts.megadepth(tmp_path, ["0000"])
    layouts.photo(files[0][0], 0, 96, 128)
    reader = megadepth.find(tmp_path)
    assert reader is not None
    assert reader[0].image.shape == (48, 64, 3)


def test_a_depth_map_of_three_axes_is_refused(tmp_path: Path) -> None:
    files = layouts.megadepth(tmp_path, ["0000"])
    layouts.hdf5(files[0][1], np.ones((48, 64, 1)))
    reader = megadepth.find(tmp_path)
    assert reader is not None
    with pytest.raises(DataError, match=r"0_o\.h5: 'depth' has 3 axes"):
        reader[0]


# --- ReDWeb


def test_white_is_unknown_and_black_is_near(tmp_path: Path) -> None:
    files = layouts.redweb(tmp_path, ["", ""])
    values = np.repeat([[0, 100, 254, 255]], 48, axis=0).repeat(16, axis=1).astype(np.uint8)
    layouts.write(files[0][1], values)
    reader = redweb.find(tmp_path)
    assert reader is not None
    sample = reader[0]
    assert np.array_equal(sample.valid, values != 255)
    near, middle, far = sample.disparity[0, [0, 16, 32]]
    assert near > middle > far > 0


# --- films


def test_pixels_of_disparity_come_back(tmp_path: Path) -> None:
    layouts.movies(tmp_path, ["film"])
    for data in (tmp_path, tmp_path / "movies"):  # the pipeline's folder, or the one above
        reader = movies.find(data)
        assert reader is not None
        assert len(reader) == 1  # what was not kept is not read
        sample = reader[0]
        expected = 40 * layouts.disparity(0) - 12
        assert np.abs(sample.disparity - expected)[sample.valid].max() < 1e-3
        assert sample.disparity.min() < 0


def test_another_format_is_refused(tmp_path: Path) -> None:
    layouts.movies(tmp_path, ["film"])
    marker = tmp_path / "movies" / "movies.json"
    marker.write_text(json.dumps({"format": 2}), encoding="utf-8")
    with pytest.raises(DataError, match="format 2; this version reads format 1"):
        movies.find(tmp_path)
    marker.write_text("[]", encoding="utf-8")
    with pytest.raises(DataError, match=r"movies\.json: not the mark of extracted films"):
        movies.find(tmp_path)


@pytest.mark.parametrize("row", ["000000,0,1,-3.0,x,1", "000000,0,1,-3.0,4.0,perhaps", "000000,0,1,,,1"])
def test_a_wrong_row_of_a_film_is_refused(row: str, tmp_path: Path) -> None:
    layouts.movies(tmp_path, ["film"])
    header = "name,time_s,valid,disparity_min_px,disparity_max_px,kept"
    layouts.table(tmp_path / "movies" / "film" / "index.csv", header, [row])
    with pytest.raises(DataError, match=r"film/index\.csv: "):
        movies.find(tmp_path)


# --- one's own


def test_metres_as_floats(tmp_path: Path) -> None:
    layouts.photo(tmp_path / "own" / "desk.JPG", 0)
    metres = layouts.depth(0).astype(np.float64)
    metres[10, 10:14] = np.nan, np.inf, -1, 0
    np.save(tmp_path / "own" / "desk_depth.npy", metres[..., None])
    reader = own.find(tmp_path)
    assert reader is not None
    sample = reader[0]
    assert sample.kind is Kind.ABSOLUTE
    assert not sample.valid[10, 10:14].any()
    valid = metres[sample.valid]
    assert np.allclose(sample.disparity[sample.valid], 1 / valid)
    assert len(valid) == (np.isfinite(metres) & (metres > 0)).sum()


@pytest.mark.parametrize("suffix", [".png", ".npy"])
def test_disparity_is_up_to_scale_and_shift(suffix: str, tmp_path: Path) -> None:
    layouts.photo(tmp_path / "images" / "a" / "desk.png", 0)
    path = tmp_path / "disparity" / "a" / f"desk{suffix}"
    path.parent.mkdir(parents=True)
    if suffix == ".png":
        layouts.png16(path, layouts.disparity(0) * 60_000)
    else:
        np.save(path, np.where(layouts.disparity(0) > 0, layouts.disparity(0), np.float32(np.nan)))
    reader = own.find(tmp_path)
    assert reader is not None
    sample = reader[0]
    assert sample.kind is Kind.UTSS
    ratio = (sample.disparity / np.maximum(layouts.disparity(0), 1e-6))[sample.valid]
    assert np.ptp(ratio) < 1e-3 * ratio.max()
    assert np.array_equal(sample.valid, layouts.depth(0) > 0)


def test_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    layouts.photo(tmp_path / "own" / "desk.jpg", 0)
    np.save(tmp_path / "own" / "desk_depth.npy", np.array([{"a": 1}], object), allow_pickle=True)
    reader = own.find(tmp_path)
    assert reader is not None
    with pytest.raises(DataError, match=r"desk_depth\.npy: not an array that can be read"):
        reader[0]


@pytest.mark.parametrize("array", [np.ones((48, 64), int), np.ones(48), np.ones((48, 64, 3))])
def test_an_array_that_is_no_map_is_refused(array: NDArray[Any], tmp_path: Path) -> None:
    layouts.photo(tmp_path / "own" / "desk.jpg", 0)
    np.save(tmp_path / "own" / "desk_depth.npy", array)
    reader = own.find(tmp_path)
    assert reader is not None
    with pytest.raises(DataError, match="H×W floats are expected"):
        reader[0]


def test_a_photo_without_depth_is_passed_over(tmp_path: Path) -> None:
    layouts.own(tmp_path, ["a"])
    layouts.photo(tmp_path / "images" / "a" / "holiday.jpg", 5)
    reader = own.find(tmp_path)
    assert reader is not None
    assert [picture.photo for picture in reader.pictures] == ["images/a/0000.jpg"]

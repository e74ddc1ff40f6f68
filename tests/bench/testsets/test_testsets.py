"""The search, what all readers share, and the readers of folders with an index."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import testsets
from bench.testsets import TESTSETS, kitti2015, middlebury, nyu, other_cameras
from bench.testsets.photos import motorcycle, photos
from bench.testsets.shot import (
    DataError,
    checked_size,
    different,
    existing,
    inside,
    measured,
    place,
    read_levels,
    read_png16,
    read_rgb,
)
from tests.bench.testsets.layouts import HEIGHT, WIDTH, depth, disparity, levels, photo, read, save, text
from tests.conftest import SHARED
from tests.training.data import small

# What the reference data hold for tests, by set: images.
COUNTS = {
    "nyu_dev": 120, "kitti2015": 11, "middlebury": 21, "other_cameras": 21, "stereo_photo": 35,
    "mvs_outdoor": 16, "mvs_indoor": 12, "mvs2_outdoor": 18, "mvs2_indoor": 24, "rgbd_rooms": 9,
    "rgbd_objects": 1, "rgbd_plants": 5, "tabletop": 5, "street": 2, "rendered": 16,
}  # fmt: skip


# --- the search


def test_search_names_what_is_missing(tmp_path: Path) -> None:
    found = testsets.search([tmp_path], given=False)
    assert set(found.sets) == {"motorcycle", "photos"}
    assert found.missing == (
        "nyu", "nyu_dev", "tum", "sintel", "eth3d", "diw", "kitti", "kitti2015", "kitti2012",
        "middlebury", "other_cameras",
    )  # fmt: skip
    with pytest.raises(DataError, match="holds none of the known sets"):
        testsets.search([tmp_path], given=True)
    with pytest.raises(DataError, match="no such folder"):
        testsets.search([tmp_path / "data"], given=True)


def test_every_missing_set_says_where_it_comes_from_and_where_it_goes(tmp_path: Path) -> None:
    for name in testsets.search([tmp_path], given=False).missing:
        assert TESTSETS[name].layout in TESTSETS[name].source
        assert TESTSETS[name].published_at in TESTSETS[name].source
    with pytest.raises(DataError, match=r"--set sintel: not found; http.*looked for as sintel/final"):
        testsets.chosen(testsets.search([], given=False), ["sintel"])
    with pytest.raises(DataError, match="--set kiti: unknown"):
        testsets.chosen(testsets.search([], given=False), ["kiti"])


def test_sets_that_were_not_asked_for_are_not_looked_at(tmp_path: Path) -> None:
    small.nyu(tmp_path, images=2, part="dev")
    text(tmp_path / "DIW" / "DIW_test.csv", "only a path")
    with pytest.raises(DataError, match=r"DIW_test\.csv, line 1"):
        testsets.search([tmp_path], given=True)
    found = testsets.search([tmp_path], given=True, names=["nyu_dev", "sintel"])
    assert list(found.sets) == ["nyu_dev"]
    assert found.missing == ("sintel",)


def test_one_set_in_two_folders_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        small.nyu(tmp_path / name, images=1, part="dev")
    with pytest.raises(DataError, match=r"'nyu_dev' lies in .*a.nyu.dev too"):
        testsets.search([tmp_path / "a", tmp_path / "b"], given=True)


def test_own_photos_count_where_no_known_set_is(tmp_path: Path) -> None:
    photo(tmp_path / "desk.jpg")
    levels(tmp_path / "desk.png", 1500)
    assert "folder" in testsets.search([tmp_path], given=True).sets
    small.nyu(tmp_path, images=1, part="dev")
    assert "folder" not in testsets.search([tmp_path], given=True).sets


def test_the_reference_data_hold_what_their_lists_say() -> None:
    if not (SHARED / "data").is_dir():
        pytest.skip("the reference data are not on this machine")
    found = testsets.search([SHARED / "data"], given=True)
    outside = {name: shots for name, shots in found.sets.items() if not TESTSETS[name].built_in}
    assert {name: len(shots) for name, shots in outside.items()} == COUNTS
    for name, shots in outside.items():
        for i in range(0, len(shots), 5):
            checked_size(f"{name} {shots.names[i]}", shots.truth(i), *shots.photo(i).shape[:2])


# --- what the readers share


def test_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"x\.jpg: no such file"):
        read_rgb(tmp_path / "x.jpg")
    (tmp_path / "x.jpg").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"x\.jpg: not a picture"):
        read_rgb(tmp_path / "x.jpg")


def test_an_image_of_absurd_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.testsets.shot.MAX_PIXELS", 1000)
    Image.new("RGB", (64, 64)).save(tmp_path / "big.png")
    with pytest.raises(DataError, match=r"big\.png: 64×64 pixels; at most"):
        read_rgb(tmp_path / "big.png")


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_depth_of_too_few_bits_is_refused(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (4, 4)).save(tmp_path / "d.png")
    with pytest.raises(DataError, match="a 16-bit one-channel PNG was expected"):
        read_png16(tmp_path / "d.png")


def test_disparity_of_several_channels_is_refused(tmp_path: Path) -> None:
    photo(tmp_path / "d.png")
    with pytest.raises(DataError, match="one channel was expected, found RGB"):
        read_levels(tmp_path / "d.png")


@pytest.mark.parametrize("relative", ["../x.png", "a/../../x.png", "/x.png"])
def test_paths_stay_in_the_folder(tmp_path: Path, relative: str) -> None:
    with pytest.raises(DataError, match="leads out of the folder"):
        inside(tmp_path, relative)
    assert inside(tmp_path, "a/../x.png").parent.name == ".."


def test_a_link_of_the_users_own_may_lead_elsewhere(tmp_path: Path) -> None:
    photo(tmp_path / "disk" / "x.png")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "photos").symlink_to(tmp_path / "disk")
    assert read_rgb(inside(tmp_path / "data", "photos/x.png")).shape == (HEIGHT, WIDTH, 3)


def test_only_finite_positive_values_are_measurements() -> None:
    values = np.array([1e300, np.nan, np.inf, -np.inf, -1, 0, 2])
    np.testing.assert_array_equal(measured(values), np.array([0, 0, 0, 0, 0, 0, 2], np.float32))


def test_places_are_tried_in_order(tmp_path: Path) -> None:
    text(tmp_path / "b" / "x.txt")
    assert place(tmp_path, ("a", "b", ""), "*.txt") == tmp_path / "b"
    assert place(tmp_path, ("a", "c"), "*.txt") is None
    assert existing([tmp_path / "a", tmp_path / "b"], "x.txt") == tmp_path / "b" / "x.txt"
    assert existing([tmp_path / "a", tmp_path / "b"], "y.txt") == tmp_path / "a" / "y.txt"


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    assert different(tmp_path, ["a", "b"]) == ("a", "b")
    with pytest.raises(DataError, match="'b' is there twice"):
        different(tmp_path, ["a", "b", "c", "b"])


# --- built-in sets, and folders with an index


def test_built_in_photos_are_on_every_machine() -> None:
    shots = photos()
    assert shots is not None
    assert len(shots) == 4
    for i in range(len(shots)):
        pixels = shots.photo(i)
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] == 3
        assert shots.truth(i) is None


def test_the_stereo_pair_has_true_disparity() -> None:
    _, (truth,) = read(motorcycle())
    assert 0.5 < np.mean(disparity(truth) > 0) < 1


def test_nyu_is_cut_and_grouped(tmp_path: Path) -> None:
    small.nyu(tmp_path, images=4, part="dev")
    shots, truths = read(nyu.find(tmp_path))
    assert shots.names == ("00000", "00010", "00020", "00030")
    assert shots.photo(0).shape == (80, 112, 3)
    assert depth(truths[0]).shape == (80, 112)
    assert len(set(shots.groups)) == 4  # ten indices apart: other scenes


def test_neighbouring_images_of_one_scene_are_one_group() -> None:
    rows = [("00027", "office"), ("00030", "office"), ("00031", "kitchen"), ("00050", "kitchen")]
    assert nyu._groups(rows) == ("office 0", "office 0", "kitchen 1", "kitchen 2")


def test_frames_of_one_video_are_one_group() -> None:
    assert other_cameras.scene("kitchen_frame-000150") == other_cameras.scene("kitchen_frame-000157")
    assert other_cameras.scene("d435_table_000000080") == "d435_table"
    assert other_cameras.scene("kinect2_livingroom") == "kinect2_livingroom"


KITTI_HEADER = "id,part,left,disparity,focal_px,baseline_m,drive"


def test_kitti_gives_metres_and_tests_alone(tmp_path: Path) -> None:
    folder = tmp_path / "kitti2015"
    photo(folder / "left.png")
    levels(folder / "disp.png", 256 * 36)
    rows = ["a,train,left.png,disp.png,720,0.5,", "b,test,left.png,disp.png,720,0.5,0015"]
    text(folder / "pairs.csv", KITTI_HEADER, *rows)
    shots, (truth,) = read(kitti2015.find(tmp_path))
    assert (shots.names, shots.groups) == (("b",), ("0015",))
    assert depth(truth)[0, 0] == 0
    assert depth(truth)[1] == pytest.approx(10.0)
    text(folder / "pairs.csv", KITTI_HEADER, rows[0])
    assert kitti2015.find(tmp_path) is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("b,test,../../x.png,disp.png,720,0.5,", "leads out of the folder"),
        ("b,test,left.png,,720,0.5,", "line 2: 'disparity' is missing"),
        ("b,test,left.png,small.png,720,0.5,", "truth of (2, 2) for a photo of (4, 6)"),
        ("b,test,left.png,disp.png,long,0.5,", "could not convert"),
        ("b,test,left.png,disp.png,720,0.5,\nb,test,left.png,disp.png,720,0.5,", "'b' is there twice"),
    ],
)
def test_a_bad_line_of_an_index_is_named(tmp_path: Path, row: str, message: str) -> None:
    folder = tmp_path / "kitti2015"
    photo(folder / "left.png")
    levels(folder / "disp.png", 256)
    save(folder / "small.png", np.full((2, 2), 256, np.uint16))
    text(folder / "pairs.csv", KITTI_HEADER, row)
    with pytest.raises(DataError, match=re.escape(message)):
        read(kitti2015.find(tmp_path))


def test_middlebury_gives_disparity(tmp_path: Path) -> None:
    photo(tmp_path / "middlebury" / "aloe" / "left.jpg")
    levels(tmp_path / "middlebury" / "aloe" / "disp_left.png", 640)
    text(tmp_path / "middlebury" / "scenes.csv", "scene,year", "aloe,2006")
    _, (truth,) = read(middlebury.find(tmp_path))
    assert disparity(truth)[1] == pytest.approx(2.5)


def test_other_cameras_take_their_unit_and_leave_nyu_out(tmp_path: Path) -> None:
    folder = tmp_path / "other_cameras"
    for name in ("desk_1", "nyu_raw_gx_1"):
        photo(folder / f"{name}.jpg")
        levels(folder / f"{name}.png", 500)
        text(folder / f"{name}.json", '{"depth_unit_m": 0.002}')
    shots, (truth,) = read(other_cameras.find(tmp_path))
    assert shots.names == ("desk_1",)
    assert depth(truth)[1] == pytest.approx(1.0)
    text(folder / "desk_1.json", "{}")
    with pytest.raises(DataError, match=r"desk_1\.json: has no 'depth_unit_m'"):
        read(other_cameras.find(tmp_path))

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench import testsets
from bench.testsets import kitti2015, middlebury, nyu, other_cameras
from bench.testsets.photos import Motorcycle, Photos
from bench.testsets.shot import DataError, read_rgb
from tests.training.data import small


def test_built_in_photos_are_on_every_machine() -> None:
    shots = list(Photos())
    assert len(shots) == len(Photos())
    assert all(s.image.dtype == np.uint8 and s.image.shape[2] == 3 for s in shots)


def test_the_stereo_pair_has_true_disparity() -> None:
    (shot,) = Motorcycle()
    assert shot.disparity is not None
    assert shot.disparity.shape == shot.image.shape[:2]
    assert 0.5 < np.mean(shot.disparity > 0) < 1


def test_nyu_is_cut_and_grouped(tmp_path: Path) -> None:
    small.nyu(tmp_path, images=4, part="dev")
    found = nyu.find(tmp_path)
    assert found is not None
    shots = list(found)
    assert [s.name for s in shots] == ["00000", "00010", "00020", "00030"]
    assert shots[0].image.shape == (80, 112, 3)
    assert shots[0].depth is not None
    assert shots[0].depth.shape == (80, 112)
    assert len({s.group for s in shots}) == 4  # ten indices apart: other scenes


def test_neighbouring_images_of_one_scene_are_one_group() -> None:
    rows = [("00027", "office"), ("00030", "office"), ("00031", "kitchen"), ("00050", "kitchen")]
    assert nyu._groups(rows) == ("office 0", "office 0", "kitchen 1", "kitchen 2")


def test_search_names_what_is_missing(tmp_path: Path) -> None:
    found = testsets.search([tmp_path], given=False)
    assert set(found.sets) == {"motorcycle", "photos"}
    assert found.missing == ("nyu_dev", "kitti2015", "middlebury", "other_cameras")
    with pytest.raises(DataError, match="holds none of the known sets"):
        testsets.search([tmp_path], given=True)


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


def test_frames_of_one_video_are_one_group() -> None:
    assert other_cameras.scene("kitchen_frame-000150") == other_cameras.scene("kitchen_frame-000157")
    assert other_cameras.scene("d435_table_000000080") == "d435_table"
    assert other_cameras.scene("kinect2_livingroom") == "kinect2_livingroom"


def test_kitti_gives_metres_and_tests_alone(tmp_path: Path) -> None:
    folder = tmp_path / "kitti2015"
    save(folder / "left.png", np.zeros((4, 6, 3), np.uint8))
    save(folder / "disp.png", np.full((4, 6), 256 * 36, np.uint16))
    header = "id,part,left,disparity,focal_px,baseline_m,drive"
    rows = ["a,train,left.png,disp.png,720,0.5,", "b,test,left.png,disp.png,720,0.5,0015"]
    (folder / "pairs.csv").write_text("\n".join([header, *rows]))
    found = kitti2015.find(tmp_path)
    assert found is not None
    (shot,) = found
    assert shot.depth is not None
    assert shot.depth == pytest.approx(10.0)
    assert shot.group == "0015"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("b,test,../../x.png,disp.png,720,0.5,", "leads out of the folder"),
        ("b,test,left.png,,720,0.5,", "line 2: 'disparity' is missing"),
        ("b,test,left.png,small.png,720,0.5,", "truth of (2, 2) for a photo of (4, 6)"),
        ("b,test,left.png,disp.png,long,0.5,", "could not convert"),
    ],
)
def test_a_bad_line_of_an_index_is_named(tmp_path: Path, row: str, message: str) -> None:
    folder = tmp_path / "kitti2015"
    save(folder / "left.png", np.zeros((4, 6, 3), np.uint8))
    save(folder / "disp.png", np.full((4, 6), 256, np.uint16))
    save(folder / "small.png", np.full((2, 2), 256, np.uint16))
    (folder / "pairs.csv").write_text(f"id,part,left,disparity,focal_px,baseline_m,drive\n{row}\n")
    with pytest.raises(DataError, match=re.escape(message)):
        list(kitti2015.find(tmp_path) or [])


def test_middlebury_gives_disparity(tmp_path: Path) -> None:
    folder = tmp_path / "middlebury"
    save(folder / "aloe" / "left.jpg", np.zeros((4, 6, 3), np.uint8))
    save(folder / "aloe" / "disp_left.png", np.full((4, 6), 640, np.uint16))
    (folder / "scenes.csv").write_text("scene,year\naloe,2006\n")
    (shot,) = middlebury.find(tmp_path) or []
    assert shot.disparity is not None
    assert shot.disparity == pytest.approx(2.5)


def test_other_cameras_take_their_unit_and_leave_nyu_out(tmp_path: Path) -> None:
    folder = tmp_path / "other_cameras"
    for name in ("desk_1", "nyu_raw_gx_1"):
        save(folder / f"{name}.jpg", np.zeros((4, 6, 3), np.uint8))
        save(folder / f"{name}.png", np.full((4, 6), 500, np.uint16))
        (folder / f"{name}.json").write_text('{"depth_unit_m": 0.002}')
    (shot,) = other_cameras.find(tmp_path) or []
    assert shot.depth is not None
    assert shot.depth == pytest.approx(1.0)
    (folder / "desk_1.json").write_text("{}")
    with pytest.raises(DataError, match=r"desk_1\.json: has no 'depth_unit_m'"):
        list(other_cameras.find(tmp_path) or [])


def save(path: Path, pixels: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)

"""KITTI: annotated depth, and Stereo 2015 and 2012 as published."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from bench.testsets import kitti, kitti2012, kitti2015
from bench.testsets.shot import DataError
from tests.bench.testsets.layouts import depth, levels, photo, read, save, text

RECORDING = "2011_09_26_drive_0002"


def frame(depths: Path, photos: Path, drive: str, number: int, value: int = 256 * 12) -> None:
    """A photo in the raw recording, and annotated depth."""
    photo(photos / drive[:10] / f"{drive}_sync" / "image_02" / "data" / f"{number:010d}.png")
    folder = depths / f"{drive}_sync" / "proj_depth" / "groundtruth" / "image_02"
    levels(folder / f"{number:010d}.png", value)


# --- annotated depth


def test_midas_scored_161_images() -> None:
    frames = kitti.frames_of_midas()
    assert len(frames) == len(set(frames)) == 161
    assert (RECORDING, 69) in frames
    assert (RECORDING, 66) not in frames


@pytest.mark.parametrize(
    ("depths", "photos"),
    [
        ("kitti/val", "kitti"),
        ("kitti/data_depth_annotated/val", "kitti/raw"),
        ("val", ""),
        ("kitti", "kitti"),
    ],
)
def test_the_161_are_found_in_the_published_layout(tmp_path: Path, depths: str, photos: str) -> None:
    for drive, number in kitti.frames_of_midas():
        frame(tmp_path / depths, tmp_path / photos, drive, number)
    frame(tmp_path / depths, tmp_path / photos, RECORDING, 7)  # of the same drive, but not one of them
    shots, truths = read(kitti.find(tmp_path))
    assert len(shots) == 161
    assert len(set(shots.groups)) == len(kitti.DRIVES)
    assert shots.names[0] == f"{RECORDING}/0000000006"
    assert depth(truths[0])[1] == pytest.approx(12)


def test_some_of_the_161_are_not_enough(tmp_path: Path) -> None:
    frame(tmp_path / "kitti" / "val", tmp_path / "kitti", RECORDING, 7)
    assert kitti.find(tmp_path) is None
    frame(tmp_path / "kitti" / "val", tmp_path / "kitti", RECORDING, 6)
    with pytest.raises(DataError, match=r"0000000009\.png: no such file; 160 of 161 depths are missing"):
        kitti.find(tmp_path)


def test_any_list_will_do(tmp_path: Path) -> None:
    root = tmp_path / "kitti"
    photo(root / "my" / "a.jpg")
    levels(root / "my" / "a_depth.png", 256 * 3)
    frame(root / "val", root, RECORDING, 7)
    raw = f"2011_09_26/{RECORDING}_sync/image_02/data/0000000007.png"
    annotated = f"{RECORDING}_sync/proj_depth/groundtruth/image_02/0000000007.png"
    text(
        root / "list.txt",
        "# photo depth",
        "my/a.png my/a_depth.png",
        "",
        f"{raw} None 721.5",
        f"{raw} {annotated} 721.5",
    )
    shots, truths = read(kitti.find(tmp_path))
    assert shots.names == ("my/a", raw.removesuffix(".png"))
    assert shots.groups == ("my/a", f"{RECORDING}_sync")
    assert [depth(t)[1, 1] for t in truths] == pytest.approx([3, 12])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a.png", "list.txt, line 1: 'a.png' is not 'photo depth'"),
        ("../../a.png d.png", "leads out of the folder"),
        ("a.png ../../d.png", "leads out of the folder"),
        ("a.png other.png", "other.png: no such file"),
        ("b.png d.png", "b.png: no such file"),
        ("a.png small.png", "truth of (4, 6) for a photo of (2, 2)"),
        ("a.png d.png\na.png d.png", "list.txt: 'a' is there twice"),
    ],
)
def test_a_bad_line_of_a_list_is_named(tmp_path: Path, line: str, message: str) -> None:
    photo(tmp_path / "kitti" / "a.png", 2, 2)
    levels(tmp_path / "kitti" / "small.png", 256)
    save(tmp_path / "kitti" / "d.png", np.full((2, 2), 256, np.uint16))
    text(tmp_path / "kitti" / "list.txt", line)
    with pytest.raises(DataError, match=re.escape(message)):
        read(kitti.find(tmp_path))


# --- stereo as published

P2 = "721.5377 0 609.5593 44.85728 0 721.5377 172.854 0.2163791 0 0 1 0.002745884"
P3 = "721.5377 0 609.5593 -339.5242 0 721.5377 172.854 2.199936 0 0 1 0.002729905"
OF_2012 = "707.0912 0 601.8873 {} 0 707.0912 183.1104 0 0 0 1 0"


def stereo_2015(training: Path) -> Path:
    for number in range(3):
        photo(training / "image_2" / f"{number:06d}_10.png")
        photo(training / "image_2" / f"{number:06d}_11.png")
        levels(training / "disp_occ_0" / f"{number:06d}_10.png", 256 * 20)
        text(
            training / "calib_cam_to_cam" / f"{number:06d}.txt",
            "calib_time: 09-Jan-2012 13:57:47", f"P_rect_02: {P2}", f"P_rect_03: {P3}",
        )  # fmt: skip
    return training


@pytest.mark.parametrize("place", ["kitti2015/training", "data_scene_flow/training", "training"])
def test_stereo_2015_as_published(tmp_path: Path, place: str) -> None:
    stereo_2015(tmp_path / place)
    shots, truths = read(kitti2015.find(tmp_path))
    assert shots.names == shots.groups == ("000000_10", "000001_10", "000002_10")
    assert depth(truths[0])[0, 0] == 0
    assert depth(truths[0])[1] == pytest.approx((44.85728 + 339.5242) / 20, rel=1e-6)
    assert kitti2012.find(tmp_path) is None


def test_drives_of_2015_are_groups_where_the_kit_tells_them(tmp_path: Path) -> None:
    training = stereo_2015(tmp_path / "kitti2015" / "training")
    row = "2011_09_26 2011_09_26_drive_0005_sync 00000000"
    text(training.parent / "devkit" / "mapping" / "train_mapping.txt", "", f"{row}10", f"{row}50")
    shots, _ = read(kitti2015.find(tmp_path))
    assert shots.groups == ("000000_10", "2011_09_26_drive_0005_sync", "2011_09_26_drive_0005_sync")


@pytest.mark.parametrize("place", ["kitti2012/training", "data_stereo_flow/training", "training"])
@pytest.mark.parametrize("photos", ["image_0", "colored_0"])
def test_stereo_2012_as_published(tmp_path: Path, place: str, photos: str) -> None:
    training = tmp_path / place
    photo(training / photos / "000000_10.png")
    levels(training / "disp_occ" / "000000_10.png", 256 * 38)
    lines = [f"P{i}: {OF_2012.format(number)}" for i, number in enumerate((0, -379.8145))]
    text(training / "calib" / "000000.txt", *lines)
    _, (truth,) = read(kitti2012.find(tmp_path))
    assert depth(truth)[1] == pytest.approx(379.8145 / 38, rel=1e-6)
    assert kitti2015.find(tmp_path) is None


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([f"P_rect_02: {P2}"], "12 numbers after 'P_rect_03:' were expected, found 0"),
        ([f"P_rect_02: {P2} 5", f"P_rect_03: {P3}"], "12 numbers after 'P_rect_02:' were expected, found 13"),
        ([f"P_rect_02: {P2}", f"P_rect_03: {P2}"], "is 0; it must be positive"),
        ([f"P_rect_02: {P2}", "P_rect_03: a b"], "000000.txt: not a calibration"),
        (None, "000000.txt: not a calibration that can be read"),
    ],
)
def test_a_bad_calibration_is_named(tmp_path: Path, lines: list[str] | None, message: str) -> None:
    calibration = stereo_2015(tmp_path / "training") / "calib_cam_to_cam" / "000000.txt"
    calibration.unlink()
    if lines:
        text(calibration, *lines)
    with pytest.raises(DataError, match=re.escape(message)):
        read(kitti2015.find(tmp_path))


def test_rows_for_training_are_never_tests(tmp_path: Path) -> None:
    """Beside an index the published folders are not looked at."""
    stereo_2015(tmp_path / "kitti2015" / "training")
    text(
        tmp_path / "kitti2015" / "pairs.csv",
        "id,part,left,disparity,focal_px,baseline_m",
        "a,train,l,d,720,0.5",
    )
    assert kitti2015.find(tmp_path) is None

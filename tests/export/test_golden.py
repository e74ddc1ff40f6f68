"""The golden files, read by code of the test's own: what docs/formats.md tells an app to do."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from export import geometry, golden
from export.fit import placement
from export.target import VARIANTS

ROLES = ["onnx", "tflite_int8"]


def picture(height: int, width: int) -> NDArray[np.uint8]:
    """Colours that change from place to place, with edges: no symmetry that would hide a wrong turn."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 30) + y / height, np.cos(y / 23) * x / width, np.sin((x + 2 * y) / 50)]
    smooth = 128 + 60 * np.stack(waves, axis=2)
    smooth[height // 3 : height // 2, width // 4 : width // 3] = (250, 20, 40)
    colours: NDArray[np.uint8] = np.clip(smooth, 0, 255).astype(np.uint8)
    return colours


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artifact") / "golden"
    output = np.random.default_rng(0).normal(size=(256, 320)).astype(np.float32)
    golden.write(folder, picture(256, 320), output, ROLES)
    return folder


def frames(folder: Path) -> list[dict[str, Any]]:
    described: list[dict[str, Any]] = json.loads((folder / "frames.json").read_text())["frames"]
    return described


def decoded(folder: Path, frame: dict[str, Any]) -> NDArray[np.float64]:
    """BT.601 full range, chroma repeated; turned clockwise, then mirrored: upright RGB, rounded."""
    data = np.frombuffer((folder / frame["file"]).read_bytes(), np.uint8)
    height, width = frame["height"], frame["width"]
    plane = {}
    for p in frame["planes"]:
        rows, columns = (height, width) if p["plane"] == "y" else (height // 2, width // 2)
        row, column = np.mgrid[:rows, :columns]
        plane[p["plane"]] = data[p["offset"] + row * p["row_stride"] + column * p["pixel_stride"]] + 0.0
    row, column = np.mgrid[:height, :width] // 2
    y, u, v = plane["y"], plane["u"][row, column] - 128, plane["v"][row, column] - 128
    rgb = np.stack([y + 1.402 * v, y - 0.344136 * u - 0.714136 * v, y + 1.772 * u], axis=2)
    rgb = np.clip(np.floor(rgb + 0.5), 0, 255)
    for _ in range(frame["rotation_degrees"] // 90):
        rgb = rgb[::-1].transpose(1, 0, 2)  # a quarter clockwise: the lowest row becomes the first column
    return rgb[:, ::-1] if frame["mirrored"] else rgb


def test_every_turn_mirroring_and_layout_is_there(folder: Path) -> None:
    seen = {(f["rotation_degrees"], f["mirrored"], f["planes"][1]["pixel_stride"]) for f in frames(folder)}
    assert len(frames(folder)) == 16
    assert seen == {(r, m, s) for r in (0, 90, 180, 270) for m in (True, False) for s in (1, 2)}
    turned = {f["rotation_degrees"]: (f["height"], f["width"]) for f in frames(folder)}
    assert turned == {0: (96, 128), 90: (128, 96), 180: (96, 128), 270: (128, 96)}


def test_every_frame_shows_the_upright_picture(folder: Path) -> None:
    upright = np.asarray(Image.open(folder / json.loads((folder / "frames.json").read_text())["upright"]))
    for frame in frames(folder):
        off = np.abs(decoded(folder, frame) - upright)
        assert off.max() <= 1, frame["file"]
        assert off.mean() < 0.01, frame["file"]
        for wrong in ({"rotation_degrees": (frame["rotation_degrees"] + 180) % 360},
                      {"mirrored": not frame["mirrored"]}):  # fmt: skip
            assert np.abs(decoded(folder, frame | wrong) - upright).mean() > 20, frame["file"]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_pixel_that_formats_md_reads(rotation: int, mirrored: bool) -> None:
    """Upright row and column → those of the planes, as written there; turned pictures agree."""
    sensor = np.arange(6 * 8).reshape(6, 8)
    upright = np.rot90(sensor, -rotation // 90)
    upright = upright[:, ::-1] if mirrored else upright
    row, column = np.mgrid[: upright.shape[0], : upright.shape[1]]
    column = upright.shape[1] - 1 - column if mirrored else column
    last_row, last_column = 5, 7
    place = {
        0: (row, column),
        90: (last_row - column, row),
        180: (last_row - row, last_column - column),
        270: (column, last_column - row),
    }[rotation]
    np.testing.assert_array_equal(sensor[place], upright)


def test_the_upright_picture_is_the_photo_but_for_halved_chroma(folder: Path) -> None:
    upright = np.asarray(Image.open(folder / "frame.png")).astype(np.float64)
    photo = picture(256, 320)[:192:2, :256:2].astype(np.float64)
    assert np.abs(upright - photo).mean() < 3
    luma = np.array([0.299, 0.587, 0.114])
    assert np.abs((upright - photo) @ luma).mean() < 0.6


def test_rows_are_longer_than_the_picture_and_planes_fit(folder: Path) -> None:
    for frame in frames(folder):
        length = (folder / frame["file"]).stat().st_size
        for p in frame["planes"]:
            rows, columns = (frame["height"] // (1 + (p["plane"] != "y")) for _ in range(2))
            columns = frame["width"] // (1 if p["plane"] == "y" else 2)
            assert p["row_stride"] > columns * p["pixel_stride"]
            assert p["offset"] + (rows - 1) * p["row_stride"] + (columns - 1) * p["pixel_stride"] < length


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [
        ((0, 0, 0), (0, 128, 128)), ((255, 255, 255), (255, 128, 128)), ((90, 90, 90), (90, 128, 128)),
        ((255, 0, 0), (76, 85, 255)), ((0, 255, 0), (150, 44, 21)), ((0, 0, 255), (29, 255, 107)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("interleaved", [True, False])
def test_bt_601_full_range(rgb: tuple[int, ...], yuv: tuple[int, ...], interleaved: bool) -> None:
    data, description = golden.yuv420(np.full((4, 6, 3), rgb, np.uint8), interleaved)
    assert tuple(data[plane["offset"]] for plane in description["planes"]) == yuv


def test_the_manifest_holds(folder: Path) -> None:
    record = json.loads((folder / "manifest.json").read_text())
    names = {path.name for path in folder.iterdir()} - {"manifest.json"}
    assert record["sha256"] == {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in names}
    assert {"input.png", "log_disparity.f32", "points.ply", "frame.png", "frames.json"} <= names
    assert record["fov_degrees"] == 60
    assert record["tolerance"] == {
        "onnx": {"max_abs": 1e-3, "mean_abs": 1e-4},
        "tflite_int8": {"within_1_25": 99.0},
    }
    assert set(ROLES) <= set(VARIANTS)


def test_input_output_and_points(folder: Path) -> None:
    np.testing.assert_array_equal(np.asarray(Image.open(folder / "input.png")), picture(256, 320))
    output = np.fromfile(folder / "log_disparity.f32", "<f4").reshape(256, 320)
    np.testing.assert_array_equal(output, np.random.default_rng(0).normal(size=(256, 320)).astype(np.float32))
    _, body = (folder / "points.ply").read_bytes().split(b"end_header\n", 1)
    rows = np.frombuffer(body, np.uint8).reshape(-1, 15)
    np.testing.assert_array_equal(np.ascontiguousarray(rows[:, :12]).view("<f4"), geometry.points(output))
    np.testing.assert_array_equal(rows[:, 12:], picture(256, 320).reshape(-1, 3))


def test_the_smallest_network_has_frames_too(tmp_path: Path) -> None:
    golden.write(tmp_path / "golden", picture(32, 32), np.zeros((32, 32), np.float32), [])
    upright = np.asarray(Image.open(tmp_path / "golden" / "frame.png"))
    assert upright.shape == (16, 16, 3)
    for frame in frames(tmp_path / "golden"):
        assert np.abs(decoded(tmp_path / "golden", frame) - upright).max() <= 1


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        golden.write(tmp_path / name, picture(64, 96), np.zeros((64, 96), np.float32), ROLES)
    assert (tmp_path / "a/manifest.json").read_bytes() == (tmp_path / "b/manifest.json").read_bytes()


def test_the_photos_are_built_in() -> None:
    photos = golden.photos(64, 96)
    assert len(photos) == len(golden.PHOTOS)
    assert all(p.dtype == np.uint8 and p.ndim == 3 and p.shape[2] == 3 for p in photos)


@pytest.mark.parametrize(
    ("size", "part"), [((320, 320), (400, 400)), ((64, 96), (400, 600)), ((96, 32), (400, 133))]
)
def test_golden_photos_have_the_networks_shape(size: tuple[int, int], part: tuple[int, int]) -> None:
    """coffee is 600×400: cut in the middle, never squashed."""
    photo = golden.photos(*size)[0]
    assert photo.shape[:2] == part
    box = placement(*part, *size, "letterbox")
    assert (box.height, box.width) == pytest.approx(size, abs=1)

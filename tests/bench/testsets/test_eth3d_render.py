"""The renderer on a scene in the published layout: a wall and a board before it, each a scan of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from plyfile import PlyData, PlyElement

from bench.testsets import eth3d, eth3d_render
from bench.testsets.rendering import colmap, scans
from bench.testsets.shot import read_depth_mm

ROOT = Path(__file__).parents[3]
WIDTH, HEIGHT, FOCAL = 482, 322, 400.0  # no multiples of four
SMALL = (80, 120)
WALL_M, BOARD_M = 4.0, 2.0
# Two views: the first as the world's axes are, the second turned by half a turn about y, where nothing is.
IMAGES = """# two lines an image
1 1 0 0 0 0 0 0 7 dslr_images_undistorted/front.JPG
10.5 20.5 -1 30 40 12
2 0 0 1 0 0 0 0 7 dslr_images_undistorted/back.JPG

"""
CAMERAS = f"# a comment\n7 PINHOLE {WIDTH} {HEIGHT} {FOCAL} {FOCAL} {WIDTH / 2} {HEIGHT / 2}\n"
# The second scan lies in a frame of its own: turned by a quarter about z, and moved.
TO_WORLD = {
    "scan1.ply": np.eye(4),
    "scan2.ply": np.array([[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]], np.float64),
}


def grid(depth: float, half: float, spacing: float = 0.012) -> NDArray[np.float64]:
    x, y = np.meshgrid(np.arange(-half, half, spacing), np.arange(-half, half, spacing))
    return np.stack([x.ravel(), y.ravel(), np.full(x.size, depth)])


def write_ply(path: Path, points: NDArray[np.float64], kind: str = "f4", **options: str | bool) -> None:
    """x, y, z of `kind`, colour and normals, as scans have them."""
    names = [*((a, kind) for a in "xyz"), *((a, "f4") for a in ("nx", "ny", "nz")), ("red", "u1")]
    rows = np.zeros(points.shape[1], names)
    for axis, values in zip("xyz", points, strict=True):
        rows[axis] = values
    PlyData([PlyElement.describe(rows, "vertex")], **options).write(str(path))


def project(to_world: dict[str, NDArray[np.float64]]) -> str:
    meshes = "".join(
        f'  <MLMesh label="{name}" filename="{name}">\n   <MLMatrix44>\n'
        + "".join(" ".join(map(str, row)) + " \n" for row in matrix)
        + "</MLMatrix44>\n  </MLMesh>\n"
        for name, matrix in to_world.items()
    )
    start, end = "<!DOCTYPE MeshLabDocument>\n<MeshLabProject>\n <MeshGroup>\n", " </MeshGroup>\n"
    return f"{start}{meshes}{end}</MeshLabProject>\n"


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    folder = tmp_path / "room"
    for name in ("images/dslr_images_undistorted", "dslr_calibration_undistorted", "dslr_scan_eval"):
        (folder / name).mkdir(parents=True)
    shades = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    for name in ("front", "back"):
        Image.fromarray(shades).save(folder / f"images/dslr_images_undistorted/{name}.JPG")
    (folder / "dslr_calibration_undistorted/cameras.txt").write_text(CAMERAS)
    (folder / "dslr_calibration_undistorted/images.txt").write_text(IMAGES)
    eval_folder = folder / "dslr_scan_eval"
    write_ply(eval_folder / "scan1.ply", grid(WALL_M, 3.0))
    board = grid(BOARD_M, 0.2)
    back = np.linalg.inv(TO_WORLD["scan2.ply"])
    write_ply(eval_folder / "scan2.ply", back[:3, :3] @ board + back[:3, 3:], kind="f8")
    (eval_folder / "scan_alignment.mlp").write_text(project(TO_WORLD))
    return folder


def run(*arguments: Path | str) -> int:
    return eth3d_render.main([str(a) for a in arguments])


def test_a_scene_becomes_photos_and_depth(
    scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(scene, "--out", out) == 0
    said = capsys.readouterr()
    assert said.out.split() == [str(out / "room/front.png"), str(out / "room/back.png")]
    assert "room: 2 images, 2 scans of dslr_scan_eval" in said.err
    assert "front.png: 100.0 % of its pixels have depth\n" in said.err
    assert "back.png: 0.0 % of its pixels have depth\n" in said.err
    names = ["back.jpg", "back.png", "front.jpg", "front.png"]
    assert sorted(p.name for p in (out / "room").iterdir()) == names
    depth = read_depth_mm(out / "room/front.png")
    assert depth.shape == SMALL
    # The board spans 0.4 m at 2 m, 20 pixels, in the middle of the picture.
    expected = np.full(SMALL, WALL_M)
    expected[31:50, 51:70] = BOARD_M
    border = np.zeros(SMALL, bool)
    border[29:52, 49:72], border[31:50, 51:70] = True, False
    np.testing.assert_allclose(depth[~border], expected[~border], atol=1e-3)
    assert not read_depth_mm(out / "room/back.png").any()


def test_the_photo_is_averaged_over_areas(scene: Path, tmp_path: Path) -> None:
    """Pixels of noise: their mean over 4 × 4 has a quarter of the spread, single ones would keep it."""
    run(scene, "--out", tmp_path / "out")
    photo = np.asarray(Image.open(scene / "images/dslr_images_undistorted/front.JPG"), np.float64)
    small = np.asarray(Image.open(tmp_path / "out/room/front.jpg"), np.float64)
    assert small.shape == (*SMALL, 3)
    assert abs(small.mean() - photo.mean()) < 1
    assert small.std() < photo.std() / 3


def test_what_16_bits_cannot_say_is_left_out_and_counted() -> None:
    depth = np.array([[65.535, 65.5356, 70.0, np.inf, 0.0501, 2.0004]], np.float32)
    millimetres, too_far = eth3d_render.encoded(depth)
    assert millimetres.dtype == np.uint16
    assert millimetres.tolist() == [[65535, 0, 0, 0, 50, 2000]]
    assert too_far == 2


def test_far_pixels_are_said(scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_ply(scene / "dslr_scan_eval/scan1.ply", np.array([[0.0, -20], [10, 0], [70, 80]]))
    assert run(scene, "--out", tmp_path / "out") == 0
    assert "2 pixels past 65.535 m left out" in capsys.readouterr().err


def test_blocks_hold_every_finite_point_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.random.default_rng(0).normal(size=(3, 1000)) + np.array([[5e6], [0], [0]])
    points[1, [0, 17]], points[2, 999] = np.nan, np.inf
    write_ply(tmp_path / "scan1.ply", points, kind="f8")
    (tmp_path / "scan_alignment.mlp").write_text(project({"scan1.ply": np.eye(4)}))
    monkeypatch.setattr(scans, "BLOCK", 64)
    (scan,) = scans.read_scans(tmp_path)
    blocks = list(scans.blocks(scan))
    assert max(b.offsets.shape[1] for b in blocks) <= 64
    read = np.concatenate([b.origin[:, None] + b.offsets for b in blocks], axis=1)
    np.testing.assert_allclose(read, points[:, np.isfinite(points).all(axis=0)], atol=1e-5)


def test_a_scan_without_points_is_one(scene: Path) -> None:
    write_ply(scene / "dslr_scan_eval/scan2.ply", np.zeros((3, 0)))
    of_room = eth3d_render.read_scene(scene)
    assert list(scans.blocks(of_room.scans[1])) == []


def test_clean_scans_serve_where_there_are_no_others(scene: Path) -> None:
    (scene / "dslr_scan_eval").rename(scene / "scan_clean")
    assert [s.path.parent.name for s in eth3d_render.read_scene(scene).scans] == ["scan_clean"] * 2


def test_simple_pinhole_and_quaternions_as_colmap_means_them(tmp_path: Path) -> None:
    (tmp_path / "cameras.txt").write_text("3 SIMPLE_PINHOLE 640 480 500 320 240\n")
    cameras = colmap.read_cameras(tmp_path / "cameras.txt")
    assert cameras == {3: colmap.Camera(640, 480, 500, 500, 320, 240)}
    half = np.sqrt(0.5)  # a quarter turn about z: x → y
    (tmp_path / "images.txt").write_text(f"9 {half} 0 0 {half} 1 2 3 3 a photo.jpg\n\n")
    (view,) = colmap.read_views(tmp_path / "images.txt", cameras)
    assert view.name == "a photo.jpg"
    np.testing.assert_allclose(view.pose @ [1, 0, 0, 1], [1, 3, 3], atol=1e-12)


HEADER = "ply\nformat binary_little_endian 1.0\nelement vertex {}\n{}end_header\n"
AXES = "property float x\nproperty float y\nproperty float z\n"


def scan(content: str | bytes) -> Callable[[Path], object]:
    data = content if isinstance(content, bytes) else content.encode()
    return lambda s: (s / "dslr_scan_eval/scan2.ply").write_bytes(data)


def text(name: str, content: str) -> Callable[[Path], object]:
    return lambda s: (s / name).write_text(content)


def gone(name: str) -> Callable[[Path], object]:
    return lambda s: (s / name).unlink()


def small_photo(scene: Path) -> None:
    Image.new("RGB", (40, 30)).save(scene / "images/dslr_images_undistorted/front.JPG")


def no_scans(scene: Path) -> None:
    (scene / "dslr_scan_eval").rename(scene / "other")


MLP, CAMERAS_TXT = "dslr_scan_eval/scan_alignment.mlp", "dslr_calibration_undistorted/cameras.txt"
IMAGES_TXT = "dslr_calibration_undistorted/images.txt"
FAULTS: list[tuple[Callable[[Path], object], str]] = [
    (scan(HEADER.format(10**15, AXES) + "short"), "scan2.ply: not a PLY file that can be read"),
    (scan(HEADER.format(10**30, AXES) + "short"), "scan2.ply: not a PLY file that can be read"),
    (scan(HEADER.format(-1, AXES)), "scan2.ply: holds lists, as meshes do, or a negative count"),
    (scan(HEADER.format(9, AXES + "property list uchar int f\n") + "x" * 900), "scan2.ply: holds lists"),
    (scan(HEADER.format(1, AXES.replace("float", "int")) + "x" * 12), "no x of type float or double"),
    (scan(HEADER.format(1, AXES[17:]) + "x" * 8), "scan2.ply: its vertices have no x"),
    (scan(HEADER.format(1, AXES).replace("vertex", "camera") + "x" * 12), "without an element 'vertex'"),
    (scan(HEADER.format(1, AXES).replace("binary_little_endian", "ascii") + "1 2 3"), "a PLY file of text"),
    (scan(b"ply\n" + b"comment " * 100_000), "no header within 65,536 bytes"),
    (scan(b""), "scan2.ply: not a PLY file"),
    (scan(b"\xff" * 99), "scan2.ply: not a PLY file"),
    (gone("dslr_scan_eval/scan2.ply"), "scan2.ply: no such file, but scan_alignment.mlp lists it"),
    (no_scans, "holds no scans (dslr_scan_eval or scan_clean)"),
    (gone(MLP), "scan_alignment.mlp: no such file"),
    (text(MLP, "<MeshLabProject"), "scan_alignment.mlp: not a MeshLab project"),
    (text(MLP, "<MeshLabProject/>"), "scan_alignment.mlp: lists no scan"),
    (text(MLP, '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "scan_alignment.mlp: over 1,048,576 bytes, or"),
    (text(MLP, project({"scan1.ply": np.eye(3)})), "a MLMatrix44 is not 4×4 numbers"),
    (text(MLP, project({"scan1.ply": np.eye(4) * 2})), "its last row is not 0 0 0 1"),
    (text(MLP, project({"../../scan1.ply": np.eye(4)})), "'../../scan1.ply' leads out of the folder"),
    (gone(CAMERAS_TXT), "cameras.txt: no such file"),
    (text(CAMERAS_TXT, "7 THIN_PRISM_FISHEYE 9 9 1 1 1 1\n"), "line 1: camera model THIN_PRISM_FISHEYE"),
    (text(CAMERAS_TXT, "7 PINHOLE 9 9 1 1 1\n"), "PINHOLE has 4 parameters, found 3"),
    (text(CAMERAS_TXT, "7 PINHOLE 9 9 1 nan 1 1\n"), "line 1: 'nan' is not a number"),
    (text(CAMERAS_TXT, "7 PINHOLE 99999999 9999999 1 1 1 1\n"), "not a camera"),
    (text(CAMERAS_TXT, "7 PINHOLE\n"), "line 1: expected 'CAMERA_ID MODEL"),
    (text(CAMERAS_TXT, "# nothing\n"), "cameras.txt: lists no camera"),
    (text(IMAGES_TXT, ""), "images.txt: lists no image"),
    (text(IMAGES_TXT, IMAGES.replace(" 7 ", " 8 ")), "line 2: camera 8 is not in cameras.txt (7)"),
    (text(IMAGES_TXT, "1 0 0 0 0 0 0 0 7 a.JPG\n"), "line 1: the quaternion has length 0"),
    (text(IMAGES_TXT, "1 1 0 0 0 0 0 0 7\n"), "line 1: expected 'IMAGE_ID"),
    (text(IMAGES_TXT, "1 1 0 0 0 0 0 0 7 ../../a.JPG\n"), "leads out of the folder"),
    (text(IMAGES_TXT, IMAGES.replace("back", "front")), "images.txt: lists two images of the same name"),
    (gone("images/dslr_images_undistorted/back.JPG"), "back.JPG: no such file"),
    (small_photo, "front.JPG: 40×30 pixels, but its camera has 482×322"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "message"), FAULTS, ids=[message[:40] for _, message in FAULTS])
def test_a_fault_ends_in_one_line_and_writes_nothing(
    scene: Path, damage: Callable[[Path], object], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(scene)
    out = scene.parent / "out"
    assert run(scene, "--out", out) == 2
    said = capsys.readouterr()
    last = said.err.splitlines()[-1]
    assert last.startswith("error: ")
    assert message in last
    assert said.out == ""
    assert not list(out.rglob("*.*"))


def test_folders_that_are_none_or_alike(scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(scene, scene.parent / "nowhere", "--out", scene.parent / "out") == 2
    assert "nowhere: no such folder" in capsys.readouterr().err
    assert run(scene, scene, "--out", scene.parent / "out") == 2
    assert "room: two scenes of this name" in capsys.readouterr().err


def test_a_huge_count_takes_no_memory(scene: Path) -> None:
    """In a process that may have 2 GB: the header promises 12 TB."""
    scan(HEADER.format(10**12, AXES) + "x" * 1200)(scene)
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30)); "
        "from bench.testsets.eth3d_render import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(scene), "--out", str(scene.parent / "out")],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "scan2.ply: not a PLY file that can be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_plyfile_it_says_what_to_install(
    scene: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "plyfile", None)
    assert run(scene, "--out", scene.parent / "out") == 2
    assert capsys.readouterr().err == "error: plyfile is not installed (pip install 'plumb-depth[bench]')\n"


def test_the_reader_of_the_set_finds_what_was_rendered(scene: Path, tmp_path: Path) -> None:
    assert run(scene, "--out", tmp_path / "data/eth3d") == 0
    shots = eth3d.find(tmp_path / "data")
    assert shots is not None
    assert shots.names == ("room/back", "room/front")
    truth = shots.truth(1)
    assert truth is not None
    assert truth.depth is not None
    assert truth.depth.shape == shots.photo(1).shape[:2] == SMALL

"""The command, on a checkpoint of an untrained network: what it writes and what it refuses."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.training.data import small
from training import checkpoint, models

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("view")
    checkpoint.write_weights(folder / "net.safetensors", models.build("mn").state_dict(), "mn", {})
    data = small.nyu(folder, images=1)
    (data / "nyu/train/00000.jpg").rename(folder / "room.jpg")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    (folder / "empty").mkdir()
    (folder / "other").mkdir()
    Image.new("RGB", (40, 30)).save(folder / "other/room.png")
    Image.new("RGB", (1, 1000)).save(folder / "strip.png")
    return folder


def view(
    *arguments: str, cwd: Path, network: tuple[str, ...] = ("--file", "net.safetensors")
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench.view", *arguments, *network],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_writes_maps_of_the_photo_and_a_cloud(work: Path) -> None:
    done = view("room.jpg", "--npy", cwd=work)
    assert done.returncode == 0, done.stderr
    assert "field of view 60° assumed" in done.stderr
    names = ["depth.png", "colour.png", "cloud.ply", "side.png", "log_disparity.npy"]
    assert done.stdout.split() == [f"views/room_{name}" for name in names]
    depth = np.asarray(Image.open(work / "views/room_depth.png"))
    output = np.load(work / "views/room_log_disparity.npy")
    assert depth.shape == output.shape == (96, 128)
    assert depth.max() == 65535
    assert np.asarray(Image.open(work / "views/room_colour.png")).shape == (96, 128, 3)
    assert (work / "views/room_cloud.ply").read_bytes().startswith(b"ply\nformat binary_little_endian 1.0\n")


def test_without_artifacts_the_shipped_network_sees_the_size_that_suits_it(work: Path) -> None:
    done = view("room.jpg", "--out", "shipped", cwd=work, network=())
    assert done.returncode == 0, done.stderr
    points = (work / "shipped/room_cloud.ply").read_bytes().split(b"element vertex ")[1].split(b"\n")[0]
    assert int(points) == 256 * 352  # 128×96 with a smaller side of 256, multiples of 32


def test_a_folder_stands_for_its_photos(work: Path) -> None:
    folder = work / "photos"
    folder.mkdir()
    for name in ("a.png", "b.JPG"):
        Image.open(work / "room.jpg").save(folder / name)
    done = view("photos", "--out", "elsewhere", "--fov", "70", cwd=work)
    assert done.returncode == 0, done.stderr
    assert "70° as given" in done.stderr
    assert len(list((work / "elsewhere").iterdir())) == 8


def test_exif_gives_orientation_and_field_of_view(work: Path) -> None:
    image = Image.open(work / "room.jpg")
    exif = image.getexif()
    exif[0x0112] = 6  # turned by 90°
    exif.get_ifd(0x8769)[0xA405] = 27
    image.save(work / "turned.jpg", exif=exif)
    done = view("turned.jpg", "--out", "turned", cwd=work)
    assert done.returncode == 0, done.stderr
    # 96 of the 160 pixels of the diagonal, which stands for 43.27 mm: 2·atan(0.6·43.27/2/27).
    assert "51.4° from EXIF (27 mm)" in done.stderr
    assert np.asarray(Image.open(work / "turned/turned_depth.png")).shape == (128, 96)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.jpg"], "absent.jpg: no such file"),
        (["broken.jpg"], "broken.jpg: not a picture that can be read"),
        (["empty"], "empty: holds no photo"),
        (["room.jpg", "--fov", "190"], "--fov 190: from 1 to below 180 degrees"),
        (["room.jpg", "--fov", "wide"], "argument --fov: invalid float value: 'wide'"),
        (["room.jpg", "--model", "mn"], "argument --file: not allowed with argument --model"),
        (["room.jpg", "other/room.png"], "room.jpg and other/room.png: their results would overwrite"),
        (["strip.png"], "strip.png: 1×1000 is too long a strip"),
        (["room.jpg", "absent.jpg"], "absent.jpg: no such file"),
    ],
)
def test_bad_input_is_one_line(work: Path, arguments: list[str], message: str) -> None:
    done = view(*arguments, "--out", "bad", cwd=work)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"error: {message}")
    assert not (work / "bad").exists()


@pytest.mark.parametrize(("stop", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_it_leaves_whole_files_and_says_so_by_its_status(
    work: Path, stop: signal.Signals, status: int
) -> None:
    folder, out = work / f"many{status}", work / f"out{status}"
    folder.mkdir()
    for number in range(200):
        shutil.copy(work / "room.jpg", folder / f"{number:03}.jpg")
    command = [sys.executable, "-m", "bench.view", str(folder), "--out", str(out)]
    command += ["--file", "net.safetensors"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=work, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        running.stdout.readline()  # the first file stands: the command is at work
        running.send_signal(stop)
        running.communicate(timeout=60)
    assert running.returncode == status
    assert out.is_dir()
    assert not list(out.glob(".*"))
    assert len(list(out.iterdir())) < 800

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.conftest import SHARED
from tests.training.stereo.made import packed, stereo_movie, synthetic_pair, write_movie
from training.data import movies
from training.data.sample import DataError
from training.stereo import crew, extract, index
from training.stereo.layouts import LAYOUTS
from training.stereo.plan import CHUNK_FRAMES, plan_pairs
from training.stereo.work import Done

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 s: 16 frames, of which 8 are of two rooms, 4 flat and 4 black."""
    return stereo_movie(tmp_path_factory.mktemp("movies") / "two rooms.mkv", 20)


@pytest.fixture(scope="module")
def long_movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """150 s: 120 frames, four chunks."""
    return stereo_movie(tmp_path_factory.mktemp("movies") / "long.mkv", 150, rate=1, height=96, width=160)


def run(*arguments: object, matcher: str = "sgbm", jobs: int = 1) -> int:
    options = ["--matcher", matcher, "--jobs", str(jobs), *map(str, arguments)]
    return extract.main(options)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def disparity(folder: Path, row: index.Row) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read back as the format is described."""
    coded = np.asarray(Image.open(folder / "disparity" / f"{row.name}.png")).astype(np.float64)
    low, high = float(row.disparity_min_px), float(row.disparity_max_px)
    return low + (coded - 1) / 65534 * (high - low), coded > 0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_movie_becomes_frames_with_their_disparity(layout: str, tmp_path: Path) -> None:
    path = stereo_movie(tmp_path / f"{layout}.mkv", 10, layout)
    assert run(path, "--layout", layout, "--out", tmp_path / "out") == 0
    folder = tmp_path / "out" / layout
    rows = index.read(folder / "index.csv")
    assert [row.time_s for row in rows] == [f"{second}.000" for second in range(1, 9)]
    # The shots in turn, a second each: room 1, room 2, flat, black; the first second is left out.
    assert [row.reason for row in rows] == ["", "too flat", "dark", ""] * 2
    assert all((row.kept == index.KEPT) == (row.reason == "") for row in rows)
    assert {p.stem for p in (folder / "left").iterdir()} == {r.name for r in rows if r.kept == index.KEPT}
    for row, seed in ((rows[0], 2), (rows[3], 1)):
        left, _, truth = synthetic_pair(seed)
        picture = np.asarray(Image.open(folder / "left" / f"{row.name}.jpg"))
        assert np.abs(picture.astype(int) - left).mean() < 16
        found, valid = disparity(folder, row)
        assert valid.mean() == pytest.approx(float(row.valid), abs=1e-4)
        assert np.median(np.abs(found - truth)[valid]) < 0.5


def test_the_summary_says_what_was_dropped_and_why(
    movie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(movie, "--layout", "sbs", "--out", tmp_path, "--json", tmp_path / "summary.json") == 0
    lines = ["two_rooms: 16 frames, 8 kept (50.0 %)", "    4 dropped: too flat", "    4 dropped: dark"]
    assert capsys.readouterr().out.splitlines() == lines
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    expected = {"kept": 8, "done": 16, "planned": 16, "dropped": {"too flat": 4, "dark": 4}}
    assert summary["movies"] == [{"name": "two_rooms", "file": "two rooms.mkv", **expected}]
    listed = json.loads((tmp_path / "movies.json").read_text(encoding="utf-8"))
    assert listed["movies"][0]["settings"]["matcher"]["agreement_px"] == 2
    assert run(movie, "--layout", "sbs", "--out", tmp_path, "--json", "-") == 0
    again = json.loads(capsys.readouterr().out)
    assert again["movies"] == summary["movies"]
    assert again["frames_worked_on"] == 0


def test_black_bars_are_cut_off(tmp_path: Path) -> None:
    left, right, truth = synthetic_pair(1)
    barred = [np.pad(eye, ((24, 24), (16, 0), (0, 0))) for eye in (left, right)]
    path = write_movie(tmp_path / "barred.mkv", [packed(barred[0], barred[1], "sbs")] * 20, rate=2)
    assert run(path, "--layout", "sbs", "--out", tmp_path / "out") == 0
    folder = tmp_path / "out" / "barred"
    row = index.read(folder / "index.csv")[0]
    found, valid = disparity(folder, row)
    # With the soft edge of 2 px on the three sides that have a bar.
    assert found.shape == (left.shape[0] - 4, left.shape[1] - 2)
    assert np.median(np.abs(found - truth[2:-2, 2:])[valid]) < 0.3


def test_swapped_eyes_and_smaller_frames(tmp_path: Path) -> None:
    left, right, _ = synthetic_pair(1)
    path = write_movie(tmp_path / "swapped.mkv", [packed(right, left, "sbs")] * 20, rate=2)
    options = ("--layout", "sbs", "--right-first", "--max-width", 200, "--min-range", 4)
    assert run(path, *options, "--out", tmp_path / "out") == 0
    row = index.read(tmp_path / "out" / "swapped" / "index.csv")[0]
    with Image.open(tmp_path / "out" / "swapped" / "left" / f"{row.name}.jpg") as picture:
        assert picture.size == (200, 112)
    # −6 … 16 px at 320 px; unswapped it would be −16 … 6.
    assert float(row.disparity_min_px) == pytest.approx(-6 * 200 / 320, abs=1)
    assert float(row.disparity_max_px) == pytest.approx(16 * 200 / 320, abs=1)


def test_the_same_files_for_any_number_of_workers(long_movie: Path, movie: Path, tmp_path: Path) -> None:
    for jobs in (1, 3):
        assert run(long_movie, movie, "--layout", "sbs", "--out", tmp_path / str(jobs), jobs=jobs) == 0
    assert files(tmp_path / "1") == files(tmp_path / "3")
    assert "long/index.csv" in files(tmp_path / "1")


def test_a_run_goes_on_where_the_last_one_was_broken_off(
    long_movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = (long_movie, "--layout", "sbs", "--out")
    assert run(*arguments, tmp_path / "whole") == 0
    whole = files(tmp_path / "whole")
    finished = crew.finished

    def broken_off(*args: object) -> object:
        for number, done in enumerate(finished(*args)):  # type: ignore[arg-type]
            yield done
            if number == 1:
                raise KeyboardInterrupt

    monkeypatch.setattr(crew, "finished", broken_off)
    assert run(*arguments, tmp_path / "parts") == extract.EXIT_INTERRUPTED
    assert len(index.read(tmp_path / "parts" / "long" / "index.csv")) == 2 * CHUNK_FRAMES
    assert not list(tmp_path.rglob("*.tmp"))
    worked: list[Done] = []

    def noted(*args: object) -> object:
        for done in finished(*args):  # type: ignore[arg-type]
            worked.append(done)
            yield done

    monkeypatch.setattr(crew, "finished", noted)
    assert run(*arguments, tmp_path / "parts") == 0
    assert [done.chunk.first for done in worked] == [2 * CHUNK_FRAMES, 3 * CHUNK_FRAMES]
    assert files(tmp_path / "parts") == whole
    assert run(*arguments, tmp_path / "parts") == 0
    assert len(worked) == 2


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "training.stereo.extract", "--matcher", "sgbm", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(there: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_sigterm_leaves_no_half_written_file(long_movie: Path, tmp_path: Path) -> None:
    process = start(long_movie, "--layout", "sbs", "--out", tmp_path, "--jobs", 2)
    wait_for(lambda: len(list(tmp_path.glob("long/left/*.jpg"))) > 3)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == extract.EXIT_TERMINATED, errors
    assert "Traceback" not in errors
    assert not list(tmp_path.rglob("*.tmp"))
    for path in tmp_path.glob("long/*/*.???"):
        Image.open(path).load()
    assert run(long_movie, "--layout", "sbs", "--out", tmp_path) == 0
    assert len(index.read(tmp_path / "long" / "index.csv")) == 120


def children(pid: int) -> list[int]:
    """Python workers below a process, from /proc."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [int(p) for p in listed if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc to find the workers")
def test_a_killed_worker_loses_its_chunk_alone(long_movie: Path, tmp_path: Path) -> None:
    process = start(long_movie, "--layout", "sbs", "--out", tmp_path / "killed", "--jobs", 2)
    wait_for(lambda: len(list(tmp_path.glob("killed/long/left/*.jpg"))) > 3)
    os.kill(children(process.pid)[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "a worker died at frames" in errors
    assert run(long_movie, "--layout", "sbs", "--out", tmp_path / "calm") == 0
    assert files(tmp_path / "killed") == files(tmp_path / "calm")


def test_pairs_of_pictures(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        (tmp_path / "set" / name).mkdir(parents=True)
        for eye, picture in zip(("left", "right"), synthetic_pair(seed)[:2], strict=True):
            Image.fromarray(picture).save(tmp_path / "set" / name / f"{eye}.png")
    listing = tmp_path / "listed.csv"
    listing.write_text("id,left,right\nx,set/b/left.png,set/b/right.png\n", encoding="utf-8")
    out = tmp_path / "out"
    assert run("--pairs", tmp_path / "set", "--pairs", listing, "--out", out) == 0
    rows = index.read(out / "set" / "index.csv")
    assert [(row.name, row.time_s, row.kept) for row in rows] == [
        ("000000", "", "1"),
        ("000001", "", "1"),
    ]
    found, valid = disparity(out / "set", rows[1])
    assert np.median(np.abs(found - synthetic_pair(2)[2])[valid]) < 0.2
    assert files(out / "listed" / "disparity")["000000.png"] == files(out / "set" / "disparity")["000001.png"]


def test_raft_through_the_command(tmp_path: Path) -> None:
    """With random weights: what comes out is worthless, and found to be so."""
    import torch
    from torchvision.models.optical_flow import raft_large

    torch.manual_seed(0)
    weights = tmp_path / "raft.pth"
    torch.save(raft_large(weights=None).state_dict(), weights)
    (tmp_path / "set" / "a").mkdir(parents=True)
    for eye, picture in zip(("left", "right"), synthetic_pair(1, 72, 100)[:2], strict=True):
        Image.fromarray(picture).save(tmp_path / "set" / "a" / f"{eye}.png")
    out = tmp_path / "out"
    assert run("--pairs", tmp_path / "set", "--weights", weights, "--out", out, matcher="raft") == 0
    (row,) = index.read(out / "set" / "index.csv")
    assert row.kept == index.DROPPED
    assert 0 <= float(row.valid) <= 1
    matcher = json.loads((out / "set" / "plan.json").read_text(encoding="utf-8"))["settings"]["matcher"]
    assert (matcher["agreement_px"], len(matcher["weights"])) == (8, 64)  # SHA-256, not a path


def test_the_reader_of_training_data_reads_what_was_written(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        path = stereo_movie(tmp_path / f"{name}.mkv", 10)
        assert run(path, "--layout", "sbs", "--out", tmp_path / "movies") == 0
    parts = [movies.find(tmp_path, held_out) for held_out in (False, True)]
    assert sum(len(part) for part in parts if part is not None) == 3 * 4
    assert parts[0] is not None
    sample = parts[0][0]
    truths = [synthetic_pair(seed)[2] for seed in (1, 2)]
    errors = [np.median(np.abs(sample.disparity - truth)[sample.valid]) for truth in truths]
    assert min(errors) < 0.5


def test_faulty_pairs_are_named(tmp_path: Path) -> None:
    listing = tmp_path / "pairs.csv"
    listing.write_text("left,right\na.png,b.png\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.png: not a picture"):
        plan_pairs(listing)
    Image.new("RGB", (80, 70)).save(tmp_path / "a.png")
    Image.new("RGB", (80, 71)).save(tmp_path / "b.png")
    with pytest.raises(DataError, match=r"b\.png: not of the same size"):
        plan_pairs(listing)
    listing.write_text("links,rechts\na.png,b.png\n", encoding="utf-8")
    with pytest.raises(DataError, match="columns left and right"):
        plan_pairs(listing)
    with pytest.raises(DataError, match="holds no pair"):
        plan_pairs(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "o"], "no movie and no --pairs given"),
        (["m.mkv", "--out", "o", "--matcher", "sgbm"], "--layout is missing"),
        (["m.mkv", "--out", "o", "--layout", "sbs"], "--matcher raft needs --weights"),
        (["m.mkv", "--out", "o", "--layout", "sbs", "--matcher", "sgbm"], "m.mkv: no such movie"),
        (["m.mkv", "--out", "o", "--layout", "sbs", "--matcher", "sgbm", "--every", "0"], "--every 0.0"),
        (["m.mkv", "--out", "o", "--layout", "sbs", "--matcher", "sgbm", "--range", "5", "5"], "--range 5 5"),
        (["m.mkv", "--out", "o", "--layout", "sbs", "--matcher", "sgbm", "--jobs", "0"], "--jobs 0"),
        (["--pairs", "p.csv", "--out", "o", "--matcher", "sgbm"], "p.csv: no such file"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert extract.main(arguments) == extract.EXIT_BAD_INPUT
    errors = capsys.readouterr().err
    assert errors.startswith(f"error: {message}")
    assert errors.count("\n") == 1


def test_other_settings_need_another_folder(
    movie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(movie, "--layout", "sbs", "--out", tmp_path) == 0
    before = files(tmp_path)
    assert run(movie, "--layout", "sbs", "--out", tmp_path, "--min-range", 4) == extract.EXIT_BAD_INPUT
    assert "made with other settings" in capsys.readouterr().err
    assert files(tmp_path) == before


def test_two_movies_of_one_name_are_refused(
    movie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(movie, movie, "--layout", "sbs", "--out", tmp_path) == extract.EXIT_BAD_INPUT
    assert "would share the folder 'two_rooms'" in capsys.readouterr().err


def test_two_runs_do_not_write_into_one_folder(
    movie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with extract.alone(tmp_path):
        assert run(movie, "--layout", "sbs", "--out", tmp_path) == extract.EXIT_BAD_INPUT
    assert "another run is writing there" in capsys.readouterr().err


def test_a_damaged_movie_is_named_and_what_it_gave_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = stereo_movie(tmp_path / "torn.mkv", 40)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert run(path, "--layout", "sbs", "--out", tmp_path / "out") == extract.EXIT_BAD_INPUT
    errors = capsys.readouterr().err.splitlines()
    assert errors[-1].startswith(f"error: {path}: ")
    assert errors[-1].endswith("of 32 frames cannot be read")
    counted = index.count(tmp_path / "out" / "torn")
    assert counted is not None
    assert counted.kept >= 4
    assert 10 <= counted.dropped["unreadable"] <= 20


def test_real_pairs_through_a_video_file(tmp_path: Path) -> None:
    """KITTI and Middlebury side by side in a movie, and their true disparity against what comes out."""
    data = SHARED / "data"
    if not (data / "kitti2015").is_dir():
        pytest.skip("the pairs with true disparity are not on this machine")
    height, width = 370, 1226
    frames, truths = [], []
    for left, right, true in real_pairs(data):
        eyes = [np.zeros((height, width, 3), np.uint8) for _ in range(2)]
        truth = np.zeros((height, width), np.float32)
        rows, columns = min(height, left.shape[0]), min(width, left.shape[1])
        for eye, picture in zip(eyes, (left, right), strict=True):
            eye[:rows, :columns] = picture[:rows, :columns]
        truth[:rows, :columns] = true[:rows, :columns]
        frames.append(packed(eyes[0], eyes[1], "sbs"))
        truths.append(truth)
    path = write_movie(tmp_path / "real.mkv", [frame for frame in frames for _ in range(2)], 2)
    options = ("--layout", "sbs", "--min-valid", 0.6, "--every", 1)
    assert run(path, *options, "--out", tmp_path / "out", jobs=2) == 0
    folder = tmp_path / "out" / "real"
    rows_ = index.read(folder / "index.csv")
    medians = []
    for row in rows_:
        if row.kept == index.KEPT:
            found, valid = disparity(folder, row)
            truth = truths[int(float(row.time_s))][: found.shape[0], : found.shape[1]]
            both = valid & (truth > 0)
            medians.append(np.median(np.abs(found - truth)[both]))
    assert len(medians) >= 6
    assert np.mean(medians) < 0.8


def real_pairs(data: Path) -> list[tuple[np.ndarray, ...]]:
    def read(path: Path) -> np.ndarray:
        values = np.asarray(Image.open(path))
        return values if values.dtype == np.uint8 else values / np.float32(256)

    with (data / "kitti2015" / "pairs.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::5]
    kitti = [tuple(read(data / "kitti2015" / row[k]) for k in ("left", "right", "disparity")) for row in rows]
    scenes = [data / "middlebury" / name for name in ("2003_teddy", "2014_Motorcycle")]
    names = ("left.jpg", "right.jpg", "disp_left.png")
    return [*kitti[:5], *(tuple(read(scene / name) for name in names) for scene in scenes), *kitti[5:]]

"""Extraction on a Ray of this machine; in processes of its own, since Ray warns of much."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training.stereo.made import stereo_movie
from training.data.sample import DataError
from training.stereo import cluster, extract, index

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "training.stereo.extract"]

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")


def below(pid: int) -> list[int]:
    """All processes below one, from /proc."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [int(p) for p in listed] + [child for p in listed for child in below(int(p))]


def is_station(pid: int) -> bool:
    try:
        return b"Station.extract" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@needs_ray
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc to find the workers")
def test_ended_and_killed_actors_leave_the_files_that_processes_write(tmp_path: Path) -> None:
    movie = stereo_movie(tmp_path / "long.mkv", 150, rate=1, height=96, width=160)
    options = [str(movie), "--layout", "sbs", "--matcher", "sgbm", "--jobs", "2", "--out"]
    command = [*COMMAND, *options, str(tmp_path / "ray"), "--ray", "local"]

    process = started(command, tmp_path / "ray", 3)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == extract.EXIT_TERMINATED, errors
    assert not list(tmp_path.rglob("*.tmp"))

    process = started(command, tmp_path / "ray", 3)
    os.kill(next(pid for pid in below(process.pid) if is_station(pid)), signal.SIGKILL)
    output, errors = process.communicate(timeout=90)
    assert process.returncode == 0, errors
    assert "a worker died at frames" in errors
    assert "Traceback" not in errors
    assert output.startswith("long: 120 frames, ")
    assert extract.main([*options, str(tmp_path / "processes")]) == 0
    assert files(tmp_path / "ray") == files(tmp_path / "processes")
    assert len(index.read(tmp_path / "ray" / "long" / "index.csv")) == 120


def started(command: list[str], out: Path, frames: int) -> subprocess.Popen[str]:
    """The command, once its actors have written that many more pictures (or written some anew)."""
    before = time.time_ns()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while sum(path.stat().st_mtime_ns > before for path in out.glob("long/left/[0-9]*.jpg")) < frames:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    return process


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_without_ray_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(DataError, match=r"--ray local: Ray is not installed \(pip install"):
        cluster.connected("local", 1)


@needs_ray
def test_a_cluster_that_does_not_answer_is_named(tmp_path: Path) -> None:
    movie = stereo_movie(tmp_path / "m.mkv", 4)
    options = [str(movie), "--layout", "sbs", "--matcher", "sgbm", "--out", str(tmp_path / "out")]
    command = [*COMMAND, *options, "--ray", "auto"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == extract.EXIT_BAD_INPUT, done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: --ray auto: no cluster there")

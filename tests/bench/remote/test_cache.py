"""The cache: where it lies, that what is in it is whole, that one process at a time works in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.remote import cache

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PLUMB_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache.folder() == tmp_path / ".cache" / "plumb-depth"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert cache.folder() == tmp_path / ".cache" / "plumb-depth"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder() == tmp_path / "xdg" / "plumb-depth"
    monkeypatch.setenv("PLUMB_CACHE", str(tmp_path / "mine"))
    assert cache.folder() == tmp_path / "mine"


def test_what_is_built_is_whole(tmp_path: Path) -> None:
    left_behind = tmp_path / ".arm.building"
    left_behind.mkdir()
    (left_behind / "half").touch()
    with cache.building(tmp_path / "arm") as new:
        (new / "file").touch()
        assert not (tmp_path / "arm").exists()
    assert [p.relative_to(tmp_path).as_posix() for p in sorted(tmp_path.rglob("*"))] == ["arm", "arm/file"]


def fill(new: Path, error: BaseException) -> None:
    (new / "file").touch()
    raise error


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt()])
def test_what_fails_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)), cache.building(tmp_path / "arm") as new:
        fill(new, error)
    assert list(tmp_path.iterdir()) == []


def test_one_process_at_a_time(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from bench.remote import cache\n"
        "place = pathlib.Path(sys.argv[1])\n"
        "with cache.locked(place, lambda text: print(text, flush=True)):\n"
        "    print('inside', (place / 'mark').exists(), flush=True)\n"
    )
    place = tmp_path / "arm"
    with cache.locked(place, pytest.fail):
        waiting = subprocess.Popen(
            [sys.executable, "-c", code, str(place)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == f"waiting for another run that works in {place}\n"
        (place / "mark").touch()
    assert waiting.communicate(timeout=30)[0] == "inside True\n"
    with cache.locked(place, pytest.fail):
        pass

"""Setting up the arm64 system, with stand-ins for apt-get, dpkg-deb, pip, gcc and qemu."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench.latency import DeviceError
from bench.remote import arm
from tests.bench.remote import fakes


@pytest.fixture
def cached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("PLUMB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "arm"


def use(monkeypatch: pytest.MonkeyPatch, tools: Path) -> list[str]:
    """Put the folder of `tools` in the place of PATH, and of this Python; returns what is said."""
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setattr(sys, "executable", str(tools / "pip-python"))
    return []


def test_set_up_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cached: Path) -> None:
    tools = fakes.toolchain(tmp_path / "bin")
    said = use(monkeypatch, tools)
    machine = arm.ready(said.append)
    assert machine.folder.parent == cached
    assert machine.qemu == str(tools / "qemu-aarch64")
    assert len(said) == 1
    assert "once" in said[0]
    assert sorted(p.name for p in machine.folder.iterdir()) == ["contents.json", "root", "site"]
    assert arm.python(machine.folder / "root").name == "python3.12"
    assert (machine.folder / "root" / "lib").readlink() == Path("usr/lib")
    assert "0xd0b" in (machine.folder / "root/proc/cpuinfo").read_text(encoding="ascii")
    contents = json.loads((machine.folder / "contents.json").read_text(encoding="utf-8"))
    assert list(contents["packages"]) == ["python3-minimal_3.12_arm64.deb"]
    assert len(contents["packages"]["python3-minimal_3.12_arm64.deb"]) == 64
    assert contents["wheels"] == {"numpy": "ab"}
    log = (tools / "log").read_text(encoding="utf-8").splitlines()
    assert [line.split()[0] for line in log] == ["apt-get", "apt-get", "pip"]
    # The Python that was unpacked decides which wheels are fetched, the versions here of what.
    assert "--python-version 3.12 " in log[2]
    assert all(f"{name}=={version}" in log[2] for name, version in arm.versions().items())
    assert arm.ready(said.append) == machine
    assert (tools / "log").read_text(encoding="utf-8").splitlines() == log
    assert len(said) == 1


def test_ready_made_it_needs_no_package_tools(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cached: Path
) -> None:
    tools = fakes.toolchain(tmp_path / "bin")
    said = use(monkeypatch, tools)
    machine = arm.ready(said.append)
    for name in ("apt-get", "dpkg-deb"):
        (tools / name).unlink()
    assert arm.ready(said.append) == machine


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("update", "apt-get update for arm64: ended with status 1: E: Unable to locate package"),
        ("install", "downloading arm64 packages .*: ended with status 1: E: Unable to locate package"),
    ],
)
def test_a_failed_set_up_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cached: Path, fault: str, message: str
) -> None:
    said = use(monkeypatch, fakes.toolchain(tmp_path / "bin", fault))
    with pytest.raises(DeviceError, match=message):
        arm.ready(said.append)
    assert [p.suffix for p in cached.iterdir()] == [".so"]


@pytest.mark.parametrize("absent", ["qemu-aarch64", "gcc", "apt-get"])
def test_a_missing_program_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cached: Path, absent: str
) -> None:
    tools = fakes.toolchain(tmp_path / "bin")
    said = use(monkeypatch, tools)
    (tools / absent).unlink()
    with pytest.raises(DeviceError, match=f"needs {absent}, not found here: apt-get install"):
        arm.ready(said.append)
    assert said == []


def test_a_static_qemu_takes_no_plugins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cached: Path
) -> None:
    use(monkeypatch, fakes.toolchain(tmp_path / "bin", options="-cpu -L"))
    with pytest.raises(DeviceError, match=r"takes no plugins .*: apt-get install qemu-user"):
        arm.ready(print)


@pytest.mark.parametrize(("version", "api"), [("7.2.22", 1), ("8.2.0", 1), ("9.0.0", 2), ("10.1.2", 2)])
def test_the_counter_speaks_qemus_interface(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cached: Path, version: str, api: int
) -> None:
    said = use(monkeypatch, fakes.toolchain(tmp_path / "bin", version=version))
    machine = arm.ready(said.append)
    assert f"-DPLUGIN_API={api} " in machine.plugin.read_text(encoding="utf-8")


def test_only_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    with pytest.raises(DeviceError, match="qemu-user runs on Linux, not on Darwin"):
        arm.ready(print)


def test_a_folder_without_python_says_so(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=f"no Python in it; remove {tmp_path} and run again"):
        arm.python(tmp_path / "root")

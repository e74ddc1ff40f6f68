"""The true thing: LiteRT for arm64 under qemu-aarch64, on files of one convolution.

The first test takes the system that an earlier run set up on this machine; the slow one sets it up.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.latency import DeviceError
from bench.remote import arm, cache, programs, qemu
from bench.row import Row
from tests.bench.remote import artifacts

UNREACHABLE = ("apt-get update", "downloading arm64 packages", "installing the arm64 wheels")


@pytest.fixture
def needs_qemu() -> None:
    for program, package in programs.RUNNING.items():
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here (apt-get install {package})")


def measured(folder: Path, height: int) -> list[Row]:
    model = artifacts.write(folder / f"tiny{height}", height, 384)
    found = qemu.measure(artifacts.plan(model), {}, lambda text: None)
    assert found.skipped == ()
    return list(found.rows)


def check(rows: list[Row]) -> None:
    """As this machine computes it, by real ARM kernels; the files have 384×384 pixels."""
    for row in rows:
        assert row.delegate == "XNNPACK"
        assert row.fidelity is not None
        assert row.fidelity["within_1_05"] == 100
        assert row.fidelity["max_abs"] < 1e-4 or row.fidelity.get("max_steps", 2) <= 1
        # Fewer instructions than one a pixel would be a counter that counts something else.
        assert row.instructions is not None
        assert 384 * 384 < row.instructions < 100 * 384 * 384


@pytest.mark.usefixtures("needs_qemu")
def test_files_on_the_arm_that_is_there(tmp_path: Path) -> None:
    if not any(arm.home().glob("*/contents.json")):
        pytest.skip(f"no arm64 system in {arm.home()}: `make test-slow` or --device qemu sets it up")
    check(measured(tmp_path, 384))


@pytest.mark.slow
@pytest.mark.usefixtures("needs_qemu")
def test_set_up_and_measure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for program, package in programs.INSTALLING.items():
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here ({package}): not a Debian system")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    try:
        machine = arm.ready(lambda text: None)
    except DeviceError as error:
        if str(error).startswith(UNREACHABLE):
            pytest.skip(f"the packages cannot be had here: {error}")
        raise
    assert (machine.folder / "contents.json").is_file()
    large, again, small = (measured(tmp_path / str(i), height) for i, height in enumerate((384, 384, 192)))
    check(large)
    for first, second, half in zip(large, again, small, strict=True):
        assert first.instructions is not None
        assert first.instructions == pytest.approx(second.instructions, rel=1e-3)
        assert half.instructions == pytest.approx(first.instructions / 2, rel=0.05)

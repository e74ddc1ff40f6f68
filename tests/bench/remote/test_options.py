"""Options of phones and boards: which go together, and what is said of those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import device
from bench.plan import Remote, planned
from tests.bench.remote import artifacts


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--device", "phone"], "--device phone: one of host, qemu, adb, ssh, ios"),
        (
            ["--device", "host:x"],
            "--device host:x: adb:SERIAL, ssh:[USER@]HOST and ios:UDID have an address, no other",
        ),
        (
            ["--device", "adb:"],
            "--device adb:: adb:SERIAL, ssh:[USER@]HOST and ios:UDID have an address, no other",
        ),
        (["--clean"], "--clean: goes with --device adb or ssh alone"),
        (["--device", "qemu", "--sustained", "3"], "--sustained: goes with --device adb or ssh alone"),
        (["--benchmark-binary", "x"], "--benchmark-binary: goes with --device adb or ssh alone"),
        (["--device", "adb", "--sustained", "-1"], "--sustained -1: more than 0"),
        (["--device", "adb", "--sustained", "nan"], "--sustained nan: more than 0"),
        (
            ["--device", "adb", "--record"],
            "--record: goes with --device host alone: model.json holds what one machine made of it",
        ),
        (["--device", "adb", "--images", "0"], "--images 0: more than 0"),
        (["--device", "ios", "--clean"], "--clean: goes with --device adb or ssh alone"),
        (["--delegate", "ane"], "--delegate: goes with --device adb or ssh or ios alone"),
    ],
)
def test_what_does_not_go_together(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, options: list[str], told: str
) -> None:
    artifacts.write(tmp_path / "tiny")
    assert device.main([*options, "--artifacts", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"error: {told}\n"


def test_what_a_plan_knows(tmp_path: Path) -> None:
    artifacts.write(tmp_path / "tiny")
    given = (
        "--device adb:1;2 --threads 4 4 --delegate GPU NPU --sustained 1.5 --benchmark-binary tool --images 9"
    )
    options = device.parser().parse_args(["--artifacts", str(tmp_path), *given.split()])
    expected = Remote("1;2", (4,), ("GPU", "NPU"), 1.5, "tool", "python3", 9)
    assert planned(options).remote == expected
    options = device.parser().parse_args(["--artifacts", str(tmp_path)])
    assert planned(options).remote == Remote()

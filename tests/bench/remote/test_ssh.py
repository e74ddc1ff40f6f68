"""`--device ssh` against a real sshd on loopback: this machine's Python and LiteRT stand for a board's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import device
from bench import plan as planning
from bench.latency import DeviceError
from bench.plan import Measured, Plan, UsageError, failures
from bench.remote import board, ssh
from bench.remote.link import Lost
from tests.bench.remote import artifacts, fakes, sshd
from tests.bench.remote.phone import photos, tool


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("sshd")
    with sshd.board(folder) as home, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
        yield home


def plan(folder: Path, **remote: object) -> Plan:
    made = artifacts.plan(artifacts.write(folder / "tiny"))
    values = {"address": "board", "threads": (1,), "python": sys.executable, **remote}
    return Plan(**{**vars(made), "remote": planning.Remote(**values)})  # type: ignore[arg-type]


def measure(of: Plan) -> Measured:
    return ssh.measure(of, photos(), lambda text: None)


def test_rows(home: Path, tmp_path: Path) -> None:
    fakes.write(home / "python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    found = measure(plan(tmp_path, python="./python"))
    (home / "python").unlink()
    assert failures(found.skipped) == []
    assert [(r.variant, r.threads) for r in found.rows] == [("float32", 1), ("int8", 1), ("int8_full", 1)]
    for row in found.rows:
        assert row.timing is not None
        assert len(row.timing.samples_ms) >= 50
        assert set(row.timing.latency_ms()) == {"median", "p90", "p99", "first", "load"}
        assert row.agreement is not None
        assert (row.agreement["identical"], row.agreement["images"]) == (100, 2)
        assert row.fidelity is not None
        assert row.fidelity["images"] == 2
    assert {row.device for row in found.rows} == {dict(found.machine)["device"]}
    left = home / ssh.FOLDER
    assert sorted(path.suffix for path in left.iterdir()) == [".tflite", ".tflite", ".zip"]
    assert [path.name for path in home.iterdir()] == [".cache"]
    assert device.main(["--device", "ssh:board", "--clean"]) == 0
    assert not left.exists()


def test_litert_s_own_tool_runs_there_too(home: Path, tmp_path: Path) -> None:
    found = measure(plan(tmp_path, binary=str(tool(tmp_path, GPU="crash")), python="no-python-there"))
    assert [(row.delegate, row.whole_graph) for row in found.rows] == [("XNNPACK", True)] * 3
    assert [line.rpartition(": ")[2] for line in failures(found.skipped)] == [
        "the delegate crashed (SIGSEGV)"
    ] * 3


def test_a_board_without_litert(home: Path, tmp_path: Path) -> None:
    with pytest.raises(
        DeviceError, match=r"^ssh:board: no-such-python there does not run ai-edge-litert \(.*not f"
    ):
        measure(plan(tmp_path, python="no-such-python"))


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("stranger", r"^ssh:stranger: lets nobody in without a question \(.*\): set up a key"),
        ("nobody", r"^ssh:nobody: the connection failed or broke off \(.*refused\)$"),
    ],
)
def test_no_connection(home: Path, tmp_path: Path, host: str, why: str) -> None:
    with pytest.raises(Lost, match=why):
        measure(plan(tmp_path, address=host))


@pytest.mark.parametrize(
    "host", ["-oProxyCommand=touch HACKED", "a;b", "a b", "$(id)", "a'b", "", "a\nb", "@a"]
)
def test_a_host_is_a_name(tmp_path: Path, host: str) -> None:
    with pytest.raises(UsageError, match=r"ssh:\[user@\]host"):
        measure(plan(tmp_path, address=host))


GOOD = '{"samples_ms": [1.5], "load_ms": 1, "first_ms": 1, "peak_memory_bytes": 1, "delegate": "XNNPACK"}'


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "{}", "[1]", '{"samples_ms": []}',
        GOOD.replace("[1.5]", '[1, "x"]'), GOOD.replace("1.5", "1e9"), GOOD.replace("1.5", "NaN"),
        GOOD.replace("1.5", "9" * 400), GOOD.replace('"load_ms": 1', '"load_ms": Infinity'),
        GOOD.replace('"peak_memory_bytes": ', '"peak_memory_bytes": ' + "9" * 400),
        GOOD.replace("XNNPACK", "<b>"), GOOD.replace("1.5", "[" * 100_000),
    ],
)  # fmt: skip
def test_what_a_board_says_is_checked(text: str) -> None:
    assert board.outcome(GOOD, "x").timing.samples_ms == (1.5,)
    with pytest.raises(DeviceError, match=r"^x: the board"):
        board.outcome(text, "x")


def test_the_archive_is_the_same_for_the_same_files() -> None:
    assert board.archive(board.MODULES) == board.archive(board.MODULES)

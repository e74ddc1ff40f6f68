"""Programs of this machine: found or named in one line, run, and their faults told in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.latency import DeviceError
from bench.remote import programs
from tests.bench.remote import fakes


def test_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(fakes.toolchain(tmp_path)))
    assert programs.find(["gcc", "apt-get"]) == {
        "gcc": str(tmp_path / "gcc"), "apt-get": str(tmp_path / "apt-get"),
    }  # fmt: skip


def test_all_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeviceError) as caught:
        programs.find(tuple(programs.RUNNING))
    assert str(caught.value).startswith(
        "--device qemu needs qemu-aarch64, gcc, not found here: apt-get install qemu-user gcc libc6-dev "
    )


def run(code: str, limit_s: float = 30) -> str:
    return programs.run([sys.executable, "-c", code], "the step", limit_s)


def test_output_comes_back() -> None:
    assert run("print('fine')") == "fine\n"


def test_the_environment_is_the_given_one() -> None:
    code = "import os; print(sorted(os.environ.items() - {('LC_CTYPE', 'C.UTF-8')}))"
    assert programs.run([sys.executable, "-c", code], "", 30, {"A": "1"}) == "[('A', '1')]\n"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys; sys.exit('one\\ntwo\\n')", "the step: ended with status 1: two"),
        ("import sys; sys.exit('E: why\\nN: note')", "the step: ended with status 1: E: why"),
        (
            "import sys; sys.exit('x.c:1:10: fatal error: stdio.h: No such file\\ncompilation terminated.')",
            "the step: ended with status 1: x.c:1:10: fatal error: stdio.h: No such file",
        ),
        ("import os; os.kill(os.getpid(), 9)", "the step: was killed by signal 9: no message"),
        ("import sys; sys.exit('x' * 999)", f"the step: ended with status 1: {'x' * 300}"),
    ],
)
def test_a_fault_is_one_line(code: str, message: str) -> None:
    with pytest.raises(DeviceError) as caught:
        run(code)
    assert str(caught.value) == message


def test_an_endless_step_ends() -> None:
    with pytest.raises(DeviceError, match="the step: no end after 0 s"):
        run("import time; time.sleep(60)", limit_s=0.2)


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"the step: .*absent: No such file or directory"):
        programs.run([tmp_path / "absent"], "the step", 1)

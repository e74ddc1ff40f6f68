"""Memory stays flat over a long run, workers included."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training.data import small
from tests.training.launched import command, environment

# After the first validation, which is at step 400 and takes more memory than a step.
STEPS, EARLY = 2_000, 500
PAGE_MIB = 4096 / 2**20


def resident_mib(pid: int) -> float:
    """Memory of the process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pages = sum(int(Path(f"/proc/{p}/statm").read_text().split()[1]) for p in (str(pid), *children))
    return pages * PAGE_MIB


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_stays_flat_over_two_thousand_steps(tmp_path: Path) -> None:
    data = small.nyu(tmp_path / "data")
    arguments = ("mn", "--data", data, "--steps", str(STEPS), "--workers", "1", "--out", "out",
                 "--device", "cpu", "--checkpoint-minutes", "0.1")  # fmt: skip
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(
            command(*arguments, changes="crops=((0.0, 64),), batch=2"), cwd=tmp_path, env=environment(),
            stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
    path, measured = tmp_path / "out/log.jsonl", dict.fromkeys((EARLY, STEPS - 50), 0.0)
    for step in measured:
        while not path.exists() or path.read_bytes().count(b"\n") < step:
            assert process.poll() is None, (tmp_path / "errors").read_text()
            time.sleep(0.05)
        measured[step] = resident_mib(process.pid)
    process.communicate()
    assert process.returncode == 0
    early, late = measured.values()
    assert late - early < 10, f"{early:.0f} MiB at step {EARLY}, {late:.0f} MiB at the end"

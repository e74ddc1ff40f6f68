"""`training.run` in a process of its own, as a user starts it, made small enough for a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Crops of 64 px and batches of 2: a step takes a tenth of a second.
SMALL = "crops=((0.0, 64),), batch=2"


def command(*arguments: str | Path, changes: str = SMALL, before: str = "") -> list[str]:
    """training.run with `changes` in every recipe; `before`: code that runs first."""
    return [sys.executable, "-c", script(changes, before), *map(str, arguments)]


def script(changes: str, before: str = "") -> str:
    return (
        f"{before}\n"
        "import sys, dataclasses; from training import recipes, run\n"
        f"recipes.RECIPES.update({{n: dataclasses.replace(r, {changes}) "
        "for n, r in recipes.RECIPES.items()})\n"
        "run.without_data = lambda r, steps: dataclasses.replace(r, steps=steps, sets=None)\n"
        "if '--steps' in sys.argv or '--resume' in sys.argv:\n"
        "    from training import loop; loop.VALIDATION_IMAGES = 2\n"
        "sys.exit(run.main(sys.argv[1:]))"
    )


def environment() -> dict[str, str]:
    """Our own sources, one thread, and no data but what the test names."""
    kept = {k: v for k, v in os.environ.items() if k != "DEPTH_DATA"}
    return {**kept, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def train(
    *arguments: str | Path, cwd: Path, changes: str = SMALL, before: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments, changes=changes, before=before),
        cwd=cwd, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip


def log(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def losses(folder: Path) -> list[float]:
    """The losses of a run; its log must hold each step once, in order."""
    lines = log(folder)
    assert [line["step"] for line in lines] == list(range(1, len(lines) + 1))
    return [line["loss"] for line in lines]

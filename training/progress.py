"""How far a run is: what the loop reports after a step, the log of it, and how long the rest will take."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from training.files import replacing
from training.recipes import Recipe


@dataclass(frozen=True)
class Progress:
    """What the loop reports after a step.

    delta1: the δ1.25 error in percent, where taken. unreadable: samples that could not be read, of the
    whole run so far; None where there are none.
    """

    step: int
    steps: int
    loss: float
    learning_rate: float
    images_per_second: float
    seconds_left: float
    delta1: float | None = None
    unreadable: int | None = None


class Log:
    """One JSON line a step, in the file as soon as the step is done.

    A resumed run goes on behind the line of `step`: what a killed run logged after its last checkpoint is
    taken away, because those steps are taken again. write: False in all processes but the first.
    """

    def __init__(self, path: Path, step: int, write: bool = True) -> None:
        self.path, self.step = path, step
        self.file: IO[str] | None = None
        self.writes = write

    def __enter__(self) -> Log:
        if not self.writes:
            return self
        if self.path.is_file():
            kept = [line for line in self.path.read_bytes().splitlines() if _step(line) <= self.step]
            with replacing(self.path) as temporary:
                temporary.write_bytes(b"".join(line + b"\n" for line in kept))
        # Open for the whole run, and a line at a time: a kill loses none that was written.
        self.file = self.path.open("a", encoding="utf-8", buffering=1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.file is not None:
            self.file.close()

    def write(self, progress: Progress) -> None:
        if self.file is not None:
            values = {k: v for k, v in vars(progress).items() if v is not None}
            self.file.write(json.dumps(values) + "\n")


def _step(line: bytes) -> float:
    """The step of a line of the log; infinity where the line was cut off."""
    try:
        values: dict[str, Any] = json.loads(line)
        return float(values["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")


class Clock:
    """Rates and time left, from the last hundred steps. Not for measurements."""

    def __init__(self, recipe: Recipe, step: int) -> None:
        self.recipe = recipe
        self.marks = [(step, time.monotonic())]

    def tick(self, step: int) -> tuple[float, float]:
        """(images per second, seconds left) after `step` steps."""
        self.marks = [*self.marks[-100:], (step, time.monotonic())]
        (first, began), (last, now) = self.marks[0], self.marks[-1]
        per_step = (now - began) / (last - first)
        area = np.mean([self.recipe.crop_at(s) ** 2 for s in range(first, last)])
        ahead = range(step, self.recipe.steps, max(1, self.recipe.steps // 200))
        later = np.mean([self.recipe.crop_at(s) ** 2 for s in ahead]) / area if ahead else 0.0
        return self.recipe.batch / per_step, (self.recipe.steps - step) * per_step * float(later)

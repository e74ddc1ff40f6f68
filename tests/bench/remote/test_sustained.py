"""Sustained runs: latency, clock and temperature over time; energy where there is a fuel gauge."""

from __future__ import annotations

import time
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.plan import Remote
from bench.remote import sustained
from bench.remote.gauges import Reading
from bench.remote.there import Outcome, Way
from bench.row import Timing

WAY = Way(Path("model.tflite"), "GPU", 1)


class Warming:
    """Each piece takes 0.1 s, and is 1 ms slower than the one before."""

    delegates = ("GPU",)

    def __init__(self) -> None:
        self.asked: list[float | None] = []

    def threaded(self, delegate: str) -> bool:
        return False

    def time(self, file: Path, delegate: str, threads: int, seconds: float | None = None) -> Outcome:
        assert (file, delegate, threads) == (WAY.file, WAY.delegate, WAY.threads)
        self.asked.append(seconds)
        time.sleep(0.1)
        return Outcome(Timing((9.0 + len(self.asked),), 1.0, 1.0), delegate)

    def infer(self, file: Path, delegate: str, threads: int, tensor: NDArray[np.float32], size: int) -> bytes:
        raise AssertionError

    def close(self) -> None:
        """Nothing is open."""


def follow(reading: Reading, pieces: int = 4) -> sustained.Run:
    ticks = count()
    return sustained.follow(Warming(), WAY, 2 * pieces, lambda: reading, lambda: next(ticks), every_s=0.01)


def test_what_a_run_tells() -> None:
    reading = Reading(battery_c=40.0, clock_mhz=1800.0, watts=5.0, charging=False)
    run = follow(reading)
    assert [moment.median_ms for moment in run.moments] == [10.0, 11.0, 12.0, 13.0]
    assert all((m.clock_mhz, m.temperature_c) == (1800.0, 40.0) for m in run.moments)
    assert [m.at_s for m in run.moments] == sorted(m.at_s for m in run.moments)
    assert run.energy_mj == pytest.approx(5.0 * 11.5)  # W · ms


def test_without_gauges_there_is_latency_alone() -> None:
    run = follow(Reading())
    assert run.energy_mj is None
    assert {(m.clock_mhz, m.temperature_c) for m in run.moments} == {(None, None)}


def test_too_few_readings_are_no_energy() -> None:
    ticks = count()
    reading = Reading(watts=5.0)
    run = sustained.follow(Warming(), WAY, 0.1, lambda: reading, lambda: next(ticks), every_s=0.05)
    assert len(run.moments) == 1
    assert run.energy_mj is None


@pytest.mark.parametrize(
    ("reading", "minutes", "why"),
    [
        (Reading(watts=5.0), 0, "--sustained MINUTES takes them"),
        (Reading(charging=True), 5, "the battery is being charged: pull the cable"),
        (Reading(charging=False), 5, "has no fuel gauge that may be read"),
        (Reading(), 5, "has no fuel gauge that may be read"),
    ],
)
def test_why_there_is_no_energy(reading: Reading, minutes: float, why: str) -> None:
    (skipped,) = sustained.no_energy("adb:x", reading, Remote(sustained_minutes=minutes))
    assert skipped.what == "energy on adb:x"
    assert why in skipped.why


def test_where_it_can_be_measured_nothing_is_said() -> None:
    reading = Reading(charging=False, watts=5.0)
    assert list(sustained.no_energy("adb:x", reading, Remote(sustained_minutes=5))) == []

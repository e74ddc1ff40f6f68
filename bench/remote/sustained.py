"""`--sustained MINUTES`: what a device still does when warm, and what an inference costs its battery."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.plan import Remote
from bench.remote import gauges
from bench.remote.gauges import Reading, Watch
from bench.remote.there import Tool, Way
from bench.row import Moment, Skipped

# Runs follow each other without a pause; each tells its median.
PIECE_SECONDS = 10.0
# Fewer readings of the fuel gauge than that say little: it renews its figures every few seconds.
LEAST_READINGS = 5


@dataclass(frozen=True)
class Run:
    """energy_mj: of the whole device for one inference; None where it was charged, or has no fuel gauge."""

    moments: tuple[Moment, ...]
    energy_mj: float | None


def follow(
    tool: Tool,
    way: Way,
    seconds: float,
    read: Callable[[], Reading],
    clock: Callable[[], float] = time.monotonic,
    every_s: float = gauges.EVERY_SECONDS,
) -> Run:
    """Run for so many seconds. energy_mj: mean power while it ran, times the median of the medians."""
    moments: list[Moment] = []
    began = clock()
    with Watch(read, every_s) as watch:
        while not moments or clock() - began < seconds:
            place = len(watch.readings)
            piece_s = min(PIECE_SECONDS, max(1.0, seconds))
            outcome = tool.time(way.file, way.delegate, way.threads, piece_s)
            median_ms = outcome.timing.latency_ms()["median"]
            moments.append(_moment(clock() - began, median_ms, watch.readings[place:]))
    watts = [reading.watts for reading in watch.readings if reading.watts is not None]
    latency_ms = gauges.middle([moment.median_ms for moment in moments])
    if len(watts) < LEAST_READINGS or latency_ms is None:
        return Run(tuple(moments), None)
    return Run(tuple(moments), round(sum(watts) / len(watts) * latency_ms, 3))


def _moment(at_s: float, median_ms: float, readings: list[Reading]) -> Moment:
    temperatures = [reading.temperature_c for reading in readings if reading.temperature_c is not None]
    return Moment(
        at_s=round(at_s, 1),
        median_ms=median_ms,
        clock_mhz=gauges.middle([reading.clock_mhz for reading in readings]),
        temperature_c=temperatures[-1] if temperatures else None,
    )


def no_energy(where: str, reading: Reading, remote: Remote) -> Iterator[Skipped]:
    """Why energy will be missing, as far as the start tells."""
    if not remote.sustained_minutes:
        yield Skipped(f"energy on {where}", "needs many readings: --sustained MINUTES takes them")
    elif reading.charging:
        why = "the battery is being charged: pull the cable, and connect over Wi-Fi (adb tcpip 5555)"
        yield Skipped(f"energy on {where}", why)
    elif reading.watts is None:
        yield Skipped(f"energy on {where}", "has no fuel gauge that may be read")

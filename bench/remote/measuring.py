"""Files on another device: rows of latency, accuracy and fidelity, whatever runs them there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bench import host
from bench.judging.judge import judge
from bench.judging.protocol import Protocol
from bench.latency import DeviceError
from bench.plan import FAILED, INTERRUPTED, NEXT, Measured, Plan, UsageError, row
from bench.remote import gauges, sustained
from bench.remote.gauges import Reading
from bench.remote.link import Link, Lost, Unable
from bench.remote.there import There, Tool, Way, spread
from bench.row import Images, Row, Skipped
from bench.testsets.shot import Shots
from export import runners
from export.manifest import Manifest
from export.runners import Runner
from export.target import TARGETS, Variant

TARGET = "tflite"
HERE, THERE = "float here", "there"
# How much warmer than at the start a device may be when a run begins, and how warm at all.
WARMER_C, HOT_C = 3.0, 42.0


@dataclass(frozen=True)
class Device:
    """title: as rows name it · machine: as the report describes it."""

    title: str
    machine: Mapping[str, Any]
    link: Link
    tool: Tool
    cores: int


@dataclass
class Job:
    """What stays the same from row to row. limit_c: at which a device is cool enough for a run."""

    device: Device
    plan: Plan
    sets: Mapping[str, Shots]
    say: Callable[[str], None]
    delegates: tuple[str, ...]
    threads: tuple[int, ...]
    limit_c: float | None = None

    def read(self) -> Reading:
        return gauges.read(self.device.link)


@dataclass
class Found:
    """What is known of one file through one delegate so far; it stays when the device goes away."""

    rows: list[Row] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    images: list[Images] = field(default_factory=list)

    def measured(self) -> Measured:
        return Measured(tuple(self.rows), tuple(self.skipped), images=tuple(self.images))


def require_tflite(plan: Plan, name: str) -> None:
    if TARGET not in plan.targets:
        raise UsageError(f"--device {name} runs .tflite files alone: --target {TARGET}")


def measure(device: Device, plan: Plan, sets: Mapping[str, Shots], say: Callable[[str], None]) -> Measured:
    """Rows of all files; what could not be measured is in `skipped`. A device that goes away ends it, and so
    does Ctrl-C: what was measured until then is given back all the same.
    """
    delegates = plan.remote.delegates or device.tool.delegates
    if unknown := [name for name in delegates if name not in device.tool.delegates]:
        raise UsageError(f"--delegate {unknown[0]}: one of {', '.join(device.tool.delegates)}")
    threads = plan.remote.threads or tuple(dict.fromkeys((1, min(4, device.cores))))
    sets = {name: spread(shots, plan.remote.images) for name, shots in sets.items()}
    job = Job(device, plan, sets, say, delegates, threads)
    where = device.link.where
    others = tuple(Skipped(n, f"{where} runs .tflite files alone") for n in plan.targets if n != TARGET)
    total = Measured(skipped=others, machine=tuple(device.machine.items()))
    try:
        for part in _parts(job):
            total += part
    except Lost as error:
        total += Measured(skipped=(Skipped(NEXT, f"{FAILED}{error}"),))
    except KeyboardInterrupt:
        total += Measured(skipped=(INTERRUPTED,))
    finally:
        _close(device.tool)
    return total


def _close(tool: Tool) -> None:
    try:
        tool.close()
    except Lost:
        return  # nothing is left to close, and that it went away was told


def _parts(job: Job) -> Iterator[Measured]:
    """One for each file and delegate; the last before the end of it all holds what was done until then."""
    at_first = job.read()
    if at_first.temperature_c is not None:
        job.limit_c = min(HOT_C, at_first.temperature_c + WARMER_C)
    yield Measured(skipped=tuple(sustained.no_energy(job.device.link.where, at_first, job.plan.remote)))
    for model in job.plan.models:
        for variant in TARGETS[TARGET].variants:
            if variant.role not in model.files:
                missing = Skipped(f"{model.name}: {variant.file}", f"not in {model.folder}")
                yield Measured(skipped=(missing,))
                continue
            local = runners.load(model.file(variant.role), os.cpu_count() or 1)
            for delegate in job.delegates:
                found = Found()
                try:
                    _fill(job, model, variant, local, delegate, found)
                except (Lost, KeyboardInterrupt):
                    yield found.measured()
                    raise
                yield found.measured()


def _fill(job: Job, model: Manifest, variant: Variant, local: Runner, delegate: str, found: Found) -> None:
    """Latencies, then accuracy, then what heats the device. Lost; other faults go to `skipped`."""
    path = model.file(variant.role)
    what = f"{model.name}: {path.name} on {delegate}"
    threads = job.threads if job.device.tool.threaded(delegate) else job.threads[:1]
    ways = [Way(path, delegate, number) for number in threads]
    timed: list[Way] = []
    for way in ways:
        job.say(f"{what}, {way.threads} thread{'s' if way.threads > 1 else ''}: latency")
        with _told(found, f"{what}: latency"):
            found.rows.append(_row(job, model, variant, way))
            timed.append(way)
    if timed:
        with _told(found, f"{what}: accuracy"):
            _judge(job, model, local, timed[-1], found)
        with _told(found, f"{what}: sustained"):
            found.rows[-1] = _sustained(job, timed[-1], found.rows[-1])


class _told:
    """A `with` that puts a fault into `skipped`, except that the device is gone."""

    def __init__(self, found: Found, what: str) -> None:
        self.found, self.what = found, what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, DeviceError) or isinstance(error, Lost):
            return False
        why = str(error) if isinstance(error, Unable) else f"{FAILED}{error}"
        skipped = Skipped(self.what, why)
        if skipped not in self.found.skipped:
            self.found.skipped.append(skipped)
        return True


def _row(job: Job, model: Manifest, variant: Variant, way: Way) -> Row:
    reading = gauges.cool(job.read, job.limit_c, job.say)
    outcome = job.device.tool.time(way.file, way.delegate, way.threads)
    return row(
        model,
        (variant.target, variant.variant),
        way.file,
        device=job.device.title,
        delegate=outcome.delegate,
        threads=way.threads,
        timing=outcome.timing,
        whole_graph=outcome.whole_graph,
        profile=outcome.profile,
        temperature_c=reading.temperature_c,
    )


def _judge(job: Job, model: Manifest, local: Runner, way: Way, found: Found) -> None:
    """Accuracy as on this machine, and how far the float model here and the same file here are off."""
    there = There(local, job.device.tool, way)
    role = next((role for role in host.FLOAT_ROLES if role in model.files), None)
    here = {HERE: runners.load(model.file(role), os.cpu_count() or 1)} if role else {}
    fitting = Protocol(model.height, model.width, model.fit)
    job.say(f"{model.name}: {way.file.name} on {way.delegate}: accuracy")
    both = {**here, THERE: there}
    judged = judge(both, HERE if here else None, fitting, model.trained_on, job.sets, job.say)[THERE]
    gate, reason = host.gate(judged, job.plan.max_drop)
    values: dict[str, Any] = {
        "accuracy": judged.accuracy, "fidelity": judged.fidelity, "planes": judged.planes,
        "agreement": there.agreement(), "gate": gate, "gate_reason": reason,
    }  # fmt: skip
    found.rows[:] = [replace(measured, **values) for measured in found.rows]
    file = f"{way.file.name} on {way.delegate}"
    found.images += [
        Images(model.name, file, name, job.sets[name].names, job.sets[name].groups, columns)
        for name, columns in judged.columns.items()
    ]


def _sustained(job: Job, way: Way, before: Row) -> Row:
    minutes = job.plan.remote.sustained_minutes
    if not minutes:
        return before
    gauges.cool(job.read, job.limit_c, job.say)
    job.say(f"{before.model}: {before.file} on {way.delegate}: {minutes:g} minutes in a row")
    run = sustained.follow(job.device.tool, way, 60 * minutes, job.read, every_s=gauges.EVERY_SECONDS)
    return replace(before, sustained=run.moments, energy_mj=run.energy_mj)

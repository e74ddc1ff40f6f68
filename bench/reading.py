"""The JSON of a report, read back: what others measured is checked before it is believed."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.row import FORMAT, Accuracy, Moment, Operation, Placement, Report, Row, Score, Skipped, Timing
from bench.testsets import TESTSETS

MOST_BYTES = 100_000_000
MOST_ROWS = 10_000
LONGEST = 300
MOST_HEAT = 2
GATES = ("pass", "fail", "none")
ABSENT = object()


class ReportError(ValueError):
    """A file that is no report; the message is one line that names it, and the key that is wrong."""


def read(path: Path) -> Report:
    """ReportError for anything that `--json` does not write."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ReportError(f"{path}: larger than {MOST_BYTES // 1_000_000} MB")
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError(f"{path}: not JSON that can be read") from error
    return parse(values, str(path))


def parse(values: Any, source: str) -> Report:
    top = _Object(values, source)
    if top.take("format", int) != FORMAT:
        raise ReportError(
            f"{source}: 'format' is not {FORMAT}: not the --json of bench.device or bench.accuracy"
        )
    rows, skipped = top.take("rows", list), top.take("skipped", list, [])
    if len(rows) > MOST_ROWS:
        raise ReportError(f"{source}: {len(rows)} rows, at most {MOST_ROWS}")
    return Report(
        machine=_machine(_Object(top.take("machine", dict, {}), f"{source}: machine")),
        rows=tuple(_row(_Object(row, f"{source}: row {number}")) for number, row in enumerate(rows, 1)),
        skipped=tuple(Skipped(s.text("what"), s.text("why")) for s in (_Object(s, source) for s in skipped)),
    )


def _row(row: _Object) -> Row:
    gate = row.text("gate", "none")
    row.require(gate in GATES, "gate")
    return Row(
        model=row.text("model"),
        target=row.text("target"),
        variant=row.text("variant"),
        file=row.text("file"),
        size_bytes=row.whole("size_bytes") or 0,
        device=row.text("device"),
        delegate=row.text("delegate"),
        threads=row.whole("threads") or 0,
        params=row.whole("params", None),
        madds=row.whole("madds", None),
        timing=_timing(row),
        accuracy={
            name: _accuracy(_Object(value, f"{row.source}, {name}"))
            for name, value in row.take("accuracy", dict, {}).items()
            if name in TESTSETS
        },
        fidelity=row.figures("fidelity"),
        planes=row.figures("planes"),
        instructions=row.whole("instructions", None),
        gate=gate,
        gate_reason=row.text("gate_reason", "") or None,
        agreement=row.figures("agreement"),
        whole_graph=row.take("whole_graph", bool, None),
        profile=tuple(_operation(_Object(o, row.source)) for o in row.take("profile", list, [])),
        sustained=tuple(_moment(_Object(m, row.source)) for m in row.take("sustained", list, [])),
        temperature_c=row.number("temperature_c", None),
        energy_mj=row.number("energy_mj", None),
        placements=tuple(_placement(_Object(p, row.source)) for p in row.take("placements", list, [])),
        heat=_heat(row),
        sha256=row.text("sha256", ""),
    )


def _timing(row: _Object) -> Timing | None:
    latency = row.figures("latency_ms")
    if latency is None:
        return None
    samples = row.take("samples_ms", list, [])
    row.require(all(_is_number(s) and s > 0 for s in samples), "samples_ms")
    row.require(latency.get("median", 0) > 0, "latency_ms")
    return Timing(
        samples_ms=tuple(map(float, samples)),
        load_ms=latency.get("load"),
        first_ms=latency.get("first"),
        peak_memory_bytes=row.whole("peak_memory_bytes", None),
        prepare_ms=row.number("prepare_ms", None),
        finish_ms=row.number("finish_ms", None),
        summary_ms={name: value for name, value in latency.items() if name not in ("load", "first")},
    )


def _accuracy(values: _Object) -> Accuracy:
    rest = {k: v for k, v in values.values.items() if k not in ("protocol", "trained_on")}
    scores = {metric: _score(_Object(value, f"{values.source}, {metric}")) for metric, value in rest.items()}
    return Accuracy(values.text("protocol"), scores, values.take("trained_on", bool, False))


def _score(score: _Object) -> Score:
    return Score(
        value=score.number("value") or 0.0,
        images=score.whole("images") or 0,
        ci95=score.interval("ci95"),
        float_value=score.number("float", None),
        drop=score.number("drop", None),
        drop_ci95=score.interval("drop_ci95"),
    )


def _operation(values: _Object) -> Operation:
    return Operation(values.text("kind"), values.whole("count") or 0, values.number("ms") or 0.0)


def _placement(values: _Object) -> Placement:
    kinds = values.figures("kinds") or {}
    values.require(all(count >= 0 and count.is_integer() for count in kinds.values()), "kinds")
    counts = {kind: int(count) for kind, count in kinds.items()}
    return Placement(values.text("where"), counts, values.number("cost", None))


def _heat(row: _Object) -> tuple[int, ...]:
    levels = row.take("heat", list, [])
    row.require(len(levels) <= MOST_HEAT and all(type(v) is int and 0 <= v <= 3 for v in levels), "heat")
    return tuple(levels)


def _moment(values: _Object) -> Moment:
    at_s, median_ms = values.number("at_s") or 0.0, values.number("median_ms") or 0.0
    values.require(median_ms > 0, "median_ms")
    clock, temperature = values.number("clock_mhz", None), values.number("temperature_c", None)
    return Moment(at_s, median_ms, clock, temperature)


def _machine(of: _Object) -> dict[str, Any]:
    """What a page shows of the description; what is counted with must be numbers, features a list."""
    shown = _plain(of.values)
    for key, value in shown.items():
        of.require(isinstance(value, bool | str | list | dict) or _is_number(value), key)
    for key in ("cores", "memory_bytes"):
        of.whole(key, None)
    of.take("features", list, [])
    return shown


def _plain(machine: Mapping[str, Any]) -> dict[str, Any]:
    """Of the description, what a page shows: texts, numbers, lists and tables of texts."""
    shown: dict[str, Any] = {}
    for key, value in list(machine.items())[:50]:
        if isinstance(value, str | int | float):
            shown[key[:LONGEST]] = value[:LONGEST] if isinstance(value, str) else value
        elif isinstance(value, list):
            shown[key[:LONGEST]] = [str(v)[:LONGEST] for v in value[:50]]
        elif isinstance(value, dict):
            shown[key[:LONGEST]] = {str(k)[:LONGEST]: str(v)[:LONGEST] for k, v in list(value.items())[:50]}
    return shown


def _is_number(value: Any) -> bool:
    """Of those that a float holds: JSON's whole numbers have no end."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


class _Object:
    """A JSON object whose members are asked for by type; ReportError names the one that is wrong."""

    def __init__(self, values: Any, source: str) -> None:
        self.source = source
        if not isinstance(values, dict):
            raise ReportError(f"{source}: must be an object")
        self.values: dict[str, Any] = values

    def require(self, condition: bool, key: str) -> None:
        if not condition:
            raise ReportError(f"{self.source}: '{key}' is not as it should be")

    def take(self, key: str, kind: type, default: Any = ABSENT) -> Any:
        if key not in self.values:
            if default is ABSENT:
                raise ReportError(f"{self.source}: '{key}' is missing")
            return default
        value = self.values[key]
        self.require(isinstance(value, kind) and (kind is bool or not isinstance(value, bool)), key)
        return value

    def text(self, key: str, default: Any = ABSENT) -> str:
        value: str = self.take(key, str, default)
        return value[:LONGEST]

    def number(self, key: str, default: Any = ABSENT) -> float | None:
        value = self.values.get(key, default)
        if value is ABSENT:
            raise ReportError(f"{self.source}: '{key}' is missing")
        self.require(value is default or _is_number(value), key)
        return None if value is None else float(value)

    def whole(self, key: str, default: Any = ABSENT) -> int | None:
        value = self.number(key, default)
        self.require(value is None or (value >= 0 and value.is_integer()), key)
        return None if value is None else int(value)

    def figures(self, key: str) -> dict[str, float] | None:
        """An object of numbers; None where it is absent."""
        values = self.take(key, dict, None)
        if values is None:
            return None
        self.require(all(map(_is_number, values.values())), key)
        return {name[:LONGEST]: float(value) for name, value in values.items()}

    def interval(self, key: str) -> tuple[float, float] | None:
        values = self.take(key, list, None)
        if values is None:
            return None
        self.require(len(values) == 2 and all(map(_is_number, values)), key)
        return float(values[0]), float(values[1])

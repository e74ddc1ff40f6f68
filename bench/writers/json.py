"""The report as JSON: what was not measured is absent, never 0 or null."""

from __future__ import annotations

from collections.abc import Mapping
from json import dumps
from math import isfinite
from typing import Any

from bench.row import FORMAT, Accuracy, Placement, Report, Row, Score


def json(report: Report) -> str:
    """`{"format", "machine", "rows", "skipped"}`, indented."""
    values = {
        "format": FORMAT,
        "machine": dict(report.machine),
        "rows": [_row(row) for row in report.rows],
        "skipped": [{"what": s.what, "why": s.why} for s in report.skipped],
    }
    return dumps(values, indent=1, ensure_ascii=False, allow_nan=False)


def _row(row: Row) -> dict[str, Any]:
    timing = row.timing
    values = {
        "model": row.model,
        "target": row.target,
        "variant": row.variant,
        "file": row.file,
        "size_bytes": row.size_bytes,
        "device": row.device,
        "delegate": row.delegate,
        "threads": row.threads,
        "latency_ms": timing and timing.latency_ms(),
        "prepare_ms": timing and timing.prepare_ms,
        "finish_ms": timing and timing.finish_ms,
        "peak_memory_bytes": timing and timing.peak_memory_bytes,
        "samples_ms": (list(timing.samples_ms) or None) if timing else None,
        "instructions": row.instructions,
        "params": row.params,
        "madds": row.madds,
        "madds_by_layer": row.madds_by_layer and dict(row.madds_by_layer),
        "accuracy": {name: _accuracy(a) for name, a in row.accuracy.items()} or None,
        "fidelity": row.fidelity and _known(row.fidelity),
        "planes": row.planes and _known(row.planes),
        "agreement": row.agreement and _known(row.agreement),
        "whole_graph": row.whole_graph,
        "profile": [vars(operation) for operation in row.profile] or None,
        "sustained": [_known(vars(moment)) for moment in row.sustained] or None,
        "temperature_c": row.temperature_c,
        "energy_mj": row.energy_mj,
        "placements": [_placement(placement) for placement in row.placements] or None,
        "heat": list(row.heat) or None,
        "sha256": row.sha256 or None,
        "gate": row.gate,
        "gate_reason": row.gate_reason,
    }
    return _known(values)


def _placement(placement: Placement) -> dict[str, Any]:
    return _known({"where": placement.where, "kinds": dict(placement.kinds), "cost": placement.cost})


def _accuracy(accuracy: Accuracy) -> dict[str, Any]:
    scores: dict[str, Any] = {metric: _score(s) for metric, s in accuracy.scores.items()}
    return {"protocol": accuracy.protocol, "trained_on": accuracy.trained_on, **scores}


def _score(score: Score) -> dict[str, Any]:
    return _known(
        {
            "value": score.value,
            "float": score.float_value,
            "drop": score.drop,
            "ci95": score.ci95 and list(score.ci95),
            "drop_ci95": score.drop_ci95 and list(score.drop_ci95),
            "images": score.images,
        }
    )


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was not measured: None, and figures that are not finite (JSON has none)."""
    return {key: value for key, value in values.items() if value is not None and _finite(value)}


def _finite(value: Any) -> bool:
    figures = value if isinstance(value, list) else [value]
    return all(isfinite(figure) for figure in figures if isinstance(figure, float))

"""A made-up report, as bench.device would measure it."""

from __future__ import annotations

import numpy as np

from bench.row import Accuracy, Picture, Report, Row, Score, Skipped, Timing

PIXELS = np.zeros((4, 4, 3), np.uint8)
HOSTILE = "<script>alert(1)</script>"


def row(variant: str = "int8", threads: int = 1, gate: str = "pass", model: str = "lite0") -> Row:
    floats = variant == "float32"
    score = (
        Score(12.5, 120, (10.0, 15.0)) if floats else Score(12.9, 120, (10.4, 15.4), 12.5, 0.4, (0.1, 0.7))
    )
    return Row(
        model=model,
        target="tflite",
        variant=variant,
        file=f"model_{variant}.tflite",
        size_bytes=3_650_000,
        device="host",
        delegate="XNNPACK",
        threads=threads,
        params=3_550_129,
        madds=1_265_425_920,
        timing=Timing((9.0, 10.0, 30.0), load_ms=24.5, first_ms=11.0, peak_memory_bytes=58_000_000),
        accuracy={"nyu_dev": Accuracy("as deployed, 384×384, stretch, cap 10 m", {"delta1": score})},
        fidelity=None if floats else {
            "within_1_25": 99.9, "within_1_05": 98.0, "within_1_25_worst": 99.0,
            "shift_drift": 2.5, "shift_drift_worst": 5.6,
        },
        gate=gate,
        gate_reason="nyu_dev: +1.40 points, more than 1" if gate == "fail" else None,
    )  # fmt: skip


REPORT = Report(
    machine={"processor": "A Processor", "cores": 2, "features": ["avx2"], "memory_bytes": 2**34},
    rows=(row("float32"), row("int8"), row("int8", threads=2)),
    skipped=(Skipped("latency of model.mlpackage", "needs a Mac"),),
    pictures=(Picture("motorcycle", "lite0", "tflite int8", PIXELS, PIXELS, PIXELS),),
)

"""A made-up report, as bench.device would measure it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.row import Accuracy, Cloud, Picture, Report, Row, Score, Skipped, Through, Timing, Worst

PIXELS = np.zeros((4, 4, 3), np.uint8)
HOSTILE = "<script>alert(1)</script>"
PLANES = {"planes": 2.0, "residual_float": 0.52, "residual": 0.61, "normal_deg": 1.5, "angle_deg": 0.75}


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


def scored(protocol: str, metric: str = "delta1", file: str = "net.onnx", trained_on: bool = False) -> Row:
    """A row of another kit's file, as bench.accuracy would measure it: nothing but accuracy."""
    accuracy = {"nyu_dev": Accuracy(protocol, {metric: Score(11.25, 654, (10.0, 12.0))}, trained_on)}
    return Row("other", "onnx", "", file, 10_000_000, "host", "", 0, None, None, accuracy=accuracy)


def worst(model: str = "lite0", image: str = "00034", truth: bool = True) -> Worst:
    files = (
        Through("tflite float32", PIXELS, None, {"delta1": 17.5, "rmse": 0.5}),
        Through("tflite int8", PIXELS, PIXELS, {"delta1": 18.25, "rmse": 0.625}),
    )
    return Worst("nyu_dev", image, model, PIXELS, PIXELS if truth else None, files)


def wall(height: int = 120, width: int = 160) -> NDArray[np.float32]:
    """N×3, the wall z = 1 seen at 60° horizontally, row by row."""
    x, y = np.meshgrid(np.linspace(-0.577, 0.577, width), np.linspace(-0.433, 0.433, height))
    return np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3).astype(np.float32)


def cloud(variant: str = "tflite int8", title: str = "motorcycle", model: str = "lite0") -> Cloud:
    """A wall, red on the left and green on the right."""
    points = wall()
    colours = np.where(points[:, :1] < 0, (230, 20, 20), (20, 230, 20)).astype(np.uint8)
    return Cloud(title, model, variant, points, colours)


REPORT = Report(
    machine={"processor": "A Processor", "cores": 2, "features": ["avx2"], "memory_bytes": 2**34},
    rows=(row("float32"), row("int8"), row("int8", threads=2)),
    skipped=(Skipped("latency of model.mlpackage", "needs a Mac"),),
    pictures=(Picture("motorcycle", "lite0", "tflite int8", PIXELS, PIXELS, PIXELS),),
)

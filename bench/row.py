"""One row of a report: one file on one device with one delegate and thread count.

A row keeps what was measured; everything shown is derived. What was not measured is absent, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = 1


@dataclass(frozen=True)
class Timing:
    """samples_ms: each timed inference after warm-up. load_ms: reading and preparing the file.
    first_ms: the first inference. prepare_ms, finish_ms: photo → input, output → photo, medians.
    """

    samples_ms: tuple[float, ...]
    load_ms: float
    first_ms: float
    peak_memory_bytes: int | None = None
    prepare_ms: float | None = None
    finish_ms: float | None = None

    def latency_ms(self) -> dict[str, float]:
        median, p90, p99 = np.percentile(self.samples_ms, (50, 90, 99))
        return {
            "median": float(median), "p90": float(p90), "p99": float(p99),
            "first": self.first_ms, "load": self.load_ms,
        }  # fmt: skip


@dataclass(frozen=True)
class Score:
    """A metric over the images of a set: mean, 95 % interval, and the same for the difference to the
    float model (`drop`: positive is worse), where there is one.
    """

    value: float
    images: int
    ci95: tuple[float, float] | None = None
    float_value: float | None = None
    drop: float | None = None
    drop_ci95: tuple[float, float] | None = None


@dataclass(frozen=True)
class Accuracy:
    """Metrics of one test set. protocol: size, fit and alignment, in words. unit: of each metric."""

    protocol: str
    scores: Mapping[str, Score]
    trained_on: bool = False


@dataclass(frozen=True)
class Row:
    """See the module. gate: "pass", "fail" (the drop is past --max-drop) or "none" (not asked)."""

    model: str
    target: str
    variant: str
    file: str
    size_bytes: int
    device: str
    delegate: str
    threads: int
    params: int
    madds: int
    timing: Timing | None = None
    accuracy: Mapping[str, Accuracy] = field(default_factory=dict)
    fidelity: Mapping[str, float] | None = None
    madds_by_layer: Mapping[str, int] | None = None
    gate: str = "none"
    gate_reason: str | None = None


@dataclass(frozen=True)
class Skipped:
    """Something that was not measured, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Picture:
    """A photo through one file, for people to look at: RGB uint8 pictures of the same height.

    input: the photo at network size · depth: colour map · cloud: the point cloud from the side.
    """

    title: str
    model: str
    variant: str
    input: NDArray[np.uint8]
    depth: NDArray[np.uint8]
    cloud: NDArray[np.uint8]


@dataclass(frozen=True)
class Report:
    """Everything that a writer may show."""

    machine: Mapping[str, Any]
    rows: tuple[Row, ...]
    skipped: tuple[Skipped, ...] = ()
    pictures: tuple[Picture, ...] = ()

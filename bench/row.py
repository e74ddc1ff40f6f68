"""One row of a report: one file on one device with one delegate and thread count.

A row keeps what was measured; everything shown is derived. What was not measured is absent, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = 1


@dataclass(frozen=True)
class Timing:
    """samples_ms: each timed inference after warm-up. load_ms: reading and preparing the file.
    first_ms: the first inference. prepare_ms, finish_ms: photo → input, output → photo, medians.
    summary_ms: in the place of samples, where a tool tells no more than these (median, p5, p95 …).
    """

    samples_ms: tuple[float, ...]
    load_ms: float | None
    first_ms: float | None
    peak_memory_bytes: int | None = None
    prepare_ms: float | None = None
    finish_ms: float | None = None
    summary_ms: Mapping[str, float] = field(default_factory=dict)

    def latency_ms(self) -> dict[str, float]:
        """`median` is always there; the others as far as they were measured."""
        known: dict[str, float | None] = dict(self.summary_ms)
        if self.samples_ms:
            values = np.percentile(self.samples_ms, (50, 90, 99))
            known |= dict(zip(("median", "p90", "p99"), map(float, values), strict=True))
        known |= {"first": self.first_ms, "load": self.load_ms}
        return {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True)
class Score:
    """A metric over the images of a set: mean, 95 % interval, median, and mean and interval of the
    difference to the float model (`drop`: positive is worse), where there is one.
    """

    value: float
    images: int
    ci95: tuple[float, float] | None = None
    float_value: float | None = None
    drop: float | None = None
    drop_ci95: tuple[float, float] | None = None
    median: float | None = None


@dataclass(frozen=True)
class Accuracy:
    """Metrics of one test set. protocol: size, fit and alignment, in words. unit: of each metric."""

    protocol: str
    scores: Mapping[str, Score]
    trained_on: bool = False


@dataclass(frozen=True)
class Operation:
    """All operations of one kind: how many, and their time in one inference."""

    kind: str
    count: int
    ms: float


@dataclass(frozen=True)
class Placement:
    """Operations that a runtime means to run in one place. where: "ane", "gpu" or "cpu" · kinds: kind →
    count · cost: percent of what the runtime thinks that the network costs; None where it does not say.
    """

    where: str
    kinds: Mapping[str, int]
    cost: float | None = None


@dataclass(frozen=True)
class Moment:
    """A piece of a sustained run. at_s: its end, from the start · clock_mhz: of the fastest core, the middle
    one of several readings · temperature_c: of the battery, else of the processor.
    """

    at_s: float
    median_ms: float
    clock_mhz: float | None = None
    temperature_c: float | None = None


@dataclass(frozen=True)
class Row:
    """See the module. gate: "pass", "fail" (the drop is past --max-drop) or "none" (not asked).

    params, madds: None for files of other kits. instructions: of ARM per inference, under an emulator.
    agreement: of a device's outputs with this machine's, the same file on the same bytes; fidelity: with the
    float model. whole_graph: whether the delegate took all of it. temperature_c: before the run.
    energy_mj: of the whole device, for one inference of many in a row. placements: what runs where, as Core
    ML plans it. heat: before and after the runs, where a device tells no degrees: 0 nominal … 3 critical.
    sha256: of the file, where a device names it by that.
    """

    model: str
    target: str
    variant: str
    file: str
    size_bytes: int
    device: str
    delegate: str
    threads: int
    params: int | None
    madds: int | None
    timing: Timing | None = None
    accuracy: Mapping[str, Accuracy] = field(default_factory=dict)
    fidelity: Mapping[str, float] | None = None
    planes: Mapping[str, float] | None = None
    instructions: int | None = None
    madds_by_layer: Mapping[str, int] | None = None
    gate: str = "none"
    gate_reason: str | None = None
    agreement: Mapping[str, float] | None = None
    whole_graph: bool | None = None
    profile: tuple[Operation, ...] = ()
    sustained: tuple[Moment, ...] = ()
    temperature_c: float | None = None
    energy_mj: float | None = None
    placements: tuple[Placement, ...] = ()
    heat: tuple[int, ...] = ()
    sha256: str = ""


@dataclass(frozen=True)
class Images:
    """Figures of one file on one set, image by image: metric → a value an image (NaN: not scored)."""

    model: str
    file: str
    set_name: str
    names: Sequence[str]
    groups: Sequence[str]
    columns: Mapping[str, NDArray[np.float64]]


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
class Through:
    """One image through one file. depth: colour map, difference: of log-disparity against the float
    model's after the median difference is taken out (None for the float model itself); RGB uint8.
    errors: metric → value of this image alone.
    """

    variant: str
    depth: NDArray[np.uint8]
    difference: NDArray[np.uint8] | None
    errors: Mapping[str, float]


@dataclass(frozen=True)
class Worst:
    """An image that a model gets most wrong: the photo, the truth (None where it is a pair of points),
    and what each file makes of it. All pictures have one size.
    """

    set_name: str
    image_name: str
    model: str
    photo: NDArray[np.uint8]
    truth: NDArray[np.uint8] | None
    files: tuple[Through, ...]


@dataclass(frozen=True)
class Cloud:
    """A point cloud to turn: points N×3 float32 (x right, y down, z forward, median z 1), RGB N×3 uint8."""

    title: str
    model: str
    variant: str
    points: NDArray[np.float32]
    colours: NDArray[np.uint8]


@dataclass(frozen=True)
class Report:
    """Everything that a writer may show."""

    machine: Mapping[str, Any]
    rows: tuple[Row, ...]
    skipped: tuple[Skipped, ...] = ()
    pictures: tuple[Picture, ...] = ()
    worst: tuple[Worst, ...] = ()
    clouds: tuple[Cloud, ...] = ()
    images: tuple[Images, ...] = ()

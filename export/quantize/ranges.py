"""What values each tensor of a float TFLite file takes, and the range that 256 steps spend best.

Extremes alone waste steps on a few outliers; a percentile cuts off what the sums of the decoder
need. Each range is the pair of ends that gives the least squared error on sampled values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.rewrite import flatbuffer

Range = tuple[float, float]

SAMPLES = 1 << 17  # of a tensor, over all images
BINS = 2048
SHARES = np.linspace(1.0, 0.3, 29)  # of an extreme, tried as an end
STEPS = 255


@dataclass
class Seen:
    """Values of one tensor: the extremes of all, and an even sample."""

    low: float = np.inf
    high: float = -np.inf
    sample: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, values: NDArray[np.float32], count: int, random: np.random.Generator) -> None:
        """Take in one image's values, `count` of them as a sample."""
        flat = values.ravel()
        self.low, self.high = min(self.low, float(flat.min())), max(self.high, float(flat.max()))
        self.sample.append(flat if flat.size <= count else flat[random.integers(0, flat.size, count)])


def observe(content: bytes, images: Sequence[NDArray[np.uint8]]) -> dict[str, Seen]:
    """Run a float file on `images` (RGB H×W×3): what each operation's output held, by tensor name.

    Weights are left out: a range given for them would replace their ranges per channel.
    """
    interpreter = _interpreter(content)
    (entry,) = interpreter.get_input_details()
    computed = {op.outputs[0].name.decode() for op in flatbuffer.operations(flatbuffer.read(content))}
    details = [d for d in interpreter.get_tensor_details() if d["name"] in computed]
    random, seen = np.random.default_rng(0), {d["name"]: Seen() for d in details}
    for image in images:
        interpreter.set_tensor(entry["index"], image[None].astype(np.float32))
        interpreter.invoke()
        for detail in details:
            values = interpreter.get_tensor(detail["index"])
            seen[detail["name"]].add(values, SAMPLES // len(images), random)
    return seen


def best_range(seen: Seen) -> Range:
    """The ends, no wider than the extremes, with the least mean squared error at 256 steps."""
    counts, edges = np.histogram(np.concatenate(seen.sample), BINS, (seen.low, seen.high))
    centres = (edges[1:] + edges[:-1]) / 2
    lowest, highest = min(seen.low, 0.0), max(seen.high, 0.0)
    low, high = lowest, highest
    for _ in range(2):  # each end given the other; a second round changes little, a third nothing
        high = min(highest * SHARES, key=lambda end: _squared_error(centres, counts, low, end))
        low = min(lowest * SHARES, key=lambda end: _squared_error(centres, counts, end, high))
    return float(low), float(high)


def full_range(seen: Seen, margin: float) -> Range:
    """The extremes, widened on both sides by `margin` of what lies between them."""
    extra = margin * (seen.high - seen.low)
    return seen.low - extra, seen.high + extra


def _squared_error(values: NDArray[np.float64], counts: NDArray[np.int64], low: float, high: float) -> float:
    """Sum over `counts` of (value − its nearest step)², for steps from `low` to `high` that hold 0."""
    scale = (high - low) / STEPS or 1.0
    zero = np.rint(-low / scale)
    steps = np.clip(np.rint(values / scale) + zero, 0, STEPS)
    return float(counts @ ((steps - zero) * scale - values) ** 2)


def as_statistics(ranges: Mapping[str, Range]) -> dict[str, dict[str, NDArray[np.float32]]]:
    """Ranges as litert-quantizer's calibration result has them."""
    shaped = {name: np.array(ends, np.float32).reshape(2, 1, 1, 1, 1) for name, ends in ranges.items()}
    return {name: {"min": ends[0], "max": ends[1]} for name, ends in shaped.items()}


def _interpreter(content: bytes) -> Any:
    """Without XNNPACK, which fuses tensors away, and keeping every tensor after a run."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=content,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    return interpreter

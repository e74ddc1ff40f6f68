"""A file on another device as a `Runner`: the same judges score it as score files on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.remote import agreement
from bench.row import Operation, Timing
from bench.testsets.shot import Shots
from export.runners import Runner

AGREED = 3  # images whose outputs are compared with this machine's, bit by bit


@dataclass(frozen=True)
class Outcome:
    """A timed run. delegate: what ran it, in rows' words · whole_graph: None where the tool does not tell."""

    timing: Timing
    delegate: str
    whole_graph: bool | None = None
    profile: tuple[Operation, ...] = ()


class Tool(Protocol):
    """What runs a file on the device. All but `delegates` and `threaded` raise Unable, Lost, DeviceError."""

    @property
    def delegates(self) -> tuple[str, ...]: ...

    def threaded(self, delegate: str) -> bool:
        """Whether the number of threads matters to it."""
        ...

    def time(self, file: Path, delegate: str, threads: int, seconds: float | None = None) -> Outcome:
        """Warm-up and at least 50 runs; with `seconds`, runs for so long, without warm-up or profile."""
        ...

    def infer(self, file: Path, delegate: str, threads: int, tensor: NDArray[Any], size: int) -> bytes:
        """Input tensor → the output tensor's `size` bytes."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Way:
    """How one file runs on the device."""

    file: Path
    delegate: str
    threads: int


@dataclass
class There:
    """`local` prepares inputs and reads outputs; `predict` runs on the device.

    seen: the first tensors and outputs, as many as AGREED.
    """

    local: Runner
    tool: Tool
    way: Way
    seen: list[tuple[NDArray[Any], NDArray[Any]]] = field(default_factory=list)

    @property
    def height(self) -> int:
        return self.local.height

    @property
    def width(self) -> int:
        return self.local.width

    @property
    def delegate(self) -> str:
        return self.way.delegate

    @property
    def input(self) -> Mapping[str, Any]:
        return self.local.input

    @property
    def output(self) -> Mapping[str, Any]:
        return self.local.output

    def tensor(self, image: NDArray[Any]) -> NDArray[Any]:
        return self.local.tensor(image)

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        shape, dtype = (1, self.height, self.width, 1), np.dtype(self.output["dtype"])
        size = self.height * self.width * dtype.itemsize
        way = self.way
        content = self.tool.infer(way.file, way.delegate, way.threads, tensor, size)
        output = np.frombuffer(content, dtype).reshape(shape)
        if len(self.seen) < AGREED:
            self.seen.append((tensor, output))
        return output

    def log_disparity(self, output: NDArray[Any]) -> NDArray[np.float32]:
        return self.local.log_disparity(output)

    def agreement(self) -> dict[str, float] | None:
        """Of the first outputs with this machine's, the same file on the same bytes."""
        if not self.seen:
            return None
        here = [self.local.predict(tensor) for tensor, _ in self.seen]
        return agreement.compare(self.local, here, [output for _, output in self.seen])


def spread(shots: Shots, images: int) -> Shots:
    """So many images of a set, evenly spaced; 0 or more than there are: all of them."""
    if not images or images >= len(shots):
        return shots
    chosen = [round(place * (len(shots) - 1) / max(1, images - 1)) for place in range(images)]
    return Shots(
        tuple(shots.names[i] for i in chosen),
        tuple(shots.groups[i] for i in chosen),
        lambda i: shots.photo(chosen[i]),
        lambda i: shots.truth(chosen[i]),
        shots.where,
    )

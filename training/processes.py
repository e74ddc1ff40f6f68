"""What the processes of one run agree on, and what only the first of them does.

`torchrun` starts one process for each GPU; they step together, so each decision to stop is taken by all
of them in the same step.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from torch import Tensor, nn

Item = TypeVar("Item")


def world() -> int:
    """Number of processes, as torchrun says it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def on_this_machine() -> int:
    """Number of those processes that run on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def first() -> bool:
    """Whether this is the process that writes files and speaks."""
    return int(os.environ.get("RANK", "0")) == 0


def grouped() -> bool:
    """Whether this process belongs to a group."""
    import torch

    return torch.distributed.is_available() and torch.distributed.is_initialized()


@dataclass(frozen=True)
class Verdict:
    """What holds for all processes after a step. loss: mean over the global batch."""

    loss: float
    stop: signal.Signals | None
    late: bool
    failed: bool


def agree(loss: Tensor, seen: Sequence[signal.Signals], late: bool, failed: int) -> Verdict:
    """One sum over all processes. loss: the mean over this process's share, equal for all of them."""
    import torch

    flags = (signal.SIGINT in seen, signal.SIGTERM in seen, late, failed)
    values = torch.stack([loss.detach().float(), *(loss.new_tensor(float(f)) for f in flags)])
    processes = 1
    if grouped():
        torch.distributed.all_reduce(values)
        processes = torch.distributed.get_world_size()
    total, interrupted, terminated, overdue, unread = values.tolist()
    stop = signal.SIGTERM if terminated else signal.SIGINT if interrupted else None
    return Verdict(total / processes, stop, overdue > 0, unread > 0)


def gather(items: list[Item]) -> list[Item]:
    """The items of all processes; every process must call it in the same step."""
    if not grouped():
        return items
    import torch

    parts: list[list[Item]] = [[] for _ in range(torch.distributed.get_world_size())]
    torch.distributed.all_gather_object(parts, items)
    return [item for part in parts for item in part]


def synchronise(model: nn.Module) -> None:
    """Batch norm over the global batch (it runs on CUDA alone). timm's norms hold their activation, which
    PyTorch's own conversion would drop.
    """
    from timm.layers import convert_sync_batchnorm

    convert_sync_batchnorm(model)


def leave() -> None:
    """End the process group, where there is one."""
    import torch

    if grouped():
        torch.distributed.destroy_process_group()


@contextmanager
def stop_signals() -> Iterator[list[signal.Signals]]:
    """A list that SIGINT and SIGTERM are noted in, so that the loop can end after its step."""
    seen: list[signal.Signals] = []
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(s, lambda number, frame: seen.append(signal.Signals(number))) for s in signals]
    try:
        yield seen
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)

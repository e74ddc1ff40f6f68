"""The batches of a run: a function of seed and position alone.

The order (`training.data.turns`) is the same after a resume and for any number of workers or processes.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate

from training.data.augment import Augmentation, augment
from training.data.sample import DataError, Kind, Reader, Sample
from training.data.turns import locate

# image N×3×S×S uint8 · disparity N×1×S×S float32 · valid N×1×S×S bool · uts, absolute: N bool (the scale
# alone is unknown, or nothing is) · failed: list of Failure
Batch = dict[str, Any]

# So many samples in a row that cannot be read: the disk is gone, not a file.
TRIES = 10


@dataclass(frozen=True)
class Failure:
    """A sample that could not be read, and that the next one of its set stood in for.

    tries: how many failed at this place so far, this one included.
    """

    set_index: int
    index: int
    tries: int
    message: str


@dataclass(frozen=True)
class Stream(Dataset[Batch]):
    """The samples of a run by position, augmented; position p is drawn from (seed, p).

    A sample that cannot be read is replaced by the one that its set would give a turn later, and named
    under `failed`: whoever trains must look there. After TRIES of them a sample of no valid pixel comes.
    weights: of the readers (`training.data.turns`); None: all equally often.
    """

    readers: tuple[Reader, ...]
    seed: int
    augmentation: Augmentation
    weights: tuple[float, ...] | None = None

    def __getitem__(self, place: tuple[int, int]) -> Batch:
        """place: (position, crop size in pixels)."""
        position, size = place
        drawn, failed = self.read(position)
        rng = np.random.default_rng((self.seed, position))
        sample = augment(drawn, size, rng, self.augmentation)
        return {
            "image": torch.from_numpy(np.ascontiguousarray(sample.image.transpose(2, 0, 1))),
            "disparity": torch.from_numpy(sample.disparity[None]),
            "valid": torch.from_numpy(sample.valid[None]),
            "uts": torch.tensor(sample.kind is not Kind.UTSS),
            "absolute": torch.tensor(sample.kind is Kind.ABSOLUTE),
            "failed": failed,
        }

    def read(self, position: int) -> tuple[Sample, list[Failure]]:
        lengths = tuple(map(len, self.readers))
        weights = self.weights or (1.0,) * len(lengths)
        failed: list[Failure] = []
        for later in range(TRIES):
            set_index, index = locate(position, lengths, self.seed, weights, later)
            try:
                return self.readers[set_index][index], failed
            except DataError as error:
                failed.append(Failure(set_index, index, later + 1, str(error)))
        nothing = np.zeros((32, 32), np.float32)
        return Sample(np.zeros((32, 32, 3), np.uint8), nothing, nothing > 0, Kind.UTSS), failed


@dataclass(frozen=True)
class Places(Sampler[list[tuple[int, int]]]):
    """The batches of steps first…last−1 as lists of (position, crop size); every process of
    `world` takes its own part of the same global batch, which `world` must divide.
    """

    first: int
    sizes: Sequence[int]
    batch: int
    rank: int = 0
    world: int = 1

    def __len__(self) -> int:
        return len(self.sizes) - self.first

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        share = self.batch // self.world
        for step in range(self.first, len(self.sizes)):
            first = step * self.batch + self.rank * share
            yield [(position, self.sizes[step]) for position in range(first, first + share)]


def loader(stream: Stream, places: Places, workers: int, pin: bool) -> DataLoader[Batch]:
    """Batches in the order of `places`, decoded ahead by `workers` processes."""
    return DataLoader(
        stream,
        batch_sampler=places,
        num_workers=workers,
        pin_memory=pin,
        prefetch_factor=4 if workers else None,
        worker_init_fn=_one_thread,
        collate_fn=_collated,
    )


def _collated(samples: list[Batch]) -> Batch:
    failed = [failure for sample in samples for failure in sample.pop("failed")]
    return {**default_collate(samples), "failed": failed}


def _one_thread(worker: int) -> None:
    import cv2

    # A stop that is sent to the whole group is the main process's to act on: it still needs its workers.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)

"""Which sample stands at which place of a run: a function of seed and position alone.

Sets take turns, so that every batch holds as equal a number of each as possible; each set repeats
in its own shuffled orders. The order is the same after a resume and for any number of workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from training.data.augment import Augmentation, augment
from training.data.sample import Kind, Reader

Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Stream(Dataset[Batch]):
    """The samples of a run by position, augmented; position p is drawn from (seed, p)."""

    readers: tuple[Reader, ...]
    seed: int
    augmentation: Augmentation

    def __getitem__(self, place: tuple[int, int]) -> Batch:
        """place: (position, crop size in pixels)."""
        position, size = place
        set_index, index = locate(position, tuple(map(len, self.readers)), self.seed)
        rng = np.random.default_rng((self.seed, position))
        sample = augment(self.readers[set_index][index], size, rng, self.augmentation)
        return {
            "image": torch.from_numpy(np.ascontiguousarray(sample.image.transpose(2, 0, 1))),
            "disparity": torch.from_numpy(sample.disparity[None]),
            "valid": torch.from_numpy(sample.valid[None]),
            "uts": torch.tensor(sample.kind is not Kind.UTSS),
        }


@dataclass(frozen=True)
class Places(Sampler[list[tuple[int, int]]]):
    """The batches of steps first…last−1 as lists of (position, crop size); every process of
    `world` takes its own share of the same global batch.
    """

    first: int
    sizes: Sequence[int]
    batch: int
    rank: int = 0
    world: int = 1

    def __len__(self) -> int:
        return len(self.sizes) - self.first

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for step in range(self.first, len(self.sizes)):
            positions = range(step * self.batch + self.rank, (step + 1) * self.batch, self.world)
            yield [(position, self.sizes[step]) for position in positions]


def loader(stream: Stream, places: Places, workers: int, pin: bool) -> DataLoader[Batch]:
    """Batches in the order of `places`, decoded ahead by `workers` processes."""
    return DataLoader(
        stream,
        batch_sampler=places,
        num_workers=workers,
        pin_memory=pin,
        prefetch_factor=4 if workers else None,
        worker_init_fn=_one_thread,
    )


def locate(position: int, lengths: tuple[int, ...], seed: int) -> tuple[int, int]:
    """(set, index in the set) of the sample at `position` of the run."""
    turn, set_index = divmod(position, len(lengths))
    epoch, place = divmod(turn, lengths[set_index])
    return set_index, int(_order(seed, set_index, epoch, lengths[set_index])[place])


@lru_cache(maxsize=64)
def _order(seed: int, set_index: int, epoch: int, length: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, set_index, epoch)).permutation(length)


def _one_thread(worker: int) -> None:
    import cv2

    torch.set_num_threads(1)
    cv2.setNumThreads(1)

"""Decoded samples kept in memory: small sets are read from disk once.

Decoding a photo and its 16-bit depth takes longer than cutting a crop from them (docs/training.md).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from training.data.sample import Reader, Sample

# Of the machine's memory, by all processes that read for one run on it.
SHARE, MOST_BYTES = 1 / 6, 4 << 30


@dataclass
class Room:
    """What is left for all sets of one process, bytes."""

    left: int


@dataclass(frozen=True)
class Kept:
    """`reader`, whose samples stay in memory while there is room. None makes way for another: they are
    drawn evenly, so that none is likelier to come again.
    """

    reader: Reader
    room: Room
    samples: dict[int, Sample] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.reader.name

    def __len__(self) -> int:
        return len(self.reader)

    def __getitem__(self, index: int) -> Sample:
        if index in self.samples:
            return self.samples[index]
        sample = self.reader[index]
        size = sample.image.nbytes + sample.disparity.nbytes + sample.valid.nbytes
        if size <= self.room.left:
            self.room.left -= size
            self.samples[index] = sample
        return sample


def kept(readers: Sequence[Reader], processes: int) -> tuple[Reader, ...]:
    """`readers` with a common room; `processes`: how many on this machine read them, each for itself."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    room = Room(int(min(memory * SHARE, MOST_BYTES)) // processes)
    return tuple(Kept(reader, room) for reader in readers)

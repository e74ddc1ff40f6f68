from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from training.data.kept import Kept, Room, kept
from training.data.sample import DataError, Kind, Sample

SAMPLE_BYTES = 4 * 6 * (3 + 4 + 1)


@dataclass
class Disk:
    """Counts what is read; the last sample cannot be."""

    name: str = "disk"
    read: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: int) -> Sample:
        self.read.append(index)
        if index == 4:
            raise DataError("4.png: damaged")
        image = np.full((4, 6, 3), index, np.uint8)
        return Sample(image, np.ones((4, 6), np.float32), np.ones((4, 6), np.bool_), Kind.UTS)


def test_a_sample_is_read_once() -> None:
    disk = Disk()
    reader = Kept(disk, Room(10 * SAMPLE_BYTES))
    for _ in range(3):
        assert [reader[i].image[0, 0, 0] for i in range(4)] == [0, 1, 2, 3]
    assert disk.read == [0, 1, 2, 3]
    assert (reader.name, len(reader)) == ("disk", 5)


def test_a_full_room_costs_time_but_nothing_else() -> None:
    disk = Disk()
    reader = Kept(disk, Room(2 * SAMPLE_BYTES))
    for _ in range(2):
        assert [reader[i].image[0, 0, 0] for i in range(4)] == [0, 1, 2, 3]
    assert disk.read == [0, 1, 2, 3, 2, 3]


def test_sets_share_the_room() -> None:
    first, second = kept([Disk(), Disk()], 1)
    assert isinstance(first, Kept)
    assert isinstance(second, Kept)
    before = first.room.left
    second[0]
    assert first.room.left == before - SAMPLE_BYTES
    (one,) = kept([Disk()], 4)
    assert isinstance(one, Kept)
    assert one.room.left == before // 4


def test_what_cannot_be_read_is_not_kept() -> None:
    disk = Disk()
    reader = Kept(disk, Room(10 * SAMPLE_BYTES))
    for _ in range(2):
        with pytest.raises(DataError, match="damaged"):
            reader[4]
    assert disk.read == [4, 4]

"""Samples that cannot be read: each is named once and counted; too many of them stop a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from training.data.mixture import TRIES, Failure
from training.data.sample import DataError, Reader

MOST = 0.01


class Failures:
    """The samples of a run that could not be read, by (set, index), noted in `seen`."""

    def __init__(self, readers: Sequence[Reader], seen: set[tuple[int, int]]) -> None:
        self.readers = readers
        self.seen = seen

    def note(self, failures: Iterable[Failure]) -> list[str]:
        """A line for each sample that is new. DataError where more than 1 % of a set cannot be read, or
        so many in a row that nothing stood in for them.
        """
        lines = []
        for failure in failures:
            if failure.tries >= TRIES:
                raise DataError(f"{TRIES} samples in a row could not be read; the last: {failure.message}")
            place = (failure.set_index, failure.index)
            if place not in self.seen:
                self.seen.add(place)
                lines.append(f"left out, another stands in for it: {failure.message}")
                self._judge(failure)
        return lines

    def _judge(self, failure: Failure) -> None:
        reader = self.readers[failure.set_index]
        count = sum(set_index == failure.set_index for set_index, _ in self.seen)
        if count > MOST * len(reader):
            raise DataError(
                f"{reader.name}: {count} of {len(reader):,} samples could not be read, more than "
                f"{MOST:.0%}; the last: {failure.message}"
            )

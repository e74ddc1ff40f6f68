"""Part of a set used as UTS, part as UTSS, the rest not at all: the proportions of figure 3.

The choice depends on the seed alone, and what is UTS at 10 % is UTS at 20 % too. Each image has its one
scale (and shift) for the whole run, as in a data set whose scale is unknown (`training.data.kinds`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.kinds import as_kind
from training.data.sample import DataError, Kind, Reader, Sample


@dataclass(frozen=True)
class Shared:
    """The images `chosen` of `reader`, each with the kind it is used as."""

    reader: Reader
    chosen: tuple[tuple[int, Kind], ...]
    seed: int

    @property
    def name(self) -> str:
        return self.reader.name

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, place: int) -> Sample:
        index, kind = self.chosen[place]
        sample = self.reader[index]
        try:
            return as_kind(sample, kind, np.random.default_rng((self.seed, index)))
        except ValueError as error:
            raise DataError(f"{self.name}, image {index}: {error}") from error


def divide(reader: Reader, uts: float, utss: float, seed: int) -> Shared:
    """The share `uts` of the images of `reader` as UTS, and the share `utss` of them as UTSS.

    DataError where nothing is left.
    """
    count = len(reader)
    order = np.random.default_rng((seed, count)).permutation(count).tolist()
    known, lesser = round(count * uts), min(round(count * utss), count - round(count * uts))
    chosen = [(index, Kind.UTS) for index in order[:known]]
    chosen += [(index, Kind.UTSS) for index in order[known : known + lesser]]
    if not chosen:
        raise DataError(f"{reader.name}: {count} images, of which {uts:g} UTS and {utss:g} UTSS leave none")
    return Shared(reader, tuple(chosen), seed)

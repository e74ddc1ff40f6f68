"""One picture with what is known of its depth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class DataError(ValueError):
    """Data that cannot be found or read; the message is one line that names the file."""


class Kind(Enum):
    """What the disparity of a sample is worth."""

    ABSOLUTE = "absolute"  # 1/m
    UTS = "uts"  # up to an unknown scale
    UTSS = "utss"  # up to an unknown scale and shift


@dataclass(frozen=True)
class Sample:
    """image H×W×3 uint8 RGB · disparity H×W float32 (see kind; larger is nearer) · valid H×W bool."""

    image: NDArray[np.uint8]
    disparity: NDArray[np.float32]
    valid: NDArray[np.bool_]
    kind: Kind

    def inner(self, rows: slice, columns: slice) -> Sample:
        """The part of the sample in these rows and columns; views, not copies."""
        part = (rows, columns)
        return replace(self, image=self.image[part], disparity=self.disparity[part], valid=self.valid[part])


class Reader(Protocol):
    """A set of samples, read one at a time; raises DataError for a file that cannot be read."""

    @property
    def name(self) -> str: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Sample: ...

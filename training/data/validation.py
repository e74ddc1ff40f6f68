"""Which images of a set are held out of training: one in 20, whole scenes at a time.

Pictures of one scene (a room, a drive, a film) resemble each other, so a scene that is in both parts would
make the validation figure worthless. The choice depends on the names alone: the same in every run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

ONE_IN = 20
# A set of few large scenes gives up its smallest where that is no more than this share of its images.
AT_MOST = 1 / 10

Item = TypeVar("Item")


def held_out_scenes(scenes: Sequence[str]) -> frozenset[str]:
    """The scenes that are held out; `scenes` names that of each image. Empty where even the smallest
    scene is more than a tenth of the set.
    """
    sizes = Counter(scenes)
    budget = round(len(scenes) / ONE_IN)
    chosen: set[str] = set()
    for scene in sorted(sizes, key=lambda s: (crc32(s.encode()), s)):
        if sizes[scene] <= budget:
            chosen.add(scene)
            budget -= sizes[scene]
    if not chosen and sizes:
        smallest = min(sizes, key=lambda s: (sizes[s], crc32(s.encode()), s))
        if sizes[smallest] <= len(scenes) * AT_MOST:
            chosen.add(smallest)
    return frozenset(chosen)


def part(items: Sequence[Item], scenes: Sequence[str], held_out: bool) -> tuple[Item, ...]:
    """Those of `items` that are held out, or the others; `scenes` names the scene of each."""
    chosen = held_out_scenes(scenes)
    return tuple(item for item, scene in zip(items, scenes, strict=True) if (scene in chosen) == held_out)

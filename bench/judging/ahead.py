"""Work done ahead of its use in threads: decoding and scoring beside the network."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")
WAITING = 4


def ahead(
    make: Callable[[U], T], items: Iterable[U], workers: int = 1, waiting: int = WAITING
) -> Generator[T]:
    """make(item) of each item, in order; up to `waiting` results are made before they are asked for.

    An exception of `make` is raised where its result would have come. Memory: `waiting` results.
    """
    with ThreadPoolExecutor(workers) as pool:
        pending: deque[Future[T]] = deque()
        try:
            for item in items:
                pending.append(pool.submit(make, item))
                if len(pending) > waiting:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()

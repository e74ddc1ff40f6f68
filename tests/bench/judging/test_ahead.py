from __future__ import annotations

import threading
import time

import pytest

from bench.judging.ahead import ahead


def test_results_come_in_order() -> None:
    def slow_at_first(i: int) -> int:
        time.sleep(0.02 if i == 0 else 0)
        return i * i

    assert list(ahead(slow_at_first, range(9), workers=3)) == [i * i for i in range(9)]


def test_a_fault_comes_where_its_result_would() -> None:
    def fails_at_two(i: int) -> int:
        if i == 2:
            raise ValueError("two")
        return i

    results = ahead(fails_at_two, range(5))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(results)


def test_it_works_ahead_but_not_far() -> None:
    made: list[int] = []
    results = ahead(made.append, range(100), workers=2, waiting=3)
    next(results)
    deadline = time.monotonic() + 5
    while len(made) < 4 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert len(made) == 4  # the first, and three that wait
    results.close()


def test_the_work_is_done_in_another_thread() -> None:
    (name,) = ahead(lambda i: threading.current_thread().name, [0])
    assert name != threading.main_thread().name

"""Workers and who gets which chunk; a worker that dies loses its chunk to another one.

`Processes` are those of this machine; cluster.py has the same for Ray.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Protocol

from training.data.sample import DataError
from training.stereo.matchers import MatcherSpec, build
from training.stereo.plan import Chunk
from training.stereo.work import Done, Failed, attempt

ATTEMPTS = 3  # of a chunk whose workers die: the fault is then in the chunk, or the machine is too small
STOP_S = 5.0


@dataclass(frozen=True)
class Died:
    """A worker that went without a word: killed, out of memory, its machine lost."""


class Crew(Protocol):
    """Workers by number. Each has a matcher of its own and does one chunk at a time."""

    @property
    def size(self) -> int: ...

    def start(self) -> int:
        """A new worker."""
        ...

    def give(self, worker: int, chunk: Chunk) -> None: ...

    def wait(self) -> list[tuple[int, Done | Failed | Died]]:
        """The news of at least one worker that was given something."""
        ...

    def stop(self) -> None:
        """End all workers, whatever they do."""
        ...


def finished(chunks: Sequence[Chunk], crew: Crew, warn: Callable[[str], None]) -> Iterator[Done]:
    """Each chunk once, in the order in which they end. DataError for what a worker reports, and for a
    chunk on which `ATTEMPTS` workers died; the crew is stopped in any case."""
    waiting, deaths, at_work = deque(chunks), Counter[str](), dict[int, Chunk]()
    idle: list[int] = []
    try:
        while waiting or at_work:
            while waiting and len(at_work) < crew.size:
                worker = idle.pop() if idle else crew.start()
                at_work[worker] = waiting.popleft()
                crew.give(worker, at_work[worker])
            for worker, news in crew.wait():
                chunk = at_work.pop(worker)
                if isinstance(news, Failed):
                    raise DataError(news.error)
                if isinstance(news, Done):
                    idle.append(worker)
                    yield news
                    continue
                deaths[str(chunk.part)] += 1
                if deaths[str(chunk.part)] == ATTEMPTS:
                    raise DataError(f"{chunk.source.file}: {ATTEMPTS} workers died at {_where(chunk)}")
                warn(f"a worker died at {_where(chunk)} of {chunk.source.name}; another one does it again")
                waiting.appendleft(chunk)
    finally:
        crew.stop()


def _where(chunk: Chunk) -> str:
    return f"frames {chunk.first}…{chunk.first + chunk.count - 1}"


@dataclass(frozen=True)
class _Worker:
    process: multiprocessing.process.BaseProcess
    pipe: Connection


class Processes:
    """Processes on this machine, the i-th on CUDA device i modulo their number where there are some."""

    def __init__(self, matcher: MatcherSpec, size: int, devices: int = 0) -> None:
        self.matcher, self.size, self.devices = matcher, size, devices
        self.workers: dict[int, _Worker] = {}
        self.busy: set[int] = set()
        self.started = 0

    def start(self) -> int:
        number, self.started = self.started, self.started + 1
        ours, theirs = multiprocessing.Pipe()
        device = f"cuda:{number % self.devices}" if self.devices else "cpu"
        # Not forked: threads and CUDA do not survive that.
        process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(theirs, self.matcher, device), daemon=True
        )
        process.start()
        theirs.close()  # so that the death of the worker ends the pipe
        self.workers[number] = _Worker(process, ours)
        return number

    def give(self, worker: int, chunk: Chunk) -> None:
        self.busy.add(worker)
        try:
            self.workers[worker].pipe.send(chunk)
        except OSError:
            return  # dead already: wait() reports it

    def wait(self) -> list[tuple[int, Done | Failed | Died]]:
        pipes = {number: self.workers[number].pipe for number in sorted(self.busy)}
        ready = multiprocessing.connection.wait(list(pipes.values()))
        return [(number, self._news(number)) for number, pipe in pipes.items() if pipe in ready]

    def _news(self, number: int) -> Done | Failed | Died:
        self.busy.remove(number)
        worker = self.workers[number]
        try:
            news: Done | Failed = worker.pipe.recv()
        except (EOFError, OSError):
            self._end(self.workers.pop(number))
            return Died()
        return news

    def stop(self) -> None:
        for worker in self.workers.values():
            worker.process.terminate()
        for worker in self.workers.values():
            self._end(worker)
        self.workers.clear()
        self.busy.clear()

    def _end(self, worker: _Worker) -> None:
        worker.process.join(STOP_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.process.close()
        worker.pipe.close()


def serve(pipe: Connection, spec: MatcherSpec, device: str) -> None:
    """A worker's life: chunks from the pipe, news into it, until it closes."""
    # Ctrl-C goes to all processes of a terminal; the one that started us decides. SIGTERM unwinds the stack,
    # so that no temporary file stays.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    one_thread()
    matcher = None
    while True:
        try:
            chunk = pipe.recv()
        except EOFError:
            return
        try:
            matcher = matcher or build(spec, device)
        except DataError as error:
            pipe.send(Failed(str(error)))
            continue
        pipe.send(attempt(chunk, matcher))


def one_thread() -> None:
    """One core a worker: more workers are better than more threads, and results do not depend on them."""
    import cv2

    cv2.setNumThreads(1)
    os.environ["OMP_NUM_THREADS"] = "1"

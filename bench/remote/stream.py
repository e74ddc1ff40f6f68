"""A program on the other side that answers one request after another."""

from __future__ import annotations

import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import IO

from bench.latency import DeviceError
from bench.remote import link
from bench.remote.link import Lost

CHUNK = 1 << 16
LINE_BYTES = 10_000
ENDING_SECONDS = 5.0
COMPLAINT_BYTES = 16_384
SSH_FAULT = 255


class Stream:
    """Started at once. A fault of its own is a DeviceError, the end of the connection Lost."""

    def __init__(self, command: Sequence[str], what: str) -> None:
        self._what = what
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 — closed by close()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr, bufsize=0
        )

    def line(self, limit_s: float) -> str:
        """The next line, which is short."""
        content = bytearray()
        end = time.monotonic() + limit_s
        while not content.endswith(b"\n"):
            content += self._read(1, end)
            if len(content) > LINE_BYTES:
                raise DeviceError(f"{self._what}: wrote no line")
        return content.decode("utf-8", errors="replace")

    def ask(self, content: bytes, size: int, limit_s: float) -> bytes:
        """Write `content`, all of it, then read `size` bytes: the other side reads all before it answers."""
        assert self._process.stdin is not None
        end = time.monotonic() + limit_s
        view = memoryview(content)
        with selectors.DefaultSelector() as ready:
            ready.register(self._process.stdin, selectors.EVENT_WRITE)
            while view:
                self._require(ready, end)
                try:
                    view = view[os.write(self._process.stdin.fileno(), view[:CHUNK]) :]
                except BrokenPipeError as error:
                    raise self._fault() from error
        answer = bytearray()
        while len(answer) < size:
            answer += self._read(min(CHUNK, size - len(answer)), end)
        return bytes(answer)

    def close(self) -> None:
        """The other side ends with its stdin; one that does not is killed."""
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._stderr.close()

    def _read(self, count: int, end: float) -> bytes:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as ready:
            ready.register(self._process.stdout, selectors.EVENT_READ)
            self._require(ready, end)
        content = os.read(self._process.stdout.fileno(), count)
        if not content:
            raise self._fault()
        return content

    def _require(self, ready: selectors.BaseSelector, end: float) -> None:
        if not ready.select(max(0.0, end - time.monotonic())):
            raise DeviceError(f"{self._what}: no answer in time")

    def _fault(self) -> DeviceError:
        try:
            status = self._process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            return DeviceError(f"{self._what}: closed its output")
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - COMPLAINT_BYTES))
        said = link.last_line(self._stderr.read().decode("utf-8", errors="replace"))
        kind = Lost if status == SSH_FAULT else DeviceError
        return kind(f"{self._what}: ended with status {status} ({said})")

"""Programs whose output comes from elsewhere: read as it comes, up to a size and a time, and no further."""

from __future__ import annotations

import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from bench.latency import DeviceError

CHUNK = 1 << 16
COMPLAINT_BYTES = 16_384  # of stderr, of which the end is kept


class Late(DeviceError):
    """A program that had no end in its time."""


@dataclass(frozen=True)
class Done:
    """How a program ended, and what it wrote; stderr: its end, as text."""

    status: int
    stdout: bytes
    stderr: str


def run(
    command: Sequence[str], what: str, limit_s: float, limit_bytes: int, content: bytes | None = None
) -> Done:
    """Start `command`, with `content` on its stdin.

    DeviceError "`what`: reason" where it cannot be started or writes more than limit_bytes; Late.
    """
    # stdin is a file: to write a pipe beside reading two would need a third party.
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stderr:
        stdin.write(content or b"")
        stdin.seek(0)
        try:
            process = subprocess.Popen(
                command, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env={**os.environ, "LC_ALL": "C"}
            )
        except OSError as error:
            raise DeviceError(f"{what}: {error.filename}: {error.strerror}") from error
        with process:
            try:
                stdout = _read(process, what, time.monotonic() + limit_s, limit_s, limit_bytes)
                process.wait(limit_s)
            except BaseException:
                process.kill()
                raise
        return Done(process.returncode, stdout, _end(stderr))


def _read(process: subprocess.Popen[bytes], what: str, end: float, limit_s: float, limit_bytes: int) -> bytes:
    assert process.stdout is not None
    parts: list[bytes] = []
    size = 0
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not ready.select(max(0.0, end - time.monotonic())):
                raise Late(f"{what}: no end after {limit_s:.0f} s")
            part = os.read(process.stdout.fileno(), CHUNK)
            if not part:
                return b"".join(parts)
            parts.append(part)
            size += len(part)
            if size > limit_bytes:
                raise DeviceError(f"{what}: wrote more than the {limit_bytes} bytes that were to be expected")


def _end(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - COMPLAINT_BYTES))
    return file.read().decode("utf-8", errors="replace")

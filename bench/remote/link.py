"""What phones and boards have in common: a shell to run words in, and a named folder to put files into.

Nothing is ever pasted into the text of a command: words go through `shlex.join`, scripts get theirs as
arguments, and files in the folder are named by their hash.
"""

from __future__ import annotations

import re
import secrets
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.latency import DeviceError
from bench.remote import bounded
from bench.remote.bounded import Done
from export import manifest

SECONDS = 30.0  # of a command that only looks something up
GRACE_SECONDS = 15.0  # for the way there and back
OUTPUT_BYTES = 1 << 20
SLOWEST_BYTES_PER_SECOND = 500_000
SPARE_BYTES = 64_000_000  # that stay free on the device
HASH = 24  # digits of a SHA-256 in a name
LONGEST = 160
KILLED = 137  # by `timeout -s KILL`, as shells tell it
STATUS = re.compile(rb"\d{1,3}\s*")
BLOCKS = re.compile(r"[0-9]{1,15}")
INSIDE = 'cd -- "$1" && shift && exec "$@"'


class Lost(DeviceError):
    """The device went away: nothing more can be measured on it."""


class Unable(DeviceError):
    """Something that this device cannot do, as opposed to something that failed."""


@dataclass(frozen=True)
class Ran:
    """A command's status, stdout, and the end of stderr."""

    status: int
    output: bytes
    complaint: str

    def text(self) -> str:
        return self.output.decode("utf-8", errors="replace")


class Link(Protocol):
    """The way to one device. where: as messages call it · folder: what is put there, and nothing else is."""

    @property
    def where(self) -> str: ...

    @property
    def folder(self) -> str: ...

    def command(self, text: str) -> list[str]:
        """The program here that runs `text` in the device's shell."""
        ...

    def put(self, path: Path, name: str, limit_s: float) -> None:
        """Copy a file to `name` in the folder. DeviceError, Lost."""
        ...

    def lost(self, done: Done) -> str:
        """Why a command came to no end there, in words."""
        ...


def run(link: Link, words: Sequence[str], limit_s: float = SECONDS, limit_bytes: int = OUTPUT_BYTES) -> Ran:
    """Run `words` on the device. Lost where it does not answer any more; DeviceError for too much output.

    That the command ended is told by a line of its own: adb ends well, too, when a cable is pulled out.
    """
    mark = f"plumb-{secrets.token_hex(8)}:"
    command = link.command(f"{shlex.join(words)}; printf '\\n{mark}%s\\n' $?")
    done = answered(link, command, limit_s + GRACE_SECONDS, limit_bytes + 64)
    output, found, status = done.stdout.rpartition(f"\n{mark}".encode())
    if not found or not STATUS.fullmatch(status):
        raise Lost(f"{link.where}: {link.lost(done)}")
    return Ran(int(status), output, done.stderr)


def answered(
    link: Link, command: Sequence[str], limit_s: float, limit_bytes: int = OUTPUT_BYTES, content: bytes = b""
) -> Done:
    """Of a program here that speaks with the device. Lost where that takes too long; DeviceError."""
    try:
        return bounded.run(command, link.where, limit_s, limit_bytes, content)
    except bounded.Late as error:
        raise Lost(f"{link.where}: no answer after {limit_s:.0f} s") from error


def run_inside(link: Link, words: Sequence[str], limit_s: float, limit_bytes: int = OUTPUT_BYTES) -> Ran:
    """Run `words` in the folder. Late: the device itself ended them after limit_s."""
    timed = ["timeout", "-s", "KILL", str(int(limit_s)), *words]
    began = time.monotonic()
    ran = run(link, ["sh", "-c", INSIDE, "plumb", link.folder, *timed], limit_s, limit_bytes)
    # Memory that runs out kills with the same signal, but sooner.
    if ran.status == KILLED and time.monotonic() - began >= int(limit_s):
        raise bounded.Late(f"{link.where}: no end after {limit_s:.0f} s; it was stopped")
    return ran


def push(link: Link, path: Path, suffix: str = "") -> str:
    """The name in the folder of a file with this content; copied unless it is there already.

    DeviceError where there is no room, or something else arrived.
    """
    sha256 = manifest.digest(path)
    name = f"{sha256[:HASH]}{suffix}"
    if digest(link, name) == sha256:
        return name
    size = path.stat().st_size
    require_room(link, path)
    partial = f"{name}.part"
    try:
        link.put(path, partial, SECONDS + size / SLOWEST_BYTES_PER_SECOND)
        if digest(link, partial) != sha256:
            raise DeviceError(f"{link.where}: {path.name} did not arrive whole")
        inside = ["sh", "-c", 'cd -- "$1" && chmod 755 "$2" && mv "$2" "$3"', "plumb", link.folder]
        ran = run(link, [*inside, partial, name])
    except Lost:
        raise
    except DeviceError:
        remove(link, [partial])
        raise
    if ran.status:
        raise DeviceError(f"{link.where}: {path.name}: {last_line(ran.complaint)}")
    return name


def put(link: Link, path: Path, name: str) -> None:
    """A file for one run, under a name of ours."""
    link.put(path, name, SECONDS + path.stat().st_size / SLOWEST_BYTES_PER_SECOND)


def read(link: Link, name: str, size: int) -> bytes:
    """A file of the folder, which has `size` bytes: DeviceError where it is another size, or missing."""
    ran = run(link, ["cat", f"{link.folder}/{name}"], SECONDS + size / SLOWEST_BYTES_PER_SECOND, size)
    if ran.status or len(ran.output) != size:
        why = last_line(ran.complaint) if ran.status else f"{len(ran.output)} bytes came back, not {size}"
        raise DeviceError(f"{link.where}: {why}")
    return ran.output


def remove(link: Link, names: Sequence[str]) -> None:
    """Files of the folder; those that are not there are no matter."""
    run(link, ["rm", "-f", "--", *(f"{link.folder}/{name}" for name in names)])


def prepare(link: Link) -> None:
    """The folder is there. DeviceError."""
    ran = run(link, ["mkdir", "-p", "--", link.folder])
    if ran.status:
        raise DeviceError(f"{link.where}: {link.folder}: {last_line(ran.complaint)}")


def clean(link: Link) -> bool:
    """Remove the folder with all in it; whether there was one."""
    there = run(link, ["test", "-d", link.folder]).status == 0
    ran = run(link, ["rm", "-rf", "--", link.folder])
    if ran.status:
        raise DeviceError(f"{link.where}: {link.folder}: {last_line(ran.complaint)}")
    return there


def last_line(text: str) -> str:
    """What a program said last, fit for a message."""
    lines = [shown(line) for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


def reason(text: str) -> str:
    """The last line of a program that speaks of an error, without the names in front of the reason."""
    told = [line for line in text.splitlines() if "error" in line.lower() or "failed" in line.lower()]
    return shown((told or text.splitlines() or ["no message"])[-1].rpartition(": ")[2])


def shown(text: str) -> str:
    """A text from a device, in one line without what would steer a terminal."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(line.split())[:LONGEST]


def digest(link: Link, name: str) -> str:
    """SHA-256 of a file of the folder; something else where there is none."""
    return run(link, ["sha256sum", f"{link.folder}/{name}"], 120).text().partition(" ")[0].strip("\\\n")


def require_room(link: Link, path: Path) -> None:
    """By `df -k`: the fourth figure of its last line, in KiB; where it says something else, copying tells."""
    size = path.stat().st_size
    fields = run(link, ["df", "-k", link.folder]).text().strip().rpartition("\n")[2].split()
    free = int(fields[3]) * 1024 if len(fields) > 3 and BLOCKS.fullmatch(fields[3]) else None
    if free is not None and free < size + SPARE_BYTES:
        raise DeviceError(
            f"{link.where}: {free / 1e6:.0f} MB are free in {link.folder}, and {path.name}, with some to "
            f"spare, needs {(size + SPARE_BYTES) / 1e6:.0f}: make room there"
        )

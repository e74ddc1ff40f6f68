"""One file through LiteRT in the emulated ARM machine: outputs, and how many instructions they took.

What comes back is checked before it is used: how long it took, whether it ended well, sizes, versions.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.latency import DeviceError
from bench.remote.arm import Machine
from bench.remote.programs import reason

TAIL_BYTES = 16_384  # of what a process prints
COUNT = re.compile(rb"[1-9]\d{0,18}\n")
ARCHITECTURE = "aarch64"
DELEGATES = ("XNNPACK", "reference")


@dataclass(frozen=True)
class Outcome:
    """outputs: one tensor an input · delegate: what ran it · instructions: of the whole process."""

    outputs: tuple[NDArray[Any], ...]
    delegate: str
    instructions: int


@dataclass(frozen=True)
class Expected:
    """What the outputs must be: shape and type of one, and the version of LiteRT."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    litert: str


def infer(
    machine: Machine, file: Path, tensors: Sequence[NDArray[Any]], expected: Expected, limit_s: float
) -> Outcome:
    """Every input tensor through `file`, on one thread. DeviceError names the file, and what is wrong."""
    with tempfile.TemporaryDirectory(prefix="plumb-qemu-") as name:
        folder = Path(name)
        inputs, outputs, count = (folder / part for part in ("inputs", "outputs", "count"))
        inputs.write_bytes(b"".join(np.ascontiguousarray(tensor).tobytes() for tensor in tensors))
        plugin = f"{_escaped(machine.plugin)},out={_escaped(count)}"
        arguments = (file.resolve(), inputs, outputs)
        command = machine.command("import infer; infer.main()", *arguments, plugin=plugin)
        said = _run(command, machine.environment(), folder, file, limit_s)
        delegate = _delegate(said, expected, file)
        return Outcome(_outputs(outputs, len(tensors), expected, file), delegate, _instructions(count, file))


def _escaped(path: Path) -> str:
    """As QEMU's option lists have it: a comma is written twice."""
    return str(path).replace(",", ",,")


def _run(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, file: Path, limit_s: float
) -> str:
    """The last line on stdout. Both streams go to files: of a process gone wild only the end is read."""
    said, warned = folder / "stdout", folder / "stderr"
    with said.open("wb") as stdout, warned.open("wb") as stderr:
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=dict(environment),
                check=False, timeout=limit_s,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise DeviceError(f"{file}: no result after {limit_s:.0f} s under qemu-aarch64") from error
        except OSError as error:
            raise DeviceError(f"{file}: {command[0]}: {error.strerror}") from error
    if done.returncode:
        raise DeviceError(f"{file}: the run under qemu-aarch64 {reason(done.returncode, _tail(warned))}")
    return _tail(said).strip().rpartition("\n")[2]


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        return file.read().decode("utf-8", errors="replace")


def _delegate(said: str, expected: Expected, file: Path) -> str:
    """Of the JSON that `guest/infer.py` prints."""
    try:
        ran = json.loads(said)
        machine, litert, delegate = ran["machine"], ran["litert"], ran["delegate"]
    except (ValueError, TypeError, KeyError) as error:
        raise DeviceError(f"{file}: the emulated machine answered {said[:80]!r}, not what it ran") from error
    if (machine, litert) != (ARCHITECTURE, expected.litert) or delegate not in DELEGATES:
        raise DeviceError(
            f"{file}: ran on {machine!r} with LiteRT {litert!r} through {delegate!r}, "
            f"not on {ARCHITECTURE} with {expected.litert} through {' or '.join(DELEGATES)}"
        )
    return str(delegate)


def _outputs(path: Path, number: int, expected: Expected, file: Path) -> tuple[NDArray[Any], ...]:
    shape = (number, *expected.shape)
    wanted = int(np.prod(shape)) * expected.dtype.itemsize
    found = path.stat().st_size if path.is_file() else 0
    if found != wanted:
        raise DeviceError(f"{file}: {found} bytes came back from the emulated machine, not {wanted}")
    return tuple(np.frombuffer(path.read_bytes(), expected.dtype).reshape(shape))


def _instructions(path: Path, file: Path) -> int:
    content = path.read_bytes()[:64] if path.is_file() else b""
    if not COUNT.fullmatch(content):
        raise DeviceError(f"{file}: the counter of instructions wrote {content!r}, not a number")
    return int(content)

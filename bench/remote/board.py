"""A Linux board: what it is, and its Python with LiteRT as the tool."""

from __future__ import annotations

import io
import json
import re
import shlex
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bench.latency import DeviceError
from bench.remote import bounded, link
from bench.remote.link import Link
from bench.remote.stream import Stream
from bench.remote.there import Outcome
from bench.row import Timing
from export.runners.litert import REFERENCE, XNNPACK

ROOT = Path(__file__).parents[2]
# All of this project that a board needs.
MODULES = (
    "bench/__init__.py", "bench/latency.py", "bench/row.py", "bench/remote/__init__.py",
    "bench/remote/guest/__init__.py", "bench/remote/guest/serve.py",
    "export/__init__.py", "export/runners/__init__.py", "export/runners/litert.py",
)  # fmt: skip
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same archive for the same files
SERVE = "from bench.remote.guest import serve; serve.main()"
TRY = "import numpy, sys; from ai_edge_litert.interpreter import Interpreter; print(sys.executable)"
LIMIT_SECONDS = 300.0
OUTPUT_BYTES = 20_000_000
MOST_MEMORY_BYTES = 1 << 50
LOOK = """
uname -m; cat /proc/cpuinfo; cat /proc/meminfo
printf 'board: '; tr -d '\\0' </proc/device-tree/model 2>/dev/null
exit 0
"""


@dataclass(frozen=True)
class Board:
    title: str
    cores: int
    machine: dict[str, Any]


def describe(connection: Link) -> Board:
    """By what Linux shows; the title is the board's name, else the processor's."""
    text = link.run(connection, ["sh", "-c", LOOK]).text()
    pairs = dict(re.findall(r"^([A-Za-z][\w ]*?)[ \t]*:[ \t]*(\S.*)$", text, re.MULTILINE))
    cores = len(re.findall(r"^processor\s*:", text, re.MULTILINE)) or 1
    processor = next((pairs[key] for key in ("model name", "Hardware", "Model") if key in pairs), "")
    name = pairs.get("board") or pairs.get("Model") or processor or "Linux board"
    memory = re.search(r"MemTotal:\s+(\d+) kB", text)
    known = {
        "device": link.shown(name),
        "processor": link.shown(processor),
        "cores": cores,
        "memory_bytes": 1024 * int(memory[1]) if memory else None,
        "system": "Linux",
        "architecture": link.shown(text.partition("\n")[0]),
    }
    return Board(link.shown(name), cores, {key: value for key, value in known.items() if value})


@dataclass
class Litert:
    """The board's Python. archive: of MODULES, in the folder · one process runs the images of a file."""

    connection: Link
    python: str
    archive: str
    delegates: tuple[str, ...] = (XNNPACK,)
    _way: tuple[Path, int] | None = None
    _stream: Stream | None = field(default=None, repr=False)

    def threaded(self, delegate: str) -> bool:
        return True

    def time(self, file: Path, delegate: str, threads: int, seconds: float | None = None) -> Outcome:
        self.close()  # a process that waits still holds memory
        model = link.push(self.connection, file, ".tflite")
        words = [*self._python(threads), "-m", "bench.latency", model, "--threads", str(threads)]
        if seconds is not None:
            words += ["--seconds", f"{seconds:g}"]
        what = f"{self.connection.where}: {file.name}"
        limit_s = LIMIT_SECONDS + (seconds or 0.0)
        try:
            ran = link.run_inside(self.connection, words, limit_s, OUTPUT_BYTES)
        except bounded.Late as error:
            raise DeviceError(f"{what}: no end after {limit_s:.0f} s; it was stopped") from error
        if ran.status:
            raise DeviceError(f"{what}: ended with status {ran.status} ({link.last_line(ran.complaint)})")
        return outcome(ran.text(), what)

    def infer(self, file: Path, delegate: str, threads: int, tensor: NDArray[Any], size: int) -> bytes:
        if self._way != (file, threads) or self._stream is None:
            self._start(file, threads, tensor.nbytes, size)
        assert self._stream is not None
        return self._stream.ask(tensor.tobytes(), size, LIMIT_SECONDS)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream = self._way = None

    def _start(self, file: Path, threads: int, given: int, taken: int) -> None:
        self.close()
        model = link.push(self.connection, file, ".tflite")
        words = [*self._python(threads), "-c", SERVE, model, str(threads)]
        text = shlex.join(["sh", "-c", link.INSIDE, "plumb", self.connection.folder, *words])
        what = f"{self.connection.where}: {file.name}"
        stream = Stream(self.connection.command(text), what)
        self._stream, self._way = stream, (file, threads)
        first = stream.line(LIMIT_SECONDS)
        try:
            ran = json.loads(first)
            sizes = (ran["input_bytes"], ran["output_bytes"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise DeviceError(
                f"{what}: the board answered {link.shown(first)[:80]!r}, not what it runs"
            ) from error
        if sizes != (given, taken):
            raise DeviceError(f"{what}: takes and gives {sizes} bytes on the board, here {(given, taken)}")

    def _python(self, threads: int) -> list[str]:
        environment = [
            f"PYTHONPATH={self.archive}",
            f"OMP_NUM_THREADS={threads}",
            "PYTHONDONTWRITEBYTECODE=1",
        ]
        return ["env", *environment, self.python]


def tool(connection: Link, python: str) -> Litert:
    """DeviceError where the board's Python has no LiteRT."""
    ran = link.run(connection, [python, "-c", TRY], 120)
    if ran.status:
        raise DeviceError(
            f"{connection.where}: {link.shown(python)} there does not run ai-edge-litert "
            f"({link.last_line(ran.complaint)}): pip install ai-edge-litert numpy there, or name the "
            "interpreter that has it with --remote-python"
        )
    # What was named may be a path from the home folder; files run from another one.
    found = ran.text().strip().rpartition("\n")[2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "modules"
        path.write_bytes(archive(MODULES))
        return Litert(connection, found, link.push(connection, path, ".zip"))


def archive(modules: Sequence[str]) -> bytes:
    """The modules as a zip file that Python imports from."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for module in modules:
            file.writestr(zipfile.ZipInfo(module, EPOCH), (ROOT / module).read_bytes())
    return content.getvalue()


def outcome(text: str, what: str) -> Outcome:
    """What `bench.latency` printed there. DeviceError where it is something else."""
    try:
        values = json.loads(text.strip().rpartition("\n")[2])
        samples = tuple(float(sample) for sample in values["samples_ms"])
        load_ms, first_ms = float(values["load_ms"]), float(values["first_ms"])
        peak = int(values["peak_memory_bytes"])
        delegate = values["delegate"]
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise DeviceError(
            f"{what}: the board answered {link.shown(text)[-80:]!r}, which is no timing"
        ) from error
    times = (*samples, load_ms, first_ms)
    sane = samples and all(0 < time < 1e7 for time in times) and peak < MOST_MEMORY_BYTES
    if not sane or delegate not in (XNNPACK, REFERENCE):
        raise DeviceError(f"{what}: the board's figures are not such as can be")
    return Outcome(Timing(samples, load_ms, first_ms, peak if peak > 0 else None), delegate)

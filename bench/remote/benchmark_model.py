"""LiteRT's `benchmark_model` on a device: how it is called, and what is read off the text that it prints.

Its flags and words: tflite/tools/benchmark of LiteRT's repository. It tells median, 5th and 95th percentile
of the runs, and no single ones. The tool goes on where it cannot do what it was asked: with the CPU in the
place of a delegate, and without flags that it does not know; both are looked for.
"""

from __future__ import annotations

import re
import secrets
import signal
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bench.latency import DeviceError
from bench.remote import binary, link
from bench.remote.bounded import Late
from bench.remote.link import Link, Ran, Unable
from bench.remote.there import Outcome
from bench.row import Operation, Timing

RUNS, WARM_UP_RUNS, WARM_UP_SECONDS, SECONDS = 50, 5, 0.5, 2.0
PROFILED_RUNS = 10
LIMIT_SECONDS = 300.0  # of a run, besides the seconds that it was asked for
INPUT = "image"  # need not be the tensor's own name


@dataclass(frozen=True)
class Delegate:
    """flags: what asks for it · says: its name in the tool's words · threaded: see Tool."""

    flags: tuple[str, ...]
    says: str
    threaded: bool = False


# By the names that rows have. NNAPI: the only way to an NPU that the tool has without a maker's library.
DELEGATES = {
    "XNNPACK": Delegate(("--use_xnnpack=true",), "XNNPACK", threaded=True),
    "GPU": Delegate(("--use_gpu=true",), "GPU"),
    "NNAPI": Delegate(("--use_nnapi=true",), "NNAPI"),
}
# Bounded: what a device prints is no number before it looks like one of such a tool.
NUMBER = r"(\d{1,12}(?:\.\d{1,9})?(?:e[+-]?\d\d)?)"
COUNT = re.compile(r"\bcount=(\d{1,9})\b.*")
PERCENTILES = re.compile(rf" p5={NUMBER} median={NUMBER} p95={NUMBER}")
TIMINGS = re.compile(rf"Inference timings in us: Init: {NUMBER}, First inference: {NUMBER},")
OVERALL = re.compile(
    rf"Memory footprint delta from the start of the tool \(MB\): init={NUMBER} overall={NUMBER}"
)
PEAK = re.compile(rf"Overall peak memory footprint \(MB\) via periodic monitoring: {NUMBER}")
WHOLE, PART = "completely", "partially"
UNKNOWN_FLAGS = re.compile(r"Unconsumed cmdline flags: (.*)")
KINDS_HEAD = "= Summary by node type ="
KIND = re.compile(rf"\s*(\S[^\t]*?)\s*\t\s*(\d{{1,9}})\t\s*{NUMBER}\t\s*[\d.]+%\t\s*[\d.]+%\t")
MOST_KINDS = 64


@dataclass
class BenchmarkModel:
    """The tool on one device. name: of the binary in the folder."""

    connection: Link
    name: str
    delegates: tuple[str, ...] = tuple(DELEGATES)
    _names: dict[Path, str] = field(default_factory=dict)

    def threaded(self, delegate: str) -> bool:
        return DELEGATES[delegate].threaded

    def time(self, file: Path, delegate: str, threads: int, seconds: float | None = None) -> Outcome:
        words = self._words(file, delegate, threads)
        if seconds is not None:
            timed = self._run([*words, *_runs(1, seconds, 0, 0.0)], file, delegate, seconds)
            return outcome(timed, delegate, least_runs=1)
        runs = _runs(RUNS, SECONDS, WARM_UP_RUNS, WARM_UP_SECONDS)
        timed = self._run([*words, *runs], file, delegate, SECONDS)
        looked_at = ["--enable_op_profiling=true", "--report_peak_memory_footprint=true"]
        profiled = self._run([*words, *_runs(PROFILED_RUNS, 0.0, 1, 0.0), *looked_at], file, delegate)
        return outcome(timed, delegate, profiled)

    def infer(self, file: Path, delegate: str, threads: int, tensor: NDArray[Any], size: int) -> bytes:
        """The tool runs once, loading included: a second or so an image."""
        mark = secrets.token_hex(4)
        given, taken = f"in-{mark}.raw", f"out-{mark}.raw"
        with tempfile.NamedTemporaryFile() as content:
            content.write(tensor.tobytes())
            content.flush()
            link.put(self.connection, Path(content.name), given)
        shape = ",".join(map(str, tensor.shape))
        words = [
            *self._words(file, delegate, threads), *_runs(1, 0.0, 0, 0.0),
            f"--input_layer={INPUT}", f"--input_layer_shape={shape}",
            f"--input_layer_value_files={INPUT}:{given}", f"--output_filepath={taken}",
        ]  # fmt: skip
        try:
            self._run(words, file, delegate)
            return link.read(self.connection, taken, size)
        finally:
            link.remove(self.connection, [given, taken])

    def close(self) -> None:
        """Nothing runs between calls."""

    def _words(self, file: Path, delegate: str, threads: int) -> list[str]:
        if file not in self._names:
            self._names[file] = link.push(self.connection, file, ".tflite")
        graph, flags = self._names[file], DELEGATES[delegate].flags
        return [f"./{self.name}", f"--graph={graph}", f"--num_threads={threads}", *flags]

    def _run(self, words: list[str], file: Path, delegate: str, seconds: float = 0.0) -> str:
        """What it printed. Unable, DeviceError with the file, the delegate and the reason."""
        what = f"{self.connection.where}: {file.name} on {delegate}"
        try:
            ran = link.run_inside(self.connection, words, LIMIT_SECONDS + seconds)
        except Late as error:
            raise DeviceError(
                f"{what}: no end after {LIMIT_SECONDS + seconds:.0f} s; it was stopped"
            ) from error
        said = f"{ran.text()}\n{ran.complaint}"
        _require_flags(said, what, delegate)
        if ran.status:
            if f"Failed to apply {DELEGATES[delegate].says} delegate" in said:
                raise Unable(f"{what}: the delegate refuses this file")
            raise DeviceError(f"{what}: {_why(ran)}")
        if _share(said, delegate) is None:
            raise Unable(f"{what}: the delegate takes no part of this file")
        return said


def tool(connection: Link, source: str, architecture: str) -> BenchmarkModel:
    """The tool, copied to the device. source: see `binary.local`. DeviceError, UsageError."""
    path = binary.local(source, architecture)
    return BenchmarkModel(connection, link.push(connection, path, ".bin"))


def outcome(timed: str, delegate: str, profiled: str = "", least_runs: int = RUNS) -> Outcome:
    """What the texts of a timed and of a profiled run say. DeviceError where figures are missing, make no
    sense, or are of fewer runs.
    """
    # The first such line is of the warm-up.
    lines = list(COUNT.finditer(timed))
    runs = PERCENTILES.search(lines[-1][0]) if lines else None
    times = TIMINGS.search(timed)
    if runs is None or times is None:
        raise DeviceError(
            "benchmark_model printed no median: one of LiteRT 1.0 or newer is needed "
            f"(it ended with: {link.last_line(timed)})"
        )
    count = int(lines[-1][1])
    if count < least_runs:
        raise DeviceError(f"benchmark_model came to {count} runs in its time, not {least_runs}")
    p5, median, p95 = (float(value) / 1000 for value in runs.groups())
    if not 0 < p5 <= median <= p95:
        raise DeviceError(f"benchmark_model printed percentiles that are none: {link.shown(runs[0])}")
    peak, overall = PEAK.search(profiled), OVERALL.search(timed)
    megabytes = float(peak[1]) if peak else float(overall[2]) if overall else None
    timing = Timing(
        samples_ms=(),
        load_ms=float(times[1]) / 1000,
        first_ms=float(times[2]) / 1000 or None,
        peak_memory_bytes=None if megabytes is None else round(megabytes * 2**20),
        summary_ms={"median": median, "p5": p5, "p95": p95},
    )
    return Outcome(timing, delegate, _share(timed, delegate) == WHOLE, operations(profiled))


def operations(text: str) -> tuple[Operation, ...]:
    """The last "Summary by node type" of a profile: that of the runs, the one before is of loading."""
    lines = text.rpartition(KINDS_HEAD)[2].splitlines()
    found = [match for line in lines if (match := KIND.match(line))][:MOST_KINDS]
    return tuple(
        Operation(link.shown(kind), int(count), float(ms)) for kind, count, ms in (m.groups() for m in found)
    )


def _runs(runs: int, seconds: float, warm_up_runs: int, warm_up_seconds: float) -> list[str]:
    return [
        f"--num_runs={runs}", f"--min_secs={seconds:g}", f"--max_secs={LIMIT_SECONDS / 2 + seconds:g}",
        f"--warmup_runs={warm_up_runs}", f"--warmup_min_secs={warm_up_seconds:g}",
    ]  # fmt: skip


def _share(said: str, delegate: str) -> str | None:
    """WHOLE or PART of the graph; None where the CPU did everything in the delegate's place."""
    found = re.search(rf"Explicitly applied {DELEGATES[delegate].says} delegate, .* ({WHOLE}|{PART}) ", said)
    return found[1] if found else None


def _require_flags(said: str, what: str, delegate: str) -> None:
    """Unable, DeviceError where the tool does not know a flag: it goes on without."""
    if unknown := UNKNOWN_FLAGS.search(said):
        if any(flag in unknown[1] for flag in DELEGATES[delegate].flags):
            raise Unable(f"{what}: this benchmark_model was built without {delegate}")
        raise DeviceError(
            f"{what}: this benchmark_model does not know {link.shown(unknown[1])}: use a newer one"
        )


def _why(ran: Ran) -> str:
    """Why it ended badly: a signal by its name."""
    number = ran.status - 128
    if number in (int(signal.SIGSEGV), int(signal.SIGABRT), int(signal.SIGBUS), int(signal.SIGILL)):
        return f"the delegate crashed ({signal.Signals(number).name})"
    if number == signal.SIGKILL:
        return "was killed: the memory ran out, most likely"
    return f"ended with status {ran.status} ({link.last_line(ran.complaint or ran.text())})"

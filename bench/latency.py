"""Latency and memory of one file, measured in a process of its own.

`python -m bench.latency FILE --threads N` prints one JSON object. A process of its own makes the
peak memory that of this file alone, and a crash of a runtime the loss of one row.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.row import Timing

WARM_UP_RUNS = 5
WARM_UP_SECONDS = 0.3
MIN_RUNS = 50
MIN_SECONDS = 2.0
TIME_LIMIT_SECONDS = 300


class DeviceError(RuntimeError):
    """A device, or a run on it, that failed; the message is one line for the user."""


def measure(path: Path, threads: int, height: int, width: int, units: str = "") -> Timing:
    """Warm-up, then at least MIN_RUNS inferences and MIN_SECONDS, batch 1, in a process of its own.

    height, width: for files that take any size. units: Core ML's, on a Mac. Raises DeviceError when the run
    fails.
    """
    command = [
        sys.executable, "-m", "bench.latency", str(path.resolve()),
        "--threads", str(threads), "--size", str(height), str(width), *(["--units", units] if units else []),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIME_LIMIT_SECONDS,
            cwd=Path(__file__).parents[1],
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        )
    except subprocess.TimeoutExpired as error:
        raise DeviceError(f"{path}: no result after {TIME_LIMIT_SECONDS} s") from error
    if done.returncode:
        reason = (done.stderr.strip() or "no message").splitlines()[-1]
        raise DeviceError(f"{path}: the run ended with status {done.returncode}: {reason}")
    values = json.loads(done.stdout.strip().splitlines()[-1])
    del values["delegate"]
    return Timing(**{**values, "samples_ms": tuple(values["samples_ms"])})


def time_file(
    path: Path, threads: int, height: int, width: int, seconds: float = MIN_SECONDS, units: str = ""
) -> dict[str, Any]:
    """The measurement itself, in this process; values as in Timing, and the delegate."""
    import numpy as np

    from export import runners

    before = _memory_bytes("VmRSS")
    began = time.perf_counter()
    runner = runners.load(path, threads, units)
    load_ms = _since(began)
    size = (runner.height or height, runner.width or width, 3)
    tensor = runner.tensor(np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8))
    began = time.perf_counter()
    runner.predict(tensor)
    first_ms = _since(began)
    gc.collect()
    gc.disable()
    _timed(runner, tensor, WARM_UP_RUNS, WARM_UP_SECONDS)
    samples = _timed(runner, tensor, MIN_RUNS, seconds)
    return {
        "samples_ms": [round(s, 4) for s in samples],
        "load_ms": load_ms,
        "first_ms": first_ms,
        # Linux brings both up to date but now and then: of nearly nothing the difference may be negative.
        "peak_memory_bytes": max(0, _memory_bytes("VmHWM") - before) or None,
        "delegate": runner.delegate,
    }


def _timed(runner: Any, tensor: Any, runs: int, seconds: float) -> list[float]:
    samples: list[float] = []
    end = time.perf_counter() + seconds
    while len(samples) < runs or time.perf_counter() < end:
        began = time.perf_counter()
        runner.predict(tensor)
        samples.append(_since(began))
    return samples


def _since(began: float) -> float:
    return 1000 * (time.perf_counter() - began)


def _memory_bytes(key: str) -> int:
    """VmRSS (resident now) or VmHWM (its peak). getrusage's maximum will not do on Linux: it starts
    from that of the parent process.
    """
    if platform.system() == "Linux":
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith(key)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    p.add_argument("file", type=Path)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--size", type=int, nargs=2, default=(384, 384), metavar=("H", "W"))
    p.add_argument("--units", default="", metavar="NAME", help="Core ML's compute units, on a Mac")
    p.add_argument("--seconds", type=float, default=MIN_SECONDS, help="run for so long at least")
    options = p.parse_args(argv)
    height, width = options.size
    values = time_file(options.file, options.threads, height, width, options.seconds, options.units)
    sys.stdout.write(json.dumps(values) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

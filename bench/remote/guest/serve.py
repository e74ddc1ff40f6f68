"""Runs on a board: one .tflite file, input tensors on stdin, output tensors on stdout, until stdin ends.

`from bench.remote.guest import serve; serve.main()` with the arguments MODEL THREADS. NumPy and LiteRT are
there, and of this project nothing but what came along. A line of JSON comes first: machine, litert (its
version), delegate, bytes of an input and of an output.
"""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

from export.runners import litert


def main() -> None:
    model, threads = Path(sys.argv[1]), int(sys.argv[2])
    interpreter = litert.interpreter(model, threads)
    runner = litert.LitertRunner(interpreter)
    shape, dtype = (1, runner.height, runner.width, 3), np.dtype(runner.input["dtype"])
    pixels = runner.height * runner.width
    size = 3 * pixels * dtype.itemsize
    ran = {
        "machine": platform.machine(), "litert": version("ai-edge-litert"), "delegate": runner.delegate,
        "input_bytes": size, "output_bytes": pixels * np.dtype(runner.output["dtype"]).itemsize,
    }  # fmt: skip
    out = sys.stdout.buffer
    out.write(json.dumps(ran).encode() + b"\n")
    out.flush()
    while len(content := sys.stdin.buffer.read(size)) == size:
        out.write(runner.predict(np.frombuffer(content, dtype).reshape(shape)).tobytes())
        out.flush()

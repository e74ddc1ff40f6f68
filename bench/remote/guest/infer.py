"""Runs inside the emulated Python, which has NumPy and LiteRT and nothing of this project.

`import infer; infer.main()` with the arguments MODEL INPUTS OUTPUTS: INPUTS holds the input tensors one
after another as raw bytes, OUTPUTS gets the output tensors likewise. One JSON object on stdout says what
ran: machine, litert (its version), delegate.
"""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def main() -> None:
    model, inputs, outputs = map(Path, sys.argv[1:4])
    interpreter = Interpreter(model_content=model.read_bytes(), num_threads=1)
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    tensors = np.frombuffer(inputs.read_bytes(), taken["dtype"]).reshape(-1, *taken["shape"])
    with outputs.open("wb") as file:
        for tensor in tensors:
            interpreter.set_tensor(taken["index"], tensor)
            interpreter.invoke()
            file.write(interpreter.get_tensor(given["index"]).tobytes())
    kinds = {op["op_name"] for op in interpreter._get_ops_details()}
    ran = {
        "machine": platform.machine(),
        "litert": version("ai-edge-litert"),
        "delegate": "XNNPACK" if "DELEGATE" in kinds else "reference",
    }
    sys.stdout.write(json.dumps(ran) + "\n")

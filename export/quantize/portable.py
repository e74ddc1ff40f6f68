"""Whether a TFLite file runs where there is no XNNPACK: older phones, other delegates' leftovers.

LiteRT's own kernels check more than XNNPACK does: scales so small that a bound overflows, or
multipliers above 1 where a kernel knows none.
"""

from __future__ import annotations

import re

import numpy as np

from export.manifest import ArtifactError
from export.rewrite.silence import silent

NODE = re.compile(r"Node number (\d+) \((\w+)\)")
CONDITION = re.compile(r"\S+:\d+ (.*?) ?(?:was not true|$)", re.MULTILINE)


def check(content: bytes, height: int, width: int, name: str) -> None:
    """Run file `name` on one image, a ramp over all values, with LiteRT's own kernels.

    Raises ArtifactError that names the first operation that does not start or run (number and type).
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    try:
        with silent():
            interpreter = Interpreter(
                model_content=content,
                num_threads=1,
                experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            )
            interpreter.allocate_tensors()
            (entry,) = interpreter.get_input_details()
            ramp = np.arange(height * width * 3).reshape(1, height, width, 3) % 256
            offset = 128 if entry["dtype"] == np.int8 else 0
            interpreter.set_tensor(entry["index"], (ramp - offset).astype(entry["dtype"]))
            interpreter.invoke()
    except RuntimeError as error:
        raise ArtifactError(_refusal(name, str(error))) from error


def _refusal(name: str, message: str) -> str:
    node, condition = NODE.search(message), CONDITION.search(message)
    where = f"operation {node[1]} ({node[2]})" if node else "an operation"
    what = condition[1] if condition else message.strip().splitlines()[0]
    return (
        f"{name}: {where} does not run without XNNPACK ({what[:120]}); "
        "a layer whose values hardly differ causes this: train longer, or calibrate on other images"
    )

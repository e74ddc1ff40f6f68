"""What values the tensors of a float TFLite file take on calibration images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Range = tuple[float, float]


def observe(
    content: bytes, images: Sequence[NDArray[np.uint8]], low=None, mode="minmax"
) -> Mapping[str, Range]:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=content,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    (entry,) = interpreter.get_input_details()
    details = [
        d for d in interpreter.get_tensor_details() if d["dtype"] == np.float32 and d["shape"].size == 4
    ]
    out = {}
    for image in images:
        interpreter.set_tensor(entry["index"], image[None].astype(np.float32))
        interpreter.invoke()
        for d in details:
            v = interpreter.get_tensor(d["index"])
            if mode.startswith("p"):
                q = float(mode[1:])
                f = v.ravel()
                f = f[:: max(1, f.size // 100000)]
                r = np.percentile(f, [100 - q, q])
            else:
                r = (v.min(), v.max())
            out.setdefault(d["name"], []).append(r)
    if mode == "minmax":
        return {k: (float(np.min(v, 0)[0]), float(np.max(v, 0)[1])) for k, v in out.items()}
    return {k: tuple(map(float, np.mean(v, 0))) for k, v in out.items()}

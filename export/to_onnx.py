"""PyTorch → ONNX: one self-contained file that any ONNX Runtime from 1.14 (February 2023) on runs."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.manifest import ArtifactError
from export.runners.quiet import quiet
from export.target import VARIANTS, Source

if TYPE_CHECKING:
    import onnx

# The newest operator set and file format that runtimes on phones of two years ago read.
OPSET = 18
IR_VERSION = 8

# What the networks consist of. Anything else is a piece that the exporter should have folded (Shape,
# Cast, Identity, Pad, BatchNormalization, …) or that a mobile execution provider may not take.
OPERATIONS = frozenset({"Add", "Clip", "Conv", "MaxPool", "Mul", "ReduceMean", "Resize", "Sigmoid", "Sub"})


def convert(source: Source, folder: Path, roles: Sequence[str]) -> None:
    """Write `model.onnx`: `image` float32 1×3×H×W RGB 0…255 → `log_disparity` float32 1×1×H×W.

    Raises ArtifactError where an operation is left that is not in OPERATIONS, or onnx's checker objects.
    """
    import onnx

    for role in roles:
        path = folder / VARIANTS[role].file
        model = build(source)
        check(model, path)
        onnx.save_model(model, path)


def build(source: Source) -> onnx.ModelProto:
    """The ONNX model of `source`, with its metadata."""
    import torch

    from export.rewrite.divisions import exported

    program = exported(source.model, source.height, source.width)
    with quiet("onnxscript", "torch.onnx", packages=("onnxscript", "torch", "onnx_ir"), level=logging.ERROR):
        onnx_program = torch.onnx.export(
            program,
            (torch.zeros(1, 3, source.height, source.width),),
            dynamo=True,
            input_names=["image"],
            output_names=["log_disparity"],
            opset_version=OPSET,
            external_data=False,
            optimize=True,
            verbose=False,
        )
    assert onnx_program is not None
    model: onnx.ModelProto = onnx_program.model_proto
    model.ir_version = IR_VERSION
    _strip(model)
    _describe(model, source.metadata)
    return model


def check(model: onnx.ModelProto, path: Path) -> None:
    """ArtifactError for an operation outside OPERATIONS or a model that onnx's checker refuses."""
    import onnx

    if unknown := sorted({node.op_type for node in model.graph.node} - OPERATIONS):
        raise ArtifactError(
            f"{path}: the exporter left {', '.join(unknown)} in the graph; "
            f"only {', '.join(sorted(OPERATIONS))} run on every phone"
        )
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ArtifactError(f"{path}: not valid ONNX ({str(error).splitlines()[0]})") from error


def _strip(model: onnx.ModelProto) -> None:
    """Drop the exporter's notes on each node and value: stack traces with paths of this machine."""
    graph: Any = model.graph
    for item in (graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        item.ClearField("doc_string")
        item.ClearField("metadata_props")


def _describe(model: onnx.ModelProto, metadata: Mapping[str, object]) -> None:
    """`metadata_props`: each key of model.json (text as it is, the rest as JSON), and all of it."""
    import onnx

    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in metadata.items()}
    onnx.helper.set_model_props(model, texts | {"model.json": json.dumps(dict(metadata))})
    model.graph.name = str(metadata.get("name", "network"))
    model.doc_string = f"{metadata.get('title', 'Depth network')}: RGB 0…255 to log-disparity, log(1/depth)"
    model.graph.input[0].doc_string = "RGB, 0…255, channels first; normalised inside"
    model.graph.output[0].doc_string = "log(1/depth) up to an additive constant"

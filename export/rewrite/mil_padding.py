"""A Core ML graph pass: zero padding in front of a convolution becomes the convolution's own.

TensorFlow's SAME padding of a stride-2 layer is one-sided; PyTorch's convolutions cannot say that,
Core ML's can. Importing this module imports coremltools and registers the pass under NAME.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from coremltools.converters.mil.mil import Builder
from coremltools.converters.mil.mil.passes.graph_pass import AbstractGraphPass
from coremltools.converters.mil.mil.passes.pass_registry import register_pass

NAME = "plumb::fold_padding"


@register_pass(namespace="plumb", override=True, name="fold_padding")
class FoldPadding(AbstractGraphPass):  # type: ignore[misc]
    """pad(x, zeros) → conv (pad_type valid) to conv (pad_type custom)."""

    def apply(self, program: Any) -> None:
        for function in program.functions.values():
            with function:
                for op in list(function.operations):
                    if op.op_type == "pad" and _only_feeds_convolutions(op):
                        _fold(function, op)


def _only_feeds_convolutions(pad: Any) -> bool:
    """Whether `pad` adds zeros around the two spatial axes, for unpadded convolutions alone."""
    output = pad.outputs[0]
    zeros = pad.mode.val == "constant" and pad.constant_val.val == 0
    spatial = pad.x.rank == 4 and not np.any(pad.pad.val[:-4])
    feeds = bool(output.child_ops) and output not in pad.enclosing_block.outputs
    return zeros and spatial and feeds and all(map(_is_unpadded, output.child_ops))


def _is_unpadded(op: Any) -> bool:
    return bool(op.op_type == "conv" and op.pad_type.val in {"valid", "custom"} and not np.any(op.pad.val))


def _fold(block: Any, pad: Any) -> None:
    for conv in list(pad.outputs[0].child_ops):
        inputs = {key: value for key, value in conv.inputs.items() if value is not None}
        inputs |= {"x": pad.x, "pad_type": "custom", "pad": pad.pad.val[-4:]}
        replacement = Builder.conv(**inputs, before_op=conv, name=f"{conv.name}_padded")
        block.replace_uses_of_var_after_op(
            anchor_op=conv, old_var=conv.outputs[0], new_var=replacement, force_replace=True
        )
        block.remove_ops([conv])
    block.remove_ops([pad])

"""Divisions by a constant that stand before a convolution, moved into its weights.

The network divides by std once and by 5 after each chained residual pooling; a convolution always
follows (perhaps behind zero padding, which a division does not change), so conv(x / c) with weights
w is conv(x) with w / c, and six operations over whole maps are gone from every exported graph.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, fx, nn
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind

from training.models.lrn import LrnDepth

aten = torch.ops.aten
CONVOLUTION, DIVISION, PADDING = aten.conv2d.default, aten.div.Tensor, aten.pad.default


def exported(model: LrnDepth, height: int, width: int) -> ExportedProgram:
    """`model` (eval mode, left as it is) as a graph for one height × width image, divisions folded."""
    with torch.no_grad():
        program = torch.export.export(model, (torch.zeros(1, 3, height, width),))
        fold_divisions(program)
    return program


def fold_divisions(program: ExportedProgram) -> None:
    """Drop each `x / constant` whose only use is a convolution over all channels, scaling weights."""
    targets = _targets(program)
    for node in reversed(program.graph.find_nodes(op="call_function", target=DIVISION)):
        convolution = _convolution_after(node)
        divisor = _constant(node.args[1], program, targets)
        if convolution is None or divisor is None:
            continue
        key = targets[cast(fx.Node, convolution.args[1]).name]
        program.state_dict[key] = nn.Parameter(program.state_dict[key] / divisor, requires_grad=False)
        node.replace_all_uses_with(cast(fx.Node, node.args[0]))
        program.graph.erase_node(node)
    program.graph_module.recompile()


def _targets(program: ExportedProgram) -> dict[str, str]:
    """Placeholder's name → key of the state dict."""
    kinds = (InputKind.PARAMETER, InputKind.BUFFER)
    specs = program.graph_signature.input_specs
    return {spec.arg.name: str(spec.target) for spec in specs if spec.kind in kinds}


def _convolution_after(node: fx.Node) -> fx.Node | None:
    """The ungrouped convolution that alone uses `node`, through zero padding or directly."""
    if len(node.users) != 1:
        return None
    (user,) = node.users
    if user.target is PADDING and tuple(user.args[2:]) in ((), ("constant",), ("constant", 0.0)):
        return _convolution_after(user)
    grouped = len(user.args) > 6 and user.args[6] != 1
    return user if user.target is CONVOLUTION and user.args[0] is node and not grouped else None


def _constant(divisor: object, program: ExportedProgram, targets: dict[str, str]) -> Tensor | float | None:
    """A number, or a buffer of one value a channel (1×C×1×1, as the weights' second axis wants it)."""
    if isinstance(divisor, int | float):
        return divisor
    key = targets.get(divisor.name) if isinstance(divisor, fx.Node) else None
    return None if key is None else program.state_dict[key]

"""A network's graph with N×H×W×C input and output, as TFLite has it: no transposition stays inside.

LiteRT's converter keeps convolutions, pools and resizes channels-last, but not a subtraction or a
padding that stands before the first of them; left in N×C×H×W, these cost two transpositions of the
whole image. Moved in front of the permutation they cost none, and TensorFlow's one-sided padding
then becomes the first convolution's own SAME.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, fx, nn

from export.rewrite.linear import tensor

aten = torch.ops.aten
PERMUTATION, SUBTRACTION, PADDING = aten.permute.default, aten.sub.Tensor, aten.pad.default
TO_CHANNELS_FIRST, TO_CHANNELS_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


def channels_last(network: fx.GraphModule) -> nn.Module:
    """`network`, N×3×H×W → N×1×H×W, as a module `image` N×H×W×3 → {"log_disparity": N×H×W×1}."""
    graph = fx.Graph()
    values: dict[fx.Node, fx.Node] = {}
    result = graph.graph_copy(network.graph, values)
    (image,) = graph.find_nodes(op="placeholder")
    with graph.inserting_after(image):
        permuted = graph.call_function(PERMUTATION, (image, TO_CHANNELS_FIRST))
    image.replace_all_uses_with(permuted, delete_user_cb=lambda user: user is not permuted)
    rewritten = fx.GraphModule(network, graph)
    while _sink(rewritten, permuted):
        pass
    output = result[0] if isinstance(result, tuple | list) else result
    graph.output(graph.call_function(PERMUTATION, (cast(fx.Node, output), TO_CHANNELS_LAST)))
    graph.lint()
    rewritten.recompile()
    return _Named(rewritten)


class _Named(nn.Module):
    """Gives the converted file's output its name."""

    def __init__(self, network: fx.GraphModule) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return {"log_disparity": self.network(image)}


def _sink(network: fx.GraphModule, permuted: fx.Node) -> bool:
    """Swap the permutation with the operation after it; False where that one has to stay behind."""
    (user, *more) = permuted.users
    source = cast(fx.Node, permuted.args[0])
    if more or user.args[0] is not permuted:
        return False
    with network.graph.inserting_before(permuted):
        if user.target is SUBTRACTION and isinstance(user.args[1], fx.Node):
            constant = tensor(network, user.args[1])
            network.register_buffer("subtrahend", constant.permute(0, 2, 3, 1).contiguous())
            moved = network.graph.call_function(SUBTRACTION, (source, network.graph.get_attr("subtrahend")))
        elif user.target is PADDING:
            widths = [0, 0, *cast(list[int], user.args[1])]
            moved = network.graph.call_function(PADDING, (source, widths, *user.args[2:]))
        else:
            return False
    user.replace_all_uses_with(permuted)
    network.graph.erase_node(user)
    permuted.args = (moved, TO_CHANNELS_FIRST)
    return True

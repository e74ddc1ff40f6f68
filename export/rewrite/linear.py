"""Linear layers in a row made one: batch norms into convolutions, 1×1 convolutions into what precedes them.

There is no activation in the decoder and none after an encoder block's last convolution, so that

    conv₁ₓ₁(conv(x))      is one convolution of weights B·A              (the 1/32 tap and its adaptation)
    conv₁ₓ₁(y + conv(x))  is conv₁ₓ₁(y) + a convolution of weights B·A   (a CRP's last stage and its fusion)

Each is done only where it saves multiply-adds. All works on the graph that `torch.export` makes of a
network in eval mode (`ExportedProgram.module()`), and changes results by rounding alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, fx

aten = torch.ops.aten
CONVOLUTION, BATCH_NORM, ADDITION = aten.conv2d.default, aten.batch_norm.default, aten.add.Tensor


@dataclass(frozen=True)
class Window:
    """Where a convolution's kernel slides, in the order of conv2d's arguments."""

    stride: Sequence[int] = (1, 1)
    padding: Sequence[int] = (0, 0)
    dilation: Sequence[int] = (1, 1)
    groups: int = 1


@dataclass(frozen=True)
class Convolution:
    """A conv2d node's operands: weight O×I×K×K, bias O."""

    x: fx.Node
    weight: Tensor
    bias: Tensor
    window: Window

    @property
    def pointwise(self) -> bool:
        """1×1, stride 1, one group: a matrix applied at each pixel."""
        window = self.window
        plain = tuple(window.stride) == (1, 1) and tuple(window.padding) == (0, 0) and window.groups == 1
        return plain and self.weight.shape[2:] == (1, 1)


def merge(network: fx.GraphModule) -> None:
    """Fold batch norms, then merge what is linear, in place."""
    for rewrite in (fold_batch_norms, merge_pairs, merge_through_sums):
        rewrite(network)
        network.graph.eliminate_dead_code()
    network.recompile()


def fold_batch_norms(network: fx.GraphModule) -> None:
    """BN(conv(x)), γ(y − μ)/√(σ² + ε) + β, becomes a convolution with weights scaled and bias moved."""
    for node in network.graph.find_nodes(op="call_function", target=BATCH_NORM):
        before = _node(node, 0)
        if before.target is not CONVOLUTION or len(before.users) > 1:
            continue
        gamma, beta, mean, variance = (tensor(network, _node(node, i)).double() for i in range(1, 5))
        epsilon = cast(float, node.args[7])
        scale = gamma / torch.sqrt(variance + epsilon)
        conv = read(network, before)
        weight = conv.weight.double() * scale[:, None, None, None]
        bias = (conv.bias.double() - mean) * scale + beta
        _replace(network, node, before, Convolution(conv.x, weight.float(), bias.float(), conv.window))


def merge_pairs(network: fx.GraphModule) -> None:
    """conv₁ₓ₁(conv(x)) → one convolution."""
    for outer in _pointwise(network):
        inner = _node(outer, 0)
        if not _mergeable(network, inner, outer):
            continue
        first, second = read(network, inner), read(network, outer)
        if first.weight[0].numel() * len(second.weight) <= first.weight.numel() + second.weight.numel():
            _replace(network, outer, inner, compose(second, first))


def merge_through_sums(network: fx.GraphModule) -> None:
    """conv₁ₓ₁(y + conv(x)) → conv₁ₓ₁(y) + conv'(x), where the outer one has fewer channels."""
    for outer in _pointwise(network):
        total = _node(outer, 0)
        if total.target is not ADDITION or len(total.users) > 1:
            continue
        y, inner = _node(total, 0), _node(total, 1)
        second = read(network, outer)
        if not _mergeable(network, inner, total) or len(second.weight) >= second.weight.shape[1]:
            continue
        unbiased = Convolution(second.x, second.weight, torch.zeros_like(second.bias), second.window)
        with network.graph.inserting_before(outer):
            kept = _insert(network, Convolution(y, second.weight, second.bias, second.window))
            merged = _insert(network, compose(unbiased, read(network, inner)))
            result = network.graph.call_function(ADDITION, (kept, merged))
        _swap(network, (outer, total, inner), result)


def compose(outer: Convolution, inner: Convolution) -> Convolution:
    """outer ∘ inner, outer being pointwise, inner of one group."""
    matrix = outer.weight[:, :, 0, 0].double()
    weight = torch.einsum("om,mikl->oikl", matrix, inner.weight.double())
    bias = matrix @ inner.bias.double() + outer.bias.double()
    return Convolution(inner.x, weight.float(), bias.float(), inner.window)


def read(network: fx.GraphModule, node: fx.Node) -> Convolution:
    """The operands of a conv2d node; a missing bias is 0."""
    weight = tensor(network, _node(node, 1))
    given = node.args[2] if len(node.args) > 2 else None
    bias = tensor(network, given) if isinstance(given, fx.Node) else weight.new_zeros(len(weight))
    return Convolution(_node(node, 0), weight, bias, Window(*cast(Iterable[Any], node.args[3:])))


def _pointwise(network: fx.GraphModule) -> Iterator[fx.Node]:
    for node in network.graph.find_nodes(op="call_function", target=CONVOLUTION):
        if read(network, node).pointwise:
            yield node


def _mergeable(network: fx.GraphModule, inner: fx.Node, user: fx.Node) -> bool:
    """`inner` is an ungrouped convolution that `user` alone reads."""
    if inner.target is not CONVOLUTION or set(inner.users) != {user}:
        return False
    return read(network, inner).window.groups == 1


def _replace(network: fx.GraphModule, outer: fx.Node, inner: fx.Node, conv: Convolution) -> None:
    """`conv` in the place of `outer`, which alone reads `inner`."""
    with network.graph.inserting_before(outer):
        new = _insert(network, conv)
    _swap(network, (outer, inner), new)


def _insert(network: fx.GraphModule, conv: Convolution) -> fx.Node:
    """A conv2d node at the graph's insertion point, its tensors as buffers of the network."""
    number = sum(1 for name in network._buffers if name.startswith("folded_"))
    operands = []
    for kind, values in (("weight", conv.weight), ("bias", conv.bias)):
        name = f"folded_{number}_{kind}"
        network.register_buffer(name, values.detach())
        operands.append(network.graph.get_attr(name))
    return network.graph.call_function(CONVOLUTION, (conv.x, *operands, *_arguments(conv.window)))


def _arguments(window: Window) -> tuple[list[int], list[int], list[int], int]:
    return list(window.stride), list(window.padding), list(window.dilation), window.groups


def _swap(network: fx.GraphModule, old: tuple[fx.Node, ...], new: fx.Node) -> None:
    """`new` in the place of the first of `old`, each of which alone reads the next."""
    old[0].replace_all_uses_with(new)
    for node in old:
        network.graph.erase_node(node)


def _node(node: fx.Node, index: int) -> fx.Node:
    return cast(fx.Node, node.args[index])


def tensor(network: fx.GraphModule, node: fx.Node) -> Tensor:
    """The parameter or buffer that a get_attr node names."""
    value: object = network
    for part in str(node.target).split("."):
        value = getattr(value, part)
    return cast(Tensor, value).detach()

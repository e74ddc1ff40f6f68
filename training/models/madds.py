"""Multiply-adds and parameters, counted on the network itself."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn

# The paper's own figures lie 2–16 % above plain convolution counts. Counting 2 per batch-norm
# output element and 25 per 5×5 max-pool output element comes within 1 % of them (lite0 apart).
BATCH_NORM_MADDS = 2


def count(model: nn.Module, height: int, width: int) -> int:
    """Multiply-adds of all executed convolutions and linear layers for one height × width image.

    Biases, batch norm, pooling and upsampling are not counted: the headline figure.
    """
    by_layer = by_layer_type(model, height, width)
    return by_layer["convolution"] + by_layer["depthwise"] + by_layer["linear"]


def by_layer_type(model: nn.Module, height: int, width: int) -> dict[str, int]:
    """Multiply-adds by layer type: convolution, depthwise, linear, and the two that the paper's
    count adds, batch_norm and max_pool.
    """
    totals: Counter[str] = Counter(convolution=0, depthwise=0, linear=0, batch_norm=0, max_pool=0)

    def add(module: nn.Module, inputs: Any, output: Tensor) -> None:
        kind, madds = _madds(module, output)
        totals[kind] += madds

    leaves = [m for m in model.modules() if isinstance(m, COUNTED)]
    hooks = [leaf.register_forward_hook(add) for leaf in leaves]
    was_training = model.training
    parameter = next(model.parameters())
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, 3, height, width, device=parameter.device))
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    return dict(totals)


def parameters(model: nn.Module) -> int:
    """Number of trainable values; buffers (running statistics, mean, std) are not counted."""
    return sum(p.numel() for p in model.parameters())


COUNTED = (nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.MaxPool2d)


def _area(kernel: int | tuple[int, int]) -> int:
    return kernel * kernel if isinstance(kernel, int) else kernel[0] * kernel[1]


def _madds(module: nn.Module, output: Tensor) -> tuple[str, int]:
    if isinstance(module, nn.Conv2d):
        per_output = module.weight[0].numel()
        depthwise = module.groups == module.in_channels and module.groups > 1
        return ("depthwise" if depthwise else "convolution"), output.numel() * per_output
    if isinstance(module, nn.Linear):
        return "linear", output.numel() * module.in_features
    if isinstance(module, nn.BatchNorm2d):
        return "batch_norm", output.numel() * BATCH_NORM_MADDS
    assert isinstance(module, nn.MaxPool2d)
    return "max_pool", output.numel() * _area(module.kernel_size)

"""Untrained networks that are alive: batch-norm statistics of their own activations, and an output
around 0 that spreads as a trained one's, so that a tolerance in log-disparity means what it says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from export.target import Source
from training.models import build

HEIGHT, WIDTH = 64, 96
SPREAD = 0.1  # standard deviation over a picture, as a trained network's on a flat scene
METADATA = {"format": 1, "name": "network", "title": "Tiefe", "version": "ab12", "licence": "Apache-2.0"}


@dataclass(frozen=True)
class Alive:
    """A source, a picture and PyTorch's answer to it."""

    source: Source
    image: NDArray[np.uint8]
    expected: NDArray[np.float32]


def network(name: str) -> Alive:
    torch.manual_seed(0)
    model = build(name).train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # one pass is enough: its statistics, not a running mean of them
    images = [picture(seed) for seed in range(4)]
    batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        model(batch)
        level = model.eval()(batch)
        head = model.decoder.head
        head.weight *= SPREAD / level.std(dim=(2, 3)).mean()
        head.bias -= model(batch).mean()
        expected = model(batch[:1])[0, 0].numpy()
    return Alive(Source(model, HEIGHT, WIDTH, METADATA, images), images[0], expected)


def picture(seed: int) -> NDArray[np.uint8]:
    """Smooth blobs with a little noise, of photographs' contrast."""
    rng = np.random.default_rng(seed)
    blobs = np.kron(rng.normal(size=(HEIGHT // 8, WIDTH // 8, 3)), np.ones((8, 8, 1)))
    noisy = blobs + 0.2 * rng.normal(size=(HEIGHT, WIDTH, 3))
    return np.clip(128 + 60 * noisy, 0, 255).astype(np.uint8)

"""Untrained networks that are alive: batch-norm statistics of their own activations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from export.target import Source
from training.models import build

HEIGHT, WIDTH = 64, 96
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
    images = [picture(seed) for seed in range(4)]
    batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        for _ in range(12):
            model(batch)
        model.eval()
        expected = model(batch[:1])[0, 0].numpy()
    return Alive(Source(model, HEIGHT, WIDTH, METADATA, images), images[0], expected)


def picture(seed: int) -> NDArray[np.uint8]:
    """Smooth blobs with a little noise, of photographs' contrast."""
    rng = np.random.default_rng(seed)
    blobs = np.kron(rng.normal(size=(HEIGHT // 8, WIDTH // 8, 3)), np.ones((8, 8, 1)))
    noisy = blobs + 0.2 * rng.normal(size=(HEIGHT, WIDTH, 3))
    return np.clip(128 + 60 * noisy, 0, 255).astype(np.uint8)

"""`python -m training.speed`: what a training step costs, what share of it the loss has, and how much our
loop gains over a plain one. All of it in one run, on this machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from training import __version__
from training.command import Parser
from training.recipes import RECIPES

if TYPE_CHECKING:
    import torch

    from training.data.mixture import Batch

TITLES = {
    "step_ms": "step, without loader: ms an image",
    "loss_ms": "loss, forward and backward: ms an image",
    "loss_share_percent": "loss, share of the step: %",
    "ours_images_per_second": "our loop, loader included: images/s",
    "plain_images_per_second": "plain NCHW loop: images/s",
    "gain": "ours : plain",
}


@dataclass(frozen=True)
class Speed:
    """What was measured; plain is None where it was left out."""

    model: str
    device: str
    threads: int
    batch: int
    size: int
    step_ms: float
    loss_ms: float
    loss_share_percent: float
    ours_images_per_second: float
    plain_images_per_second: float
    gain: float


def parser() -> argparse.ArgumentParser:
    p = Parser(prog="python -m training.speed", description="Measure a training step on this machine.")
    p.add_argument("--model", default="mn", choices=[r.model for r in RECIPES.values() if r.name == r.model])
    p.add_argument("--batch", type=int, default=16, metavar="N", help="images a step; default: 16")
    p.add_argument("--size", type=int, default=384, metavar="PX", help="side of the crops; default: 384")
    p.add_argument("--steps", type=int, default=4, metavar="N", help="steps timed of each; default: 4")
    p.add_argument("--device", choices=("cpu", "cuda", "mps"), help="default: cuda where there is one")
    p.add_argument("--json", metavar="FILE", help="also as JSON into FILE, or - for stdout")
    p.add_argument("--version", action="version", version=f"plumb-depth {__version__}")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    if options.size % 32 or options.size < 32 or options.batch < 2 or options.steps < 1:
        print(
            "error: --size must be a multiple of 32, --batch at least 2, --steps at least 1", file=sys.stderr
        )
        return 2
    measured = measure(options)
    text = json.dumps(asdict(measured), indent=1)
    if options.json == "-":
        print(text)
        return 0
    if options.json:
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    print(f"{measured.model}, {measured.size}×{measured.size}, batch {measured.batch}, {measured.device}, "
          f"{measured.threads} threads")  # fmt: skip
    for name, title in TITLES.items():
        print(f"{title:42}{getattr(measured, name):9.2f}")
    return 0


def measure(options: argparse.Namespace) -> Speed:
    """The plain loop runs first, in memory as the C library manages it by itself; then ours."""
    import torch

    from training import memory

    device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    plain = median(timed(plain_steps(options, device), options.steps))
    memory.keep_freed()
    ours = median(timed(our_steps(options, device), options.steps))
    step, loss = step_and_loss(options, device)
    per_image = 1000 / options.batch
    return Speed(
        options.model, str(device), torch.get_num_threads(), options.batch, options.size,
        step_ms=step * per_image, loss_ms=loss * per_image, loss_share_percent=100 * loss / step,
        ours_images_per_second=options.batch / ours, plain_images_per_second=options.batch / plain,
        gain=plain / ours,
    )  # fmt: skip


def batches(options: argparse.Namespace, workers: int) -> Iterator[Batch]:
    """Augmented crops of the same scenes for both loops, read from memory."""
    from training.data.augment import Augmentation
    from training.data.builtin import Scenes
    from training.data.mixture import Places, Stream, loader
    from training.data.sample import Sample

    scenes = Scenes(height=480, width=640)
    held = [scenes[i] for i in range(8)]

    class Held:
        name = "scenes"

        def __len__(self) -> int:
            return len(held)

        def __getitem__(self, index: int) -> Sample:
            return held[index]

    places = Places(0, [options.size] * (options.steps + 2), options.batch)
    return iter(loader(Stream((Held(),), 0, Augmentation()), places, workers, pin=False))


def plain_steps(options: argparse.Namespace, device: torch.device) -> Iterator[None]:
    """The loop of a tutorial: NCHW, float32, the loss with a sort and a gather, data read in between."""
    import torch

    from training import models

    model = models.build(options.model).to(device).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    for batch in batches(options, workers=0):
        moved = {k: v.to(device) for k, v in batch.items() if k != "failed"}
        prediction = model(moved["image"].float())
        loss = sorted_mixture(prediction, moved["disparity"], moved["valid"])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        float(loss.detach())
        yield


def sorted_mixture(prediction: torch.Tensor, disparity: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    """Eq. (3) as one writes it down: image by image, `torch.sort` on the valid pixels."""
    import torch

    def pairs(residuals: torch.Tensor) -> torch.Tensor:
        ordered, count = residuals.sort().values, len(residuals)
        ranks = torch.arange(1, count + 1, device=residuals.device)
        return 2 * ((2 * ranks - count - 1) * ordered).sum() / count**2

    def normal(values: torch.Tensor) -> torch.Tensor:
        return (values - values.mean()) / values.std()

    rows = []
    for output, truth, known in zip(prediction, disparity, valid, strict=True):
        x, d = output[known], truth[known]
        rows.append(pairs(x - d.log()) + pairs(normal(x.exp()) - normal(d)))
    return torch.stack(rows).mean()


def our_steps(options: argparse.Namespace, device: torch.device) -> Iterator[None]:
    """The steps of `training.loop`, with the loader of `training.run`."""
    from training import loop, models, preparation, processes, state

    fabric = preparation.launch(device.type)
    model = preparation.placed(models.build(options.model), fabric)
    run = state.start(RECIPES[options.model], model)
    loop.training_mode(run)
    network, optimizer = fabric.setup(run.model, run.optimizer)
    for loaded in batches(options, workers=1):
        loaded.pop("failed")
        _, loss = loop.predict(run, network, fabric.to_device(loaded), 0)
        processes.agree(loss, (), late=False, failed=0)
        loop.improve(run, network, optimizer, fabric, loss)
        yield


def step_and_loss(options: argparse.Namespace, device: torch.device) -> tuple[float, float]:
    """Seconds of a step without loader, and of its loss alone, forward and backward: the fastest of each,
    since what else the machine does can only add to them.
    """
    import torch

    from training import loop, models, preparation, state
    from training.objectives import OBJECTIVES

    fabric = preparation.launch(device.type)
    run = state.start(RECIPES[options.model], preparation.placed(models.build(options.model), fabric))
    network, optimizer = fabric.setup(run.model, run.optimizer)
    loaded = next(batches(options, workers=0))
    loaded.pop("failed")
    batch = fabric.to_device(loaded)

    def steps() -> Iterator[None]:
        while True:
            loop.improve(run, network, optimizer, fabric, loop.predict(run, network, batch, 0)[1])
            yield

    def losses() -> Iterator[None]:
        with torch.no_grad():
            output = network(batch["image"].float())
        while True:
            prediction = output.detach().requires_grad_()
            loss = OBJECTIVES["mixture"](prediction, batch).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            yield

    return min(timed(steps(), options.steps)), min(timed(losses(), 4 * options.steps))


def timed(steps: Iterator[Any], count: int) -> list[float]:
    """Seconds of each of `count` steps, after one that warms up."""
    import torch

    finish: Callable[[], None] = torch.cuda.synchronize if torch.cuda.is_available() else lambda: None
    seconds = []
    for _ in range(count + 1):
        began = time.perf_counter()
        next(steps)
        finish()
        seconds.append(time.perf_counter() - began)
    return seconds[1:]


if __name__ == "__main__":
    raise SystemExit(main())

"""From options to a run that can start: processes and device, weights or checkpoint, the output folder."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from lightning_fabric import Fabric

from training import checkpoint, loop, models, processes, recipes, state
from training.command import UsageError
from training.models.lrn import LrnDepth
from training.models.weights import load_encoder
from training.recipes import Recipe
from training.state import Run

Say = Callable[[str], None]


def launch(device: str | None) -> Fabric:
    """The processes and the device; with several (torchrun) they find each other here."""
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: no CUDA device was found")
    if device == "mps" and not torch.backends.mps.is_available():
        raise UsageError("--device mps: no Metal device was found")
    warnings.filterwarnings("ignore", module="lightning_fabric")
    # Weights of 1×1 convolutions have two layouts at once; DDP may copy their gradients.
    warnings.filterwarnings("ignore", message="Grad strides do not match bucket view strides")
    here = processes.on_this_machine()
    fabric = Fabric(
        accelerator=device,
        devices=here,
        num_nodes=processes.world() // here,
        strategy="ddp" if processes.world() > 1 else "auto",
        precision="bf16-mixed" if device == "cuda" else "32-true",
    )
    fabric.launch()
    return fabric


def prepare(
    options: argparse.Namespace, recipe: Recipe, sets: Sequence[str], out: Path, fabric: Fabric, say: Say
) -> Run:
    """The run: resumed, or fresh from the weights that the options name. `sets`: the sets found."""
    torch.manual_seed(recipe.seed)
    here = out / "last.ckpt"
    path = here if options.resume == Path("last.ckpt") else options.resume
    run = resumed(path, options, sets, fabric) if path else fresh(options, recipe, fabric, say)
    if run.recipe.batch % fabric.world_size:
        raise UsageError(
            f"the batch of {run.recipe.batch} images cannot be divided among {fabric.world_size} processes: "
            "let their number (torchrun --nproc-per-node) divide it"
        )
    if processes.first():
        out.mkdir(parents=True, exist_ok=True)
        if path is None or not here.exists() or not path.samefile(here):
            set_aside(out, say)
    return run


def fresh(options: argparse.Namespace, recipe: Recipe, fabric: Fabric, say: Say) -> Run:
    model = placed(initial_model(options, recipe, say), fabric)
    if options.minutes and not options.steps:
        # The first process decides: another may be faster.
        pace = fabric.broadcast(loop.seconds_per_384(model)) / fabric.world_size
        recipe = loop.fit_to_minutes(recipe, pace, options.minutes)
    return state.start(recipe, model)


def resumed(path: Path, options: argparse.Namespace, sets: Sequence[str], fabric: Fabric) -> Run:
    """The run in `path`. UsageError where recipe or sets are others: it would not go on as it was."""
    if not path.is_file():
        raise UsageError(f"--resume {path}: no such checkpoint")
    saved = checkpoint.read(path)
    recipe = recipes.adapted(recipes.from_dict(saved["recipe"]), options.steps, options.compile)
    if recipe.name != options.recipe:
        raise UsageError(f"--resume {path}: a run of '{recipe.name}', not of '{options.recipe}'")
    if list(saved["sets"]) != list(sets):
        raise UsageError(
            f"--resume {path}: was trained on {', '.join(saved['sets'])}; found are {', '.join(sets)}: "
            "give the same --data, or start a new run with --weights"
        )
    model = placed(models.build(recipe.model), fabric)
    return state.resume({**saved, "recipe": recipes.to_dict(recipe)}, model)


def placed(model: LrnDepth, fabric: Fabric) -> LrnDepth:
    """`model` on its device, channels last; on several GPUs with batch norm over the global batch."""
    if fabric.world_size > 1 and fabric.device.type == "cuda":
        processes.synchronise(model)
    model.to(device=fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model


def initial_model(options: argparse.Namespace, recipe: Recipe, say: Say) -> LrnDepth:
    if options.weights:
        model = models.load(options.weights)
        expected = models.build(recipe.model).state_dict()
        if {k: v.shape for k, v in model.state_dict().items()} != {k: v.shape for k, v in expected.items()}:
            raise models.ModelError(f"--weights {options.weights}: not a network '{recipe.model}'")
        return model.train()
    if options.encoder_weights == Path("imagenet"):
        return models.build(recipe.model, pretrained=True)
    model = models.build(recipe.model)
    if options.encoder_weights:
        load_encoder(model, options.encoder_weights)
    else:
        say(
            "the encoder starts from random weights: --encoder-weights FILE (or: imagenet) gives it "
            "a far better start"
        )
    return model


def set_aside(out: Path, say: Say) -> None:
    """Move an earlier run out of the way, into a folder of its own below `out`: a run started anew by
    mistake must not cost the days of the one before.
    """
    if not (out / "last.ckpt").exists():
        return
    number = 1 + sum(1 for _ in out.glob("earlier-*"))
    earlier = out / f"earlier-{number}"
    found = [path for path in out.iterdir() if not path.name.startswith("earlier-")]
    earlier.mkdir()
    for path in found:
        path.replace(earlier / path.name)
    say(f"the run that was in {out} is now in {earlier} (--resume would have gone on with it)")

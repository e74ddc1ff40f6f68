"""Every run as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from training.data.augment import Augmentation
from training.models.encoders import ENCODERS

EPOCH_STEPS = 10_000


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a run does; it travels in the checkpoint.

    crops: (share of the run from which on, side in px), multiples of 32.
    schedule: "constant" or "one_cycle" (linear warm-up over 5 %, then a half cosine to 1 %).
    encoder_rate: factor on the encoder's learning rate. clip: largest gradient norm, 0 = none.
    freeze_batch_norm: the encoder's batch norm keeps its ImageNet statistics.
    ema: decay of the moving average of weights that is saved and validated, 0 = none.
    sets: names of training sets, None = all that are found.
    """

    name: str
    model: str
    steps: int
    batch: int
    purpose: str
    crops: tuple[tuple[float, int], ...] = ((0.0, 384),)
    loss: str = "mixture"
    optimizer: str = "ranger"
    learning_rate: float = 1e-3
    encoder_rate: float = 1.0
    weight_decay: float = 0.0
    schedule: str = "constant"
    clip: float = 0.0
    freeze_batch_norm: bool = False
    ema: float = 0.0
    seed: int = 0
    sets: tuple[str, ...] | None = None
    augmentation: Augmentation = field(default_factory=Augmentation)

    def crop_at(self, step: int) -> int:
        """Side of the crops of `step`, px."""
        return [side for start, side in self.crops if step >= start * self.steps][-1]

    def images_384(self) -> float:
        """Size of the run as a number of 384×384 images."""
        return self.batch * sum((self.crop_at(s) / 384) ** 2 for s in range(self.steps))


def _paper(model: str) -> Recipe:
    """Appendix D: Ranger, 10⁻³, 40 epochs of 10,000 steps; batch 32, 16 for b3…b5."""
    batch = 16 if model in ("b3", "b4", "b5") else 32
    title = ENCODERS[model].title
    return Recipe(model, model, 40 * EPOCH_STEPS, batch, f"{title} as in the paper")


def _starter(model: str) -> Recipe:
    """The shipped weights: a schedule that fits in half an hour on one core."""
    return Recipe(
        f"{model}-starter",
        model,
        steps=2_400,
        batch=8,
        purpose="the shipped starter weights (NYU)",
        crops=((0.0, 256), (0.6, 384)),
        optimizer="adamw",
        learning_rate=8e-4,
        encoder_rate=0.5,
        weight_decay=1e-2,
        schedule="one_cycle",
        clip=1.0,
        freeze_batch_norm=True,
        ema=0.998,
        sets=("nyu",),
    )


RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (*(_paper(model) for model in ENCODERS), _starter("lite0"), _starter("mn"))
}


def without_data(recipe: Recipe, steps: int) -> Recipe:
    """What `recipe` becomes where no data set is found: short, small, on synthetic scenes."""
    return replace(recipe, steps=steps, batch=8, crops=((0.0, 256),), sets=None)


def to_dict(recipe: Recipe) -> dict[str, Any]:
    """Plain values only, as a checkpoint read with `weights_only=True` and JSON can hold."""
    return asdict(recipe)


def from_dict(values: dict[str, Any]) -> Recipe:
    """Inverse of `to_dict`, also after JSON has made lists of tuples. KeyError, TypeError if not."""
    known = {f.name for f in fields(Recipe)}
    if unknown := set(values) - known:
        raise KeyError(f"unknown recipe fields {sorted(unknown)}")
    crops = tuple((float(start), int(side)) for start, side in values["crops"])
    sets = None if values["sets"] is None else tuple(values["sets"])
    augmentation = Augmentation(**values["augmentation"])
    return Recipe(**{**values, "crops": crops, "sets": sets, "augmentation": augmentation})

"""Every run as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from training.data.augment import Augmentation
from training.models.encoders import ENCODERS

EPOCH_STEPS = 10_000
# The sets of the paper by what they are worth (section 3); the movies come from training.stereo.
UTS_SETS, UTSS_SETS = ("diml", "megadepth"), ("redweb", "movies")
# What the ablations were trained on: absolute depth, so that every loss and kind can be had from it.
ABSOLUTE_SETS = ("nyu_sync", "nyu")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a run does; it travels in the checkpoint.

    crops: (share of the run from which on, side in px), multiples of 32.
    schedule: "constant", "one_cycle" (linear warm-up over 5 %, then a half cosine to 1 %), or
    "warm_up_stable_decay" (the same warm-up, constant, a half cosine over the last quarter).
    encoder_rate: factor on the encoder's learning rate. clip: largest gradient norm, 0 = none.
    frozen_taps: so many taps of the encoder, and the layers before them, stay as they are.
    freeze_batch_norm: "none", "encoder" (keeps its ImageNet statistics) or "all" (also the decoder's).
    ema: decay of the moving average of weights that is saved and validated, 0 = none.
    sets: names of training sets, None = all that are found.
    balance: a set of L images is drawn in proportion to L^balance: 0 equally, 1 by its size.
    emphasis: (name of a set, factor on how often it is drawn), the others as they are.
    shares: (share of the images used as UTS, share used as UTSS), the rest not at all; None = all as
    they are.
    compiled: through torch.compile.
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
    frozen_taps: int = 0
    freeze_batch_norm: str = "none"
    ema: float = 0.0
    seed: int = 0
    sets: tuple[str, ...] | None = None
    balance: float = 0.0
    emphasis: tuple[tuple[str, float], ...] = ()
    shares: tuple[float, float] | None = None
    compiled: bool = False
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


# Real photos of rooms, streets, gardens and tables, and renders, as far as they are found.
BROAD_SETS = (
    "nyu", "kitti2015", "kitti2012", "kitti_depth", "kitti_object_lidar", "stereo_photo", "mvs_outdoor",
    "mvs_indoor", "mvs2_outdoor", "mvs2_indoor", "rgbd_rooms", "rgbd_objects", "rgbd_plants", "rgbd_synth",
    "tabletop", "street", "rendered", "phone", "portrait", "lidar_phone", "movies", "synthetic",
)  # fmt: skip
# Streets are few and hard to fit, two of the multi-view sets are known by heart after a stage, and the
# built-in scenes are many (docs/starter-weights.md).
EMPHASIS = (
    ("kitti2015", 2.5), ("kitti2012", 2.0), ("kitti_depth", 2.0), ("kitti_object_lidar", 2.0),
    ("street", 2.0), ("rendered", 1.2), ("rgbd_rooms", 1.5), ("rgbd_synth", 1.5), ("rgbd_objects", 1.2),
    ("tabletop", 1.2), ("stereo_photo", 1.2), ("mvs_outdoor", 0.35), ("mvs_indoor", 0.35),
    ("mvs2_outdoor", 0.7), ("mvs2_indoor", 0.7), ("synthetic", 0.7),
)  # fmt: skip
STRONG = Augmentation(
    area=0.25, aspect=1.4, gamma=0.4, contrast=0.35, brightness=0.12, cast=0.15, noise=8.0, grey=0.1
)


def _rooms(model: str) -> Recipe:
    """Where the shipped weights began: a schedule that fits in an hour on one core."""
    return Recipe(
        f"{model}-rooms",
        model,
        steps=2_400,
        batch=8,
        purpose="the first stage of the shipped weights (NYU)",
        crops=((0.0, 256), (0.6, 384)),
        optimizer="adamw",
        learning_rate=8e-4,
        encoder_rate=0.5,
        weight_decay=1e-2,
        schedule="one_cycle",
        clip=1.0,
        freeze_batch_norm="encoder",
        ema=0.998,
        sets=("nyu",),
    )


def _starter(model: str) -> Recipe:
    """The last stage of the shipped weights: every kind of photo, with more weight on the SI term.
    It began from training/weights/interim (docs/starter-weights.md).
    """
    return replace(
        _rooms(model),
        name=f"{model}-starter",
        purpose="the last stage of the shipped weights (every set that is found)",
        steps={"lite0": 4_700, "mn": 5_900}[model],
        batch=16,
        crops=((0.0, 192), (0.6, 256)),
        loss="mixture_si4",
        learning_rate=2e-3,
        encoder_rate=0.1,
        weight_decay=5e-2,
        frozen_taps=3,
        sets=BROAD_SETS,
        balance=0.6,
        emphasis=EMPHASIS,
        augmentation=STRONG,
    )


def _table4(model: str) -> Iterator[Recipe]:
    """Table 4: what the UTSS sets add to the UTS sets."""
    paper, title = _paper(model), ENCODERS[model].title
    sets = {"uts": UTS_SETS, "uts-utss": UTS_SETS + UTSS_SETS}
    for ending, names in sets.items():
        purpose = f"table 4: {title} on {', '.join(names)}"
        yield replace(paper, name=f"{model}-{ending}", purpose=purpose, sets=names)


# Table 2: the losses that are compared, as training.objectives names them.
TABLE_2 = (
    "si_pairwise_l1",
    "si_pairwise_l2",
    "si_pointwise_l1",
    "si_pointwise_l2",
    "absolute_pointwise_l1",
    "absolute_pointwise_l2",
    "ssi_pairwise_l1",
    "mixture",
)
# Figure 3: percent of the images used as UTS; with the others as UTSS, and without them.
FIGURE_3_UTS = (0, 5, 10, 20, 50, 100)


def _ablation(name: str, purpose: str) -> Recipe:
    return replace(_paper("mn"), name=name, purpose=purpose, sets=ABSOLUTE_SETS, balance=1.0)


def _table2(loss: str) -> Recipe:
    return replace(_ablation(f"table2-{loss.replace('_', '-')}", f"table 2: the loss {loss}"), loss=loss)


def _figure3() -> Iterator[Recipe]:
    for uts in FIGURE_3_UTS:
        for utss in sorted({0, 100 - uts}):
            if uts + utss:
                name = f"figure3-uts{uts}" + (f"-utss{utss}" if utss else "")
                purpose = f"figure 3: {uts} % of the images as UTS, {utss} % as UTSS"
                yield replace(_ablation(name, purpose), shares=(uts / 100, utss / 100))


RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        *(_paper(model) for model in ENCODERS),
        _rooms("lite0"),
        _rooms("mn"),
        _starter("lite0"),
        _starter("mn"),
        *(recipe for model in ENCODERS for recipe in _table4(model)),
        *(_table2(loss) for loss in TABLE_2),
        *_figure3(),
    )
}


def without_data(recipe: Recipe, steps: int) -> Recipe:
    """What `recipe` becomes where no data set is found: short, small, on synthetic scenes."""
    return replace(recipe, steps=steps, batch=8, crops=((0.0, 256),), sets=None)


def adapted(recipe: Recipe, steps: int | None, compiled: bool) -> Recipe:
    """`recipe` with what a user may change in it for one run."""
    return replace(recipe, steps=steps or recipe.steps, compiled=compiled or recipe.compiled)


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
    shares = values.get("shares") and tuple(map(float, values["shares"]))
    emphasis = tuple((str(name), float(factor)) for name, factor in values.get("emphasis", ()))
    return Recipe(
        **{
            **values,
            "crops": crops,
            "sets": sets,
            "shares": shares,
            "emphasis": emphasis,
            "freeze_batch_norm": _frozen(values.get("freeze_batch_norm", "none")),
            "augmentation": Augmentation(**values["augmentation"]),
        }
    )


def _frozen(value: str | bool) -> str:
    """Checkpoints of before 0.2 hold a truth value."""
    return value if isinstance(value, str) else ("encoder" if value else "none")

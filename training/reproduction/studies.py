"""The ablations by name: which recipes belong to each, and what the paper says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from training.models.encoders import ENCODERS
from training.recipes import RECIPES

UNKNOWN = (
    "No column of the paper's own values: they are not in the sources that this kit was written from. (One "
    "is known: its `mn`, trained on 150,000 NYU images, has an error of 9.27 %.)"
)
RELEASED = (
    "Paper: the released networks on all 654 NYU test images, after 400,000 steps on the paper's sets, as "
    "the authors' README gives them (github.com/SamsungLabs/geometry-preserving-de)."
)


@dataclass(frozen=True)
class Study:
    """reference: recipe → the recipe it is compared with. published: recipe → δ1.25 error of the paper,
    percent, where known; `source` says what that figure is, or that there is none.
    """

    name: str
    title: str
    question: str
    recipes: tuple[str, ...]
    reference: Callable[[str], str]
    published: dict[str, float]
    source: str

    def label(self, recipe: str) -> str:
        """The recipe's name without the study's."""
        return recipe.removeprefix(f"{self.name}-")


def _of_table4(recipe: str) -> str:
    return f"{recipe.split('-', maxsplit=1)[0]}-uts"


STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        Study(
            "table2",
            "Table 2: losses",
            "does the pairwise L1 loss beat the others?",
            tuple(name for name in RECIPES if name.startswith("table2-")),
            lambda recipe: "table2-si-pairwise-l1",
            {},
            UNKNOWN,
        ),
        Study(
            "figure3",
            "Figure 3: shares of UTS and UTSS images",
            "do 10–20 % UTS with the rest as UTSS match 100 % UTS?",
            tuple(name for name in RECIPES if name.startswith("figure3-")),
            lambda recipe: "figure3-uts100",
            {},
            UNKNOWN,
        ),
        Study(
            "table4",
            "Table 4: UTS sets alone, and with the UTSS sets",
            "what do the UTSS sets add?",
            tuple(f"{model}-{ending}" for model in ENCODERS for ending in ("uts", "uts-utss")),
            _of_table4,
            {"mn-uts-utss": 14.64, "lite0-uts-utss": 14.15, "b5-uts-utss": 10.64},
            RELEASED,
        ),
    )
}

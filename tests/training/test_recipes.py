from __future__ import annotations

import json
from dataclasses import replace

import pytest

from training import recipes
from training.data import builtin
from training.data.readers import READERS
from training.models.encoders import ENCODERS
from training.objectives import OBJECTIVES
from training.optimizer import OPTIMIZERS, SCHEDULES
from training.recipes import RECIPES


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_names_what_there_is(name: str) -> None:
    from training.loop import FROZEN

    recipe = RECIPES[name]
    assert recipe.name == name
    assert recipe.model in ENCODERS
    assert recipe.loss in OBJECTIVES
    assert recipe.optimizer in OPTIMIZERS
    assert recipe.schedule in SCHEDULES
    assert recipe.freeze_batch_norm in FROZEN
    assert recipe.sets is None or set(recipe.sets) <= {*READERS, builtin.NAME}
    assert {name for name, _ in recipe.emphasis} <= set(recipe.sets or ())
    assert all(side % 32 == 0 for _, side in recipe.crops)


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_survive_json(name: str) -> None:
    recipe = RECIPES[name]
    assert recipes.from_dict(json.loads(json.dumps(recipes.to_dict(recipe)))) == recipe
    assert recipes.from_dict(recipes.to_dict(recipe)) == recipe


@pytest.mark.parametrize(("old", "new"), [(True, "encoder"), (False, "none")])
def test_older_checkpoints_say_whether_batch_norm_is_frozen(old: bool, new: str) -> None:
    values = recipes.to_dict(replace(RECIPES["mn"], freeze_batch_norm="all")) | {"freeze_batch_norm": old}
    for later in ("balance", "shares", "compiled", "emphasis", "frozen_taps"):
        del values[later]
    assert recipes.from_dict(values) == replace(RECIPES["mn"], freeze_batch_norm=new)


@pytest.mark.parametrize("model", ENCODERS)
def test_the_papers_numbers(model: str) -> None:
    recipe = RECIPES[model]
    assert (recipe.optimizer, recipe.learning_rate, recipe.steps) == ("ranger", 1e-3, 400_000)
    assert recipe.batch == (16 if model in ("b3", "b4", "b5") else 32)
    assert recipe.crops == ((0.0, 384),)
    uts, both = RECIPES[f"{model}-uts"].sets, RECIPES[f"{model}-uts-utss"].sets
    assert uts == ("diml", "megadepth")
    assert both == (*uts, "redweb", "movies")


def test_table_2_compares_every_loss() -> None:
    assert set(recipes.TABLE_2) == set(OBJECTIVES) - {"mixture_si4"}  # ours, not the paper's
    compared = {RECIPES[f"table2-{loss.replace('_', '-')}"].loss for loss in recipes.TABLE_2}
    assert compared == set(recipes.TABLE_2)


def test_figure_3_has_its_proportions() -> None:
    shares = {r.shares for r in RECIPES.values() if r.shares is not None}
    assert {(0.0, 1.0), (0.1, 0.9), (0.1, 0.0), (0.2, 0.8), (1.0, 0.0)} <= shares
    assert all(uts + utss <= 1 for uts, utss in shares)

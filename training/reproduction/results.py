"""The result file: what all trials share, and a row for each that is finished."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training.data.sample import DataError
from training.files import replacing
from training.reproduction.testimages import Scores

FORMAT = 1


@dataclass(frozen=True)
class Plan:
    """What all trials of a study share. size: side of the crops, and smaller side of the test images, px.
    encoder: what the encoders began from. settings: of the optimizer. sets: training images of each set
    found. tests, scenes: names of the test images, and the scene of each.
    """

    study: str
    size: int
    batch: int
    steps: int
    encoder: str
    settings: dict[str, Any]
    sets: dict[str, int]
    tests: tuple[str, ...]
    scenes: tuple[int, ...]


@dataclass(frozen=True)
class Trial:
    """One recipe with one seed, finished. images: training images that it used."""

    recipe: str
    seed: int
    images: int
    scores: Scores


@dataclass(frozen=True)
class Results:
    plan: Plan
    trials: tuple[Trial, ...] = ()

    def having(self, trial: Trial) -> Results:
        return Results(self.plan, (*self.trials, trial))

    def done(self) -> set[tuple[str, int]]:
        return {(trial.recipe, trial.seed) for trial in self.trials}


def write(path: Path, results: Results) -> None:
    """A line for the plan and one for each trial: a diff shows what was added."""
    plan = json.dumps(asdict(results.plan), ensure_ascii=False)
    rows = [
        json.dumps({"recipe": t.recipe, "seed": t.seed, "images": t.images, **asdict(t.scores)})
        for t in results.trials
    ]
    text = f'{{"format": {FORMAT},\n"plan": {plan},\n"trials": [\n' + ",\n".join(rows) + "\n]}\n"
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read(path: Path, study: str) -> Results | None:
    """The results in `path`; None where there is no such file. DataError where it is another's."""
    if not path.is_file():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']}, not {FORMAT}")
        plan = values["plan"]
        shared = Plan(**{**plan, "tests": tuple(plan["tests"]), "scenes": tuple(plan["scenes"])})
        trials = tuple(_trial(row, len(shared.tests)) for row in values["trials"])
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not results of training.reproduce ({error}); move it away") from error
    if shared.study != study:
        raise DataError(f"{path}: results of '{shared.study}', not of '{study}'; choose another --out")
    return Results(shared, trials)


def _trial(row: dict[str, object], images: int) -> Trial:
    delta1, utss = row["delta1"], row["utss_delta1"]
    if not isinstance(delta1, list) or not isinstance(utss, list) or {len(delta1), len(utss)} != {images}:
        raise ValueError(f"a trial of {row['recipe']} has not {images} errors")
    return Trial(
        str(row["recipe"]), int(str(row["seed"])), int(str(row["images"])), Scores(tuple(delta1), tuple(utss))
    )

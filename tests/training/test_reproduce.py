"""The command, as a user runs it, on a small NYU; and the statistics of its table."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.data import small
from tests.training.launched import environment
from training import memory, recipes
from training.data import readers
from training.data.sample import DataError
from training.reproduce import main
from training.reproduction import planning, plot, results, statistics, table, testimages
from training.reproduction.results import Plan, Results, Trial
from training.reproduction.studies import STUDIES
from training.reproduction.testimages import Scores

L1, ABSOLUTE = "table2-si-pairwise-l1", "table2-absolute-pointwise-l1"
QUICK = ["--size", "32", "--batch", "2", "--workers", "0", "--device", "cpu"]


def data(root: Path) -> Path:
    small.nyu(root, images=8)
    return small.nyu(root, images=4, part="dev")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and a process that stays as it was."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEPTH_DATA", raising=False)
    monkeypatch.setattr(memory, "keep_freed", lambda: False)
    return tmp_path


def written(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_runs_rows_writes_table_and_plot_and_adds_to_them(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["table2", "--data", str(data(here / "data")), "--budget", "5", "--out", "out", *QUICK]
    assert main([*where, "--rows", L1, ABSOLUTE, "--steps", "3", "--seeds", "1"]) == 0
    told = capsys.readouterr().out
    assert told == (here / "out/table2.md").read_text(encoding="utf-8")
    assert f"| `{L1}` | 7 |" in told
    # Of the seven that are not held out, four have a known scale.
    assert f"| `{ABSOLUTE}` | 4 |" in told
    assert "What 4 test images cannot tell apart" in told
    assert "No column of the paper's own values" in told
    assert (here / "out/table2.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in Path("out").iterdir()) == ["table2.json", "table2.md", "table2.png"]
    first = written(here / "out/table2.json")
    assert first["plan"]["steps"] == 3
    assert [(t["recipe"], t["seed"]) for t in first["trials"]] == [(L1, 0), (ABSOLUTE, 0)]

    assert main([*where, "--rows", L1, "--seeds", "2"]) == 0
    assert f"1 of 1: {L1}, seed 1" in capsys.readouterr().err  # seed 0 is not run again
    second = written(here / "out/table2.json")
    assert second["trials"][:2] == first["trials"]
    assert second["trials"][2]["delta1"] != first["trials"][0]["delta1"]

    assert main([*where, "--rows", L1, "--steps", "4"]) == 2
    assert capsys.readouterr() == (
        "", "error: --steps 4: out/table2.json was planned with 3; give that, or another --out\n",
    )  # fmt: skip
    small.nyu(here / "data", images=6, part="dev2")
    (here / "data/nyu/dev2").rename(here / "data/nyu/dev1")
    shutil.rmtree(here / "data/nyu/dev")
    (here / "data/nyu/dev1").rename(here / "data/nyu/dev")
    assert main([*where, "--rows", L1]) == 2
    assert "its test images were 00000 00010 00020 00030, now 00000 00010" in capsys.readouterr().err


def test_a_terminated_study_goes_on_and_ends_as_the_uninterrupted_one(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["figure3-uts50-utss50", "figure3-uts100"]
    where = ["figure3", "--data", str(data(here / "data")), "--rows", *rows, "--seeds", "1", *QUICK]
    where += ["--budget", "5", "--steps", "16", "--out"]
    assert main([*where, "whole"]) == 0
    capsys.readouterr()
    log = here / "cut/unfinished/figure3-uts100-seed0/log.jsonl"
    command = [sys.executable, "-m", "training.reproduce", *where, "cut"]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE) as process:
        until(lambda: log.is_file() and log.read_text().count("\n") > 2, process)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate()
    assert process.returncode == 143, told
    assert b"1 run is left; the same command goes on" in told
    assert [t["recipe"] for t in written(here / "cut/figure3.json")["trials"]] == rows[:1]
    assert 2 < log.read_text().count("\n") < 16
    assert main([*where, "cut"]) == 0
    assert written(here / "cut/figure3.json") == written(here / "whole/figure3.json")
    assert not (here / "cut/unfinished").exists()


def until(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    for _ in range(6000):
        if true():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError("nothing came within two minutes")


def test_a_budget_that_ends_leaves_a_checkpoint(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["table2", "--data", str(data(here / "data")), "--rows", L1, *QUICK, "--seeds", "1"]
    began = time.monotonic()
    assert main([*where, "--budget", "0.05", "--steps", "100000"]) == 0
    assert time.monotonic() - began < 60
    assert capsys.readouterr().err.endswith("1 run is left; the same command goes on\n")
    assert (here / f"runs/reproduction/unfinished/{L1}-seed0/last.ckpt").is_file()


def test_a_budget_decides_the_steps(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ["table2", "--data", str(data(here / "data")), "--rows", L1, *QUICK, "--seeds", "1"]
    assert main([*where, "--budget", "0.0001"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: --budget 0.0001: 1 runs at 32 px get 0 steps each")
    assert told.count("\n") == 1
    assert not (here / "runs").exists()
    monkeypatch.setattr(planning, "LEAST", 1)
    began = time.monotonic()
    assert main([*where, "--budget", "0.05"]) == 0
    assert time.monotonic() - began < 60
    assert written(here / "runs/reproduction/table2.json")["plan"]["steps"] >= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["table2", "--rows", "mn-uts"],
            "error: --rows mn-uts: not of table2; it has table2-si-pairwise-l1, ",
        ),
        (["table2", "--size", "100"], "error: --size 100: a multiple of 32, at least 32"),
        (["table2", "--seeds", "0"], "error: --seeds 0: at least 1"),
        (["table2", "--steps", "0"], "error: --steps 0: at least 1"),
        (["table4", "--encoder-weights", "f"], "error: --encoder-weights FILE fits one model"),
        (["table2"], "error: table2-si-pairwise-l1: none of its sets was found: nyu_sync ("),
        (["table2", "--data", "empty"], "error: --data empty: holds none of the known sets"),
        (["table2", "--data", "some"], "error: no nyu/dev/index.csv below some"),
        (["table2", "--data", "some", "--encoder-weights", "f"], "error: f: No such file"),
        (
            ["table2", "--data", "some", "--out", "some/nyu/train/index.csv"],
            "error: some/nyu/train/index.csv",
        ),
    ],
)
def test_faults_are_one_line(
    arguments: list[str], message: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "empty").mkdir()
    small.nyu(here / "some")
    if len(arguments) > 3:
        small.nyu(here / "some", part="dev")
    assert main([arguments[0], "--budget", "1", "--steps", "1", "--size", "32", *arguments[1:]]) == 2
    out, told = capsys.readouterr()
    assert out == ""
    assert told.splitlines()[-1].startswith(message)
    assert "Traceback" not in told
    assert not (here / "runs").exists()


# --- the plan


def test_every_recipe_of_a_study_exists_and_has_a_reference_in_it() -> None:
    assert [len(study.recipes) for study in STUDIES.values()] == [8, 10, 16]
    for study in STUDIES.values():
        assert {study.reference(recipe) for recipe in study.recipes} <= set(study.recipes)
        assert set(study.published) <= set(study.recipes) <= set(recipes.RECIPES)


def test_the_steps_that_fit_take_the_budget_and_no_more() -> None:
    material = planning.Material(L1, (), 0)
    request = planning.Request((material,) * 4, 2, 192, None, 8, 1_000.0, True, 0)
    # 0.9 · 1,000 s, of which scoring takes 2 · 10 s; a step of all rows and both seeds takes 2 · 1 s.
    assert planning.steps_of(request, step=1.0, scoring=10.0) == 440
    assert planning.steps_of(replace(request, seconds=10.0), step=1.0, scoring=10.0) == 0


@pytest.mark.parametrize(("minutes", "size", "steps"), [(1, 96, 140), (10, 192, 350), (1_000, 384, 8_900)])
def test_the_largest_size_that_leaves_enough_steps_is_taken(
    minutes: float, size: int, steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step of each of six runs, and their scoring, take 1 s at 384 px, in proportion to the area."""

    def timed(*arguments: Any) -> tuple[float, float]:
        seconds = (arguments[-1] / 384) ** 2
        return seconds, seconds

    monkeypatch.setattr(planning, "costs_of_one", timed)
    rows = tuple(planning.Material(name, (), 0) for name in (L1, ABSOLUTE))
    request = planning.Request(rows, 3, None, None, 8, 60.0 * minutes, True, 0)
    images = testimages.find([small.nyu(tmp_path, part="dev")])
    assert planning.fit(request, images, fabric=None) == (size, steps)


def test_table4_needs_sets_of_both_kinds(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"mn-uts: none of its sets was found: diml \(https"):
        planning.material("mn-uts", readers.search([small.nyu(tmp_path)], given=True).train)


# --- test images


def test_scenes_are_runs_of_neighbours_in_one_kind_of_room() -> None:
    listed = [("00000", "den"), ("00004", "den"), ("00010", "den"), ("00011", "bath"), ("00012", "bath")]
    assert testimages.scenes(listed) == (0, 0, 1, 2, 2)


@pytest.mark.parametrize(
    ("height", "width", "size", "expected"),
    [
        (464, 624, 384, (384, 512)),
        (464, 624, 192, (192, 256)),
        (48, 64, 32, (32, 32)),
        (64, 48, 96, (128, 96)),
    ],
)
def test_the_smaller_side_is_the_training_size(
    height: int, width: int, size: int, expected: tuple[int, int]
) -> None:
    assert testimages.network_size(height, width, size) == expected


# --- statistics


def made(errors: Mapping[tuple[str, int], Sequence[float | None]], scenes: tuple[int, ...]) -> Results:
    names = tuple(f"{i:05d}" for i in range(len(scenes)))
    plan = Plan("table2", 192, 8, 100, "random weights", {}, {"nyu": 500}, names, scenes)
    trials = (Trial(r, s, 500, Scores(tuple(e), tuple(e))) for (r, s), e in errors.items())
    return Results(plan, tuple(trials))


def test_rows_hold_means_seeds_and_paired_differences() -> None:
    rng = np.random.default_rng(0)
    hard = rng.uniform(0, 60, 100)  # images differ far more than losses do
    found = made(
        {(L1, 0): hard.tolist(), (L1, 1): (hard + 2).tolist(), (ABSOLUTE, 0): (hard + 5).tolist()},
        tuple(range(100)),
    )
    first, second = statistics.rows(STUDIES["table2"], found)
    assert first.seeds == pytest.approx((hard.mean(), hard.mean() + 2))
    assert first.delta1.value == pytest.approx(hard.mean() + 1)
    # The interval of a mean of independent images: 1.96 standard errors.
    expected = 1.96 * hard.std() / 10
    assert (first.delta1.high - first.delta1.low) / 2 == pytest.approx(expected, rel=0.1)
    assert first.against is None
    assert second.against is not None
    # Image by image the difference is the same, so that it is known exactly.
    assert (second.against.low, second.against.high) == pytest.approx((4, 4))
    separation = statistics.separation(STUDIES["table2"], found)
    assert separation is not None
    assert separation.open == ()


def test_images_of_one_scene_count_as_little_more_than_one() -> None:
    rng = np.random.default_rng(1)
    errors = np.repeat(rng.uniform(0, 60, 25), 4).tolist()
    wide, narrow = (
        statistics.rows(STUDIES["table2"], made({(L1, 0): errors}, scenes))[0].delta1
        for scenes in (tuple(i // 4 for i in range(100)), tuple(range(100)))
    )
    assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(2, rel=0.15)


def test_rows_that_seeds_or_images_do_not_tell_apart_are_named() -> None:
    rng = np.random.default_rng(2)
    a, noise = rng.uniform(0, 60, 40), rng.normal(0, 5, 40)
    noise -= noise.mean()
    scenes = tuple(range(40))
    by_images = made({(L1, 0): a.tolist(), (ABSOLUTE, 0): (a + noise).tolist()}, scenes)
    by_seeds = made(
        {
            (L1, 0): a.tolist(),
            (L1, 1): a.tolist(),
            (ABSOLUTE, 0): (a - 1).tolist(),
            (ABSOLUTE, 1): (a + 3).tolist(),
        },
        scenes,
    )
    for found in (by_images, by_seeds):
        text = table.markdown(STUDIES["table2"], found)
        assert "1 of 1 pairs stay open" in text
        assert "disagree: si-pairwise-l1 and absolute-pointwise-l1." in text


def test_an_image_that_cannot_be_scored_is_left_out() -> None:
    found = made({(L1, 0): [10.0, None, 30.0]}, (0, 1, 2))
    assert statistics.rows(STUDIES["table2"], found)[0].delta1.value == 20


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_is_drawn(name: str, tmp_path: Path) -> None:
    study = STUDIES[name]
    plan = replace(made({}, (0, 1)).plan, study=name)
    some = tuple(
        Trial(recipe, 0, 5, Scores((20.0, 30.0 + i), (10.0, 20.0)))
        for i, recipe in enumerate(study.recipes[::3])
    )
    plot.write(tmp_path / "plot.png", study, Results(plan, some))
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


# --- the result file


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    found = made({(L1, 0): [10.5, None], (ABSOLUTE, 1): [1.0, 2.0]}, (0, 1))
    results.write(tmp_path / "table2.json", found)
    assert results.read(tmp_path / "table2.json", "table2") == found
    assert results.read(tmp_path / "absent.json", "table2") is None
    with pytest.raises(DataError, match="results of 'table2', not of 'figure3'"):
        results.read(tmp_path / "table2.json", "figure3")


@pytest.mark.parametrize(
    "cut", ["[", '{"format": 2}', '{"format": 1}', '{"format": 1, "plan": {}, "trials": []}']
)
def test_a_broken_result_file_is_not_overwritten(cut: str, tmp_path: Path) -> None:
    (tmp_path / "table2.json").write_text(cut, encoding="utf-8")
    with pytest.raises(DataError, match=r"table2.json: not results of training.reproduce"):
        results.read(tmp_path / "table2.json", "table2")

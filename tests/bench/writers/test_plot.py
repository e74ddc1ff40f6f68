from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bench.row import Row
from bench.writers.chooser import Choice, embedded, grouped
from bench.writers.plot import tradeoff
from tests.bench.writers.made import row


def placed(one: Row, median: float, error: float) -> Row:
    timing, accuracy = one.timing, one.accuracy["nyu_dev"]
    assert timing is not None
    score = replace(accuracy.scores["delta1"], value=error)
    made = replace(accuracy, scores={"delta1": score})
    return replace(one, timing=replace(timing, samples_ms=(median,)), accuracy={"nyu_dev": made})


def rows_of(*places: tuple[str, float, float]) -> list[Row]:
    """Models (name, median in ms, error) with two files each, int8 twice as fast and one point worse."""
    return [
        placed(row(variant, model=model), median / faster, error + faster - 1)
        for model, median, error in places
        for variant, faster in (("float32", 1), ("int8", 2))
    ]


def traces(choice: Choice) -> dict[str, Any]:
    return {trace["name"]: trace for trace in choice.figure["data"]}


def test_every_file_stands_at_its_latency_and_error() -> None:
    (choice,) = tradeoff(rows_of(("a", 10, 20), ("b", 40, 12)))
    found = traces(choice)
    assert (found["a"]["x"], found["a"]["y"]) == ([5.0, 10.0], [21.0, 20.0])
    assert (found["b"]["x"], found["b"]["y"]) == ([20.0, 40.0], [13.0, 12.0])
    assert found["a"]["marker"]["symbol"] == ["circle", "circle-open"]
    assert found["a"]["hovertext"][0].startswith("a model_int8.tflite<br>5.00 ms · 21.00 %")
    assert choice.figure["layout"]["yaxis"]["title"]["text"] == "δ1.25 error % on nyu_dev"
    assert {"tflite float32", "tflite int8"} <= set(found)


def test_the_frontier_holds_what_nothing_beats_in_both() -> None:
    (choice,) = tradeoff(rows_of(("a", 10, 20), ("b", 40, 12), ("slow_and_wrong", 60, 30)))
    frontier = traces(choice)["beaten by none in both"]
    assert list(zip(frontier["x"], frontier["y"], strict=True)) == [
        (5.0, 21.0), (10.0, 20.0), (20.0, 13.0), (40.0, 12.0),
    ]  # fmt: skip


def test_a_wide_range_of_latencies_gets_a_logarithmic_axis() -> None:
    def scales(rows: Sequence[Row]) -> list[str]:
        return [choice.figure["layout"]["xaxis"]["type"] for choice in tradeoff(rows)]

    assert scales(rows_of(("a", 10, 20), ("b", 40, 12))) == ["linear"]
    assert scales(rows_of(("a", 10, 20), ("b", 400, 12))) == ["log"]


def test_a_plot_for_each_set_and_number_of_threads() -> None:
    rows = [row("float32"), row(), row("float32", threads=2), row(threads=2)]
    both = [replace(r, accuracy={**r.accuracy, "kitti2015": r.accuracy["nyu_dev"]}) for r in rows]
    assert grouped(tradeoff(both)) == {
        "nyu_dev": [(0, "1 thread"), (1, "2 threads")],
        "kitti2015": [(2, "1 thread"), (3, "2 threads")],
    }


def test_devices_are_told_apart() -> None:
    here, phone = rows_of(("a", 10, 20)), [replace(r, device="adb") for r in rows_of(("a", 30, 20))]
    assert [choice.label for choice in tradeoff([*here, *phone])] == ["host, 1 thread", "adb, 1 thread"]


def test_no_plot_of_one_file_or_without_latency_or_error() -> None:
    assert not tradeoff([])
    assert not tradeoff([row()])
    assert not tradeoff([replace(r, timing=None) for r in rows_of(("a", 10, 20))])
    assert not tradeoff([replace(r, accuracy={}) for r in rows_of(("a", 10, 20))])


def test_names_are_escaped_for_plotly_and_for_the_page() -> None:
    name = '</script><a href="https://example.org">x</a>&lt;'
    choices = tradeoff(rows_of((name, 10, 20)))
    text = embedded(choices)
    assert not set("<>&") & set(text)
    figure = json.loads(text)[0]
    assert figure == json.loads(json.dumps(choices[0].figure))
    shown = [trace["name"] for trace in figure["data"]] + figure["data"][1]["hovertext"]
    assert all("<" not in words.replace("<br>", "") for words in shown)
    assert "&lt;/script&gt;&lt;a href" in shown[1]

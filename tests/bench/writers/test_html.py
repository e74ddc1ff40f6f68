from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path

import pytest

from bench.row import Report
from bench.writers.html import html
from bench.writers.plot import LABEL_HEIGHT, Plot, tradeoff
from tests.bench.writers.made import HOSTILE, REPORT, row

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def test_a_failed_gate_is_marked_with_its_reason() -> None:
    page = html(Report(REPORT.machine, (row("float32"), row(gate="fail"))))
    assert '<div class="verdict fail">Gate: 1 of 2 failed: lite0 model_int8.tflite' in page
    assert "<li>lite0 model_int8.tflite: nyu_dev: +1.40 points, more than 1</li>" in page
    assert page.count('<tr class="failed">') == 2  # accuracy and fidelity


def test_the_gate_passed_is_said_first() -> None:
    page = html(REPORT)
    assert '<div class="verdict pass">Gate: passed (2 files)</div>' in page
    assert page.index("Gate: passed") < page.index("<h2>Cost</h2>")


def test_fidelity_that_lacks_figures_shows_dashes() -> None:
    broken = replace(row(), fidelity={"within_1_25": 0.0, "shift_drift": float("inf")})
    page = html(Report({"processor": "x"}, (broken,)))
    assert "<td>0.00</td><td>–</td><td>–</td><td>∞</td><td>–</td>" in page


def test_a_name_cannot_leave_an_attribute() -> None:
    sly = replace(row(gate="fail"), gate_reason='" onmouseover="alert(1)', delegate=HOSTILE)
    page = html(Report({"processor": "x", HOSTILE: HOSTILE}, (sly, row("float32"))))
    assert '" onmouseover' not in page
    assert HOSTILE not in page


def plot_of(*places: tuple[str, float, float]) -> Plot:
    """The plot of models (name, median in ms, error), each with one file of each kind."""
    rows = []
    for model, median, error in places:
        for variant, faster in (("float32", 1.0), ("int8", 0.5)):
            one = row(variant, model=model)
            timing, accuracy = one.timing, one.accuracy["nyu_dev"]
            assert timing is not None
            score = replace(accuracy.scores["delta1"], value=error)
            rows.append(
                replace(
                    one,
                    timing=replace(timing, samples_ms=(median * faster,)),
                    accuracy={"nyu_dev": replace(accuracy, scores={"delta1": score})},
                )
            )
    plot = tradeoff(rows)
    assert plot is not None
    return plot


def test_plot_puts_slower_right_and_worse_higher() -> None:
    plot = plot_of(("a", 10, 20), ("b", 40, 12))
    marks = {trace.label: trace.marks for trace in plot.traces}
    assert marks["a"][0].x < marks["a"][1].x < marks["b"][1].x
    assert marks["a"][0].y < marks["b"][0].y  # down the page is better
    for mark in chain.from_iterable(marks.values()):
        assert plot.left <= mark.x <= plot.right
        assert plot.top <= mark.y <= plot.bottom
    assert [text for text, _, _ in plot.legend] == ["tflite float32", "tflite int8"]


def test_plot_labels_do_not_lie_on_each_other() -> None:
    plot = plot_of(*((f"model{i}", 40 + 0.1 * i, 12 + 0.01 * i) for i in range(6)))
    heights = sorted(trace.label_y for trace in plot.traces)
    assert all(b - a >= LABEL_HEIGHT - 0.2 for a, b in pairwise(heights))


def test_plot_of_equal_errors_and_of_one_file() -> None:
    plot = plot_of(("a", 10, 0), ("b", 10, 0))
    assert len({m.y for trace in plot.traces for m in trace.marks}) == 1
    assert tradeoff([row()]) is None
    assert tradeoff([]) is None


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_click_sorts_in_a_browser_and_dashes_stay_last(tmp_path: Path) -> None:
    clicks = (
        "<script>for (const b of document.querySelectorAll('table.sortable thead button'))"
        " if (b.textContent === 'drop') { b.click(); b.click(); }</script></body>"
    )
    rows = [row("float32")]
    for number, lost in enumerate((0.4, 10.5, -2.25)):
        one = row(model=f"m{number}")
        accuracy = one.accuracy["nyu_dev"]
        score = replace(accuracy.scores["delta1"], drop=lost)
        rows.append(replace(one, accuracy={"nyu_dev": replace(accuracy, scores={"delta1": score})}))
    page = tmp_path / "page.html"
    page.write_text(html(Report({"processor": "x"}, tuple(rows))).replace("</body>", clicks), "utf-8")
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    table = done.stdout[done.stdout.index("<h2>Accuracy</h2>") : done.stdout.index("<h2>Against")]
    assert re.findall(r"<td>([+-][\d.]+|–)<small>", table) == ["+10.50", "+0.40", "-2.25", "–"]

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bench.row import Report, Row
from bench.writers.html import html
from bench.writers.plot import COLOURS
from tests.bench.writers.made import HOSTILE, PLANES, REPORT, cloud, row, scored, worst

PLOTLY = "plotly.js v"


def page_of(*rows: Row) -> str:
    return html(Report({"processor": "x"}, rows))


def test_a_failed_gate_is_marked_with_its_reason() -> None:
    page = html(Report(REPORT.machine, (row("float32"), row(gate="fail"))))
    assert '<div class="verdict fail">Gate: 1 of 2 failed: lite0 model_int8.tflite' in page
    assert "<li>lite0 model_int8.tflite: nyu_dev: +1.40 points, more than 1</li>" in page
    assert page.count('<tr class="failed">') == 2  # accuracy and fidelity


def test_the_gate_passed_is_said_first() -> None:
    page = html(REPORT)
    assert '<div class="verdict pass">Gate: passed (2 files)</div>' in page
    assert page.index("Gate: passed") < page.index("<h2")


def test_fidelity_that_lacks_figures_shows_dashes() -> None:
    page = page_of(replace(row(), fidelity={"within_1_25": 0.0, "shift_drift": float("inf")}))
    assert "<td>0.00</td><td>–</td><td>–</td><td>∞</td><td>–</td>" in page


def test_the_protocol_stands_beside_every_figure() -> None:
    page = page_of(scored("as deployed, 256×256"), scored("published protocol, smaller side 384"))
    for tag, words in (
        ("as deployed", "as deployed, 256×256"),
        ("published protocol", "published protocol, smaller side 384"),
    ):
        assert f'11.25<small>10.00 … 12.00</small><small class="tag" title="{words}">{tag}</small>' in page


def test_a_set_that_was_trained_on_is_marked() -> None:
    page = page_of(scored("p", trained_on=True))
    assert "11.25<span title=" in page
    assert "† same camera as the training data of other" in page
    assert "†" not in page_of(scored("p"))


def test_a_file_judged_after_scale_and_shift_alone_says_so() -> None:
    page = page_of(scored("p", "utss_delta1"))
    assert '<small class="tag" title="p">p · UTSS</small>' in page


def test_a_report_of_accuracy_alone_has_no_columns_for_the_rest() -> None:
    page = page_of(scored("p"))
    assert "How right the depth is" in page
    for absent in ("Gate", '<button type="button">gate', "drop", "Cost", "Trade-off", PLOTLY, "noscript><p"):
        assert absent not in page, absent
    assert len(page) < 50_000


def test_planes_hot_pixels_and_instructions_where_they_were_measured() -> None:
    plain = page_of(row())
    for absent in ("hot pixels", "Planes", "instructions", "broken"):
        assert absent not in plain
    fidelity = dict(row().fidelity or {}) | {"hot_pixels_ppm": 12.4, "constant_outputs": 2.0}
    measured = replace(row(), fidelity=fidelity, planes=PLANES, instructions=312_300_000)
    page = page_of(measured)
    assert "<td>12</td><td>2</td><td>0.52 → 0.61</td><td>0.75</td>" in page
    assert "<td>312.3</td>" in page
    assert "not a latency" in page


def test_instructions_without_latency_are_a_cost_too() -> None:
    counted = replace(row(), timing=None, instructions=312_300_000, device="qemu", accuracy={}, gate="none")
    page = page_of(row(), counted)
    assert '<td class="text">qemu</td><td>1</td>\n<td><b>–</b></td>' in page


def test_unknown_parameters_are_dashes() -> None:
    page = page_of(replace(row(), params=None, madds=None))
    assert '<td>–</td><td>–</td><td class="text">XNNPACK</td>' in page


def test_every_metric_stands_in_a_table_of_its_set() -> None:
    one = row()
    accuracy = one.accuracy["nyu_dev"]
    scores = {**accuracy.scores, "utss_rel": replace(accuracy.scores["delta1"], value=9.875)}
    page = page_of(replace(one, accuracy={"nyu_dev": replace(accuracy, scores=scores)}))
    table = page[page.index("Every metric of nyu_dev") :]
    heads = re.findall(r'<button type="button">(.*?)</button>', table[: table.index("</table>")])
    assert heads == ["file", "protocol", "δ1.25 error %", "rel % UTSS"]
    assert "<td>12.90</td><td>9.88</td>" in table


def test_worst_images_stand_together_by_model_and_set() -> None:
    report = Report({"processor": "x"}, (), worst=(worst(), worst(image="00077", truth=False), worst("mn")))
    page = html(report)
    assert page.count('<details class="worst"') == 2
    assert page.count("data:image/jpeg;base64,") == 5 + 4 + 5  # photo, truth, depths, difference
    assert page.count("data:image/jpeg;base64,") == page.count(" alt=")
    assert "<b>tflite int8</b><br>δ1.25 error %: 18.25</p>" in page
    assert 'title="δ1.25 error %: 18.25\nRMSE m: 0.625"' in page
    assert page.count("the others are") == 3


def test_plotly_is_inlined_once_and_only_where_something_is_drawn() -> None:
    both = html(replace(REPORT, clouds=(cloud(),)))
    assert both.count(PLOTLY) == 1
    assert html(Report({"processor": "x"}, (), clouds=(cloud(),))).count(PLOTLY) == 1
    assert html(REPORT).count(PLOTLY) == 1
    assert PLOTLY not in page_of(row())  # one file alone is no trade-off
    assert both.count("needs JavaScript") == 2


@pytest.mark.parametrize("place", ["title", "model", "variant", "image", "set"])
def test_a_name_cannot_end_a_script_or_begin_one(place: str) -> None:
    end = "</script><script>alert(2)</script>"
    name = {place: end}
    clouds = (cloud(name.get("variant", "v"), name.get("title", "t"), name.get("model", "m")),)
    shown = worst(name.get("model", "m"), name.get("image", "i"))
    shown = replace(shown, set_name=name.get("set", "nyu_dev"))
    rows = (row(model=name.get("model", "m")), row("float32", model=name.get("model", "m")))
    plain = html(Report({"processor": "x"}, rows, clouds=clouds, worst=(shown,)))
    assert end not in plain
    assert "alert(2)" in plain
    assert plain.lower().count("</script") == 4  # two choosers' figures, plotly, the page's own


def test_a_name_cannot_leave_an_attribute() -> None:
    sly = replace(row(gate="fail"), gate_reason='" onmouseover="alert(1)', delegate=HOSTILE)
    page = html(Report({"processor": "x", HOSTILE: HOSTILE}, (sly, row("float32"))))
    assert '" onmouseover' not in page
    assert HOSTILE not in page


def test_more_models_than_colours_are_drawn() -> None:
    rows = [row(variant, model=f"m{i}") for i in range(len(COLOURS) + 2) for variant in ("float32", "int8")]
    assert PLOTLY in page_of(*rows)

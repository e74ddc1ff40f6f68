from __future__ import annotations

from dataclasses import replace

import pytest

from bench.row import Row
from bench.writers import figures
from tests.bench.writers.made import PLANES, row, scored

DEPLOYED, WIDE = "as deployed, 384×384, stretch, cap 10 m", "as deployed, 384×512, stretch, cap 10 m"
PUBLISHED = "published protocol, smaller side 384, cap 10 m"


@pytest.mark.parametrize(
    ("protocols", "tags"),
    [
        ([], []),
        ([DEPLOYED, DEPLOYED], ["as deployed"]),
        ([DEPLOYED, PUBLISHED], ["as deployed", "published protocol"]),
        ([DEPLOYED, WIDE], ["as deployed, 384×384", "as deployed, 384×512"]),
        (["one", "one, two"], ["one", "one, two"]),
    ],
)
def test_a_tag_is_as_short_as_it_tells_apart(protocols: list[str], tags: list[str]) -> None:
    found = figures.protocol_tags([scored(protocol) for protocol in protocols])
    assert found == dict(zip(dict.fromkeys(protocols), tags, strict=True))


def test_what_differs_between_sets_alone_needs_no_longer_tag() -> None:
    one = row()
    accuracy = one.accuracy["nyu_dev"]
    both = {"nyu_dev": accuracy, "kitti2015": replace(accuracy, protocol=DEPLOYED.replace("10 m", "80 m"))}
    assert set(figures.protocol_tags([replace(one, accuracy=both)]).values()) == {"as deployed"}


def test_one_row_a_file_unless_its_accuracy_differs() -> None:
    rows: list[Row] = [row(), row(threads=2), scored(DEPLOYED), scored(PUBLISHED), scored(DEPLOYED)]
    assert figures.first_of_each_file(rows) == [rows[0], rows[2], rows[3]]
    phone = replace(row(), device="adb", accuracy={})
    assert figures.first_of_each_file([row(), phone, replace(phone, threads=4)]) == [row(), phone]


def test_scores_after_scale_and_shift_stand_in_where_they_alone_are_known() -> None:
    one = scored("p", "utss_delta1")
    score = figures.headline(one, "nyu_dev")
    assert score is not None
    assert score.value == 11.25
    assert figures.set_names([one]) == ["nyu_dev"]
    assert figures.tag(one, "nyu_dev", {"p": "p"}) == "p · UTSS"
    assert figures.tag(scored("p"), "nyu_dev", {"p": "p"}) == "p"


def test_metrics_of_a_set_have_an_order_and_titles() -> None:
    one = row()
    accuracy = one.accuracy["nyu_dev"]
    made = dict.fromkeys(("unheard_of", "utss_delta1", "rmse", "delta1"), accuracy.scores["delta1"])
    one = replace(one, accuracy={"nyu_dev": replace(accuracy, scores=made)})
    names = figures.metrics_of([one], "nyu_dev")
    assert names == ["delta1", "rmse", "utss_delta1", "unheard_of"]
    assert list(map(figures.title_of, names)) == [
        "δ1.25 error %", "RMSE m", "δ1.25 error % UTSS", "unheard_of",
    ]  # fmt: skip


def test_columns_of_what_nobody_measured_are_left_out() -> None:
    plain = [figure.title for figure in figures.compared([row("float32")])]
    assert len(plain) == 5
    full = [figure.title for figure in figures.compared([row("float32"), replace(row(), planes=PLANES)])]
    assert full == [*plain, "off planes %\nfloat → file", "angles of\nplanes ±°"]


def test_one_plane_has_no_angle() -> None:
    one = replace(row(), planes={k: v for k, v in PLANES.items() if k != "angle_deg"})
    assert (figures.residuals(one), figures.angle(one)) == ("0.52 → 0.61", "–")


@pytest.mark.parametrize(("metric", "text"), [("log10", "0.066"), ("utss_rmse", "0.066"), ("rel", "0.07")])
def test_small_metrics_have_a_third_decimal(metric: str, text: str) -> None:
    assert figures.metric_value(metric, 0.0664) == text
    assert figures.metric_value(metric, float("nan")) == "–"

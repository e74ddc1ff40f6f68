from __future__ import annotations

from dataclasses import replace

import pytest

from bench.row import Report
from bench.writers import figures
from bench.writers.table import table
from tests.bench.writers.made import PLANES, REPORT, row, scored


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may sit at a terminal of any width."""
    monkeypatch.setenv("COLUMNS", "1000")


def line_of(text: str, *words: str) -> list[str]:
    """The cells of the only line that holds all of `words`."""
    (line,) = [line for line in text.splitlines() if all(word in line.split() for word in words)]
    return line.split()


def test_costs_stand_beside_the_file() -> None:
    text = table(REPORT)
    assert "\x1b" not in text
    assert "…" not in text
    cells = line_of(text, "model_int8.tflite", "2", "XNNPACK")
    times = ["10.0", "26.0", "29.6", "11.0", "24.5"]
    assert cells == ["model_int8.tflite", "2", *times, "3.65", "58.00", "–", "–", "XNNPACK"]
    assert "lite0: what it costs (3.55 million parameters, 1.265·10⁹ multiply-adds)" in text


def test_accuracy_shows_drop_and_fidelity_once_a_file() -> None:
    text = table(REPORT)
    cells = line_of(text, "model_int8.tflite", "pass")
    assert cells[1:4] == ["as", "deployed", "pass"]
    assert cells[4:] == ["12.90", "(+0.40", "±0.30)", "99.90", "99.00", "98.00", "2.50", "5.60"]
    assert line_of(text, "model_float32.tflite", "pass")[-6:] == ["12.50", "–", "–", "–", "–", "–"]
    assert "nyu_dev: 120 images, as deployed, 384×384, stretch, cap 10 m" in text
    assert "not measured: latency of model.mlpackage: needs a Mac" in text


def test_planes_hot_pixels_and_instructions_where_they_were_measured() -> None:
    plain = table(REPORT)
    assert "planes" not in plain
    assert "instruc" not in plain
    fidelity = dict(row().fidelity or {}) | {"hot_pixels_ppm": 12.4}
    text = table(Report({}, (replace(row(), fidelity=fidelity, planes=PLANES, instructions=312_300_000),)))
    assert line_of(text, "model_int8.tflite", "pass")[-6:] == ["5.60", "12", "0.52", "→", "0.61", "0.75"]
    assert "312.3" in line_of(text, "model_int8.tflite", "XNNPACK")
    assert figures.INSTRUCTIONS in text.splitlines()


def test_a_file_of_another_kit_has_no_size_and_no_gate() -> None:
    text = table(Report({}, (scored("as deployed, 256×256"), scored("published protocol, smaller side 384"))))
    assert "gate" not in text
    assert "parameters" not in text
    assert line_of(text, "deployed", "11.25")[:3] == ["net.onnx", "as", "deployed"]
    assert line_of(text, "published", "11.25")[:3] == ["net.onnx", "published", "protocol"]


def test_a_set_that_was_trained_on_is_marked() -> None:
    text = table(Report({}, (scored("p", trained_on=True),)))
    assert line_of(text, "net.onnx", "11.25†")
    assert "† same camera as the training data of other" in text


def test_a_count_under_emulation_needs_no_latency() -> None:
    counted = replace(row(), timing=None, instructions=312_300_000, device="qemu", delegate="none")
    cells = line_of(table(Report({}, (row(), counted))), "qemu", "none")
    assert cells == ["model_int8.tflite", "qemu", "1", *5 * ["–"], "312.3", "3.65", "–", "–", "–", "none"]


def test_a_failed_gate_is_marked_and_comes_last_with_its_reason() -> None:
    lines = table(Report(REPORT.machine, (row("float32"), row(gate="fail")))).splitlines()
    assert "FAIL" in line_of("\n".join(lines), "model_int8.tflite", "FAIL")
    assert lines[-2] == "gate: lite0 model_int8.tflite: nyu_dev: +1.40 points, more than 1"
    assert lines[-1] == "Gate: 1 of 2 failed: lite0 model_int8.tflite"


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_a_narrow_terminal_gets_more_tables_not_cut_figures(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = table(REPORT)
    monkeypatch.setenv("COLUMNS", str(columns))
    narrow = table(REPORT)
    rows = [line for line in narrow.splitlines() if "model_" in line or "──" in line]
    assert max(map(len, rows)) <= columns
    assert words(narrow) == words(wide)


def words(text: str) -> set[str]:
    return {word for word in text.split() if set(word) != {"─"}}


def test_names_cannot_steer_the_terminal() -> None:
    text = table(Report({"processor": "x"}, (replace(row(), model="a\x1b[2Jb\x07"),)))
    assert all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(9.994, "9.99"), (9.998, "10.0"), (99.94, "99.9"), (99.97, "100"), (1234.5, "1234"), (None, "–")],
)
def test_milliseconds_have_three_digits(value: float | None, text: str) -> None:
    assert figures.ms(value) == text


def test_a_drop_of_nothing_has_no_minus() -> None:
    assert figures.signed(-0.0004) == "+0.00"
    assert figures.signed(-0.4) == "-0.40"

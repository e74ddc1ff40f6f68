"""`--device adb` over the real protocol: a real client, a stand-in phone with a stand-in tool."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import device
from bench import plan as planning
from bench.latency import DeviceError
from bench.plan import Measured, Plan, failures
from bench.remote import adb, benchmark_model, gauges
from bench.remote.link import Lost
from bench.testsets.shot import Shots
from bench.writers import WRITERS
from tests.bench.remote import artifacts
from tests.bench.remote.phone import Phone, connect, disconnect, photos, server, tool


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server(tmp_path_factory.mktemp("adb")) as path:
        yield path


@pytest.fixture
def phone(program: str, tmp_path: Path) -> Iterator[Phone]:
    made = Phone(tmp_path / "phone")
    connect(program, made)
    yield made
    disconnect(program, made)
    made.close()


def plan(folder: Path, binary: Path | None, **remote: object) -> Plan:
    made = artifacts.plan(artifacts.write(folder / "tiny"))
    values = {"binary": str(binary) if binary else None, "threads": (1,), **remote}
    return Plan(**{**vars(made), "remote": planning.Remote(**values)})  # type: ignore[arg-type]


def measure(of: Plan, sets: dict[str, Shots] | None = None) -> Measured:
    return adb.measure(of, photos() if sets is None else sets, lambda text: None)


def test_rows_of_every_delegate(phone: Phone, tmp_path: Path) -> None:
    found = measure(plan(tmp_path, tool(tmp_path), threads=(1, 2)))
    assert failures(found.skipped) == []
    assert [(r.variant, r.delegate, r.threads) for r in found.rows[:4]] == [
        ("float32", "XNNPACK", 1), ("float32", "XNNPACK", 2), ("float32", "GPU", 1), ("float32", "NNAPI", 1),
    ]  # fmt: skip
    assert len(found.rows) == 12
    row = found.rows[2]
    assert (row.device, row.whole_graph, row.temperature_c) == ("Plumb Stand-in 1", True, 31.0)
    assert row.timing is not None
    assert row.timing.latency_ms() == {
        "median": 8.0, "p5": 7.99, "p95": 8.1, "first": 13.576, "load": 5.579,
    }  # fmt: skip
    assert row.timing.peak_memory_bytes == 12.5 * 2**20
    assert [(o.kind, o.count, o.ms) for o in row.profile] == [
        ("CONV_2D", 13, 4.27), ("DEPTHWISE_CONV_2D", 12, 0.4),
    ]  # fmt: skip
    for row in found.rows:
        assert row.fidelity is not None
        assert row.agreement is not None
        assert (row.agreement["identical"], row.agreement["images"]) == (100, 2)
    assert dict(found.machine)["system"] == "Android 15 (API 35)"
    left = sorted(path.suffix for path in phone.folder.iterdir())
    assert left == [".bin", ".tflite", ".tflite"]  # two of the three files are the same
    assert not any("push" in command for command in phone.commands)


def test_what_is_there_already_is_not_copied_again(phone: Phone, tmp_path: Path) -> None:
    made = plan(tmp_path, tool(tmp_path), delegates=("GPU",))
    measure(made, {})
    before = phone.pushed
    assert len(measure(made, {}).rows) == 3
    assert phone.pushed == before
    damaged = next(phone.folder.glob("*.bin"))
    damaged.write_bytes(b"#!/bin/sh\nexit 9\n")
    assert len(measure(made, {}).rows) == 3
    assert phone.pushed == before + (tmp_path / "benchmark_model").stat().st_size


@pytest.mark.parametrize(
    ("fault", "failed", "why"),
    [
        ("crash", True, "the delegate crashed (SIGSEGV)"),
        ("hang", True, "no end after 2 s; it was stopped"),
        ("refused", False, "the delegate refuses this file"),
        ("none", False, "the delegate takes no part of this file"),
        ("unknown", False, "this benchmark_model was built without GPU"),
        ("old", True, "printed no median: one of LiteRT 1.0 or newer is needed"),
        ("babble", True, "wrote more than the"),
        ("slow", True, "came to 7 runs in its time, not 50"),
        ("garbled", True, "printed percentiles that are none: p5=7990 median=8000 p95=1.2"),
        ("reversed", True, "printed percentiles that are none"),
    ],
)
def test_a_delegate_that_fails_costs_its_rows_alone(
    monkeypatch: pytest.MonkeyPatch, phone: Phone, tmp_path: Path, fault: str, failed: bool, why: str
) -> None:
    monkeypatch.setattr(benchmark_model, "LIMIT_SECONDS", 2.0 if fault == "hang" else 60.0)
    monkeypatch.setattr(benchmark_model, "SECONDS", 0.0)
    found = measure(plan(tmp_path, tool(tmp_path, GPU=fault), delegates=("XNNPACK", "GPU")), {})
    assert [row.delegate for row in found.rows] == ["XNNPACK"] * 3
    told = [skipped.why for skipped in found.skipped if "on GPU" in skipped.what]
    assert len(told) == 3
    assert all(why in line and line.count("\n") == 0 for line in told), told
    assert len(failures(found.skipped)) == (3 if failed else 0)


def test_a_delegate_that_takes_a_part_is_named_so(phone: Phone, tmp_path: Path) -> None:
    found = measure(plan(tmp_path, tool(tmp_path, GPU="partly"), delegates=("GPU",)), {})
    assert [row.whole_graph for row in found.rows] == [False] * 3


def test_an_output_cut_short_costs_the_accuracy_alone(phone: Phone, tmp_path: Path) -> None:
    found = measure(plan(tmp_path, tool(tmp_path, NNAPI="short"), delegates=("NNAPI",)), photos(1))
    assert [(row.timing is not None, row.agreement) for row in found.rows] == [(True, None)] * 3
    assert "24575 bytes came back, not 24576" in failures(found.skipped)[0]
    assert not list(phone.folder.glob("*.raw"))


def test_unplugged_while_copying(phone: Phone, tmp_path: Path) -> None:
    made = plan(tmp_path, tool(tmp_path))
    phone.unplug_after = phone.pushed + 100
    with pytest.raises(
        Lost, match=r"^adb:127\.0\.0\.1:\d+: the phone went away( \(.*\))?: plug it in again$"
    ):
        measure(made)


@pytest.mark.parametrize(("at", "threads"), [("--num_threads=2", [1]), ("--output_filepath", [1, 2])])
def test_unplugged_in_the_middle_keeps_what_was_done(
    phone: Phone, tmp_path: Path, at: str, threads: list[int]
) -> None:
    made = plan(tmp_path, tool(tmp_path), threads=(1, 2))
    phone.unplug_at = at
    found = measure(made)
    assert [(row.delegate, row.threads) for row in found.rows] == [("XNNPACK", n) for n in threads]
    (line,) = failures(found.skipped)
    assert line.startswith(f"adb:{phone.serial}: the phone went away")


def test_a_full_disk(phone: Phone, tmp_path: Path) -> None:
    made = plan(tmp_path, tool(tmp_path))
    (phone.root / "free").write_text("60000\n")
    with pytest.raises(
        DeviceError, match=r"61 MB are free in /data/local/tmp/plumb-bench, and benchmark_model"
    ):
        measure(made)
    (phone.root / "free").write_text("6000000\n")
    phone.full = True
    with pytest.raises(DeviceError, match=r"no space left in /data/local/tmp/plumb-bench: make room there$"):
        measure(made)
    assert list(phone.folder.iterdir()) == []


def test_two_phones(program: str, phone: Phone, tmp_path: Path) -> None:
    other = Phone(tmp_path / "other")
    try:
        connect(program, other)
        with pytest.raises(
            DeviceError, match=r"^2 phones are attached \(.*\): --device adb:127\.0\.0\.1:\d+ "
        ):
            measure(plan(tmp_path, tool(tmp_path)))
        made = plan(tmp_path / "chosen", tool(tmp_path), address=other.serial, delegates=("GPU",))
        assert len(measure(made, {}).rows) == 3
        assert other.folder.is_dir()
        assert not phone.folder.exists()
    finally:
        disconnect(program, other)
        other.close()


def test_an_emulator_is_no_phone(phone: Phone, tmp_path: Path) -> None:
    (phone.properties / "ro.boot.qemu").write_text("1\n")
    with pytest.raises(
        DeviceError, match=r"^only an emulator is attached .* says nothing|say nothing of a phone"
    ):
        measure(plan(tmp_path, tool(tmp_path)))
    made = plan(tmp_path / "all_the_same", tool(tmp_path), address=phone.serial, delegates=("GPU",))
    assert {row.device for row in measure(made, {}).rows} == {"Plumb Stand-in 1 (emulator)"}


def test_a_phone_that_does_not_trust_this_machine(program: str, tmp_path: Path) -> None:
    phone = Phone(tmp_path / "phone", authorised=False)
    try:
        connect(program, phone)
        with pytest.raises(DeviceError, match=r"^adb:127.* allow USB debugging$"):
            measure(plan(tmp_path, tool(tmp_path)))
    finally:
        disconnect(program, phone)
        phone.close()


def test_no_phone(program: str, tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"^no phone is attached: plug it in, and switch on USB debugging"):
        measure(plan(tmp_path, tool(tmp_path)))
    with pytest.raises(DeviceError, match=r"^adb:x'; reboot # is not attached \(nothing is\)$"):
        measure(plan(tmp_path / "named", tool(tmp_path), address="x'; reboot #"))


def test_a_low_battery(phone: Phone, tmp_path: Path) -> None:
    phone.battery(level=9, charging=False)
    with pytest.raises(
        DeviceError, match=r"the battery is at 9 %, where phones save power: charge it to 15 %"
    ):
        measure(plan(tmp_path, tool(tmp_path)))


@pytest.mark.parametrize("line", ["CONV\t 9\t 1.2.3\t 1%\t 1%\t", f"CONV\t {'9' * 5000}\t 1\t 1%\t 1%\t"])
def test_a_profile_that_is_none(line: str) -> None:
    assert benchmark_model.operations(f"{benchmark_model.KINDS_HEAD}\n{line}\n") == ()


HOSTILE = "a'b\"; touch HACKED; $(touch HACKED)`touch HACKED` & \\"


def test_hostile_names_are_names(program: str, tmp_path: Path) -> None:
    """Of the phone, of the folder that the models lie in, and of the tool."""
    phone = Phone(tmp_path / "phone", model=f"<script>{HOSTILE}\x1b[2J\nsecond line")
    (phone.root / "free").write_text("\u00b2\n")
    (phone.root / "proc" / "meminfo").write_text(f"MemTotal: {'9' * 5000} kB\n")
    folder = tmp_path / f"{HOSTILE}\nnew line"
    folder.mkdir()
    try:
        connect(program, phone)
        found = measure(plan(folder, tool(folder), delegates=("GPU",)), photos(1))
    finally:
        disconnect(program, phone)
        phone.close()
    assert len(found.rows) == 3
    assert not list(tmp_path.rglob("HACKED"))
    (title,) = {row.device for row in found.rows}
    assert title.isprintable()
    report = found.report({})
    assert "<script>a" not in WRITERS["html"](report)
    assert "\x1b" not in WRITERS["table"](report)


def test_minutes_in_a_row_tell_heat_and_energy(
    monkeypatch: pytest.MonkeyPatch, phone: Phone, tmp_path: Path
) -> None:
    monkeypatch.setattr(gauges, "EVERY_SECONDS", 0.1)
    phone.battery(charging=False, celsius=33.5)
    made = plan(tmp_path, tool(tmp_path), delegates=("GPU",), sustained_minutes=0.03)
    row = measure(made, {}).rows[0]
    assert {moment.median_ms for moment in row.sustained} == {8.0}
    assert row.sustained[-1].at_s >= 1.8
    assert next((m.clock_mhz, m.temperature_c) for m in row.sustained if m.clock_mhz) == (2400.0, 33.5)
    assert row.energy_mj == pytest.approx(0.5 * 4.0 * 8.0)  # A · V · ms


def test_clean_removes_the_folder_and_nothing_else(
    capsys: pytest.CaptureFixture[str], phone: Phone, tmp_path: Path
) -> None:
    made = plan(tmp_path, tool(tmp_path), delegates=("GPU",))
    beside = phone.folder.with_name("photos")
    beside.mkdir()
    measure(made, {})
    assert phone.folder.is_dir()
    assert device.main(["--device", f"adb:{phone.serial}", "--clean"]) == 0
    assert f"adb:{phone.serial}: /data/local/tmp/plumb-bench removed" in capsys.readouterr().err
    assert [path.name for path in phone.folder.parent.iterdir()] == ["photos"]


def command(folder: Path, binary: Path) -> int:
    """The status of the command on one photo; its rows are in phone.json."""
    artifacts.write(folder / "artifacts" / "tiny")
    options = ["--artifacts", str(folder / "artifacts"), "--set", "photos", "--images", "1", "--threads", "1"]
    options += ["--benchmark-binary", str(binary), "--json", str(folder / "phone.json")]
    return device.main(["--device", "adb", *options])


def test_ctrl_c_keeps_what_was_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], phone: Phone, tmp_path: Path
) -> None:
    def stop(text: str) -> None:
        if "GPU" in text:
            raise KeyboardInterrupt

    monkeypatch.setattr(device, "say", stop)
    assert command(tmp_path, tool(tmp_path)) == 130
    assert capsys.readouterr().err == "error: interrupted\n"
    (row,) = json.loads((tmp_path / "phone.json").read_text())["rows"]
    assert (row["delegate"], row["agreement"]["identical"]) == ("XNNPACK", 100)


def test_the_command(capsys: pytest.CaptureFixture[str], phone: Phone, tmp_path: Path) -> None:
    """Finished rows are printed, one line says what failed, and the status is that of a device fault."""
    assert command(tmp_path, tool(tmp_path, NNAPI="crash")) == 2
    said = capsys.readouterr()
    assert "GPU" in said.out
    assert said.err.rstrip().rpartition("\n")[2].endswith("on NNAPI: the delegate crashed (SIGSEGV)")
    values = json.loads((tmp_path / "phone.json").read_text())
    assert len(values["rows"]) == 6
    assert values["machine"]["device"] == "Plumb Stand-in 1"
    assert values["rows"][0]["latency_ms"]["p95"] == 20.1
    assert values["rows"][0]["whole_graph"] is True
    assert "samples_ms" not in values["rows"][0]

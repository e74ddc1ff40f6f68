"""`--device ios` with a stand-in for Xcode's devicectl, which is started as the true one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench import device, reading
from bench import plan as planning
from bench.latency import DeviceError
from bench.plan import Measured, Plan, UsageError, failures
from bench.remote import devicectl, ios
from bench.remote.devicectl import Phone
from bench.writers import WRITERS
from tests.bench.remote import artifacts, iphone

WHERE = f"ios:{iphone.UDID}"


@pytest.fixture
def phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the stand-in."""
    monkeypatch.setenv("PATH", f"{iphone.stand_in(tmp_path)}:/usr/bin:/bin")
    return tmp_path


def plan(folder: Path, **remote: object) -> Plan:
    made = artifacts.plan(artifacts.write_packages(folder / "tiny"), targets=("coreml",))
    return replace(made, remote=planning.Remote(**remote))  # type: ignore[arg-type]


def measure(folder: Path, **remote: object) -> Measured:
    return ios.measure(plan(folder, **remote), {}, lambda text: None)


def asked(folder: Path) -> list[list[str]]:
    return [json.loads(line) for line in (folder / "phone" / "log").read_text().splitlines()]


def test_rows_of_every_package_and_unit(phone: Path) -> None:
    found = measure(phone)
    assert failures(found.skipped) == []
    assert [(r.file, r.variant, r.delegate) for r in found.rows[:5]] == [
        ("model.mlpackage", "float16", "all"), ("model.mlpackage", "float16", "ane"),
        ("model.mlpackage", "float16", "gpu"), ("model.mlpackage", "float16", "cpu"),
        ("model_int8.mlpackage", "int8", "all"),
    ]  # fmt: skip
    assert len(found.rows) == 12
    assert found.rows[-1].variant == "palette6"
    row = found.rows[1]
    assert (row.model, row.device, row.threads, row.heat) == ("tiny", "iPhone 16 Pro", 1, (0, 1))
    assert row.timing is not None
    assert row.timing.latency_ms() == {"median": 2.0, "p90": 2.0, "p99": 2.0, "first": 9.5, "load": 700.0}
    assert (row.timing.prepare_ms, row.timing.peak_memory_bytes) == (1.5, 1 << 26)
    assert len(row.timing.samples_ms) == ios.RUNS
    machine = dict(found.machine)
    assert machine["device"] == "iPhone 16 Pro"
    assert (machine["system"], machine["processor"], machine["cores"]) == ("iOS 18.1", "iPhone17,1", 6)
    assert [s.what for s in found.skipped] == ["accuracy on iPhone 16 Pro"]
    read = reading.parse(json.loads(WRITERS["json"](found.report({}))), "bench.json")
    assert [row.heat for row in read.rows] == [(0, 1)] * 12
    shown = WRITERS["table"](found.report({}))
    assert "nominal → fair" in shown
    for secret in (iphone.UDID, iphone.IDENTIFIER, "Kim"):
        assert secret not in WRITERS["json"](found.report({})) + shown


def test_what_stays_in_the_app(phone: Path) -> None:
    measure(phone)
    container = phone / "phone" / "container"
    left = sorted(str(path.relative_to(container)) for path in container.glob("*/*/*"))
    assert left == ["Library/Application Support/Models"]
    names = sorted(path.name for path in (container / ios.MODELS).iterdir())
    assert names == ["tiny.mlpackage", "tiny_int8.mlpackage", "tiny_palette6.mlpackage"]
    assert not any("--remove-existing-content" in words for words in asked(phone))


def test_the_words_of_the_command(phone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    artifacts.write_packages(phone / "artifacts" / "tiny")
    words = ["--device", WHERE, "--target", "coreml", "--delegate", "ane", "cpu"]
    assert device.main([*words, "--artifacts", str(phone / "artifacts"), "--json", "-"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert [row["delegate"] for row in values["rows"]] == ["ane", "cpu"] * 3
    launches = [words for words in asked(phone) if "launch" in words]
    assert [words[words.index("--models") + 1] for words in launches] == [
        "tiny",
        "tiny_int8",
        "tiny_palette6",
    ]
    assert launches[0][launches[0].index("--units") :] == ["--units", "ane", "cpu", "--out", ios.RESULT]


def test_another_file_of_that_name_is_not_taken_for_ours(phone: Path) -> None:
    changed = phone / "phone" / "container" / ios.MODELS / "tiny_int8.mlpackage" / "more"
    changed.parent.mkdir(parents=True)
    changed.write_text("of an earlier export")
    found = measure(phone)
    assert [row.variant for row in found.rows] == ["float16"] * 4 + ["palette6"] * 4
    assert failures(found.skipped)[0] == "tiny_int8.mlpackage on all: the app gave no row of this very file"


def test_what_the_app_could_not_do(phone: Path) -> None:
    iphone.answers(phone, device_process_launch="app without ane")
    found = measure(phone)
    assert failures(found.skipped) == []
    assert [row.delegate for row in found.rows] == ["all", "gpu", "cpu"] * 3
    assert [(s.what, s.why) for s in found.skipped[1:]] == [
        (f"{name}.mlpackage on ane", "Core ML does not load it [31m")
        for name in ("tiny", "tiny_int8", "tiny_palette6")
    ]
    iphone.answers(phone, device_process_launch="app without cpu")
    again = ios.measure(replace(plan(phone / "again"), remote=planning.Remote()), {}, lambda text: None)
    assert len(failures(again.skipped)) == 3


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"list_devices": "list_none"}, "no iPhone is attached: plug it in, unlock it"),
        (
            {"list_devices": "list_two"},
            "2 iPhones are attached (00008112-0001111111111111, 00008140-000A1B2C3D4E5F60): "
            "--device ios:00008112-0001111111111111 measures the first",
        ),
        ({"list_devices": "mute"}, "devicectl: devicectl failed (ERROR: The operation failed.)"),
        ({"list_devices": "junk"}, "devicectl: devicectl's answer is not JSON that can be read"),
        (
            {"list_devices": "endless"},
            "devicectl: wrote more than the 16000000 bytes that were to be expected",
        ),
        ({"device_info_details": "details_developer_mode_off"}, f"{WHERE} {devicectl.DEVELOPER_MODE}"),
        ({"device_info_details": "error_not_found"}, f"{WHERE} {devicectl.GONE}"),
        ({"device_info_apps": "apps_absent"}, f"{WHERE} {devicectl.ABSENT}"),
        ({"device_info_apps": "error_disk_image"}, f"{WHERE} {devicectl.UNPREPARED}"),
        ({"device_copy_to": "error_container"}, f"{WHERE} {devicectl.ABSENT}"),
        ({"device_copy_to": "error_gone"}, f"{WHERE} {devicectl.GONE}"),
        ({"device_copy_to": "error_other"}, f"{WHERE}: devicectl failed (Failed to write [31m the file.)"),
        ({"device_process_launch": "error_locked"}, f"{WHERE} {devicectl.LOCKED}"),
        ({"device_process_launch": "error_untrusted"}, f"{WHERE} {devicectl.UNTRUSTED}"),
        ({"device_process_launch": "error_gone"}, f"{WHERE} {devicectl.GONE}"),
        ({"device_copy_from": "error_gone"}, f"{WHERE} {devicectl.GONE}"),
        ({"device_process_launch": "app crash"}, f"{WHERE}: the app ended without a result: it crashed"),
        (
            {"device_process_launch": "app complains"},
            f"{WHERE}: the app ended without a result: no model to measure",
        ),
        ({"device_process_launch": "app wrong"}, "'latency_ms' is not as it should be: not such as DepthApp"),
        ({"device_process_launch": "app cold"}, "'heat' is not as it should be: not such as DepthApp writes"),
        ({"device_process_launch": "app format"}, "'format' is not 1"),
        (
            {"device_process_launch": "app machine"},
            "machine: 'features' is not as it should be: not such as DepthApp writes",
        ),
        ({"device_process_launch": "app nested"}, "'[[[["),
        ({"device_process_launch": "app large"}, "bytes, more than 8000000"),
    ],
)
def test_what_goes_wrong_is_one_line(
    phone: Path, capsys: pytest.CaptureFixture[str], wanted: dict[str, str], why: str
) -> None:
    iphone.answers(phone, **wanted)
    artifacts.write_packages(phone / "artifacts" / "tiny")
    words = ["--device", "ios", "--target", "coreml", "--artifacts", str(phone / "artifacts")]
    assert device.main(words) == 2
    last = capsys.readouterr().err.rstrip("\n").splitlines()[-1]
    assert last.startswith("error: ")
    assert why in last
    assert last.isprintable()


@pytest.mark.parametrize(
    ("command", "limit", "why"),
    [
        ("device_process_launch", "LAUNCH_SECONDS", "no result after 1 s: close the app"),
        ("device_copy_to", "COPY_SECONDS", "copying had no end after 1 s: plug it in again"),
    ],
)
def test_what_hangs_is_ended(
    phone: Path, monkeypatch: pytest.MonkeyPatch, command: str, limit: str, why: str
) -> None:
    monkeypatch.setattr(ios, limit, 1.0)
    monkeypatch.setattr(ios, "ROW_SECONDS", 0.0)
    iphone.answers(phone, **{command: "hang"})
    found = measure(phone)
    assert found.rows == ()
    assert why in failures(found.skipped)[0]


def test_rows_from_before_the_phone_went_away_stay(phone: Path) -> None:
    iphone.answers(phone, device_process_launch="app then gone")
    found = measure(phone)
    assert [row.delegate for row in found.rows] == ["all", "ane", "gpu", "cpu"]
    assert (found.skipped[-1].what, failures(found.skipped)) == (
        "what would have come next", [f"{WHERE} {devicectl.GONE}"],
    )  # fmt: skip


def test_ctrl_c_keeps_what_was_done(
    phone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(text: str) -> None:
        if "tiny_int8" in text:
            raise KeyboardInterrupt

    monkeypatch.setattr(device, "say", stop)
    artifacts.write_packages(phone / "artifacts" / "tiny")
    words = ["--device", "ios", "--target", "coreml", "--artifacts", str(phone / "artifacts")]
    assert device.main([*words, "--json", str(phone / "phone.json")]) == 130
    assert capsys.readouterr().err == "error: interrupted\n"
    rows = json.loads((phone / "phone.json").read_text())["rows"]
    assert [row["file"] for row in rows] == ["model.mlpackage"] * 4


def test_words_of_the_app_do_not_interrupt(phone: Path) -> None:
    iphone.answers(phone, device_process_launch="app interrupted")
    artifacts.write_packages(phone / "artifacts" / "tiny")
    words = ["--device", "ios", "--target", "coreml", "--delegate", "all", "ane"]
    assert device.main([*words, "--artifacts", str(phone / "artifacts")]) == 0


def test_an_older_result_is_not_taken_for_this_one(phone: Path) -> None:
    measure(phone)
    iphone.answers(phone, device_process_launch="app crash")
    found = ios.measure(plan(phone / "again"), {}, lambda text: None)
    assert found.rows == ()
    assert all("the app ended without a result" in line for line in failures(found.skipped))


def test_xcode_27_lists_in_another_way(phone: Path) -> None:
    iphone.answers(phone, list_devices="list_xcode27")
    (found,) = devicectl.phones()  # without the simulator
    assert found == Phone(
        iphone.IDENTIFIER, iphone.UDID, "Kim's iPhone", "iPhone 16 Pro", "iPhone17,1", "27.0", "connected",
        "paired", "enabled",
    )  # fmt: skip


def test_which_phone(phone: Path) -> None:
    iphone.answers(phone, list_devices="list_two")
    both = devicectl.phones()
    assert ios.choose(both, iphone.UDID.lower()).udid == iphone.UDID
    assert ios.choose(both, iphone.IDENTIFIER).udid == iphone.UDID
    with pytest.raises(DeviceError, match=r"ios:x \[31m is not attached \(attached: 00008112-"):
        ios.choose(both, "x\x1b[31m")
    iphone.answers(phone, list_devices="list_not_paired")
    with pytest.raises(DeviceError, match="does not trust this Mac yet"):
        ios._require_ready(devicectl.phones()[0])


def test_what_it_cannot_measure(phone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan(phone)
    for remote, why in (
        (planning.Remote(threads=(1,)), "--threads: Core ML takes no number of threads"),
        (planning.Remote(delegates=("NPU",)), "--delegate NPU: one of all, ane, gpu, cpu"),
    ):
        with pytest.raises(UsageError, match=why):
            ios.measure(replace(made, remote=remote), {}, lambda text: None)
    with pytest.raises(UsageError, match=r"--device ios runs \.mlpackage files alone: --target coreml"):
        ios.measure(replace(made, targets=("tflite",)), {}, lambda text: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(DeviceError, match="needs Xcode's devicectl, not found here"):
        ios.measure(made, {}, lambda text: None)

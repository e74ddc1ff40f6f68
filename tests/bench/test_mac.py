"""Core ML on a Mac: coremltools' runtime, which exists there alone, is stood in for; all else is real."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import host, latency, mac, reading
from bench.latency import DeviceError
from bench.plan import row
from bench.row import Accuracy, Placement, Report, Score, Timing
from bench.writers import WRITERS
from export import manifest
from export.runners import RunnerError, coreml
from export.runners.quiet import quiet_coremltools
from tests.bench.remote import artifacts
from tests.bench.remote.phone import photos
from tests.export.handmade import ml_program

with quiet_coremltools():
    import coremltools as ct
    from coremltools.converters.mil import Builder
    from coremltools.models import compute_plan as plans

LOADED_FROM = "here.mlmodelc"
TOO_OLD_FOR: set[str] = set()  # compute units that a test's system does not run it on


class Model:
    """As coremltools' MLModel on a Mac; it computes by the evaluator, and on the GPU a little less well."""

    def __init__(self, path: str, compute_units: Any) -> None:
        self.units = compute_units.name
        self.runner = coreml.load_evaluator(Path(path), 1)

    def get_spec(self) -> Any:
        spec = ct.proto.Model_pb2.Model()
        size = spec.description.input.add().type.imageType
        size.height, size.width = self.runner.height, self.runner.width
        return spec

    def get_compiled_model_path(self) -> str:
        if self.units in TOO_OLD_FOR:
            raise Exception("was not\nloaded")
        return LOADED_FROM

    def predict(self, inputs: dict[str, Any]) -> dict[str, Any]:
        output = self.runner.predict(self.runner.tensor(np.asarray(inputs["image"])))
        return {"log_disparity": output * (1.5 if self.units == "CPU_AND_GPU" else 1.0)}


class MLNeuralEngineComputeDevice:
    pass


class MLCPUComputeDevice:
    pass


class MLQuantumComputeDevice:
    pass


@dataclass(frozen=True)
class Plan:
    """As coremltools' MLComputePlan: operator → device and cost."""

    known: dict[str, tuple[type, float | None]]
    operations: tuple[str, ...]

    @property
    def model_structure(self) -> Any:
        made = [
            plans.MLModelStructureProgramOperation(
                inputs={}, operator_name=name, outputs=[], blocks=[], __proxy__=None
            )
            for name in self.operations
        ]
        block = plans.MLModelStructureProgramBlock(inputs=[], operations=made, output_names=[])
        function = plans.MLModelStructureProgramFunction(inputs=[], block=block)
        program = plans.MLModelStructureProgram(functions={"main": function})
        return plans.MLModelStructure(neuralnetwork=None, program=program, pipeline=None)

    def get_compute_device_usage_for_mlprogram_operation(self, operation: Any) -> Any:
        if operation.operator_name not in self.known:
            return None
        device: Any = self.known[operation.operator_name][0]()
        return plans.MLComputePlanDeviceUsage(device, [device])

    def get_estimated_cost_for_mlprogram_operation(self, operation: Any) -> Any:
        cost = self.known[operation.operator_name][1]
        return None if cost is None else plans.MLComputePlanCost(cost)


PLAN = Plan(
    {"ios17.conv": (MLNeuralEngineComputeDevice, 0.45), "ios17.add": (MLNeuralEngineComputeDevice, 0.05),
     "ios17.cast": (MLCPUComputeDevice, 0.05)},
    ("const", "ios17.cast", "ios17.conv", "const", "ios17.add", "ios17.conv"),
)  # fmt: skip


def test_operations_are_counted_by_their_place() -> None:
    ane, cpu = mac.counted(PLAN)
    assert (ane.where, ane.kinds, cpu.where, cpu.kinds) == ("ane", {"conv": 2, "add": 1}, "cpu", {"cast": 1})
    assert list(ane.kinds) == ["conv", "add"]
    assert ane.cost == pytest.approx(95.0)
    assert cpu.cost == pytest.approx(5.0)


def test_a_place_of_the_future_is_named_and_a_cost_may_be_missing() -> None:
    plan = Plan({"ios30.conv": (MLQuantumComputeDevice, None)}, ("ios30.conv",))
    assert mac.counted(plan) == (Placement("MLQuantumComputeDevice", {"conv": 1}, None),)


def network(image: Any) -> Any:
    half = Builder.mul(x=Builder.cast(x=image, dtype="fp16"), y=np.float16(0.01))
    mean = Builder.reduce_mean(x=half, axes=[1], keep_dims=True)
    return Builder.cast(x=mean, dtype="fp32", name="log_disparity")


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Report]:
    """Measures a folder with one package as a Mac would."""
    folder = tmp_path / "tiny"
    made = artifacts.write(folder, 32, 32)
    path = ml_program(folder / "model.mlpackage", network)
    values = json.loads((folder / manifest.NAME).read_text())
    entry = {"path": path.name, "sha256": manifest.digest(path), "size_bytes": manifest.size(path)}
    values["files"]["coreml"] = entry | {"input": {"dtype": "image"}, "output": {"dtype": "float32"}}
    (folder / manifest.NAME).write_text(json.dumps(values))
    monkeypatch.setattr(coreml, "ON_A_MAC", True)
    monkeypatch.setattr(ct.models, "MLModel", Model)
    monkeypatch.setattr(plans.MLComputePlan, "load_from_path", classmethod(planned))
    monkeypatch.setattr(latency, "measure", in_this_process)
    plan = artifacts.plan(manifest.read(made.folder), targets=("coreml",))
    return lambda: host.measure(plan, photos(), lambda text: None).report({})


def planned(cls: type, path: str, compute_units: Any) -> Plan:
    assert path == LOADED_FROM
    if compute_units.name == "CPU_AND_GPU":
        raise RuntimeError("no plan\nfor you")
    return PLAN


def in_this_process(path: Path, threads: int, height: int, width: int, units: str = "") -> Timing:
    values = latency.time_file(path, threads, height, width, 0.01, units)
    assert values.pop("delegate") == units
    return Timing(**values)


def test_a_row_for_each_set_of_compute_units_and_the_evaluators(measured: Callable[[], Report]) -> None:
    report = measured()
    assert [row.delegate for row in report.rows] == ["all", "ane", "gpu", "cpu", "MIL evaluator"]
    timed = report.rows[:4]
    assert all(row.timing is not None and row.timing.load_ms and row.timing.first_ms for row in timed)
    assert all(row.threads == 1 and row.fidelity is not None for row in report.rows)
    assert report.rows[4].timing is None
    gpu, evaluator = report.rows[2].fidelity, report.rows[4].fidelity
    assert report.rows[0].fidelity == evaluator != gpu
    assert [row.placements != () for row in report.rows] == [True, True, False, True, False]
    untold = [(s.what, s.why) for s in report.skipped if "gpu" in s.what]
    assert untold == [
        ("what runs where: tiny: model.mlpackage on gpu", "Core ML tells no plan of it (no plan for you)")
    ]
    shown = WRITERS["table"](report)
    assert "ane 3 (95 %), cpu 1 (5 %)" in shown
    row = json.loads(WRITERS["json"](report))["rows"][0]
    assert row["placements"][1] == {"where": "cpu", "kinds": {"cast": 1}, "cost": 5.0}
    read = reading.parse(json.loads(WRITERS["json"](report)), "bench.json")
    assert [row.placements for row in read.rows] == [row.placements for row in report.rows]
    row["placements"][0]["kinds"]["conv"] = 1.5
    with pytest.raises(reading.ReportError, match="'kinds' is not as it should be"):
        reading.parse({"format": 1, "rows": [row]}, "bench.json")


def test_a_row_without_latency_where_it_cannot_be_timed(
    measured: Callable[[], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> Timing:
        raise DeviceError("the run ended")

    monkeypatch.setattr(latency, "measure", fails)
    report = measured()
    assert [row.timing for row in report.rows] == [None] * 5
    assert sum(s.why == "failed: the run ended" for s in report.skipped) == 4


@pytest.mark.parametrize(("units", "left"), [({"CPU_AND_NE"}, 4), ({u.name for u in ct.ComputeUnit}, 1)])
def test_what_does_not_load_costs_its_rows_alone(
    measured: Callable[[], Report], monkeypatch: pytest.MonkeyPatch, units: set[str], left: int
) -> None:
    monkeypatch.setattr(f"{__name__}.TOO_OLD_FOR", units)
    report = measured()
    assert len(report.rows) == left
    assert report.rows[-1].delegate == "MIL evaluator"
    assert report.rows[-1].fidelity is not None
    failed = [s.why for s in report.skipped if s.why.startswith("failed: ")]
    assert len(failed) == 5 - left
    assert all("model.mlpackage: Core ML does not run it (was not loaded)" in why for why in failed)


def test_units_that_core_ml_does_not_have(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(coreml, "ON_A_MAC", True)
    with pytest.raises(RunnerError, match="compute units 'npu': one of all, ane, gpu, cpu"):
        coreml.load(tmp_path, units="npu")


def test_no_memory_is_measured_where_it_seems_to_shrink(
    measured: Callable[[], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latency, "_memory_bytes", {"VmRSS": 2, "VmHWM": 1}.__getitem__)
    assert [row.timing and row.timing.peak_memory_bytes for row in measured().rows] == [None] * 5


def test_what_apples_runtime_made_of_it_is_recorded(tmp_path: Path) -> None:
    model = artifacts.write(tmp_path / "tiny")
    path = model.file("tflite_int8")
    rows = tuple(
        row(
            model, ("coreml", "float16"), path, device="host", delegate=delegate, threads=1,
            accuracy={"nyu_dev": Accuracy("as deployed", {"delta1": Score(error, 1)})},
        )
        for delegate, error in (("all", 7.0), ("MIL evaluator", 8.0))
    )  # fmt: skip
    host.record(artifacts.plan(model, targets=("coreml",)), Report({}, rows))
    values = json.loads((model.folder / manifest.NAME).read_text())
    assert values["accuracy"] == {"nyu_dev": {"delta1": 7.0}}

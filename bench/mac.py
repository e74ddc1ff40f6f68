"""Core ML on a Mac: every set of compute units, what runs where, and the evaluator beside it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bench.row import Placement
from export import runners
from export.runners import Runner, RunnerError
from export.runners.coreml import UNITS, load_evaluator
from export.runners.quiet import quiet_coremltools

TARGET = "coreml"
EVALUATOR = "evaluator"
# coremltools' class of a device → as rows name it. Order: of placements.
DEVICES = {
    "MLNeuralEngineComputeDevice": "ane",
    "MLGPUComputeDevice": "gpu",
    "MLCPUComputeDevice": "cpu",
}


def keys(role: str) -> tuple[str, ...]:
    """What a role is called on each set of compute units but the first, which is the runner's own choice, and
    through the evaluator.
    """
    return tuple(f"{role} {name}" for name in (*list(UNITS)[1:], EVALUATOR))


def beside(role: str, path: Path, threads: int) -> dict[str, Callable[[], Runner]]:
    """What loads the runner of each of `keys` (RunnerError); none for files of other targets."""
    if path.suffix != runners.PACKAGE:
        return {}
    on_units = [partial(runners.load, path, threads, units) for units in list(UNITS)[1:]]
    return dict(zip(keys(role), [*on_units, partial(load_evaluator, path, threads)], strict=True))


def placements(model: Any, units: str) -> tuple[Placement, ...]:
    """Where Core ML means to run the operations of a loaded coremltools MLModel. RunnerError.

    It is a plan made before the first prediction; constants run nowhere and are not counted.
    """
    with quiet_coremltools():
        import coremltools
        from coremltools.models.compute_plan import MLComputePlan

        try:
            plan = MLComputePlan.load_from_path(
                path=model.get_compiled_model_path(),
                compute_units=getattr(coremltools.ComputeUnit, UNITS[units]),
            )
            return counted(plan)
        except Exception as error:  # the framework's errors arrive as RuntimeError, ValueError and others
            reason = " ".join(str(error).split()) or type(error).__name__
            raise RunnerError(f"Core ML tells no plan of it ({reason[:160]})") from error


def counted(plan: Any) -> tuple[Placement, ...]:
    """The operations of an MLComputePlan by the place that it prefers for each."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    costs: dict[str, float] = {}
    for operation in _operations(plan):
        usage = plan.get_compute_device_usage_for_mlprogram_operation(operation)
        if usage is None:  # a constant
            continue
        name = type(usage.preferred_compute_device).__name__
        where = DEVICES.get(name, name)
        kinds[where][operation.operator_name.rpartition(".")[2]] += 1
        cost = plan.get_estimated_cost_for_mlprogram_operation(operation)
        if cost is not None:
            costs[where] = costs.get(where, 0.0) + 100 * cost.weight
    order = [*DEVICES.values(), *sorted(set(kinds) - set(DEVICES.values()))]
    return tuple(
        Placement(where, _sorted(kinds[where]), costs.get(where)) for where in order if where in kinds
    )


def _operations(plan: Any) -> Iterator[Any]:
    for function in plan.model_structure.program.functions.values():
        yield from function.block.operations


def _sorted(counts: Counter[str]) -> Mapping[str, int]:
    return dict(sorted(counts.items(), key=lambda kind: (-kind[1], kind[0])))

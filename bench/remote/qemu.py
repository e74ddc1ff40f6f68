"""`--device qemu`: the arm64 LiteRT under qemu-aarch64, for what its kernels compute and how much they work.

For every .tflite file: the same tensors through LiteRT on this machine and on the emulated ARM one, how
far the outputs agree, and instructions per inference on one thread. No latency: an emulator has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.latency import DeviceError
from bench.plan import FAILED, Measured, Plan, UsageError, row
from bench.remote import agreement, arm, cache, emulator
from bench.remote.arm import Machine
from bench.row import Row, Skipped
from bench.testsets import photos
from bench.testsets.shot import Shots, opened
from export import runners
from export.fit import to_network
from export.manifest import ArtifactError, Manifest
from export.target import TARGETS, Variant

DEVICE, TARGET = "qemu", "tflite"
GOLDEN = "golden/input.png"
# (count with three inferences − count with one) / 2: start, loading and the first run drop out.
IMAGES = 3
# A hung run, as opposed to a slow one: 10⁸ emulated multiply-adds took 0.5 s, on a busy machine up to 4.
START_SECONDS, IMAGE_SECONDS, SECONDS_PER_MADD = 60.0, 30.0, 1e-7
Image = NDArray[np.uint8]


def measure(plan: Plan, sets: Mapping[str, Shots], say: Callable[[str], None]) -> Measured:
    """A row for each .tflite file of the plan; what could not be measured is in `skipped`.

    fidelity: of ARM against this machine, the same file on the same bytes (`agreement`) · instructions: per
    inference · threads 1, whatever the plan says · no timing, and no test sets: an emulated
    inference takes seconds. UsageError; DeviceError where nothing can be emulated.
    """
    if TARGET not in plan.targets:
        raise UsageError(f"--device {DEVICE} runs .tflite files alone: --target {TARGET}")
    others = (name for name in plan.targets if name != TARGET)
    total = Measured(skipped=tuple(Skipped(n, f"--device {DEVICE} runs .tflite files alone") for n in others))
    # One emulated process at a time, also of several commands: they would share the cores.
    with cache.locked(arm.home(), say):
        machine = arm.ready(say)
        for model in plan.models:
            total += _model(machine, model, say)
    return total


def _model(machine: Machine, model: Manifest, say: Callable[[str], None]) -> Measured:
    rows, skipped, images = [], [], _images(model)
    for variant in TARGETS[TARGET].variants:
        what = f"{model.name}: {variant.file}"
        if variant.role not in model.files:
            skipped.append(Skipped(what, f"not in {model.folder}"))
            continue
        say(f"{model.title}: {variant.file} under qemu-aarch64")
        try:
            rows.append(_row(machine, model, variant, images))
        except DeviceError as error:
            skipped.append(Skipped(what, f"{FAILED}{error}"))
    return Measured(tuple(rows), tuple(skipped))


def _images(model: Manifest) -> list[Image]:
    """Up to IMAGES different ones of network size: the golden image, and built-in photos."""
    path = model.folder / GOLDEN
    found = [_golden(path, model)] if path.exists() else []
    shots = photos.photos()
    for photo in map(shots.photo, range(len(shots))) if shots else ():
        image = to_network(photo, model.height, model.width, model.fit)
        if len(found) < IMAGES and not any(np.array_equal(image, other) for other in found):
            found.append(image)
    if not found:
        raise ArtifactError(f"{path}: is missing, and no photos are built in; export the model again")
    return found


def _golden(path: Path, model: Manifest) -> Image:
    image = np.asarray(opened(path).convert("RGB"))
    if image.shape != (model.height, model.width, 3):
        raise ArtifactError(f"{path}: is {image.shape[:2]}, not {(model.height, model.width)}")
    return image


def _row(machine: Machine, model: Manifest, variant: Variant, images: Sequence[Image]) -> Row:
    path = model.file(variant.role)
    runner = runners.load(path)
    tensors = [runner.tensor(images[i % len(images)]) for i in range(IMAGES)]
    here = [runner.predict(tensor) for tensor in tensors]
    expected = emulator.Expected(here[0].shape, here[0].dtype, arm.versions()["ai-edge-litert"])
    one, three = (
        emulator.infer(machine, path, tensors[:number], expected, limit_s(number, model.madds))
        for number in (1, IMAGES)
    )
    instructions = (three.instructions - one.instructions) // (IMAGES - 1)
    if instructions <= 0:
        raise DeviceError(f"{path}: {IMAGES} inferences took no more instructions than one")
    fidelity = agreement.compare(runner, here[: len(images)], three.outputs[: len(images)])
    broken = int(fidelity["not_finite_outputs"] + fidelity["constant_outputs"])
    return row(
        model,
        (variant.target, variant.variant),
        path,
        device=DEVICE,
        delegate=three.delegate,
        threads=1,
        fidelity=fidelity,
        instructions=instructions,
        gate="fail" if broken else "none",
        gate_reason=f"{broken} outputs on ARM are constant or not finite" if broken else None,
    )


def limit_s(inferences: int, madds: int) -> float:
    """After which a run counts as hung."""
    return START_SECONDS + inferences * (IMAGE_SECONDS + SECONDS_PER_MADD * madds)

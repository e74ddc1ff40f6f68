"""One file through the emulated machine, here a stand-in that runs the guest's script on this one."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from bench.latency import DeviceError
from bench.remote import emulator
from bench.remote.emulator import Expected
from export import runners
from tests.bench.remote import fakes
from tests.export import handmade

HEIGHT, WIDTH = 32, 64
LITERT = version("ai-edge-litert")


def file(folder: Path, name: str = "model", int8: bool = False) -> Path:
    path = folder / f"{name}.tflite"
    path.write_bytes(handmade.convolution(HEIGHT, WIDTH, int8))
    return path


def infer(
    folder: Path, path: Path, int8: bool = False, number: int = 3, limit_s: float = 60, litert: str = LITERT
) -> tuple[emulator.Outcome, list[np.ndarray]]:
    """The outcome, and what this machine makes of the same tensors."""
    runner = runners.load(path)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (number, HEIGHT, WIDTH, 3), dtype=np.uint8)
    tensors = [runner.tensor(image) for image in images]
    here = [runner.predict(tensor) for tensor in tensors]
    machine = fakes.machine(folder, tensors[0].nbytes)
    expected = Expected(here[0].shape, here[0].dtype, litert)
    return emulator.infer(machine, path, tensors, expected, limit_s), here


@pytest.mark.parametrize("int8", [False, True])
def test_outputs_come_back_in_order(tmp_path: Path, int8: bool) -> None:
    outcome, here = infer(tmp_path, file(tmp_path, int8=int8), int8)
    assert len(outcome.outputs) == 3
    for ours, theirs in zip(here, outcome.outputs, strict=True):
        assert theirs.dtype == ours.dtype
        np.testing.assert_array_equal(theirs, ours)
    assert outcome.instructions == 1000 + 3 * 500
    assert outcome.delegate == runners.load(file(tmp_path, int8=int8)).delegate


def test_only_the_end_of_what_is_printed_is_read(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"answered 'x+', not what it ran"):
        infer(tmp_path, file(tmp_path, "babble"))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("hang", "hang.tflite: no result after 1 s under qemu-aarch64"),
        ("crash", "crash.tflite: the run under qemu-aarch64 was killed by signal 11: no message"),
        (
            "complain",
            "complain.tflite: the run under qemu-aarch64 ended with status 1: ValueError: no such operator",
        ),
        ("short", "short.tflite: 24575 bytes came back from the emulated machine, not 24576"),
        ("uncounted", "uncounted.tflite: the counter of instructions wrote b'many.n', not a number"),
    ],
)
def test_what_goes_wrong_is_one_line(tmp_path: Path, fault: str, message: str) -> None:
    with pytest.raises(DeviceError, match=message) as caught:
        infer(tmp_path, file(tmp_path, fault), limit_s=1 if fault == "hang" else 60)
    assert "\n" not in str(caught.value)


def test_another_processor_is_refused(tmp_path: Path) -> None:
    """A qemu that runs x86 code natively, say through binfmt, would agree with this machine perfectly."""
    import platform

    if platform.machine() == emulator.ARCHITECTURE:
        pytest.skip("this machine is an ARM one itself")
    with pytest.raises(DeviceError, match=f"ran on '{platform.machine()}' with LiteRT .*, not on aarch64"):
        infer(tmp_path, file(tmp_path, "elsewhere"))


def test_another_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=f"with LiteRT '{LITERT}' through .*, not on aarch64 with 1.0 "):
        infer(tmp_path, file(tmp_path), litert="1.0")


def test_a_missing_emulator(tmp_path: Path) -> None:
    machine = fakes.machine(tmp_path, 1)
    Path(machine.qemu).unlink()
    expected = Expected((1,), np.dtype(np.float32), LITERT)
    with pytest.raises(DeviceError, match="qemu-aarch64: No such file or directory"):
        emulator.infer(machine, tmp_path / "model.tflite", [np.zeros(1)], expected, 1)

"""The shipped kind of file on tflite-runtime 2.14, which phones in the field are as old as.

It needs NumPy 1, so it gets an environment of its own; pip fetches both.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.metrics import fidelity

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
RUN = """
import sys, numpy as np
from tflite_runtime.interpreter import Interpreter
file, picture, out = sys.argv[1:]
interpreter = Interpreter(file)
interpreter.allocate_tensors()
(image,), (output,) = interpreter.get_input_details(), interpreter.get_output_details()
values = np.load(picture)[None]
scale, zero = image["quantization"]
values = (values / scale + zero).round().astype(image["dtype"]) if scale else values.astype(np.float32)
interpreter.set_tensor(image["index"], values)
interpreter.invoke()
found = interpreter.get_tensor(output["index"])[0, :, :, 0].astype(np.float32)
scale, zero = output["quantization"]
np.save(out, (found - zero) * scale if scale else found)
"""


@pytest.fixture(scope="module")
def old_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    install: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "tflite-runtime==2.14.0",
        "numpy<2",
    ]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"tflite-runtime 2.14 cannot be installed here: {done.stderr.strip()[-200:]}")
    return python


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artifacts")
    command = [sys.executable, "-m", "export.all", "--model", "mn", "--size", "192x192", "--target", "tflite"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*command, "--out", str(folder)], env=environment, check=True, capture_output=True)
    return folder / "mn@192x192"


@pytest.mark.parametrize("name", ["model_float32.tflite", "model_int8.tflite", "model_int8_full.tflite"])
def test_runs_and_agrees(old_python: Path, artifact: Path, tmp_path: Path, name: str) -> None:
    np.save(tmp_path / "picture.npy", np.asarray(Image.open(artifact / "golden" / "input.png")))
    paths = [artifact / name, tmp_path / "picture.npy", tmp_path / "out.npy"]
    done = subprocess.run(
        [old_python, "-c", RUN, *paths], capture_output=True, text=True, check=False, env={}
    )
    assert done.returncode == 0, done.stderr
    golden = np.fromfile(artifact / "golden" / "log_disparity.f32", "<f4").reshape(192, 192)
    assert fidelity(golden, np.load(tmp_path / "out.npy"))["within_1_25"] >= 99

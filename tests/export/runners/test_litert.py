from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from export import runners
from export.runners import RunnerError, litert
from tests.export import handmade

HEIGHT, WIDTH = 4, 6


@pytest.fixture
def image() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)


def written(folder: Path, int8: bool, **options: int) -> Path:
    path = folder / "model.tflite"
    path.write_bytes(handmade.convolution(HEIGHT, WIDTH, int8, **options))
    return path


def expected(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    values: NDArray[np.float32] = image.astype(np.float32) @ handmade.WEIGHTS + handmade.BIAS
    return values


@pytest.mark.parametrize("reference", [False, True])
def test_float_file(tmp_path: Path, image: NDArray[np.uint8], reference: bool) -> None:
    runner = litert.load(written(tmp_path, int8=False), reference=reference)
    assert (runner.height, runner.width) == (HEIGHT, WIDTH)
    assert runner.delegate == ("reference" if reference else "XNNPACK")
    assert runner.input == runner.output == {"dtype": "float32"}
    np.testing.assert_allclose(runners.run(runner, image), expected(image), rtol=1e-5)


@pytest.mark.parametrize("reference", [False, True])
def test_int8_file_is_fed_bytes_less_128_and_read_in_real_numbers(
    tmp_path: Path, image: NDArray[np.uint8], reference: bool
) -> None:
    runner = litert.load(written(tmp_path, int8=True), reference=reference)
    assert runner.input == {"dtype": "int8", "scale": 1.0, "zero_point": -128}
    assert runner.output == {"dtype": "int8", "scale": 1.0, "zero_point": 0}
    tensor = runner.tensor(image)
    assert tensor.dtype == np.int8
    np.testing.assert_array_equal(tensor[0].astype(int), image.astype(int) - 128)
    assert runner.predict(tensor).dtype == np.int8
    kept = np.clip(expected(image), -128, 127)
    np.testing.assert_allclose(runners.run(runner, image), kept, atol=0.51)


def test_an_output_is_not_changed_by_the_next_run(tmp_path: Path, image: NDArray[np.uint8]) -> None:
    runner = litert.load(written(tmp_path, int8=False))
    first = runner.predict(runner.tensor(image))
    before = first.copy()
    second = runner.predict(runner.tensor(255 - image))
    np.testing.assert_array_equal(first, before)
    assert not np.array_equal(first, second)


def test_an_image_of_another_size_is_refused(tmp_path: Path) -> None:
    runner = litert.load(written(tmp_path, int8=False))
    with pytest.raises(ValueError, match=r"image is \(4, 4, 3\)"):
        runner.tensor(np.zeros((4, 4, 3), np.uint8))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_truncated_file(tmp_path: Path, share: float) -> None:
    path = written(tmp_path, int8=False)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(RunnerError, match=r"model\.tflite: not a TFLite file") as caught:
        runners.load(path)
    assert "\n" not in str(caught.value)


def test_foreign_files(tmp_path: Path) -> None:
    path = tmp_path / "photo.tflite"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    with pytest.raises(RunnerError, match=r"photo\.tflite: not a TFLite file"):
        runners.load(path)
    with pytest.raises(RunnerError, match="not one image 1×H×W×3"):
        runners.load(written(tmp_path, int8=False, channels=4))
    with pytest.raises(RunnerError, match=r"absent\.tflite"):
        runners.load(tmp_path / "absent.tflite")


def test_torch_is_not_needed() -> None:
    code = "import sys; import export.runners.litert; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])

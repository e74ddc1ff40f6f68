from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from export import runners
from export.runners import RunnerError
from tests.export import alive
from training import checkpoint


def test_a_checkpoint_runs_at_any_multiple_of_32(tmp_path: Path) -> None:
    network = alive.network("mn")
    path = tmp_path / "mn.safetensors"
    checkpoint.write_weights(path, network.source.model.state_dict(), "mn", {})
    runner = runners.load(path)
    np.testing.assert_allclose(runners.run(runner, network.image), network.expected, atol=1e-4)
    assert runners.run(runner, np.zeros((32, 160, 3), np.uint8)).shape == (32, 160)
    with pytest.raises(RunnerError, match="takes multiples of 32, not 50×64"):
        runner.tensor(np.zeros((50, 64, 3), np.uint8))


@pytest.mark.parametrize("name", ["x.safetensors", "x.ckpt", "x.pth", "x.bin"])
def test_junk_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"junk")
    with pytest.raises(RunnerError, match=name) as caught:
        runners.load(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(RunnerError, match=r"absent\.onnx: no such file"):
        runners.load(Path("absent.onnx"))

"""All eight networks: size, cost, output, and the authors' own outputs where they are at hand."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor

from training import models
from training.models import madds
from training.models.lrn import LrnDepth
from training.models.paper_weights import load_paper_weights

# Appendix D and table 3 of the paper, digits as measured on the authors' classes.
PARAMS_M = {"mn": 2.419, "lite0": 3.550, "b0": 4.234, "b1": 6.739, "b2": 7.970, "b3": 11.026,
            "b4": 17.998, "b5": 28.908}  # fmt: skip
MADDS_384 = {"mn": 1.019, "lite0": 1.265, "b0": 1.432, "b1": 1.971, "b2": 2.251, "b3": 3.292,
             "b4": 5.054, "b5": 7.627}  # fmt: skip
# With 2 per batch-norm output and 25 per pooling output, as the paper seems to have counted.
PAPER_MADDS_384 = {"mn": 1.17, "b0": 1.66, "b1": 2.22, "b2": 2.5, "b3": 3.61, "b4": 5.44, "b5": 8.07}
TOLERANCE = dict.fromkeys(("b0", "b1", "b2", "b3", "b4", "b5"), 5e-5) | {"mn": 5e-4, "lite0": 5e-4}
OUTPUTS = [(name, "256x320") for name in PARAMS_M] + [
    (name, "384x384") for name in ("mn", "lite0", "b0", "b5")
]


@pytest.mark.parametrize("name", models.NAMES)
def test_size_and_cost(name: str) -> None:
    model = models.build(name)
    assert madds.parameters(model) / 1e6 == pytest.approx(PARAMS_M[name], abs=5e-4)
    by_layer = madds.by_layer_type(model, 384, 384)
    assert madds.count(model, 384, 384) / 1e9 == pytest.approx(MADDS_384[name], abs=5e-4)
    if name in PAPER_MADDS_384:
        assert sum(by_layer.values()) / 1e9 == pytest.approx(PAPER_MADDS_384[name], rel=0.015)


@pytest.mark.parametrize("name", models.NAMES)
def test_output_has_the_size_of_the_input(name: str) -> None:
    with torch.no_grad():
        output = models.build(name).eval()(torch.zeros(1, 3, 64, 96))
    assert output.shape == (1, 1, 64, 96)
    assert torch.isfinite(output).all()


def test_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(models.ModelError, match="'resnet': choose one of mn, lite0, b0"):
        models.build("resnet")


def test_importing_the_names_loads_no_torch() -> None:
    code = "import sys, training.models; assert 'torch' not in sys.modules; print(training.models.NAMES)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "lite0" in done.stdout


@pytest.mark.parametrize(("name", "size"), OUTPUTS)
def test_reference_outputs(paper: Path, tmp_path: Path, name: str, size: str) -> None:
    checkpoint = tmp_path / f"{name}_lrn4.pth"
    torch.save(synthetic_state(paper, name), checkpoint)
    reference = np.load(paper / "outputs" / f"{name}_{size}.npz")
    image = torch.from_numpy(reference["input_rgb_uint8"]).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        output = load_paper_weights(checkpoint)(image)[0, 0].numpy()
    assert np.abs(output - reference["log_disparity"]).max() < TOLERANCE[name]


def synthetic_state(paper: Path, name: str) -> dict[str, Tensor]:
    layout = json.loads((paper / "keys" / f"{name}.json").read_text())
    weights = module(paper / "fixture_weights.py").synthetic_state(layout)
    return {key: torch.from_numpy(value.copy()) for key, value in weights.items()}


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_taps_and_decoder_are_where_they_should_be() -> None:
    """Cheap stand-in for the reference outputs: what the facts say of taps and of the decoder."""
    lite0 = models.build("lite0").eval()
    with torch.no_grad():
        taps = lite0.encoder(torch.zeros(1, 3, 64, 64))
    assert [t.shape[1] for t in taps] == [16, 24, 40, 80, 320]
    assert [t.shape[2] for t in taps] == [32, 16, 8, 4, 2]
    assert_decoder_is_linear_in_the_head(lite0)


def assert_decoder_is_linear_in_the_head(model: LrnDepth) -> None:
    """No activation after the head: doubling its weights doubles the output."""
    image = torch.rand(1, 3, 64, 64) * 255
    with torch.no_grad():
        before = model(image)
        model.decoder.head.weight *= 2
        assert model.decoder.head.bias is not None
        model.decoder.head.bias *= 2
        torch.testing.assert_close(model(image), 2 * before)

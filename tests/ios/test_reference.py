"""What the Swift tests are given: `make test-ios` runs them, these keep it whole in between."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from export import golden
from tests.ios import reference


@pytest.mark.parametrize("name", reference.CASES)
def test_every_case_names_files_that_are_there(name: str, tmp_path: Path) -> None:
    cases = list(reference.CASES[name](tmp_path))
    assert len(cases) >= 3
    named = {v for one in cases for v in one.values() if isinstance(v, str) and "." in v}
    assert named == {path.name for path in tmp_path.iterdir()}
    json.dumps(cases)


def test_fits_enlarge_and_shrink_by_both_rules(tmp_path: Path) -> None:
    factors = [
        photo / box
        for one in reference.fits(tmp_path)
        for photo, box in zip(one["photo_size"], one["box"][2:], strict=True)
    ]
    assert min(factors) < 1 < max(factors)
    assert {1.0, 2.0} <= set(factors)
    assert any(f > 2 for f in factors)


def test_pictures_become_raw_bytes(tmp_path: Path) -> None:
    image = reference.picture(64, 96)
    golden.write(tmp_path / "golden", image, np.zeros((64, 96), np.float32), [])
    reference.add_raw(tmp_path)
    assert (tmp_path / "golden/input.rgb").read_bytes() == image.tobytes()
    height, width = json.loads((tmp_path / "golden/frame.json").read_text())
    assert (tmp_path / "golden/frame.rgb").stat().st_size == height * width * 3

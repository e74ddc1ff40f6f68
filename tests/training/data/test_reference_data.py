"""What is found of the reference data, where it lies beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.data.readers import READERS
from training.data.sample import Kind

DATA = Path(__file__).parents[4] / "shared" / "data"

# Training images and those held out of them, and how many are absolute, up to scale, up to scale and shift.
COUNTS: dict[str, tuple[int, int, tuple[int, int, int]]] = {
    "nyu": (500, 27, (412, 115, 0)),
    "kitti2015": (32, 2, (34, 0, 0)),
    "kitti2012": (7, 0, (7, 0, 0)),
    "kitti_depth": (9, 0, (9, 0, 0)),
    "kitti_object_lidar": (5, 0, (5, 0, 0)),
    "stereo_photo": (200, 11, (0, 7, 204)),
    "mvs_outdoor": (47, 0, (0, 47, 0)),
    "mvs_indoor": (46, 5, (0, 51, 0)),
    "mvs2_outdoor": (71, 4, (0, 48, 27)),
    "mvs2_indoor": (138, 6, (0, 104, 40)),
    "rgbd_rooms": (79, 4, (83, 0, 0)),
    "rgbd_objects": (13, 1, (14, 0, 0)),
    "rgbd_plants": (19, 1, (20, 0, 0)),
    "rgbd_synth": (10, 1, (7, 4, 0)),
    "tabletop": (16, 1, (17, 0, 0)),
    "street": (26, 1, (27, 0, 0)),
    "rendered": (156, 8, (0, 164, 0)),
    "phone": (16, 1, (0, 0, 17)),
    "portrait": (3, 0, (0, 0, 3)),
    "lidar_phone": (2, 0, (2, 0, 0)),
}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the reference data is not on this machine")


@pytest.mark.parametrize("name", COUNTS)
def test_every_training_image_can_be_read(name: str) -> None:
    parts = [READERS[name].find(DATA, held_out) for held_out in (False, True)]
    lengths = tuple(len(reader) if reader else 0 for reader in parts)
    assert lengths == COUNTS[name][:2]
    samples = [reader[i] for reader in parts if reader for i in range(len(reader))]
    kinds = tuple(sum(sample.kind is kind for sample in samples) for kind in Kind)
    assert kinds == COUNTS[name][2]
    for sample in samples:
        assert sample.valid.any()
        assert (sample.disparity[sample.valid] > 0).all()
        if sample.kind is Kind.ABSOLUTE:
            assert 1 / 120 < sample.disparity[sample.valid].mean() < 1 / 0.15
    assert not {s.image.tobytes() for s in samples[: lengths[0]]} & {
        s.image.tobytes() for s in samples[lengths[0] :]
    }


def test_nothing_else_is_found() -> None:
    assert {name for name, s in READERS.items() if s.find(DATA, False) is not None} == set(COUNTS)

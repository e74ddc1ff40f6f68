from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.judging import predictions, scoring
from bench.judging.predictions import INDEX, Pass, Store
from bench.judging.protocol import Protocol
from bench.testsets.shot import DataError, Pair, Shots, Truth
from export.fit import Fit
from training import metrics
from training.resample import bilinear

SIZE = 32
DEPLOYED = Protocol(SIZE, SIZE, Fit("letterbox"))


@dataclass
class Red:
    """A runner whose log-disparity is red/64; it counts its inferences and can fail at one of them."""

    fails_at: int = -1
    runs: int = 0
    batches: list[int] = field(default_factory=list)
    height: int = 0
    width: int = 0
    delegate: str = "fake"
    input: dict[str, Any] = field(default_factory=dict)
    output: dict[str, Any] = field(default_factory=dict)

    def tensor(self, image: NDArray[Any]) -> NDArray[Any]:
        return image[None].astype(np.float32)

    def predict(self, tensor: NDArray[Any]) -> NDArray[Any]:
        if self.runs == self.fails_at:
            raise KeyboardInterrupt
        self.runs += 1
        self.batches.append(len(tensor))
        return tensor[..., 0] / 64

    def log_disparity(self, output: NDArray[Any]) -> NDArray[np.float32]:
        return np.asarray(output[0], np.float32)


def photo(index: int) -> NDArray[np.uint8]:
    """Wide photos, the last two wider still."""
    width = 48 if index < 3 else 64
    return np.random.default_rng(index).integers(0, 256, (24, width, 3), dtype=np.uint8)


def shots(count: int = 5, truth: Any = lambda i: None) -> Shots:
    names = tuple(f"photo {i}" for i in range(count))
    return Shots(names, names, photo, truth)


def opened(folder: Path, protocol: Protocol = DEPLOYED, of: Shots | None = None, how: str = "") -> Store:
    return predictions.opened(folder, "ab" * 32, protocol, how, "folder", of or shots())


def predict(
    runner: Red, store: Store, protocol: Protocol = DEPLOYED, of: Shots | None = None, **how: Any
) -> Pass:
    return predictions.predict(runner, protocol, of or shots(), store, how.pop("pairs", False), **how)


def test_outputs_lie_on_disk_without_their_padding(tmp_path: Path) -> None:
    predict(Red(), opened(tmp_path))
    again = opened(tmp_path)
    assert sorted(again.entries) == [0, 1, 2, 3, 4]
    assert (again.entries[4].height, again.entries[4].width) == (24, 64)
    assert again.output(0).shape == (16, 32)
    whole = DEPLOYED.image(photo(0))[..., 0].astype(np.float32) / np.float32(64)
    assert np.array_equal(again.output(0), DEPLOYED.inner(whole, 24, 48))


def test_nothing_is_predicted_twice(tmp_path: Path) -> None:
    predict(Red(), opened(tmp_path))
    second = Red()
    assert predict(second, opened(tmp_path)).images == 0
    assert second.runs == 0


def test_an_interrupted_pass_goes_on(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        predict(Red(fails_at=3), opened(tmp_path))
    rest = Red()
    predict(rest, opened(tmp_path))
    assert rest.runs == 2
    assert not list(tmp_path.rglob("*.tmp"))
    assert sorted(opened(tmp_path).entries) == [0, 1, 2, 3, 4]


def test_a_line_cut_short_is_made_again(tmp_path: Path) -> None:
    store = opened(tmp_path)
    predict(Red(), store)
    index = store.folder / INDEX
    index.write_bytes(index.read_bytes()[:-5])
    assert len(opened(tmp_path).entries) == 4
    rest = Red()
    predict(rest, opened(tmp_path))
    assert rest.runs == 1
    assert all(json.loads(line) for line in index.read_text().splitlines())


def test_another_file_protocol_or_kind_has_a_store_of_its_own(tmp_path: Path) -> None:
    folders = {
        opened(tmp_path).folder,
        opened(tmp_path, Protocol()).folder,
        opened(tmp_path, how="predicts depth").folder,
        opened(tmp_path, of=shots(4)).folder,
        predictions.opened(tmp_path, "cd" * 32, DEPLOYED, "", "folder", shots()).folder,
    }
    assert len(folders) == 5


def test_photos_of_one_size_go_in_together(tmp_path: Path) -> None:
    """The published protocol keeps their shapes: three of one, two of another."""
    alone, together = opened(tmp_path / "a", Protocol()), opened(tmp_path / "b", Protocol())
    predict(Red(), alone, Protocol())
    runner = Red()
    predict(runner, together, Protocol(), batch=4)
    assert runner.batches == [3, 2]
    for i in range(5):
        assert np.array_equal(alone.output(i), together.output(i))


def test_of_pairs_only_two_values_are_kept(tmp_path: Path) -> None:
    pairs = shots(truth=lambda i: Truth(pair=Pair((1, 1, 20, 40), ">")))
    store = opened(tmp_path, of=pairs)
    predict(Red(), store, of=pairs, pairs=True)
    assert {p.name for p in store.folder.iterdir()} == {INDEX, predictions.ABOUT}
    inner = DEPLOYED.inner(DEPLOYED.image(photo(3))[..., 0].astype(np.float32) / np.float32(64), 24, 64)
    values = opened(tmp_path, of=pairs).entries[3].values
    assert values is not None
    expected = metrics.whdr(bilinear(inner, 24, 64), np.array([1, 1, 20, 40]), [">"])
    assert scoring.ordinal(values, ">")["whdr"] == expected


def test_broken_files_are_named(tmp_path: Path) -> None:
    store = opened(tmp_path)
    predict(Red(), store)
    (store.folder / "000002.npy").write_bytes(b"\x93NUMPY broken")
    with pytest.raises(DataError, match=r"000002\.npy: not a prediction that can be read; delete"):
        store.output(2)
    (store.folder / INDEX).write_text("not json\n")
    with pytest.raises(DataError, match=r"photos\.jsonl: a line is broken"):
        opened(tmp_path)


def test_a_photo_that_cannot_be_read_stops_and_keeps_the_rest(tmp_path: Path) -> None:
    def broken(index: int) -> NDArray[np.uint8]:
        if index == 4:
            raise DataError("4.jpg: not a picture")
        return photo(index)

    of = Shots(shots().names, shots().groups, broken, lambda i: None)
    with pytest.raises(DataError, match=r"4\.jpg"):
        predict(Red(), opened(tmp_path), of=of)
    assert sorted(opened(tmp_path).entries) == [0, 1, 2, 3]


def test_a_photo_too_long_for_the_published_protocol_is_named(tmp_path: Path) -> None:
    strip = Shots(("strip",), ("strip",), lambda i: np.zeros((2, 900, 3), np.uint8), lambda i: None)
    with pytest.raises(DataError, match="strip: 900×2 is too long"):
        predict(Red(), opened(tmp_path, Protocol()), Protocol(), strip)

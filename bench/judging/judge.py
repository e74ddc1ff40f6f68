"""All files of a model on the same images, as deployed: accuracy, and fidelity to the float model.

Each image is decoded once, ahead of the networks, and goes through every file; scoring runs beside them.
Only figures are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.judging import fidelity, planes, scoring
from bench.judging.ahead import ahead
from bench.judging.fidelity import columns as columns_of
from bench.judging.hot_pixels import hot_pixels
from bench.judging.protocol import Protocol
from bench.row import Accuracy
from bench.testsets import TESTSETS, TestSet
from bench.testsets.shot import Shots, Truth, checked_size
from export import runners
from export.runners import Runner

Map = NDArray[np.float32]
Figures = Mapping[str, float]


@dataclass(frozen=True)
class Image:
    """One image, ready for the networks."""

    index: int
    pixels: NDArray[Any]
    height: int
    width: int
    truth: Truth | None


@dataclass(frozen=True)
class Scored:
    """One image through every file: role → figures. accuracy, fidelity, planes: {} where there are none."""

    accuracy: Mapping[str, Figures]
    fidelity: Mapping[str, Figures]
    planes: Mapping[str, Figures]


@dataclass(frozen=True)
class Judged:
    """What a row says of a file, and where it comes from: set → metric → a value an image."""

    accuracy: dict[str, Accuracy]
    fidelity: dict[str, float] | None
    planes: dict[str, float] | None
    columns: dict[str, dict[str, NDArray[np.float64]]]


def judge(
    files: Mapping[str, Runner],
    reference: str | None,
    protocol: Protocol,
    trained_on: Sequence[str],
    sets: Mapping[str, Shots],
    progress: Callable[[str], None],
) -> dict[str, Judged]:
    """Score every file (role → runner) on every set; `reference` is the role of the float model."""
    scored: dict[str, list[Scored]] = {}
    for name, shots in sets.items():
        progress(f"{name}: {len(shots)} images")
        scored[name] = list(_scored(files, reference, protocol, TESTSETS[name], shots))
    return {role: _judged(role, reference, protocol, trained_on, sets, scored) for role in files}


def read(shots: Shots, index: int, protocol: Protocol) -> Image:
    """Photo and truth of one image; DataError where the truth has another size."""
    photo, truth = shots.photo(index), shots.truth(index)
    height, width = photo.shape[:2]
    checked_size(shots.place(index), truth, height, width)
    return Image(index, protocol.image(photo), height, width, truth)


def _scored(
    files: Mapping[str, Runner],
    reference: str | None,
    protocol: Protocol,
    test_set: TestSet,
    shots: Shots,
) -> Iterator[Scored]:
    """The figures of each image, computed in a thread beside the networks."""

    def outputs() -> Iterator[tuple[Image, dict[str, Map]]]:
        for image in ahead(lambda i: read(shots, i, protocol), range(len(shots))):
            yield image, {role: runners.run(runner, image.pixels) for role, runner in files.items()}

    yield from ahead(lambda made: _figures(*made, reference, protocol, test_set), outputs(), waiting=2)


def _figures(
    image: Image, outputs: Mapping[str, Map], reference: str | None, protocol: Protocol, test_set: TestSet
) -> Scored:
    accuracy = {
        role: figures
        for role, output in outputs.items()
        if (figures := of_image(protocol.inner(output, image.height, image.width), image, test_set.cap_m))
    }
    if reference is None:
        return Scored(accuracy, {}, {})
    float_output = outputs[reference]
    others = {role: output for role, output in outputs.items() if role != reference}
    compared = {role: _fidelity(float_output, output) for role, output in others.items()}
    found = _planes(float_output, image, protocol)
    finite = {role: output for role, output in others.items() if np.isfinite(output).all()}
    flat = {role: planes.compare(found, output) for role, output in finite.items()} if found else {}
    return Scored(accuracy, compared, flat)


def _planes(float_output: Map, image: Image, protocol: Protocol) -> planes.Planes | None:
    if not np.isfinite(float_output).all():
        return None
    box = protocol.box(float_output, image.height, image.width)
    return planes.find(float_output, box=box, photo=(image.height, image.width))


def of_image(inner: Map, image: Image, cap_m: float | None) -> dict[str, float]:
    """Metric → value; {} where nothing is known of the image."""
    truth = image.truth
    if truth is None:
        return {}
    if truth.pair is not None:
        if not np.isfinite(inner).all():
            return {"whdr": np.nan, "utss_whdr": np.nan}
        values = scoring.pair_values(inner, truth.pair.points, image.height, image.width)
        return scoring.ordinal(values, truth.pair.relation)
    return scoring.figures(inner, truth, cap_m)


def _fidelity(reference: Map, output: Map) -> dict[str, float]:
    """Of one image; of an output that is not finite no more than that."""
    found = fidelity.of_image(reference, output)
    if "not_finite" in found:
        return found
    return found | {
        "constant": float(fidelity.constant(output)),
        "hot_pixels_ppm": 1e6 * hot_pixels(reference, output) / output.size,
    }


def _judged(
    role: str,
    reference: str | None,
    protocol: Protocol,
    trained_on: Sequence[str],
    sets: Mapping[str, Shots],
    scored: Mapping[str, Sequence[Scored]],
) -> Judged:
    beside = reference if reference != role else None
    columns = {
        name: columns_of([s.accuracy.get(role, {}) for s in images]) for name, images in scored.items()
    }
    columns = {name: found for name, found in columns.items() if found}
    accuracy = {}
    for name, values in columns.items():
        test_set = TESTSETS[name]
        float_values = columns_of([s.accuracy.get(beside, {}) for s in scored[name]]) if beside else None
        made = scoring.scores(values, float_values, sets[name].groups, test_set.by_scene)
        seen = test_set.seen_by(trained_on)
        accuracy[name] = Accuracy(words(protocol, test_set), made, seen)
    images = [image for those in scored.values() for image in those]
    compared = [s.fidelity[role] for s in images if role in s.fidelity]
    flat = [s.planes[role] for s in images if role in s.planes]
    return Judged(accuracy, _whole(compared), _flatness(flat), columns)


def words(protocol: Protocol, test_set: TestSet) -> str:
    """The protocol beside a figure: size, fit, cap, and over what it is averaged."""
    cap = f", cap {test_set.cap_m:g} m" if test_set.cap_m else ""
    return f"{protocol}{cap}{', mean over scenes' if test_set.by_scene else ''}"


def _whole(images: Sequence[Figures]) -> dict[str, float] | None:
    """Fidelity over all images of all sets."""
    if not images:
        return None
    hot = columns_of(images).get("hot_pixels_ppm")
    return fidelity.summary(images) | ({} if hot is None else {"hot_pixels_ppm": float(np.nanmean(hot))})


def _flatness(images: Sequence[Figures]) -> dict[str, float] | None:
    """Means over the images with planes; `images`: how many those are."""
    if not images:
        return None
    columns = {name: values for name, values in columns_of(images).items() if np.isfinite(values).any()}
    means = {name: float(np.nanmean(values)) for name, values in columns.items()}
    return means | {"images": float(len(images))}

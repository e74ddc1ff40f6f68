"""What people look at in a report of a model: depth maps, clouds to turn, the worst images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.judging import worst
from bench.judging.judge import Judged
from bench.judging.protocol import Protocol
from bench.picture import cloud
from bench.row import Cloud, Picture, Worst
from bench.testsets import TESTSETS
from bench.testsets.shot import RGB, Map, Shots
from export import geometry, runners
from export.fit import Box, placement, to_network
from export.manifest import Manifest
from export.runners import Runner

# The sets whose first image is shown.
PICTURED = ("motorcycle", "nyu_dev", "kitti2015")
# Files whose cloud can be turned on the page: the float model's, and the first quantized one.
CLOUDS = 2


@dataclass(frozen=True)
class Shown:
    """The pictures of a model, as a Report takes them."""

    pictures: tuple[Picture, ...]
    worst: tuple[Worst, ...]
    clouds: tuple[Cloud, ...]


@dataclass(frozen=True)
class Judges:
    """A model's files that were judged: role → runner and figures, the float model first; titles."""

    model: Manifest
    runners: Mapping[str, Runner]
    judged: Mapping[str, Judged]
    titles: Mapping[str, str]


def shown(of: Judges, asked: tuple[str, ...], sets: Mapping[str, Shots]) -> Shown:
    """Pictures of the first image of PICTURED through each file asked for, clouds to turn of the first of
    these, and of each set the image that the first file gets most wrong.
    """
    pictured = [sets[name] for name in PICTURED if name in sets]
    seen = [_seen(of, role, shots) for role in asked for shots in pictured]
    quantized_first = sorted(asked, key=lambda role: "int8" not in role)
    roles = list(dict.fromkeys((next(iter(of.runners)), *quantized_first)))[:CLOUDS]
    clouds = [_cloud(of, role, pictured[0]) for role in roles if pictured]
    bad = [made for name, shots in sets.items() if (made := _worst(of, name, shots)) is not None]
    return Shown(tuple(seen), tuple(bad), tuple(clouds))


def _cloud(of: Judges, role: str, shots: Shots) -> Cloud:
    """A set's first image through a file, as points."""
    image, output, box = _through(of, role, shots)
    points = geometry.points(output, box=box, photo=shots.photo(0).shape[:2])
    return Cloud(shots.names[0], of.model.name, of.titles[role], points, box.cut(image).reshape(-1, 3))


def _seen(of: Judges, role: str, shots: Shots) -> Picture:
    """A set's first image through a file: input, depth map, cloud from the side."""
    image, output, _ = _through(of, role, shots)
    turned = _cloud(of, role, shots)
    side = cloud(turned.points, turned.colours, *output.shape)
    return Picture(turned.title, turned.model, turned.variant, image, geometry.colour_map(output), side)


def _through(of: Judges, role: str, shots: Shots) -> tuple[RGB, Map, Box]:
    """Network input, output, and where the photo lies in both."""
    model, photo = of.model, shots.photo(0)
    image = to_network(photo, model.height, model.width, model.fit)
    box = placement(photo.shape[0], photo.shape[1], model.height, model.width, model.fit.mode)
    return image, runners.run(of.runners[role], image), box


def _worst(of: Judges, name: str, shots: Shots) -> Worst | None:
    """The image of a set that the first file gets most wrong, through all of them."""
    model, metric = of.model, TESTSETS[name].metric
    columns = of.judged[next(iter(of.runners))].columns.get(name)
    found = worst.indices(columns, metric, 1) if columns else []
    if not found or metric == "whdr":
        return None
    protocol, photo = Protocol(model.height, model.width, model.fit), shots.photo(found[0])
    image = protocol.image(photo)
    files = []
    for role, runner in of.runners.items():
        inner = protocol.inner(runners.run(runner, image), *photo.shape[:2])
        errors = {m: float(v[found[0]]) for m, v in of.judged[role].columns[name].items()}
        files.append((of.titles[role], inner, errors))
    return worst.picture(worst.Shown(name, shots, found[0], model.name, TESTSETS[name].cap_m), files)

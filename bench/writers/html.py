"""The report as one self-contained page: nothing is loaded from elsewhere."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.row import Report, Row, Through, Worst
from bench.testsets import TESTSETS
from bench.writers import devices, figures
from bench.writers.chooser import Choice, embedded, grouped
from bench.writers.plot import tradeoff
from bench.writers.scene import scenes

FOLDER = Path(__file__).parent
TEMPLATE = "report.html.jinja"
# Groups of worst images that are unfolded at first.
UNFOLDED = 3
TILE_PX = 190


def html(report: Report) -> str:
    """The page; every text that came from outside is escaped."""
    return page(report, (), [("Machine", report.machine)] if report.machine else [])


def page(report: Report, advice: Sequence[str], machines: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """The page of what may come from several machines (title, description), with advice on top."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plots, clouds, heat = tradeoff(report.rows), scenes(report.clouds), devices.over_time(report.rows)
    return environment.get_template(TEMPLATE).render(
        **_tables(report.rows),
        f=figures,
        plots=_chooser(plots),
        clouds=_chooser(clouds),
        heat=_chooser(heat),
        plotly=_plotly() if plots or clouds or heat else "",
        worst=_worst(report.worst),
        pictures=_pictures(report),
        skipped=report.skipped,
        advice=advice,
        machine=_machine(report.machine),
        machines=[(title, _machine(machine)) for title, machine in machines],
    )


def _tables(rows: Sequence[Row]) -> dict[str, Any]:
    """What the tables show. lost: the sets of which some row knows how much it lost against float."""
    files = figures.first_of_each_file(rows)
    scored = [row for row in files if row.accuracy or row.gate != "none"]
    names = figures.set_names(files)
    return {
        "verdict": figures.verdict(files),
        "failed": [row for row in files if row.gate == "fail"],
        "costs": [row for row in rows if row.timing is not None or row.instructions is not None],
        "scored": scored,
        "compared": [row for row in files if row.fidelity or row.planes],
        "columns": figures.compared(files),
        "gated": any(row.gate != "none" for row in files),
        "set_names": names,
        "titles": {name: TESTSETS[name].title for name in names},
        "lost": [name for name in names if any(figures.drop(figures.headline(r, name)) != figures.NONE
                                               for r in scored)],
        "tags": figures.protocol_tags(files),
        "protocols": figures.protocols(files),
        "devices": len({row.device for row in rows}) > 1,
        "delegates": figures.several_delegates(rows),
        "of_devices": devices.of_devices(rows),
        "profiles": [row for row in rows if row.profile],
    }  # fmt: skip


def _chooser(choices: Sequence[Choice]) -> dict[str, Any] | None:
    return {"groups": grouped(choices), "json": embedded(choices)} if choices else None


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    script: str = get_plotlyjs()
    return script


def _machine(machine: Mapping[str, Any]) -> list[tuple[str, str]]:
    shown = []
    for key, value in machine.items():
        if isinstance(value, Mapping):
            shown.append((key, ", ".join(f"{k} {v}" for k, v in value.items())))
        elif isinstance(value, list | tuple):
            shown.append((key, " ".join(map(str, value)) or "none"))
        elif key == "memory_bytes":
            shown.append(("memory", f"{value / 2**30:.1f} GiB"))
        else:
            shown.append((key, str(value)))
    return shown


def _worst(worst: Sequence[Worst]) -> list[dict[str, Any]]:
    """The images of each model and set."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for image in worst:
        start = {"model": image.model, "set": image.set_name, "images": [], "open": len(groups) < UNFOLDED}
        group = groups.setdefault((image.model, image.set_name), start)
        height, width = image.photo.shape[:2]
        group["images"].append(
            {
                "name": image.image_name,
                "photo": _inline(image.photo),
                "truth": None if image.truth is None else _inline(image.truth),
                "files": [_through(file, image.set_name) for file in image.files],
                "aspect": f"{width} / {height}",
                # Tiles of about the same area, whatever the photo's shape.
                "tile": round(TILE_PX * max(0.75, (width / height) ** 0.5)),
            }
        )
    return list(groups.values())


def _through(file: Through, set_name: str) -> dict[str, Any]:
    """errors: the set's own metric first, in words; all: every one."""
    test_set = TESTSETS.get(set_name)
    metric = test_set.metric if test_set else ""
    known = [m for m in (metric, figures.UTSS + metric) if m in file.errors] or list(file.errors)
    texts = {m: f"{figures.title_of(m)}: {figures.metric_value(m, v)}" for m, v in file.errors.items()}
    return {
        "variant": file.variant,
        "depth": _inline(file.depth),
        "difference": None if file.difference is None else _inline(file.difference),
        "error": texts[known[0]] if known else "",
        "all": "\n".join(texts.values()),
    }


def _pictures(report: Report) -> list[dict[str, Any]]:
    """The pictures of each photo and model: the photo once, then depth and cloud of every file."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for p in report.pictures:
        start = {"title": p.title, "model": p.model, "input": _inline(p.input), "files": []}
        group = groups.setdefault((p.model, p.title), start)
        group["files"].append({"variant": p.variant, "depth": _inline(p.depth), "cloud": _inline(p.cloud)})
    return list(groups.values())


def _inline(pixels: NDArray[np.uint8]) -> str:
    """The picture inside the page: JPEG, a tenth of the size of PNG."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode("ascii")

"""The report as one self-contained page: nothing is loaded from elsewhere."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.row import Report
from bench.writers import figures
from bench.writers.plot import tradeoff

TEMPLATE = Path(__file__).with_name("report.html.jinja")
# Column titles → keys of a row's fidelity.
FIDELITY = {
    "within 1.25× %": "within_1_25",
    "worst image %": "within_1_25_worst",
    "within 1.05× %": "within_1_05",
    "shift drift %": "shift_drift",
    "worst drift %": "shift_drift_worst",
}


def html(report: Report) -> str:
    """The page; every text that came from outside is escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    files = figures.first_of_each_file(report.rows)
    return template.render(
        f=figures,
        verdict=figures.verdict(files),
        failed=[row for row in files if row.gate == "fail"],
        costs=[row for row in report.rows if row.timing is not None],
        scored=[row for row in files if row.accuracy or row.gate != "none"],
        compared=[row for row in files if row.fidelity],
        fidelity=FIDELITY,
        set_names=figures.set_names(files),
        protocols=figures.protocols(files),
        plot=tradeoff(report.rows),
        pictures=_pictures(report),
        skipped=report.skipped,
        machine=_machine(report.machine),
    )


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

"""Figures of every image as CSV: what a spreadsheet or a script goes on with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from csv import writer
from math import isfinite

from bench.row import Images, Report

KEYS = ("model", "file", "set", "image", "group")


def csv(report: Report) -> str:
    """A line an image and file; a metric that an image has no figure of is empty."""
    metrics = list(dict.fromkeys(metric for images in report.images for metric in images.columns))
    text = io.StringIO()
    out = writer(text, lineterminator="\n")
    out.writerow([*KEYS, *metrics])
    for images in report.images:
        out.writerows(_lines(images, metrics))
    return text.getvalue()


def _lines(images: Images, metrics: list[str]) -> Iterator[list[str]]:
    columns = [images.columns.get(metric) for metric in metrics]
    for place, (name, group) in enumerate(zip(images.names, images.groups, strict=True)):
        values = [None if column is None else float(column[place]) for column in columns]
        figures = ["" if value is None or not isfinite(value) else f"{value:.6g}" for value in values]
        yield [images.model, images.file, images.set_name, name, group, *figures]

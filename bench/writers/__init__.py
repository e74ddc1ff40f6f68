"""What a report looks like: one writer a file, each a function Report → str."""

from __future__ import annotations

from collections.abc import Callable

from bench.row import Report
from bench.writers.csv import csv
from bench.writers.html import html
from bench.writers.json import json
from bench.writers.scores import scores
from bench.writers.table import table

WRITERS: dict[str, Callable[[Report], str]] = {
    "table": table, "scores": scores, "json": json, "csv": csv, "html": html,
}  # fmt: skip

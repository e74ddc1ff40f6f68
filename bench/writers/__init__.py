"""What a report looks like: one writer a file, each a function Report → str."""

from __future__ import annotations

from collections.abc import Callable

from bench.row import Report
from bench.writers.html import html
from bench.writers.json import json
from bench.writers.table import table

WRITERS: dict[str, Callable[[Report], str]] = {"table": table, "json": json, "html": html}

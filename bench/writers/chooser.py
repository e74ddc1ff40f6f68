"""Figures of plotly, of which the page shows one at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Choice:
    """One figure ({"data", "layout"} as plotly.js takes it), found under group and label."""

    group: str
    label: str
    figure: Mapping[str, Any]


def grouped(choices: Sequence[Choice]) -> dict[str, list[tuple[int, str]]]:
    """Group → number and label of its figures."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for number, choice in enumerate(choices):
        groups.setdefault(choice.group, []).append((number, choice.label))
    return groups


def embedded(choices: Sequence[Choice]) -> str:
    """The figures as JSON that may stand inside a <script>: nothing in it can end that, or begin another."""
    text = json.dumps([choice.figure for choice in choices], separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text

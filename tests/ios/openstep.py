"""Reads OpenStep property lists, the format of Xcode's project files: dictionaries, arrays, strings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

TOKEN = re.compile(
    r"""\s+|//[^\n]*|/\*.*?\*/|(?P<mark>[{}()=;,])|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[\w./$-]+)""",
    re.DOTALL,
)


def parse(text: str) -> Any:
    """The value that `text` holds. ValueError for anything that is no property list."""
    found = list(tokens(text))
    value, end = _value(found, 0)
    if end != len(found):
        raise ValueError(f"{found[end]} after the end")
    return value


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind (mark or word) and text."""
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"not a property list at {text[at : at + 30]!r}")
        at = match.end()
        if match["mark"]:
            yield "mark", match["mark"]
        elif match["quoted"] is not None or match["word"]:
            yield "word", match["quoted"] if match["quoted"] is not None else match["word"]


def _value(found: list[tuple[str, str]], at: int) -> tuple[Any, int]:
    kind, text = found[at]
    if kind == "word":
        return text, at + 1
    if text == "{":
        return _dictionary(found, at + 1)
    if text == "(":
        return _array(found, at + 1)
    raise ValueError(f"a value begins with {text!r}")


def _dictionary(found: list[tuple[str, str]], at: int) -> tuple[dict[str, Any], int]:
    values: dict[str, Any] = {}
    while found[at] != ("mark", "}"):
        kind, key = found[at]
        if kind != "word" or found[at + 1] != ("mark", "=") or key in values:
            raise ValueError(f"{key!r}: not a key, or one that is there already")
        values[key], at = _value(found, at + 2)
        if found[at] != ("mark", ";"):
            raise ValueError(f"no ; after {key!r}")
        at += 1
    return values, at + 1


def _array(found: list[tuple[str, str]], at: int) -> tuple[list[Any], int]:
    values = []
    while found[at] != ("mark", ")"):
        value, at = _value(found, at)
        values.append(value)
        if found[at] == ("mark", ","):
            at += 1
        elif found[at] != ("mark", ")"):
            raise ValueError(f"no , after {value!r}")
    return values, at + 1

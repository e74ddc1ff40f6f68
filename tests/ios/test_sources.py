"""House rules for the Swift sources that a machine can hold without a compiler."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from training import __version__

DEMO = Path(__file__).parents[2] / "ios_demo"
KIT, APP = DEMO / "DepthKit" / "Sources", DEMO / "DepthApp"
SOURCES = sorted([*KIT.rglob("*.swift"), *APP.rglob("*.swift")])
TESTS = sorted((DEMO / "DepthKit" / "Tests").rglob("*.swift"))
LONGEST_FILE, LONGEST_FUNCTION = 250, 40

# Modules that Linux has; all others are Apple's.
EVERYWHERE = {"Foundation", "Observation", "DepthKit", "Testing", "PackageDescription"}
# What stops the app where an error should reach the user.
CRASHES = {
    "try!": r"\btry!",
    "as!": r"\bas!",
    "force unwrap": r"(?<!\btry)(?<!\bas)(?<=[\w)\]>}])!(?![=\w])",
    "fatalError": r"\b(?:fatalError|preconditionFailure|precondition|assertionFailure)\(",
    "unowned": r"\bunowned\b",
}


def code(source: str) -> str:
    """Without comments and the text of strings."""
    source = re.sub(r'"""[\s\S]*?"""', '""', source)
    source = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', source)
    return re.sub(r"//[^\n]*", "", source)


def crashes(source: str) -> list[str]:
    return [name for name, pattern in CRASHES.items() if re.search(pattern, code(source))]


def unguarded(source: str) -> list[str]:
    """Imports of Apple's modules that stand outside `#if canImport`."""
    depth, wrong = 0, []
    for line in source.splitlines():
        if re.match(r"#if canImport\(", line):
            depth += 1
        elif line.startswith("#endif"):
            depth -= 1
        elif not depth and (match := re.match(r"(?:@\w+ )?import (\w+)", line)):
            wrong.append(match[1])
    return [module for module in wrong if module not in EVERYWHERE]


def functions(source: str) -> dict[str, int]:
    """Name → lines, by the closing brace of the same indentation."""
    found: dict[str, int] = {}
    lines = source.splitlines()
    for start, line in enumerate(lines):
        if match := re.match(r"( *)(?:[\w@()]+ )*(?:func (\w+)|init\??[(<])", line):
            closing = f"{match[1]}}}"
            end = next((i for i in range(start, len(lines)) if lines[i] == closing), start)
            found[f"{match[2] or 'init'}:{start + 1}"] = end - start + 1
    return found


def test_sources_are_found() -> None:
    assert len(SOURCES) >= 40
    assert len(TESTS) >= 8


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=lambda p: p.name)
def test_nothing_stops_the_app(path: Path) -> None:
    assert crashes(path.read_text(encoding="utf-8")) == []


WRONG = ("let a = try! f()", "let a = b as! C", "a!.b", "f()!", "x[0]!", "fatalError()", "[unowned self]")


@pytest.mark.parametrize("line", WRONG)
def test_what_stops_the_app_is_caught(line: str) -> None:
    assert len(crashes(line)) == 1


@pytest.mark.parametrize("line", ["if a != b {}", "!a", "f(!a)", 'let a = "no!"', "// never try!", "a = !b"])
def test_what_does_not_is_not(line: str) -> None:
    assert crashes(line) == []


@pytest.mark.parametrize("path", sorted((KIT / "DepthKit").rglob("*.swift")), ids=lambda p: p.name)
def test_depthkit_builds_without_apple(path: Path) -> None:
    assert unguarded(path.read_text(encoding="utf-8")) == []


def test_an_unguarded_import_is_caught() -> None:
    assert unguarded("import Foundation\nimport CoreML\n") == ["CoreML"]
    assert unguarded("@preconcurrency import CoreVideo") == ["CoreVideo"]
    assert unguarded("#if canImport(CoreML)\nimport CoreML\n#endif") == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_files_and_functions_are_short(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= LONGEST_FILE
    assert {name: n for name, n in functions(source).items() if n > LONGEST_FUNCTION} == {}


def test_a_long_function_is_caught() -> None:
    body = "    let a = 1\n" * 50
    assert functions(f"func f() {{\n{body}}}\n") == {"f:1": 52}
    assert functions("struct A {\n    init?(a: Int) {\n        b = a\n    }\n}\n") == {"init:2": 3}


def test_the_version_is_the_toolkit_s() -> None:
    text = (KIT / "DepthKit" / "DepthKitVersion.swift").read_text(encoding="utf-8")
    assert f'"{__version__}"' in text


def test_every_stand_in_is_compiled() -> None:
    script = (DEMO / "tools" / "typecheck.sh").read_text(encoding="utf-8")
    modules = {p.name for p in (DEMO / "standins").iterdir() if p.is_dir()} - {"check"}
    assert not [m for m in modules if not re.search(rf"\b{m}\b", script)]


def test_every_apple_module_of_the_app_has_a_stand_in() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SOURCES]
    used = {module for text in texts for module in re.findall(r"^import (\w+)", text, re.MULTILINE)}
    missing = {m for m in used - EVERYWHERE if not (DEMO / "standins" / m).is_dir()}
    assert missing == set()

"""The house rules that a machine can hold: who imports whom, sizes, commands, what never stands in a file."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import resource
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from training import __version__

ROOT = Path(__file__).parents[1]
# Which modules of the other packages each package may import: these, and what lies below them.
ALLOWED: dict[str, tuple[str, ...]] = {
    "training": (),
    "export": ("training",),
    "bench": (
        "export.manifest", "export.target", "export.runners", "export.fit", "export.geometry",
        "training.models", "training.metrics",
    ),
}  # fmt: skip
SOURCES = sorted(path for package in ALLOWED for path in (ROOT / package).rglob("*.py"))
CODE = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))]

LONGEST_FUNCTION, LONGEST_FILE = 60, 400
HELP_CPU_SECONDS = 1.0
SLOW_MACHINE = 2.0  # the factor that a loaded or old machine may take longer
# Packages that a board with the LiteRT wheel alone has not.
ABSENT_ON_A_BOARD = (
    "torch", "torchvision", "timm", "scipy", "skimage", "sklearn", "PIL", "rich", "jinja2", "jsonschema",
    "onnx", "onnxruntime", "plotly", "safetensors", "coremltools",
)  # fmt: skip


# --- who imports whom


def imports(source: str, module: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that `source`, the text of `module`, imports, functions included.

    `from a.b import c` gives a.b.c, whether c is a module or a name in one; `import a.b` gives a.b;
    import_module("a.b") with a literal gives a.b. Relative imports are resolved (`module` is a package's
    `__init__` where it ends so).
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = module.split(".")[: -node.level] if node.level else []
            start = ".".join([*parents, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and name_of(node.func).endswith(("import_module", "__import__")):
            literals = [
                a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
            ]
            yield from ((node.lineno, literal) for literal in literals)


def forbidden(source: str, module: str) -> list[str]:
    """One line for each import that points the wrong way."""
    package = module.split(".", maxsplit=1)[0]
    allowed = (package, *ALLOWED[package])
    return [
        f"{module}:{line} imports {name}"
        for line, name in imports(source, module)
        if name.split(".")[0] in {*ALLOWED, "tests"}
        and not any(name == prefix or name.startswith(f"{prefix}.") for prefix in allowed)
    ]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def name_of(node: ast.expr) -> str:
    """`a.b.c` for such an expression, "" for any other."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def test_imports_go_one_way() -> None:
    wrong = [
        line for path in SOURCES for line in forbidden(path.read_text(encoding="utf-8"), module_of(path))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("training.loop", "from export import manifest"),
        ("training.loop", "def f():\n    import bench.row"),
        ("training.loop", "from tests import conftest"),
        ("export.all", "import bench"),
        ("export.runners.onnx", "from ...bench import row"),
        ("bench.host", "from export import to_onnx"),
        ("bench.host", "import export"),
        ("bench.host", "from export import *"),
        ("bench.host", "from export.artifact import Job"),
        ("bench.host", "from export import fitting"),
        ("bench.host", "import training"),
        ("bench.host", "from training.data.sample import Sample"),
        ("bench.host", "import importlib\nimportlib.import_module('export.to_onnx')"),
        ("bench.__init__", "from ..training import loop"),
    ],
)
def test_a_forbidden_import_is_caught(module: str, source: str) -> None:
    assert len(forbidden(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("training.loop", "from training import losses, metrics\nfrom . import optimizer\nimport torch"),
        ("export.all", "from training import __version__, models\nimport training.files"),
        (
            "bench.host",
            "from training import metrics\nfrom training.models.weights import load",
        ),
        ("bench.host", "from export import runners\nfrom export.runners.litert import load"),
        ("bench.testsets.__init__", "from . import nyu\nfrom .shot import Shot\nfrom ..row import Row"),
    ],
)
def test_an_allowed_import_is_not(module: str, source: str) -> None:
    assert forbidden(source, module) == []


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "-c", code], folder)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_benchmark_loads_no_torch(tmp_path: Path) -> None:
    code = "import sys, bench.device; sys.exit('torch is loaded' if 'torch' in sys.modules else 0)"
    done = python(code, tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_benchmark_imports_on_a_bare_board(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({ABSENT_ON_A_BOARD})); "
        "import bench.device, bench.host; print(*bench.host.TARGETS)"
    )
    done = python(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "tflite" in done.stdout


# --- what is imported is declared


def declared() -> set[str]:
    """Distributions that pyproject.toml names, with and without extras, as pip normalises them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    return {re.split(r"[^\w.-]", line)[0].lower().replace("_", "-") for line in lines}


def test_every_imported_package_is_declared() -> None:
    """Otherwise it is there by luck: as another package's dependency, or on one machine alone."""
    own, known = {*ALLOWED, "tests", *sys.stdlib_module_names}, declared()
    distributions = importlib.metadata.packages_distributions()
    wrong = set()
    for path in CODE:
        for _, name in imports(path.read_text(encoding="utf-8"), module_of(path)):
            top = name.split(".")[0]
            makers = {d.lower().replace("_", "-") for d in distributions.get(top, [top])}
            if top not in own and not makers & known:
                wrong.add(f"{path.relative_to(ROOT)}: {top} ({', '.join(sorted(makers))})")
    assert not wrong, "\n".join(sorted(wrong))


# --- sizes


def too_long(source: str) -> list[str]:
    functions = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    lengths = ((f, (f.end_lineno or f.lineno) - f.lineno + 1) for f in functions)
    return [f"{f.name}: {lines} lines" for f, lines in lengths if lines > LONGEST_FUNCTION]


def test_functions_and_files_stay_short() -> None:
    wrong = []
    for path in SOURCES:
        source = path.read_text(encoding="utf-8")
        wrong += [f"{path.relative_to(ROOT)}: {line}" for line in too_long(source)]
        if (lines := source.count("\n")) > LONGEST_FILE:
            wrong.append(f"{path.relative_to(ROOT)}: {lines} lines")
    assert not wrong, "\n".join(wrong)


def test_a_long_function_is_caught() -> None:
    assert too_long("def f():\n" + "    x = 1\n" * LONGEST_FUNCTION) == ["f: 61 lines"]
    assert not too_long("def f():\n" + "    x = 1\n" * (LONGEST_FUNCTION - 1))


# --- commands

# Started by other commands with a file to work on, never by people: no --version.
WORKERS = ("bench.latency",)
COMMANDS = [
    module
    for path in SOURCES
    if '\nif __name__ == "__main__":' in path.read_text(encoding="utf-8")
    and (module := module_of(path)) not in WORKERS
]


def test_the_commands_are_found() -> None:
    assert {"training.run", "export.all", "bench.device"} <= set(COMMANDS)


@pytest.mark.parametrize("module", [*COMMANDS, *WORKERS])
def test_help_is_instant(module: str, tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run([sys.executable, "-m", module, "--help"], tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert f"python -m {module}" in done.stdout
    assert done.stderr == ""
    cpu_seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    assert cpu_seconds < HELP_CPU_SECONDS * SLOW_MACHINE


@pytest.mark.parametrize("module", COMMANDS)
def test_version(module: str, tmp_path: Path) -> None:
    done = run([sys.executable, "-m", module, "--version"], tmp_path)
    assert (done.returncode, done.stdout) == (0, f"plumb-depth {__version__}\n")


@pytest.mark.parametrize("module", [*COMMANDS, *WORKERS])
def test_nothing_is_printed_on_import(module: str, tmp_path: Path) -> None:
    done = python(f"import {module}", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("file", ["CITATION.cff", "CHANGELOG.md"])
def test_the_version_is_the_same_everywhere(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    found = re.search(r"^(?:version: |## \[)([\d.]+)", text, re.MULTILINE)
    assert found is not None
    assert found[1] == __version__


# --- what never stands in a file

MACHINE_PATH = re.compile(r"(?:(?<![\w.~/-])|file://)/(?:home|root|work)/[\w.-]")
# Call → keyword that makes it harmless, with its value (None: nothing does).
DANGEROUS_CALLS: dict[str, tuple[str, bool] | None] = {
    "os.system": None,
    "os.popen": None,
    "pickle.load": None,
    "pickle.loads": None,
    "torch.load": ("weights_only", True),
}


def dangers(source: str) -> list[str]:
    """`line: what` for each call that runs a shell or unpickles whatever it is given."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [f"{node.lineno}: from-import of {n}" for n in names if n in DANGEROUS_CALLS]
        if not isinstance(node, ast.Call):
            continue
        keywords = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
        if keywords.get("shell"):
            found.append(f"{node.lineno}: shell=True")
        name = name_of(node.func)
        if name in DANGEROUS_CALLS:
            harmless = DANGEROUS_CALLS[name]
            if harmless is None or keywords.get(harmless[0]) is not harmless[1]:
                found.append(f"{node.lineno}: {name}")
    return found


def test_no_shell_and_no_unpickling() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in CODE
        for line in dangers(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ntorch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=flag)",
        "from torch import load",
        "import os\nos.system('ls')",
        "subprocess.run(command, shell=True)",
        "pickle.loads(data)",
    ],
)
def test_a_dangerous_call_is_caught(source: str) -> None:
    assert len(dangers(source)) == 1
    assert not dangers("torch.load(path, weights_only=True); subprocess.run(command, shell=False)")


def tracked() -> list[Path]:
    """Text files that belong to the repository, also those not yet committed; skips outside a checkout."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: which files belong to the repository is unknown")
    listing = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    paths = [ROOT / name for name in listing.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8192]]


def test_no_path_of_a_machine_stands_in_a_file() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in tracked()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("folder", ["home", "root", "work"])
def test_a_path_of_a_machine_is_caught(folder: str) -> None:
    path = f"/{folder}/someone"
    for line in (path, f'open("{path}")', f"DATA={path}", f"see {path}.", f"file://{path}"):
        assert MACHINE_PATH.search(line), line
    for line in (f"docs{path}", f"..{path}", f"~{path}", f"/{folder}", "a/b"):
        assert not MACHINE_PATH.search(line), line


def test_constraints_are_pins_alone() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    wrong = [line for line in lines if not re.fullmatch(r"#.*|[\w.-]+==[\w.]+|", line) or "//" in line]
    assert lines
    assert not wrong

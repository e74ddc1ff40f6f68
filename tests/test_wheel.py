"""What is in the wheel, and that a board with NumPy and LiteRT alone can use it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from training import __version__

ROOT = Path(__file__).parents[1]
PACKAGES = ("training", "export", "bench")
BESIDE = ("pyproject.toml", "README.md", "LICENSE", "NOTICE")
# What the board has: import packages, and folders of libraries that they bring.
ON_THE_BOARD = ("numpy", "numpy.libs", "ai_edge_litert", "ai_edge_litert.libs")


def run(command: Sequence[str | Path], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the checkout."""
    if importlib.util.find_spec("build") is None:
        pytest.skip("the package 'build' is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    left_out = shutil.ignore_patterns("__pycache__", "*.tmp")
    for package in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / package, source / package, ignore=left_out)
    for name in BESIDE:
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    run([*build, "--outdir", str(folder), str(source)], folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def board(wheel: Path) -> Path:
    """An empty environment with the wheel, and links to the packages of a board: its Python."""
    folder = wheel.parent / "board"
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--no-cache-dir", str(wheel)]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    run([*pip, *install], wheel.parent)
    (site,) = folder.glob("lib/python*/site-packages")
    for name in ON_THE_BOARD:
        for found in search_path(name):
            (site / name).symlink_to(found)
    return python


def search_path(name: str) -> list[Path]:
    """The folder `name` of the environment that the tests run in, or nothing."""
    return [path for place in sys.path if (path := Path(place) / name).is_dir() and place][:1]


def test_every_module_is_in_it_and_no_test(names: set[str]) -> None:
    sources = {
        path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py")
    }
    assert {name for name in names if name.endswith(".py")} == sources


def test_data_files_are_in_it(names: set[str]) -> None:
    weights = [*(ROOT / "training" / "weights").glob("*.safetensors"), ROOT / "training/weights/README.md"]
    templates = sorted((ROOT / "bench" / "writers").glob("*.jinja"))
    present = [*templates, *(path for path in weights if path.is_file())]
    expected = {path.relative_to(ROOT).as_posix() for path in present} | {"export/model.schema.json"}
    assert expected <= names
    assert {f"{package}/py.typed" for package in PACKAGES} <= names


def test_terms_and_metadata(names: set[str], wheel: Path) -> None:
    info = f"plumb_depth-{__version__}.dist-info"
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/NOTICE"} <= names
    with zipfile.ZipFile(wheel) as archive:
        metadata = importlib.metadata.PathDistribution(zipfile.Path(archive, f"{info}/")).metadata
        assert metadata is not None
        assert metadata["License-Expression"] == "Apache-2.0"
        assert metadata["Version"] == __version__


def test_the_board_has_nothing_else(board: Path) -> None:
    code = (
        "import importlib.util; "
        "print([n for n in ('torch', 'PIL', 'scipy', 'rich', 'onnxruntime') if importlib.util.find_spec(n)])"
    )
    assert run([board, "-I", "-c", code], board.parent).strip() == "[]"


def test_the_benchmark_runs_on_the_board(board: Path, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    code = (
        "import bench.device, bench.host, bench.latency, export.runners.litert, sys; "
        "from ai_edge_litert.interpreter import Interpreter; "
        "print(bench.__file__); "
        "sys.exit(bench.device.main(['--artifacts', 'nowhere']))"
    )
    done = subprocess.run(
        [board, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == "error: nowhere: no artifacts; python -m export.all writes them\n"
    assert done.returncode == 2
    assert Path(done.stdout.strip()).is_relative_to(board.parents[1].resolve())

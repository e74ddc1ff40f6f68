"""Files and folders are replaced whole, or stay as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.files import replacing, replacing_folder


class Interrupted(BaseException):
    """Like KeyboardInterrupt: no Exception."""


STOPS = [ValueError, OSError, Interrupted]


def contents(folder: Path) -> dict[str, str | None]:
    """Every path below `folder`, hidden ones too: a file's text, None for a folder."""
    return {
        p.relative_to(folder).as_posix(): p.read_text() if p.is_file() else None for p in folder.rglob("*")
    }


def fail(path: Path, stop: type[BaseException]) -> None:
    path.write_text("half of the n")
    raise stop


def old_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mn"
    (folder / "golden").mkdir(parents=True)
    (folder / "golden" / "a.txt").write_text("old")
    return folder


def test_a_file_takes_its_place_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "a.json"
    with replacing(path) as temporary:
        assert temporary.parent == path.parent
        temporary.write_text("new")
        assert not path.exists()
    assert contents(path.parent) == {"a.json": "new"}
    assert path.stat().st_mode & 0o777 == 0o644


def test_an_old_file_stands_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert contents(tmp_path) == {"a.json": "new"}


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("before", [{}, {"a.json": "old"}])
def test_a_failure_leaves_the_file_as_it_was(
    tmp_path: Path, stop: type[BaseException], before: dict[str, str]
) -> None:
    for name, text in before.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(stop), replacing(tmp_path / "a.json") as temporary:
        fail(temporary, stop)
    assert contents(tmp_path) == before


def test_a_writer_that_writes_nothing_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "a.json") as temporary:
        temporary.unlink()
    assert contents(tmp_path) == {}


def test_a_folder_takes_its_place_at_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "artifacts" / "mn"
    with replacing_folder(folder) as staging:
        assert staging.parent == folder.parent
        (staging / "model.json").write_text("new")
        assert not folder.exists()
    assert contents(tmp_path / "artifacts") == {"mn": None, "mn/model.json": "new"}
    assert folder.stat().st_mode & 0o777 == 0o755


def test_nothing_of_the_old_folder_stays(tmp_path: Path) -> None:
    folder = old_folder(tmp_path)
    with replacing_folder(folder) as staging:
        (staging / "model.json").write_text("new")
        assert (folder / "golden" / "a.txt").read_text() == "old"
    assert contents(tmp_path) == {"mn": None, "mn/model.json": "new"}


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("there", [True, False])
def test_a_failure_leaves_the_folder_as_it_was(
    tmp_path: Path, stop: type[BaseException], there: bool
) -> None:
    folder = old_folder(tmp_path) if there else tmp_path / "mn"
    before = contents(tmp_path)
    with pytest.raises(stop), replacing_folder(folder) as staging:
        fail(staging / "a.txt", stop)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("stop", STOPS)
def test_a_stop_between_the_two_moves_brings_the_old_folder_back(
    tmp_path: Path, stop: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = old_folder(tmp_path)
    before, move = contents(tmp_path), Path.replace

    def replace(self: Path, target: Path) -> Path:
        if target == folder and not self.name.endswith(".old.tmp"):
            raise stop
        return move(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(stop), replacing_folder(folder) as staging:
        (staging / "model.json").write_text("new")
    assert contents(tmp_path) == before


def test_a_file_in_the_folders_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mn").write_text("notes")
    with pytest.raises(NotADirectoryError, match="is a file"), replacing_folder(tmp_path / "mn"):
        pass
    assert contents(tmp_path) == {"mn": "notes"}

from __future__ import annotations

from pathlib import Path

import pytest

from bench.files import write_bytes, write_text


def test_what_was_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "a.txt", "δ")
    assert (tmp_path / "new" / "a.txt").read_text("utf-8") == "δ"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.txt"]


@pytest.mark.parametrize("step", ["open", "replace"])
@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError, SystemExit])
def test_stopped_at_any_step_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, fault: type[BaseException]
) -> None:
    """An interrupt also falls just after the temporary file was made."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    untouched = getattr(Path, step)

    def interrupted(self: Path, *arguments: str) -> None:
        if step == "open":
            untouched(self, *arguments).close()
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(Path, step, interrupted)
        with pytest.raises(fault):
            write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]

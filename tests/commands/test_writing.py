"""Writing in one step."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from crstandards.commands.writing import write_whole
from crstandards.errors import NotVerified
from tests.support.builders import Repo, raw_flow, write_solution


def failing(number: int) -> object:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EBUSY])
def test_a_file_that_has_no_room_stays(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report").write_text("old")
    monkeypatch.setattr(os, "replace", failing(number))
    with pytest.raises(NotVerified, match="report cannot be written"):
        write_whole(tmp_path / "report", b"new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"report": "old"}


def test_a_read_only_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report").write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(NotVerified, match="report cannot be written: permission denied"):
        write_whole(tmp_path / "report", b"new")
    assert (tmp_path / "report").read_text() == "old"


def test_a_folder_that_cannot_be_made(repo: Repo) -> None:
    write_solution(repo.root / "HR", "ContosoHR", flows={"Send": raw_flow()})
    repo.write("crstandards.toml", 'baseline = "notes/x.json"\n')
    repo.write("notes", "")
    for command in ("baseline", "init --yes"):
        ran = repo.crstandards(*command.split())
        assert (ran.status, ran.err.count("\n")) == (3, 1), ran.text
        assert "notes cannot be" in ran.err or "notes/x.json cannot be read" in ran.err

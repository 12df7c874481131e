"""Two processes read what one would."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from crstandards.snapshot import File, Folder
from crstandards.source import facts, halves
from crstandards.source.facts import Facts, Reader
from crstandards.source.halves import other_half
from crstandards.source.text import SourceError
from tests.builders import Repo, raw_flow, write_solution


def read(data: bytes) -> str:
    if data == b"bad":
        raise SourceError("bad", 1)
    if data == b"kill" and multiprocessing.parent_process():
        os._exit(3)
    return data.decode()


def process(data: bytes) -> int:
    return os.getpid()


def who(folder: Folder, files: Sequence[File]) -> tuple[int, list[str]]:
    return os.getpid(), [file.path for file in files]


READER = Reader(read, 10)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setattr(halves, "FEWEST", 5)
    monkeypatch.setattr(halves, "_processors", lambda: 2)
    for name, text in {"a": "1", "b": "bad", "c": "3", "d": "x" * 11, "e": "1"}.items():
        (tmp_path / name).write_text(text)
    return Folder(tmp_path)


def told(facts: Facts, folder: Folder) -> dict[str, tuple[str, object]]:
    found = facts.read(folder, folder.files(), READER)
    return {
        path: (item.reason, item.at) if isinstance(item, SourceError) else (item, None)
        for path, item in found.items()
    }


def test_every_second_file_is_read_by_another_process(folder: Folder) -> None:
    half = other_half(folder, folder.files(), who)
    assert half is not None
    assert [file.path for file in half.files] == ["a", "c", "e"]
    # It ends with this one, whatever happens.
    assert [child.daemon for child in multiprocessing.active_children()] == [True]
    process, paths = half.answer() or (0, [])
    assert process not in (0, os.getpid())
    assert paths == ["a", "c", "e"]


def test_the_facts_are_the_same(folder: Folder) -> None:
    together, alone = Facts(), Facts(alone=True)
    assert told(together, folder) == told(alone, folder)
    # Which of the files say the same is known to each process for its own.
    assert (together.parsed, alone.parsed) == (3, 3)


def test_what_the_other_process_has_read_is_not_read_again(folder: Folder) -> None:
    found = Facts().read(folder, folder.files(), Reader(process, 100))
    here = os.getpid()
    assert [found[name] == here for name in "abcde"] == [False, True, False, True, False]
    assert len(set(found.values())) == 2


def test_a_process_that_dies_is_done_without(folder: Folder) -> None:
    (folder.root / "c").write_text("kill")
    assert told(Facts(), folder) == told(Facts(alone=True), folder)


def test_the_other_process_starts_none(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "other_half", lambda *_: pytest.fail("a third process"))
    with pytest.raises(pytest.fail.Exception, match="a third process"):
        Facts().read(folder, folder.files(), READER)
    found, parsed = facts._read_alone(READER, folder, list(folder.files())[::2])
    assert (found, parsed) == ({"a": "1", "c": "3", "e": "1"}, 2)


@pytest.mark.parametrize("reason", ["few", "one processor", "known contents", "no folder"])
def test_it_is_not_started_where_it_is_not_worth_it(
    folder: Folder, repo: Repo, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    files = list(folder.files())
    if reason == "few":
        monkeypatch.setattr(halves, "FEWEST", 6)
    if reason == "one processor":
        monkeypatch.setattr(halves, "_processors", lambda: 1)
    if reason == "known contents":
        files = [file._replace(key="git:1") for file in files]
    snapshot = type("Other", (), {"root": folder.root})() if reason == "no folder" else folder
    assert other_half(snapshot, files, who) is None


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_large_repository_is_checked_whole(repo: Repo, tmp_path: Path, method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("this system does not fork")
    flows = {f"Flow {number}": raw_flow() for number in range(halves.FEWEST // 2 + 1)}
    for name in ("HR", "IT"):
        write_solution(repo.root / name, f"Contoso{name}", flows=flows)
    program = tmp_path / "program.py"
    program.write_text(
        "import multiprocessing, sys\nfrom crstandards.cli import main\n"
        f"if __name__ == '__main__':\n    multiprocessing.set_start_method({method!r})\n"
        "    sys.exit(main())\n"
    )
    ran = repo.run([sys.executable, program, "check", "--statistics", "--select", "CR101"])
    assert f"{2 * len(flows)} errors" in " ".join(ran.out.split())
    assert ran.err == ""


def test_processors_are_counted_where_python_cannot_ask_which_are_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = halves._processors()
    monkeypatch.setattr(os, "sched_getaffinity", {0: {1, 2, 5}}.__getitem__, raising=False)
    assert halves._processors() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    assert halves._processors() >= ours
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert halves._processors() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert halves._processors() == 1


def test_a_process_that_is_started_anew_runs_no_command() -> None:
    """It imports the main module, under another name."""
    assert hasattr(importlib.import_module("crstandards.__main__"), "_run")

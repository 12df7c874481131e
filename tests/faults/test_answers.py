"""Answers of git that end too early, are too long or make no sense: told, and never taken for the whole."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crstandards.errors import FatalError, NotVerified, UsageError
from crstandards.git import answers, objects, ranges
from crstandards.git.hooks import hooks_folder
from crstandards.git.process import converse, finish, start
from crstandards.git.ranges import RangeGit
from crstandards.git.repository import Git, find_root
from crstandards.quick.door import proven_clean
from tests.faults.gits import put_before_git
from tests.support.builders import Repo, flow, to_json, write_solution

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")

ID = "a" * 40


@pytest.fixture
def saying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that puts a script of the shell in place of git."""

    def put(script: str) -> None:
        program = tmp_path / "bin/git"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", os.pathsep.join([str(program.parent), os.environ["PATH"]]))

    return put


@pytest.mark.parametrize(
    ("answer", "limit"),
    [
        ("", 9),
        (f"{ID} blob 3", 9),
        (f"{ID} blob 3\\nab", 9),
        (f"{ID} blob 3\\nabc", 9),
        (f"{ID} blob 3\\nab", 2),
        (f"{ID} blob 3\\nabc", 2),
    ],
)
def test_an_object_that_is_cut_short_anywhere(answer: str, limit: int, saying: Callable[[str], None]) -> None:
    saying(f"read asked; printf '{answer}'")
    objects = start("cat-file", "--batch")
    with pytest.raises(NotVerified, match="git stopped while it was reading objects"):
        list(converse(objects, iter([ID]), limit))
    finish(objects)


@pytest.mark.parametrize("limit", [2, 3])
def test_one_that_is_whole(limit: int, saying: Callable[[str], None]) -> None:
    saying('while read asked; do printf "$asked blob 3\\nabc\\n"; done')
    objects = start("cat-file", "--batch")
    expected = None if limit < 3 else b"abc"
    assert list(converse(objects, iter([ID, ID]), limit)) == [expected] * 2
    assert finish(objects) == b""


def test_a_git_that_is_gone_before_it_is_asked(saying: Callable[[str], None]) -> None:
    saying("exit 1")
    objects = start("cat-file", "--batch")
    assert objects.stdout is not None
    while objects.stdout.peek():  # type: ignore[attr-defined]  # a BufferedReader
        pass
    with pytest.raises(NotVerified, match="git stopped"):
        list(converse(objects, iter([ID]), 9))
    assert finish(objects) is None


def test_where_python_cannot_spawn_processes(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    write_solution(repo.root / "HR", "ContosoHR")
    repo.commit("Begin")
    write_solution(repo.root / "HR", "ContosoHR", flows={"Send": flow()})
    repo.git("add", "--all")
    with contextlib.chdir(repo.root):
        expected = proven_clean()
        assert expected
        monkeypatch.delattr(os, "posix_spawnp")
        assert proven_clean() == expected
        process = start("version")
    assert isinstance(process, subprocess.Popen)
    assert (finish(process) or b"").startswith(b"git version")


def test_a_commit_that_is_cut_short(repo: Repo, saying: Callable[[str], None]) -> None:
    saying(f"read asked; printf '{ID} commit 100\\ntree'")
    with pytest.raises(NotVerified, match="stopped before its answer was whole"):
        RangeGit(repo.root).commit("HEAD")


@pytest.mark.parametrize(
    ("bound", "value", "told"),
    [
        ("_MOST_FILES", 3, "holds more than 3 files"),
        ("_MOST_LEVELS", 1, "holds folders more than 1 levels deep"),
        ("_BIGGEST_TREE", 9, "is too big to be read"),
    ],
)
def test_trees_beyond_the_bounds(
    repo: Repo, bound: str, value: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_solution(repo.root / "HR", "ContosoHR")
    head = repo.commit("Begin")
    assert len(RangeGit(repo.root).tree_files(head)) > 3
    monkeypatch.setattr(objects, bound, value)
    with pytest.raises(NotVerified, match=told):
        RangeGit(repo.root).tree_files(head)


@pytest.mark.parametrize("entry", [b"100644 a", b"100644", b"100644 a\0short"])
def test_a_tree_that_is_none(repo: Repo, entry: bytes) -> None:
    write = ["git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin"]
    tree = repo.run(write, stdin=entry, check=True).out.strip()
    commit = repo.git("commit-tree", "-m", "x", tree)
    with pytest.raises(NotVerified, match="is damaged"):
        RangeGit(repo.root).tree_files(commit)


def test_an_answer_that_is_too_long(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("a", "")
    repo.commit("Begin")
    monkeypatch.setattr(answers, "MOST_BYTES", 3)
    with pytest.raises(NotVerified, match="git lists more than"):
        Git(repo.root).index_files()


@pytest.fixture
def bounded() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1, stdout=-1)
    yield process
    process.communicate(b"\n")


@pytest.mark.skipif(sys.platform != "linux", reason="bounds the memory of processes on Linux only")
@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_memory_is_bounded_where_it_can_be(
    system: str, bounded: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    before = resource.prlimit(bounded.pid, resource.RLIMIT_DATA)
    monkeypatch.setattr(sys, "platform", system)
    ranges._bound(bounded)
    monkeypatch.undo()
    after = resource.prlimit(bounded.pid, resource.RLIMIT_DATA)
    assert (after == before) is (system != "linux")


ASKED: dict[str, Callable[[Git], object]] = {
    "answers": lambda git: git.head(),
    "objects": lambda git: list(git.blobs([ID], 9)),
    "as typed": lambda git: git.typed("status"),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize(
    ("folder", "told"),
    [("", "git is not installed, or not on the PATH"), ("gone", "there is no folder .*gone")],
)
def test_a_git_that_cannot_be_started(
    folder: str, told: str, asked: str, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not folder:
        monkeypatch.setenv("PATH", str(repo.root))
    with pytest.raises(UsageError, match=told):
        ASKED[asked](Git(repo.root / folder))


@pytest.mark.parametrize(
    ("failing", "ask"),
    [
        ("ls-files", lambda git: git.worktree_files(untracked=True)),
        ("rev-parse", lambda git: hooks_folder(git.root)),
    ],
)
def test_a_git_that_fails(
    failing: str, ask: Callable[[Git], object], repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = find_root(repo.root)
    assert root is not None
    ask(Git(root))
    put_before_git(
        repo,
        tmp_path / "bin",
        f'case "$*" in *{failing}*) echo "fatal: no luck" >&2; exit 128;; esac\nexec "$real" "$@"',
    )
    monkeypatch.setenv("PATH", repo.environment["PATH"])
    with pytest.raises(FatalError, match=f"git {failing} failed: .*no luck"):
        ask(Git(root))


def test_a_listing_that_fails_proves_nothing(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_solution(repo.root / "HR", "ContosoHR")
    repo.commit("Begin")
    write_solution(repo.root / "HR", "ContosoHR", flows={"Send": flow()})
    repo.git("add", "--all")
    with contextlib.chdir(repo.root):
        assert proven_clean()
        put_before_git(repo, tmp_path / "bin", 'case "$*" in *ls-files*) exit 128;; esac\nexec "$real" "$@"')
        monkeypatch.setenv("PATH", repo.environment["PATH"])
        assert proven_clean() is None


@pytest.mark.parametrize("mode", ["120000", "100644"])
def test_a_part_that_is_a_link_proves_nothing(repo: Repo, mode: str) -> None:
    """One that was there before the commit, beside what it changes; where it leads reads like a flow."""
    write_solution(repo.root / "HR", "ContosoHR", flows={"Send": flow()})
    repo.git("add", "--all")
    write = ["git", "hash-object", "-w", "--stdin"]
    blob = repo.run(write, stdin=to_json(flow()), check=True).out.strip()
    repo.git("update-index", "--add", "--cacheinfo", f"{mode},{blob},HR/Workflows/Linked.json")
    repo.git("commit", "--quiet", "--message", "Begin")
    write_solution(repo.root / "HR", "ContosoHR", flows={"Tell": flow()})
    repo.git("add", "HR/Workflows/Tell*")
    with contextlib.chdir(repo.root):
        assert (proven_clean() is None) is (mode == "120000")

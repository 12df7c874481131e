"""When the fast path is open: only for what git commits from where git starts hooks."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from crstandards.commands.hook import occasion_of
from crstandards.errors import FatalError
from crstandards.git.repository import Git
from crstandards.quick.door import HOOKS, is_commit, proven_clean
from crstandards.snapshot import Index
from tests.support.builders import Repo, flow, raw_flow, write_solution
from tests.support.commits import blocked, passed, write_flow

HOOKS_FILE = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


@pytest.fixture
def repo(repo: Repo) -> Repo:
    """A repository with a clean solution, committed, and a change of no concern, staged."""
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.commit("Begin")
    repo.write("README.md", "Changed\n")
    repo.git("add", "--all")
    return repo


def asked(folder: Path, environ: Mapping[str, str] | None = None) -> str | None:
    """What the fast path says in a folder, with additions to the environment."""
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        for name, value in (environ or {}).items():
            patch.setenv(name, value)
        return proven_clean()


def test_every_hook_that_is_published_comes_this_way() -> None:
    entries = [item["entry"].split()[1:] for item in yaml.safe_load(HOOKS_FILE.read_text("utf-8"))]
    published = [words for words in entries if words[0] == "hook"]
    assert published
    assert all(words in HOOKS for words in published)


@pytest.mark.parametrize("command", HOOKS, ids=" ".join)
def test_all_of_them_say_what_the_whole_check_says(repo: Repo, command: list[str]) -> None:
    ran = repo.crstandards(*command)
    assert (ran.status, ran.text) == (0, "")
    write_flow(repo, "src/HR", "New hire", flow())
    repo.git("add", "--all")
    assert asked(repo.root) is not None
    # Written otherwise, the same command does not come this way.
    whole = repo.crstandards(*command, "--format", "text")
    said = repo.crstandards(*command)
    assert (said.status, said.text) == (whole.status, whole.text) == (0, f"{asked(repo.root)}\n")
    write_flow(repo, "src/HR", "Raw", raw_flow())
    repo.git("add", "--all")
    assert asked(repo.root) is None
    assert repo.crstandards(*command).status == repo.crstandards(*command, "--format", "text").status


def test_it_is_open_only_where_the_index_is_checked(repo: Repo) -> None:
    head = repo.git("rev-parse", "HEAD")
    values = {
        "PRE_COMMIT": ["", "1"],
        "GIT_INDEX_FILE": ["", ".git/index"],
        "PRE_COMMIT_FROM_REF": ["", head],
        "PRE_COMMIT_TO_REF": ["", head],
        "PRE_COMMIT_LOCAL_BRANCH": ["", "main"],
        "PRE_COMMIT_REMOTE_NAME": ["", "origin"],
    }
    opened = 0
    git = Git(repo.root)
    with contextlib.chdir(repo.root):
        for chosen in itertools.product(*values.values()):
            environ = {name: value for name, value in zip(values, chosen, strict=True) if value}
            if is_commit(environ):
                occasion = occasion_of(git, environ)
                assert occasion is not None
                assert isinstance(occasion.snapshot, Index), environ
                opened += 1
    assert opened > 10


@pytest.mark.parametrize("folder", ["src/HR", ".git"])
def test_elsewhere_it_is_closed(repo: Repo, folder: str) -> None:
    assert asked(repo.root) == ""
    assert asked(repo.root / folder) is None


def test_outside_git_and_in_a_bare_repository_it_is_closed(repo: Repo, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    assert asked(outside) is None
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    assert asked(tmp_path / "bare") is None


def test_before_the_first_commit_it_is_closed(tmp_path: Path, git_environment: dict[str, str]) -> None:
    repo = Repo.create(tmp_path / "new", git_environment)
    repo.write("README.md", "New\n")
    repo.git("add", "--all")
    assert asked(repo.root) is None
    passed(repo.crstandards("hook", "pre-commit"))


def test_a_folder_that_only_looks_like_a_repository_is_part_of_the_one_around(repo: Repo) -> None:
    (repo.root / "src/.git").mkdir()
    assert asked(repo.root / "src") == ""
    # All of the index is looked at, and what is configured at the root.
    write_flow(repo, "src/HR", "New hire", flow())
    repo.git("add", "src/HR")
    assert asked(repo.root / "src") == "No violations: 1 solution, 2 flows, 1 connection reference."
    repo.write("crstandards.toml", '[[environments]]\nname = "prod"\n')
    repo.commit("Configure")
    write_flow(repo, "src/HR", "Newer", flow())
    repo.git("add", "src/HR")
    assert asked(repo.root / "src") is None


def test_it_works_in_linked_worktrees_and_submodules(repo: Repo, tmp_path: Path) -> None:
    repo.git("commit", "--quiet", "--message", "Second")
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked", repo.environment)
    write_flow(linked, "src/HR", "New hire", flow())
    linked.git("add", "--all")
    folder = linked.git("rev-parse", "--absolute-git-dir")
    said = "No violations: 1 solution, 2 flows, 1 connection reference."
    assert asked(linked.root) == said
    assert asked(linked.root, {"GIT_DIR": folder, "GIT_INDEX_FILE": f"{folder}/index"}) == said
    write_flow(linked, "src/HR", "Raw", raw_flow())
    linked.git("add", "--all")
    assert asked(linked.root, {"GIT_DIR": folder, "GIT_INDEX_FILE": f"{folder}/index"}) is None


def test_it_looks_at_the_index_that_git_names(repo: Repo) -> None:
    other = repo.root / ".git/other"
    shutil.copy(repo.root / ".git/index", other)
    write_flow(repo, "src/HR", "Raw", raw_flow())
    repo.git("add", "--all")
    assert asked(repo.root) is None
    assert asked(repo.root, {"GIT_INDEX_FILE": ".git/other"}) == ""


@pytest.mark.parametrize("name", ["GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"])
def test_how_git_takes_paths_hides_no_configuration(repo: Repo, name: str) -> None:
    repo.write("crstandards.toml", '[[environments]]\nname = "prod"\n')
    repo.commit("Configure")
    repo.write("config/prod.json", "{}")
    repo.git("add", "--all")
    assert asked(repo.root, {name: "1"}) is None


@pytest.mark.parametrize("setting", ["diff.relative", "diff.renames", "diff.noprefix", "core.quotePath"])
def test_git_s_settings_change_nothing(repo: Repo, setting: str) -> None:
    repo.git("config", setting, "true")
    repo.write("src/HR/Änderung.txt", "x")
    write_flow(repo, "src/HR", "Raw", raw_flow())
    repo.git("add", "--all")
    assert asked(repo.root) is None


@pytest.mark.parametrize("beside", [(), ("README.md",)])
def test_settings_of_an_environment_are_left_to_the_whole_check(repo: Repo, beside: tuple[str, ...]) -> None:
    repo.write("crstandards.toml", '[[environments]]\nname = "prod"\nsettings = ["config/*.json"]\n')
    repo.commit("Configure")
    repo.write("config/prod.json", "{")
    for path in beside:
        repo.write(path, "Changed\n")
    repo.git("add", "--all")
    assert asked(repo.root) is None
    blocked(repo.crstandards("hook", "pre-commit"), "CR901")


def test_what_is_merely_intended_to_be_added_is_no_change(repo: Repo) -> None:
    write_flow(repo, "src/HR", "Raw", raw_flow())
    repo.git("add", "--intent-to-add", "--all")
    assert asked(repo.root) == ""


def test_many_solutions_are_proved_at_once(repo: Repo) -> None:
    for number in range(60):
        write_solution(repo.root / f"src/S{number}", f"Contoso{number}")
    repo.git("add", "--all")
    assert asked(repo.root) == "No violations: 60 solutions, 60 flows, 60 connection references."
    write_flow(repo, "src/S59", "Raw", raw_flow())
    repo.git("add", "--all")
    assert asked(repo.root) is None


def test_names_are_no_patterns(repo: Repo) -> None:
    write_solution(repo.root / "src/[HR]*", "ContosoHR")
    write_solution(repo.root / ":(top)x", "ContosoX")
    repo.git("add", "--all", "--", ".")
    assert asked(repo.root) == "No violations: 2 solutions, 2 flows, 2 connection references."


@pytest.mark.skipif(sys.platform == "win32", reason="names of other bytes need a Unix file system")
@pytest.mark.parametrize("folder", [b"src/\xff", b"src/a\tb\nc"], ids=["no UTF-8", "signs of git's lists"])
def test_names_that_only_unix_has_are_judged_too(repo: Repo, folder: bytes) -> None:
    write_solution(repo.root / os.fsdecode(folder), "ContosoHR")
    repo.git("add", "--all")
    assert asked(repo.root) == "No violations: 1 solution, 1 flow, 1 connection reference."
    write_flow(repo, os.fsdecode(folder), "Raw", raw_flow())
    repo.git("add", "--all")
    assert asked(repo.root) is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_with_streams_closed_nothing_is_missed(repo: Repo, closed: str) -> None:
    write_flow(repo, "src/HR", "Raw", raw_flow())
    repo.git("add", "--all")
    ran = repo.run(["sh", "-c", f'"$0" -m crstandards hook pre-commit {closed}', sys.executable])
    assert ran.status != 0


def test_without_git_the_whole_check_tells(repo: Repo, tmp_path: Path) -> None:
    assert asked(repo.root, {"PATH": str(tmp_path)}) is None
    ran = repo.crstandards("hook", "pre-commit", env={"PATH": str(tmp_path)})
    assert (ran.status, ran.err) == (2, "crstandards: git is not installed, or not on the PATH\n")


def test_a_missing_object_is_told_by_the_whole_check(repo: Repo) -> None:
    path = write_flow(repo, "src/HR", "New hire", flow())
    repo.git("add", "--all")
    blob = repo.git("rev-parse", f":{path}")
    (repo.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert asked(repo.root) is None
    ran = repo.crstandards("hook", "pre-commit")
    assert ran.status == 3
    blocked(ran, "has no object")


@pytest.mark.parametrize("stage", [1, 2, 3])
@pytest.mark.parametrize("where", ["src/HR", "elsewhere"])
def test_conflicts_are_told_by_the_whole_check(repo: Repo, where: str, stage: int) -> None:
    write_flow(repo, "src/HR", "Another", flow())
    path = write_flow(repo, where, "New hire", flow())
    repo.git("add", "--all")
    blob = repo.git("rev-parse", f":{path}")
    zeros = "0" * 40
    repo.run(
        ["git", "update-index", "--index-info"],
        stdin=f"0 {zeros}\t{path}\n100644 {blob} {stage}\t{path}\n",
        check=True,
    )
    assert asked(repo.root) is None
    with contextlib.chdir(repo.root), pytest.raises(FatalError):
        Index(Git(repo.root)).files()


def test_an_index_that_is_cut_short_anywhere_is_left_to_the_whole_check(repo: Repo) -> None:
    write_flow(repo, "src/HR", "New hire", flow())
    repo.git("add", "--all")
    index = repo.root / ".git/index"
    content = index.read_bytes()
    told = 0
    for length in range(0, len(content), 23):
        index.write_bytes(content[:length])
        said = asked(repo.root)
        try:
            Index(Git(repo.root)).files()
        except FatalError:
            assert said is None, length
            told += 1
    assert told > 10

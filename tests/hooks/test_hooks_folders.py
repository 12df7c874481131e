"""Whose hooks folder `hook install` writes into: this repository's, never one that others use too."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.support.builders import Ran, Repo, flow, raw_flow
from tests.support.commits import attempt, blocked, hooks_in, passed, stage, works, write_flow

NAMES = ["pre-commit", "pre-merge-commit"]


def refused(ran: Ran) -> str:
    """Asserts that nothing was done but to say, in one line, what to do."""
    assert ran.status == 2, ran.text
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    return ran.err


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder of hooks beside the repository."""
    (tmp_path / "all hooks").mkdir()
    return tmp_path / "all hooks"


def set_for_all(repo: Repo, how: str, value: str) -> str:
    """Set core.hooksPath outside the repository, and return what git calls the place."""
    own = Path(repo.environment["GIT_CONFIG_GLOBAL"]).read_text("utf-8")
    setting = f'[core]\n\thooksPath = "{value}"\n'
    folder = repo.root.parent
    (folder / "included").write_text(setting, "utf-8")
    if how == "command":
        repo.environment |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath"}
        repo.environment["GIT_CONFIG_VALUE_0"] = value
        return "command line"
    if how == "system":
        repo.environment |= {"GIT_CONFIG_NOSYSTEM": "", "GIT_CONFIG_SYSTEM": str(folder / "included")}
        return str(folder / "included")
    added = {
        "global": setting,
        "include": f'[include]\n\tpath = "{(folder / "included").as_posix()}"\n',
        "condition": f'[includeIf "gitdir:{folder.as_posix()}/"]\n\tpath = included\n',
    }
    (folder / "config").write_text(own + added[how], "utf-8")
    repo.environment["GIT_CONFIG_GLOBAL"] = str(folder / "config")
    return str(folder / ("config" if how == "global" else "included"))


@pytest.mark.parametrize("how", ["global", "system", "include", "condition", "command"])
def test_a_folder_of_all_repositories_is_left_alone(solution: Repo, shared: Path, how: str) -> None:
    origin = set_for_all(solution, how, shared.as_posix())
    said = refused(solution.crstandards("hook", "install", cwd=solution.root / "src"))
    assert f"other repositories run the hooks in {shared.as_posix()} too" in said
    assert origin in said
    assert hooks_in(shared) == hooks_in(solution.root / ".git/hooks") == []


def test_the_advice_for_a_folder_of_all_repositories_works(solution: Repo, shared: Path) -> None:
    set_for_all(solution, "global", shared.as_posix())
    advice = refused(solution.crstandards("hook", "install")).split("'")[1]
    solution.run(shlex.split(advice), cwd=shared, check=True)
    passed(solution.crstandards("hook", "install"))
    assert hooks_in(shared) == []
    works(solution)
    solution.git("worktree", "add", "--quiet", "../linked")
    linked = Repo(solution.root.parent / "linked", solution.environment)
    write_flow(linked, "src/HR", "New hire", raw_flow())
    stage(linked)
    blocked(attempt(linked), "CR101")


def test_a_global_folder_counts_as_shared_where_it_lies_in_the_repository(solution: Repo) -> None:
    # As with a home that is kept in git.
    set_for_all(solution, "global", (solution.root / "hooks").as_posix())
    refused(solution.crstandards("hook", "install"))
    assert not (solution.root / "hooks").exists()


def test_a_global_path_that_is_relative_is_another_folder_in_each_repository(solution: Repo) -> None:
    set_for_all(solution, "global", ".githooks")
    passed(solution.crstandards("hook", "install", cwd=solution.root / "src"))
    assert hooks_in(solution.root / ".githooks") == NAMES
    works(solution)


def test_a_global_path_that_leads_to_the_folder_beside_is_shared_with_what_lies_there(
    solution: Repo, shared: Path
) -> None:
    set_for_all(solution, "global", f"../{shared.name}")
    refused(solution.crstandards("hook", "install"))
    assert hooks_in(shared) == []


def test_what_the_repository_itself_names_is_meant(solution: Repo, shared: Path) -> None:
    set_for_all(solution, "global", "/nowhere")
    included = solution.root.parent / "of this one"
    included.write_text(f'[core]\n\thooksPath = "{shared.as_posix()}"\n', "utf-8")
    solution.git("config", "include.path", str(included))
    passed(solution.crstandards("hook", "install"))
    assert hooks_in(shared) == NAMES
    works(solution)


def test_what_one_worktree_names_is_meant(solution: Repo, shared: Path) -> None:
    solution.git("config", "extensions.worktreeConfig", "true")
    solution.git("config", "--worktree", "core.hooksPath", str(shared))
    passed(solution.crstandards("hook", "install"))
    assert hooks_in(shared) == NAMES


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_hooks_folder_that_is_a_link(solution: Repo, shared: Path) -> None:
    """As `init.templateDir` brings it into each new repository."""
    folder = solution.root / ".git/hooks"
    folder.rename(solution.root / "hooks")
    folder.symlink_to(shared)
    said = refused(solution.crstandards("hook", "install"))
    assert f"{folder} is a link out of the repository, to {shared}" in said
    assert hooks_in(shared) == []
    folder.unlink()
    folder.symlink_to("../hooks")
    passed(solution.crstandards("hook", "install"))
    works(solution)


def test_a_path_of_nothing_runs_no_hooks(solution: Repo) -> None:
    solution.git("config", "core.hooksPath", "")
    assert "core.hooksPath is empty in .git/config" in refused(solution.crstandards("hook", "install"))
    assert not (solution.root / "pre-commit").exists()


def test_of_a_server(repo: Repo, shared: Path) -> None:
    bare = Repo.create(repo.root.parent / "bare.git", repo.environment, "--bare")
    set_for_all(repo, "system", shared.as_posix())
    advice = refused(repo.crstandards("hook", "install", "--pre-receive", str(bare.root))).split("'")[1]
    assert hooks_in(shared) == []
    repo.run(shlex.split(advice), check=True)
    passed(repo.crstandards("hook", "install", "--pre-receive", str(bare.root)))
    assert hooks_in(bare.root / "hooks") == ["pre-receive"]


HUSKY_RUNS = 's=$(dirname "$(dirname "$0")")/$(basename "$0")\n[ ! -f "$s" ] && exit 0\nsh -e "$s" "$@"\n'


@pytest.mark.parametrize("folder", [".husky", "tools/hooks"])
def test_husky_names_the_files_of_its_user(solution: Repo, folder: str) -> None:
    """husky 9 writes all in its folder `_` anew, with each `npm install`."""
    for name in NAMES:
        hook = solution.write(f"{folder}/_/{name}", '#!/usr/bin/env sh\n. "$(dirname "$0")/h"')
        os.chmod(hook, 0o755)
    solution.write(f"{folder}/_/h", HUSKY_RUNS)
    solution.write(f"{folder}/_/.gitignore", "*")
    solution.git("config", "core.hooksPath", f"{folder}/_")
    said = refused(solution.crstandards("hook", "install"))
    assert "husky" in said
    for name in NAMES:
        line = f"crstandards hook {name}"
        assert f"'{line}' to {(solution.root / folder / name).as_posix()}" in said
        solution.write(f"{folder}/{name}", f"{line}\necho checked by us\n")
    works(solution)
    solution.git("switch", "--quiet", "--create", "raw")
    write_flow(solution, "src/HR", "Raw", raw_flow())
    solution.commit("Past the hook")
    solution.git("switch", "--quiet", "main")
    write_flow(solution, "src/HR", "New hire", flow({}))
    solution.commit()
    blocked(solution.try_git("merge", "--no-edit", "raw"), "CR101")


def test_husky_that_is_not_there_yet(solution: Repo) -> None:
    solution.git("config", "core.hooksPath", ".husky/_")
    assert "husky" in refused(solution.crstandards("hook", "install"))
    assert not (solution.root / ".husky").exists()


@pytest.mark.parametrize("path", ["_", ".husky"])
def test_what_looks_like_husky_and_is_none(solution: Repo, path: str) -> None:
    solution.git("config", "core.hooksPath", path)
    passed(solution.crstandards("hook", "install"))
    assert hooks_in(solution.root / path) == NAMES


LEFTHOOK = 'call_lefthook()\n{\n  lefthook "$@"\n}\ncall_lefthook run "pre-commit" "$@"'
OVERCOMMIT = "# Entrypoint for Overcommit hook integration. Installing Overcommit will result\n# in all"


@pytest.mark.parametrize(
    ("path", "content", "manager", "where"),
    [
        (".git/hooks/pre-commit", LEFTHOOK, "lefthook", "lefthook.yml"),
        ("lefthook.yml", "pre-commit: {}", "lefthook", "'crstandards hook pre-commit' to lefthook.yml"),
        (".lefthook.toml", "", "lefthook", ".lefthook.toml"),
        (
            ".git/hooks/pre-commit",
            OVERCOMMIT,
            "overcommit",
            "'crstandards hook pre-commit' to .overcommit.yml",
        ),
        (".overcommit.yml", "PreCommit: {}", "overcommit", ".overcommit.yml"),
        (
            ".git/hooks/pre-commit",
            'if [ "$SKIP_SIMPLE_GIT_HOOKS" = "1" ]; then\n    exit 0\nfi',
            "simple-git-hooks",
            "package.json",
        ),
        (
            ".git/hooks/pre-commit",
            '# husky\n\n# Created by Husky v4.3.8\n\n. "$(dirname "$0")/husky.sh"',
            "husky",
            "package.json",
        ),
        (".husky/pre-commit", "npm test", "husky", "'crstandards hook pre-commit' to .husky/pre-commit"),
        (".git/hooks/pre-commit", "# File generated by prek: https://x", "prek", ".pre-commit-config.yaml"),
    ],
)
def test_where_something_else_writes_the_hooks_it_is_told(
    solution: Repo, path: str, content: str, manager: str, where: str
) -> None:
    solution.write(path, f"#!/bin/sh\n{content}\n")
    said = refused(solution.crstandards("hook", "install"))
    assert f"{manager} writes git's hooks here: add " in said
    assert where in said
    assert said.endswith(" instead\n")
    shown = " ".join(solution.crstandards("init").out.split())
    # Of pre-commit's own kind there may be one more hook.
    assert (f"pre-commit is left out: {manager} writes" in shown) == (manager != "prek")
    assert ("- id: connection-references" in shown) == (manager == "prek")


def test_a_hook_of_ones_own_that_calls_a_manager_is(solution: Repo) -> None:
    solution.write(".git/hooks/pre-commit", "#!/bin/sh\nlefthook run pre-commit\npre-commit run\n")
    assert "let it call us with the line" in refused(solution.crstandards("hook", "install"))

"""What a commit costs: git is started seldom, and heavy modules stay unread."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.builders import Repo, customizations, flow, raw_flow, write_solution
from tests.hooks.commits import blocked, passed, stage, write_flow

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell script for git")


@pytest.fixture
def counted(repo: Repo, tmp_path: Path) -> Repo:
    """A repository with a solution, and a `git` that notes down how it is started."""
    write_solution(repo.root / "src/HR", "ContosoHR")
    write_solution(repo.root / "src/Sales", "ContosoSales", flows={"Offer": flow(), "Order": flow()})
    repo.commit("Begin")
    program = tmp_path / "counting/git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/started\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    repo.environment["PATH"] = os.pathsep.join([str(program.parent), repo.environment["PATH"]])
    return repo


def commands(repo: Repo, *arguments: str) -> list[str]:
    """The git commands that a run of crstandards starts."""
    log = repo.root.parent / "started"
    log.unlink(missing_ok=True)
    blocked_or_passed = repo.crstandards(*arguments)
    assert blocked_or_passed.status in (0, 1), blocked_or_passed.text
    known = ("rev-parse", "diff-index", "diff-tree", "ls-files", "ls-tree", "cat-file", "merge-base")
    return [
        next((word for word in line.split() if word in known), line) for line in log.read_text().splitlines()
    ]


def test_a_commit_of_no_concern_starts_git_twice(counted: Repo) -> None:
    counted.write("README.md", "Changed\n")
    counted.write("src/HR/notes.txt", "Changed\n")
    stage(counted)
    assert commands(counted, "hook", "pre-commit") == ["rev-parse", "diff-index"]


def test_one_of_other_json_starts_it_once_more(counted: Repo) -> None:
    # Only the configuration tells whether it holds deployment settings.
    counted.write("package.json", "{}\n")
    stage(counted)
    assert commands(counted, "hook", "pre-commit") == ["rev-parse", "diff-index", "ls-files"]


def test_so_does_one_in_a_linked_worktree(counted: Repo) -> None:
    counted.git("worktree", "add", "--quiet", "../linked")
    linked = Repo(counted.root.parent / "linked", counted.environment)
    linked.environment["GIT_DIR"] = str(counted.root / ".git/worktrees/linked")
    linked.write("README.md", "Changed\n")
    stage(linked)
    assert commands(linked, "hook", "pre-commit") == ["rev-parse", "diff-index"]


def test_a_clean_commit_starts_git_four_times(counted: Repo) -> None:
    write_flow(counted, "src/HR", "New hire", flow())
    stage(counted)
    expected = ["rev-parse", "diff-index", "ls-files", "cat-file"]
    assert commands(counted, "hook", "pre-commit") == expected
    counted.write("crstandards.toml", '[[environments]]\nname = "prod"\n')
    counted.write("pyproject.toml", "[project]\n")
    counted.commit("Configure")
    counted.write("src/HR/Other/Customizations.xml", customizations(["con_outlook", ("con_x", "shared_x")]))
    stage(counted)
    assert commands(counted, "hook", "pre-commit") == expected


def test_so_does_one_that_is_stopped(counted: Repo) -> None:
    write_flow(counted, "src/HR", "New hire", raw_flow())
    counted.write("src/HR/Other/Customizations.xml", customizations(["con_outlook", "con_outlook_2"]))
    stage(counted)
    blocked(counted.crstandards("hook", "pre-commit"), "CR101", "CR201")
    expected = ["rev-parse", "diff-index", "ls-files", "cat-file"]
    assert commands(counted, "hook", "pre-commit") == expected


def test_an_empty_file_costs_one_more(counted: Repo) -> None:
    # It may be one that is only intended to be added.
    counted.write("src/.gitkeep", "")
    write_flow(counted, "src/HR", "New hire", flow())
    stage(counted)
    expected = ["rev-parse", "diff-index", "ls-files", "diff-index", "cat-file"]
    assert commands(counted, "hook", "pre-commit") == expected


HEAVY = {
    "git",
    "lxml",
    "jsonschema",
    "yaml",
    "tomllib",
    "json",
    "hashlib",
    "difflib",
    "zipfile",
    "xml.parsers.expat",
    "crstandards.engine",
    "crstandards.rules",
    "crstandards.policy.config",
    "crstandards.model",
}


def imported(repo: Repo) -> set[str]:
    """The modules that a run of the hook reads."""
    ran = repo.run([sys.executable, "-X", "importtime", "-m", "crstandards", "hook", "pre-commit"])
    passed(ran)
    return {line.rpartition("|")[2].strip() for line in ran.err.splitlines() if "import time:" in line}


def test_a_commit_of_no_concern_reads_no_heavy_module(counted: Repo) -> None:
    counted.write("README.md", "Changed\n")
    stage(counted)
    assert not imported(counted) & HEAVY


def test_a_clean_commit_reads_no_package_of_others(counted: Repo) -> None:
    write_flow(counted, "src/HR", "New hire", flow())
    stage(counted)
    assert not imported(counted) & {"git", "lxml", "jsonschema", "yaml", "tomllib", "difflib", "zipfile"}

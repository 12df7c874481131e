"""What a replay costs, counted where noise does not reach: processes, parsed documents, joined solutions."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from crstandards.check.session import Focus, Session, everything
from crstandards.environments import World
from crstandards.findings import Finding
from crstandards.git.ranges import RangeGit
from crstandards.history import tree_check
from crstandards.history.checks import Checks, Terms
from crstandards.history.log import read_range
from crstandards.history.walk import Walk
from crstandards.model import Mentions, Solution
from crstandards.policy.configuration import Config
from crstandards.rules import RULES
from crstandards.snapshot import File
from crstandards.source.facts import Facts
from crstandards.source.mentions import Searcher
from tests.replay.long_history import make
from tests.replay.test_histories import quiet
from tests.support.builders import OUTLOOK, Json, Repo, flow, solution_files
from tests.support.exports import OUTLOOK_ID, page, reference, rest, settings
from tests.support.histories import Memory, Step

FLOWS, COMMITS = 60, 40
_PARSED = (".json", "Solution.xml", "Customizations.xml")


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory, git_environment: dict[str, str]) -> Repo:
    """A bare repository: 60 flows in three solutions, and 40 commits that change one to three each."""
    return make(tmp_path_factory.mktemp("long") / "long.git", git_environment, FLOWS, COMMITS)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell script for git")
@pytest.mark.parametrize("arguments", [(), (f"HEAD~{COMMITS - 5}..HEAD",), ("--new-only", "HEAD~9..HEAD")])
def test_git_is_started_twice(long: Repo, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    program = tmp_path / "counting/git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/started\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    path = os.pathsep.join([str(program.parent), long.environment["PATH"]])
    ran = long.crstandards("replay", *arguments, env={"PATH": path})
    assert ran.status in (0, 1), ran.text
    started = (tmp_path / "started").read_text("utf-8").splitlines()
    known = ("cat-file", "log")
    assert sorted(word for line in started for word in line.split() if word in known) == sorted(known)
    assert len(started) == 2


def test_every_blob_is_parsed_once(long: Repo) -> None:
    facts = Facts()
    git = RangeGit(long.root)
    commits = read_range(git, None, git.commit("main")[0])
    Walk(git, Terms(RULES), facts).to_head(commits, quiet)
    blobs = {
        change.new_blob
        for commit in commits.commits
        for change in commit.changes
        if change.path.endswith(_PARSED)
    }
    # Beside these, which file metadata name, and the display names of flows that something was found in.
    metadata = {
        change.new_blob
        for commit in commits.commits
        for change in commit.changes
        if change.path.endswith(".data.xml")
    }
    assert len(blobs) <= facts.parsed <= len(blobs) + 2 * len(metadata)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The solutions that are read, by folder, and the flows that rules are asked about, by path."""
    seen: dict[str, list[str]] = {"solutions": [], "flows": []}

    class Counting(Session):
        def read(self, *arguments: Focus) -> tuple[Solution, ...]:
            found = super().read(*arguments)
            seen["solutions"] += [solution.folder for solution in found]
            return found

        def findings(
            self,
            focus: Focus = everything,
            world: World | None = None,
            near: Sequence[Solution] | None = None,
            between: bool = True,
        ) -> list[Finding]:
            seen["flows"] += [flow.path for solution in near or () for flow in solution.flows]
            return super().findings(focus, world, near, between)

    monkeypatch.setattr(tree_check, "Session", Counting)
    return seen


@pytest.mark.parametrize(
    "config", [None, Config(rules={"CR207": "error", "CR510": "error"})], ids=["usual", "more errors"]
)
def test_of_each_commit_only_the_flows_that_it_rewrites_are_looked_at(
    long: Repo, config: Config | None, looked_at: dict[str, list[str]]
) -> None:
    git = RangeGit(long.root)
    commits = read_range(git, git.commit(f"main~{COMMITS}")[0], git.commit("main")[0])
    Walk(git, Terms(RULES, config), Facts()).to_head(commits, quiet)
    assert len(looked_at["solutions"]) == FLOWS // 20
    assert len(looked_at["flows"]) == FLOWS + sum(len(commit.changes) for commit in commits.commits)


def test_of_each_commit_only_the_solutions_that_it_touches_are_read(looked_at: dict[str, list[str]]) -> None:
    def tree(**flows: str) -> dict[str, bytes]:
        files = {
            "HR": solution_files("ContosoHR", ["con_a"], {name: using(ref) for name, ref in flows.items()}),
            "Sales": solution_files("ContosoSales", ["con_b"], {"Sync": using("con_b")}),
        }
        return {f"{home}/{path}": content for home in files for path, content in files[home].items()}

    def using(reference: str) -> Json:
        return flow({OUTLOOK: reference})

    # A flow comes, and one uses what no flow has used.
    trees = tree(Send="con_a"), tree(Send="con_a", Ask="con_a"), tree(Send="con_a", Ask="con_b")
    git = Memory([Step((number - 1,) if number else (), files) for number, files in enumerate(trees)])
    Walk(git, Terms(RULES), Facts()).to_head(git.range(), quiet)
    assert looked_at["solutions"] == ["HR", "Sales", "HR", "HR"]


def test_settings_and_inventories_are_parsed_once_however_many_commits_are_checked_whole() -> None:
    text = '[[environments]]\nname = "prod"\nsettings = ["config/*"]\ninventory = ["inventory/*"]\n'
    files = {
        "crstandards.toml": text.encode(),
        "config/prod.json": settings(("con_outlook", OUTLOOK_ID)).encode(),
        "inventory/connections.json": json.dumps(page(rest())).encode(),
        "inventory/references.json": json.dumps(page(reference("con_outlook"))).encode(),
        **solution_files("ContosoHR"),
    }
    git = Memory([Step((), files), *(Step((number,), files) for number in range(5))])
    facts = Facts()
    checks = Checks(git, Terms(RULES), facts)
    checks.report("0")
    once = facts.parsed
    for number in range(1, 6):
        checks.report(str(number))
    assert facts.parsed == once <= len(set(files.values()))


def test_a_search_for_mentions_reads_only_what_is_not_known_from_another_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searched: list[int] = []
    search = Searcher._search

    def counting(
        self: Searcher, files: Sequence[File], names: frozenset[str], own: frozenset[str]
    ) -> Mentions:
        searched.append(len(files))
        return search(self, files, names, own)

    monkeypatch.setattr(Searcher, "_search", counting)
    files = solution_files("ContosoHR", ["con_outlook", ("con_unused", "shared_teams")])
    unused = {f"src/{path}": content for path, content in files.items()}
    beside, inside = unused | {"README.md": b"x"}, unused | {"src/notes.txt": b"con_unused"}
    git = Memory([Step((), unused), Step((0,), beside), Step((1,), inside), Step((2,), unused)])
    checks = Checks(git, Terms(RULES), Facts())
    found = [[item.rule for item in checks.found(str(number), {"CR504"})] for number in range(4)]
    assert found == [["CR504"], ["CR504"], [], ["CR504"]]
    assert searched == [len(unused), len(inside)]

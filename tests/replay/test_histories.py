"""Random histories: what a replay says of each commit is what a whole check of it says."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.errors import FatalError
from crstandards.findings import Finding
from crstandards.git.ranges import RangeGit
from crstandards.git.repository import Git
from crstandards.history.blame import all_of
from crstandards.history.checks import Terms, config_in
from crstandards.history.log import Commit, read_range
from crstandards.history.replay import Wish, replay
from crstandards.history.walk import Point, Walk
from crstandards.policy.baseline import entry_of
from crstandards.report.json_format import document
from crstandards.reported import Report
from crstandards.rules import BY_ID, RULES
from crstandards.rules.wording import names_of
from crstandards.snapshot import Worktree
from crstandards.source.facts import Facts
from tests.support.builders import Repo
from tests.support.histories import Memory, Step, day, histories, identities, naive, write

SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def quiet(done: int, total: int) -> None:
    """No progress is shown."""


class WatchedWalk(Walk):
    """A walk that remembers the point of each commit."""

    points: dict[str, Point]

    def _inside(self, commit: Commit, points: Mapping[str, Point]) -> Point:
        point = super()._inside(commit, points)
        self.points[commit.id] = point
        return point


def whole(git: Memory, count: int) -> dict[str, list[Finding]]:
    """What a whole check finds in each commit; those that none can judge are left out."""
    found = {}
    for number in range(count):
        try:
            found[str(number)] = naive(git, str(number), day(number))
        except FatalError:
            continue
    return found


@settings(max_examples=150, suppress_health_check=SLOW)
@given(histories(), st.data())
def test_each_tree_is_judged_as_if_it_were_the_only_one(steps: list[Step], data: st.DataObject) -> None:
    git = Memory(steps)
    walk = WatchedWalk(git, Terms(RULES), Facts())
    walk.points = {}
    walk.to_head(git.range(data.draw(st.none() | st.integers(0, len(steps) - 2))), quiet)
    for commit, expected in whole(git, len(steps)).items():
        if commit in walk.points:
            found = [item.finding for item in all_of(walk.points[commit].blamed)]
            assert identities(found) == identities(
                [item for item in expected if BY_ID[item.rule].is_followed]
            )


@settings(max_examples=150, suppress_health_check=SLOW)
@given(histories())
def test_a_finding_is_blamed_on_the_first_commit_that_has_it(steps: list[Step]) -> None:
    git = Memory(steps)
    expected = whole(git, len(steps))
    assume(len(expected) == len(steps))
    commits = git.range()
    parents = {commit.id: commit.parents for commit in commits.commits}
    for reported in replay(git, commits, Terms(RULES), Wish(), quiet).findings:
        if reported.rule.id == "CR902":
            # It is about the others, and no rule of its own finds it.
            continue
        author = reported.introduced
        assert author is not None
        parts, content = list(entry_of(reported.finding).parts()), reported.finding.content

        def count(commit: str) -> int:
            """How often a finding is there: as often as each part of it, be it in several others."""
            alike = [entry_of(item) for item in expected[commit] if item.content == content]  # noqa: B023
            return min(sum(one.covers(part) for one in alike) for part in parts)  # noqa: B023

        # Of what is only searched for, and went and came back, any of the commits that brought it is right.
        assert not reported.rule.is_followed or author.commit in since(commits.head, parents, count)
        # Of several equal findings, one more than any parent has is enough.
        assert all(count(parent) < count(author.commit) for parent in parents[author.commit])


def since(tip: str, parents: Mapping[str, Sequence[str]], count: Callable[[str], int]) -> set[str]:
    """The commits from which on a finding was there all the way to the tip."""
    found: set[str] = set()
    pending = [tip]
    while pending:
        commit = pending.pop()
        if commit not in found and count(commit):
            found.add(commit)
            pending += parents[commit]
    return found


@settings(max_examples=25, suppress_health_check=SLOW)
@given(histories(), st.data())
def test_the_verdict_on_a_tip_is_that_of_a_check_of_a_fresh_checkout(
    git_environment: dict[str, str], steps: list[Step], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = Repo.create(Path(folder) / "bare", git_environment, "--bare")
        ids = write(repo, steps)
        git = RangeGit(repo.root)
        base = data.draw(st.sampled_from((None, *ids[:-1])))
        checkout = Path(folder) / "checkout"
        repo.git("clone", "--quiet", "--branch", "main", str(repo.root), str(checkout), cwd=Path(folder))

        def replayed() -> Report:
            return replay(git, read_range(git, base, ids[-1]), Terms(RULES), Wish(), quiet)

        def checked() -> Report:
            config = config_in(git, ids[-1])
            worktree = Worktree(Git(checkout))
            session = Session(worktree, config, RULES, day(len(ids) - 1), whole=True)
            report = full_report(session)
            return report._replace(names=names_of(session.world, [item.finding for item in report.findings]))

        assert told(replayed) == told(checked)


def told(report: Callable[[], Report]) -> dict[str, Any] | str:
    """What a report says, or why there is none."""
    try:
        return without_history(document(report()))
    except FatalError as error:
        return str(error)


def without_history(report: dict[str, Any]) -> dict[str, Any]:
    """A JSON report without what only a replay can say, and without where the files lay."""
    kept = {key: value for key, value in report.items() if key not in ("source", "history")}
    kept["findings"] = [
        {key: value for key, value in finding.items() if key != "introduced"} for finding in kept["findings"]
    ]
    return kept

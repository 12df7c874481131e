"""Goes along a range of commits, judges each tree once, and follows each finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from crstandards.errors import FatalError
from crstandards.git_ranges import RangeGit
from crstandards.history.blame import Blame, Blamed
from crstandards.history.checks import Terms, config_of
from crstandards.history.judge import Judge
from crstandards.history.log import Commit, Range, day_of
from crstandards.history.states import GONE, State, Step, interest_of, state_of, step
from crstandards.policy import CONFIG_FILES
from crstandards.policy.configuration import Config
from crstandards.snapshot import File, Tree, git_file
from crstandards.source.facts import Facts
from crstandards.source.join import FLOW
from crstandards.source.names import is_flow

_AHEAD = 64

Progress = Callable[[int, int], None]
"""Told how many commits are done, and how many there are."""


class Point(NamedTuple):
    """A commit's tree, judged: with its configuration and the files that hold that."""

    blamed: Blamed
    judge: Judge
    config_files: Mapping[str, File]


class Walk:
    """Judges the commits of one range."""

    def __init__(self, git: RangeGit, terms: Terms, facts: Facts) -> None:
        self._git = git
        self._terms = terms
        self._facts = facts
        self._judges: dict[tuple[File, ...], Judge] = {}
        self.blame = Blame()
        self.notes: list[str] = []

    def to_head(self, commits: Range, progress: Progress) -> Point:
        """Judge all commits and return the last one."""
        points: dict[str, Point] = {}
        for outside in commits.before():
            points[outside] = self._outside(outside, points)
        left = Counter(parent for commit in commits.commits for parent in commit.parents)
        for done, commit in enumerate(commits.commits):
            if done % _AHEAD == 0:
                self._read_ahead(commits.commits[done : done + _AHEAD])
            points[commit.id] = self._inside(commit, points)
            for parent in commit.parents:
                left[parent] -= 1
                if not left[parent] and parent != commits.head:
                    del points[parent]
            progress(done + 1, len(commits.commits))
        return points.get(commits.head) or self._outside(commits.head, points)

    def _outside(self, commit: str, points: Mapping[str, Point]) -> Point:
        """A commit before the range; its tree is much like those of others."""
        tree = Tree(self._git, commit).files()
        config_files = {file.path: file for file in tree if file.path in CONFIG_FILES}
        judge = self._judge(config_files, commit, None)
        verdict = judge.judge(
            Step(state_of(tree, interest_of(judge.config)), None),
            self._terms.as_of or day_of(self._git.commit(commit)[1]),
            others=[point.blamed.verdict for point in points.values() if point.judge is judge],
        )
        return Point(self.blame.before(verdict), judge, config_files)

    def _inside(self, commit: Commit, points: Mapping[str, Point]) -> Point:
        parents = [points[parent] for parent in commit.parents]
        first = parents[0] if parents else None
        config_files = dict(first.config_files) if first else {}
        for change in commit.changes:
            if change.path in CONFIG_FILES:
                config_files.pop(change.path, None)
                if change.new_mode != GONE:
                    config_files[change.path] = git_file(change.path, change.new_mode, change.new_blob)
        judge = self._judge(config_files, commit.id, first)
        interest = interest_of(judge.config)
        follows = first if first and first.judge is judge else None
        if follows:
            to_here = step(follows.blamed.verdict.state, commit.changes, interest)
        elif first:
            to_here = Step(state_of(Tree(self._git, commit.id).files(), interest), None)
        else:
            to_here = Step(step(State({}, frozenset(), {}), commit.changes, interest).state, None)
        verdict = judge.judge(
            to_here,
            self._terms.as_of or commit.day,
            follows.blamed.verdict if follows else None,
            [parent.blamed.verdict for parent in parents[1:] if parent.judge is judge],
        )
        blamed = self.blame.commit(verdict, [parent.blamed for parent in parents], commit.author)
        return Point(blamed, judge, config_files)

    def _judge(self, config_files: Mapping[str, File], commit: str, before: Point | None) -> Judge:
        key = tuple(sorted(config_files.values())) if self._terms.config is None else ()
        judge = self._judges.get(key)
        if judge is None:
            config = self._terms.config
            if config is None:
                try:
                    config = config_of(self._git, config_files)
                except FatalError as error:
                    config = before.judge.config if before else Config()
                    known = "the one before it" if before else "the defaults"
                    self.notes.append(
                        f"{commit[:12]}: {error}. Judged under {known} for as long as this stays."
                    )
            same = (other for other in self._judges.values() if other.config.decided() == config.decided())
            judge = next(same, None) or Judge(Tree(self._git, commit), config, self._terms.rules, self._facts)
            self._judges[key] = judge
        return judge

    def _read_ahead(self, commits: Iterable[Commit]) -> None:
        """Read the flows that commits bring: git finds the next one while one is being read."""
        files = {
            file.key: file
            for commit in commits
            for change in commit.changes
            if change.new_mode != GONE and is_flow(change.path)
            for file in (git_file(change.path, change.new_mode, change.new_blob),)
            if file.kind == "file"
        }
        self._facts.read(Tree(self._git, ""), list(files.values()), FLOW)

"""Goes along a range of commits, checks each tree once, and follows each finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from crstandards.errors import FatalError
from crstandards.git.ranges import RangeGit
from crstandards.history.blame import Blame, Blamed
from crstandards.history.checks import Terms, config_of
from crstandards.history.files import GONE, Interest, TreeFiles, sorted_out, step
from crstandards.history.log import Commit, Range, day_of
from crstandards.history.trees import TreeChecker
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
    """A commit's tree, checked: by what, and the files that hold its configuration."""

    blamed: Blamed
    checker: TreeChecker
    config_files: Mapping[str, File]


class Walk:
    """Checks the commits of one range."""

    def __init__(self, git: RangeGit, terms: Terms, facts: Facts) -> None:
        self._git = git
        self._terms = terms
        self._facts = facts
        self._checkers: dict[tuple[File, ...], TreeChecker] = {}
        self.blame = Blame()
        self.notes: list[str] = []

    def to_head(self, commits: Range, progress: Progress) -> Point:
        """Check all commits and return the last one."""
        points: dict[str, Point] = {}
        for outside in commits.before():
            points[outside] = self._outside(outside)
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
        return points.get(commits.head) or self._outside(commits.head)

    def _outside(self, commit: str) -> Point:
        """A commit before the range."""
        tree = Tree(self._git, commit).files()
        config_files = {file.path: file for file in tree if file.path in CONFIG_FILES}
        checker = self._checker(config_files, commit, None)
        day = self._terms.as_of or day_of(self._git.commit(commit)[1])
        found = checker.check(sorted_out(tree, Interest.of(checker.config)), day)
        return Point(self.blame.before(found), checker, config_files)

    def _inside(self, commit: Commit, points: Mapping[str, Point]) -> Point:
        parents = [points[parent] for parent in commit.parents]
        first = parents[0] if parents else None
        config_files = dict(first.config_files) if first else {}
        for change in commit.changes:
            if change.path in CONFIG_FILES:
                config_files.pop(change.path, None)
                if change.new_mode != GONE:
                    config_files[change.path] = git_file(change.path, change.new_mode, change.new_blob)
        checker = self._checker(config_files, commit.id, first)
        interest = Interest.of(checker.config)
        before = first.blamed.check if first and first.checker is checker else None
        if first and not before:
            files, touched = sorted_out(Tree(self._git, commit.id).files(), interest), None
        else:
            files, touched = step(before.files if before else TreeFiles(), commit.changes, interest)
        found = checker.check(files, self._terms.as_of or commit.day, before, touched)
        blamed = self.blame.commit(
            found, [parent.blamed for parent in parents], commit.author, before is not None
        )
        return Point(blamed, checker, config_files)

    def _checker(self, config_files: Mapping[str, File], commit: str, before: Point | None) -> TreeChecker:
        key = tuple(sorted(config_files.values())) if self._terms.config is None else ()
        if key not in self._checkers:
            config = self._terms.config
            if config is None:
                try:
                    config = config_of(self._git, config_files)
                except FatalError as error:
                    config = before.checker.config if before else Config()
                    known = "the one before it" if before else "the defaults"
                    self.notes.append(
                        f"{commit[:12]}: {error}. Judged under {known} for as long as this stays."
                    )
            decided = config.decided()
            same = (known for known in self._checkers.values() if known.config.decided() == decided)
            self._checkers[key] = next(same, None) or TreeChecker(
                Tree(self._git, commit), config, self._terms.rules, self._facts
            )
        return self._checkers[key]

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

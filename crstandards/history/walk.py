"""Goes along a range of commits, checks each tree once, and follows each finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from crstandards.errors import FatalError
from crstandards.git.ranges import RangeGit
from crstandards.history.blame import Blame, Blamed
from crstandards.history.checks import Terms, config_files_in, config_of
from crstandards.history.files import GONE, TreeFiles, sorted_out, step
from crstandards.history.log import Commit, Range, day_of
from crstandards.history.tree_check import TreeCheck, TreeChecker
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

    check: TreeCheck
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
        points = {outside: self._outside(outside) for outside in commits.before()}
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
        config_files = config_files_in(self._git, commit)
        checker = self._checker(config_files, commit, None)
        day = self._terms.as_of or day_of(self._git.commit(commit)[1])
        check = checker.check(self._files(commit, checker), day)
        return Point(check, self.blame.before(check), checker, config_files)

    def _inside(self, commit: Commit, points: Mapping[str, Point]) -> Point:
        parents = [points[parent] for parent in commit.parents]
        first = parents[0] if parents else None
        if first and not any(change.path in CONFIG_FILES for change in commit.changes):
            config_files = first.config_files
        else:
            config_files = config_files_in(self._git, commit.id)
        checker = self._checker(config_files, commit.id, first)
        day = self._terms.as_of or commit.day
        follows = first is not None and first.checker is checker
        if first and follows:
            check = checker.check(step(first.check.files, commit.changes, checker.interest), day, first.check)
        else:
            check = checker.check(self._files(commit.id, checker), day)
        blamed = self.blame.commit(check, [parent.blamed for parent in parents], commit.author, follows)
        return Point(check, blamed, checker, config_files)

    def _files(self, commit: str, checker: TreeChecker) -> TreeFiles:
        return sorted_out(Tree(self._git, commit).files(), checker.interest)

    def _checker(self, config_files: Mapping[str, File], commit: str, before: Point | None) -> TreeChecker:
        key = tuple(config_files.values()) if self._terms.config is None else ()
        if key not in self._checkers:
            try:
                config = self._terms.config or config_of(self._git, config_files)
            except FatalError as error:
                config = before.checker.config if before else Config()
                known = "the one before it" if before else "the defaults"
                self.notes.append(f"{commit[:12]}: {error}. Judged under {known} for as long as this stays.")
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

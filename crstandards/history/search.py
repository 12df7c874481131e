"""Finds who introduced what only a whole check finds, by checking as few commits as possible."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from crstandards.errors import FatalError
from crstandards.findings import Finding
from crstandards.history.compare import added
from crstandards.history.log import Commit, Range
from crstandards.reported import Author

Found = Callable[[str], Sequence[Finding]]
"""What a whole check of a commit, given by its id, finds. Raises FatalError where none is possible."""


class Search:
    """Looks back from the head of a range, along first parents, halving what is left each time."""

    def __init__(self, commits: Range, found: Found) -> None:
        self._range = commits
        self._commits: Mapping[str, Commit] = {commit.id: commit for commit in commits.commits}
        self._find = found
        self._known: dict[str, Sequence[Finding]] = {}

    def introduced(self, finding: Finding) -> Author | None:
        """A commit that has the finding while no parent of it has; None where it was there before.

        Where it went and came back, this is one of the commits that brought it. Where the commit that
        brought it cannot be checked, it is the next one that can.
        """
        start = self._range.head
        while start in self._commits:
            line = self._line(start)
            # Most of what there is has been there before. Otherwise some commit has it, and the next hasn't.
            if self._has(line[-1], finding):
                commit = self._commits.get(line[-1])
            else:
                at = bisect_left(line, True, lo=1, key=lambda older: not self._has(older, finding))
                commit = self._commits[line[at - 1]]
            if commit is None:
                return None
            other = next((parent for parent in commit.parents[1:] if self._has(parent, finding)), None)
            if other is None:
                return commit.author
            start = other
        return None

    def _line(self, start: str) -> list[str]:
        """A commit, its first parent, that one's, and so on to the first one outside the range."""
        line = [start]
        while line[-1] in self._commits and self._commits[line[-1]].parents:
            line.append(self._commits[line[-1]].parents[0])
        return line

    def _has(self, commit: str, finding: Finding) -> bool:
        return not added([finding], self._findings(commit))

    def _findings(self, commit: str) -> Sequence[Finding]:
        """What a commit has; one that cannot be checked counts as having what its first parent has."""
        unknown = []
        while commit not in self._known:
            try:
                self._known[commit] = self._find(commit)
            except FatalError:
                unknown.append(commit)
                parents = self._commits[commit].parents if commit in self._commits else ()
                if not parents:
                    self._known[commit] = ()
                else:
                    commit = parents[0]
        self._known |= dict.fromkeys(unknown, self._known[commit])
        return self._known[commit]

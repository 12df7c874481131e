"""Who introduced each finding, and who mended it, followed from commit to commit.

A finding belongs to the first commit that has it: to a merge only if none of its parents has it. Of several
parts (environments, say), each has a life of its own, and the newest one is the finding's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from crstandards.findings import Finding
from crstandards.history.compare import grown, pair
from crstandards.history.tree_check import Home, TreeCheck
from crstandards.reported import Author


class Origin(NamedTuple):
    """The beginning of a life: a number of its own, and the commit (None: before the range)."""

    number: int
    introduced: Author | None


class Life(NamedTuple):
    """A finding of a tree, with the origin of each part of it."""

    finding: Finding
    origins: tuple[Origin, ...]


Blamed = Mapping[Home, Sequence[Life]]
"""The findings of a tree, by home."""


class End(NamedTuple):
    """Where a life ended: the finding as it was last seen, and the commit that has it no more."""

    finding: Finding
    mended: Author


class Blame:
    """Follows findings along a history, parents before children."""

    def __init__(self) -> None:
        self._born = 0
        self._old: list[Life] = []
        self.ended: dict[Origin, End] = {}

    def before(self, check: TreeCheck) -> Blamed:
        """A tree outside the range: what it has was there before, be it in several such trees."""
        later = [(home, finding) for home, listed in check.findings.items() for finding in listed]
        known, _ = _paired([finding for _, finding in later], self._old)
        blamed = self._lives(later, known, None)
        self._old += all_of(blamed)
        return blamed

    def commit(self, check: TreeCheck, parents: Sequence[Blamed], author: Author, follows: bool) -> Blamed:
        """A commit's tree. With `follows`, the check was built on that of the first parent, and what that
        has unchanged is not looked at.
        """
        first = parents[0] if parents else {}
        changed = check.changed if follows else {**check.findings, **first}.keys()
        if not changed and len(parents) == 1:
            return first
        kept = {home: lives for home, lives in first.items() if home not in changed}
        later = [(home, finding) for home in changed for finding in check.findings.get(home, ())]
        found = [finding for _, finding in later]
        known: list[list[Origin | None]] = []
        lost: list[Life] = []
        for number, parent in enumerate(parents or [first]):
            # Of another parent than the first, nothing is known to be the same.
            earlier = list(all_of(parent, None if number else changed))
            present = [*found, *(life.finding for life in all_of(kept) if number)]
            told, gone = _paired(present, earlier)
            # Where several parents have a part, the first to have had it counts.
            known = [list(map(_older, *both)) for both in zip(known or told, told, strict=False)]
            lost += [life for life in gone if not grown(life.finding, present)]
        blamed = {**kept, **self._lives(later, known, author)}
        self._end(lost, blamed, parents, author)
        return blamed

    def _lives(
        self,
        found: Iterable[tuple[Home, Finding]],
        known: Iterable[Sequence[Origin | None]],
        introduced: Author | None,
    ) -> dict[Home, list[Life]]:
        """Findings with the origins that are known, and with one of their own for parts that are new."""
        lives: dict[Home, list[Life]] = {}
        for (home, finding), origins in zip(found, known, strict=False):
            self._born += 1
            fresh = Origin(self._born, introduced)
            lives.setdefault(home, []).append(Life(finding, tuple(origin or fresh for origin in origins)))
        return lives

    def _end(self, lost: Sequence[Life], blamed: Blamed, parents: Sequence[Blamed], author: Author) -> None:
        """Note which of the findings that some parent has and a commit hasn't are fixed by that commit."""
        carried = _origins(blamed) if lost else set()
        held = [_origins(parent) for parent in parents] if lost and len(parents) > 1 else []
        for life in lost:
            origin = newest(life.origins)
            # Mostly one side of a merge had done so already.
            by_merge = origin not in self.ended and (
                origin.introduced is not None or all(origin in origins for origins in held)
            )
            if origin not in carried and (len(parents) == 1 or by_merge):
                self.ended[origin] = End(life.finding, author)


def all_of(blamed: Blamed, homes: Iterable[Home] | None = None) -> Iterator[Life]:
    """The findings of some homes, or of all."""
    for home in blamed if homes is None else homes:
        yield from blamed.get(home, ())


def newest(origins: Iterable[Origin]) -> Origin:
    """The origin of a finding, of those of its parts."""
    return max(origins, key=lambda origin: origin.number)


def _paired(
    later: Sequence[Finding], earlier: Sequence[Life]
) -> tuple[list[list[Origin | None]], list[Life]]:
    """The origins of the parts of later findings, as far as they were there earlier; and what is gone."""
    pairing = pair(later, [life.finding for life in earlier])
    known = [[part and earlier[part[0]].origins[part[1]] for part in parts] for parts in pairing.partners]
    return known, [earlier[at] for at in pairing.gone]


def _older(one: Origin | None, other: Origin | None) -> Origin | None:
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda origin: origin.number)


def _origins(blamed: Blamed) -> set[Origin]:
    return {origin for life in all_of(blamed) for origin in life.origins}

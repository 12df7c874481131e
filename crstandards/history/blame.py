"""Who introduced each finding, and who mended it, followed from commit to commit.

A finding belongs to the first commit that has it: to a merge only if none of its parents has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from crstandards.findings import Author, Finding
from crstandards.history.compare import grown, pair
from crstandards.history.trees import TreeCheck, Unit


class Origin(NamedTuple):
    """One finding's life: a number of its own, and the commit that began it (None: before the range)."""

    number: int
    introduced: Author | None


class Blamed(NamedTuple):
    """A check, with the origin of each finding in its place."""

    check: TreeCheck
    origins: Mapping[Unit, tuple[Origin, ...]]

    def findings(self) -> Iterable[tuple[Finding, Origin]]:
        """All findings with their origins."""
        for unit, found in self.check.findings.items():
            yield from zip(found, self.origins[unit], strict=True)


class End(NamedTuple):
    """Where a life ended: the finding as it was last seen, and the commit that has it no more."""

    finding: Finding
    mended: Author


class Blame:
    """Follows findings along a history, parents before children."""

    def __init__(self) -> None:
        self._born = 0
        self._old: list[tuple[Finding, Origin]] = []
        self.ended: dict[Origin, End] = {}

    def before(self, check: TreeCheck) -> Blamed:
        """A tree outside the range: what it has was there before, be it in several such trees."""
        origins: dict[Unit, tuple[Origin, ...]] = {}
        found = [item for listed in check.findings.values() for item in listed]
        partners = iter(pair(found, [item for item, _ in self._old]).partners)
        known = list(self._old)
        for unit, listed in check.findings.items():
            mine = [
                self._origin(None) if at is None else known[at][1] for at in islice(partners, len(listed))
            ]
            origins[unit] = tuple(mine)
            self._old += zip(listed, mine, strict=True)
        return Blamed(check, origins)

    def commit(self, check: TreeCheck, parents: Sequence[Blamed], author: Author, follows: bool) -> Blamed:
        """A commit's tree. With `follows`, the check was built on that of the first parent, and what that
        has unchanged is not looked at.
        """
        if not parents:
            born = {
                unit: tuple(self._origin(author) for _ in found) for unit, found in check.findings.items()
            }
            return Blamed(check, born)
        changed: Sequence[Unit] = ()
        if check.changed or not follows:
            every = {**check.findings, **parents[0].check.findings}
            changed = [unit for unit in every if unit in check.changed] if follows else list(every)
        origins = dict(parents[0].origins)
        for unit in changed:
            origins.pop(unit, None)
        if changed or len(parents) > 1:
            self._settle(check, parents, author, changed, origins)
        return Blamed(check, origins)

    def _settle(
        self,
        check: TreeCheck,
        parents: Sequence[Blamed],
        author: Author,
        changed: Sequence[Unit],
        origins: dict[Unit, tuple[Origin, ...]],
    ) -> None:
        places = [(unit, index) for unit in changed for index in range(len(check.findings.get(unit, ())))]
        later = [check.findings[unit][index] for unit, index in places]
        known: list[Origin | None] = [None] * len(later)
        lost: list[tuple[Finding, Origin]] = []
        for number, parent in enumerate(parents):
            # Of another parent than the first, nothing is known to be the same.
            earlier = list(_of(parent, changed) if number == 0 else parent.findings())
            others = [] if number == 0 else list(_rest(check, changed))
            pairing = pair([*later, *others], [item for item, _ in earlier])
            for index, partner in enumerate(pairing.partners[: len(later)]):
                if partner is not None:
                    # Where several parents have it, and one of them as a part of what came later, the
                    # first to have had it counts.
                    known[index] = min(filter(None, (known[index], earlier[partner][1])), key=_age)
            present = [*later, *others]
            lost += [earlier[at] for at in pairing.gone if not grown(earlier[at][0], present)]
        found = [origin or self._origin(author) for origin in known]
        for unit in changed:
            listed = tuple(origin for (owner, _), origin in zip(places, found, strict=True) if owner == unit)
            if listed:
                origins[unit] = listed
        carried = {origin for listed in origins.values() for origin in listed} if lost else set()
        for finding, origin in lost:
            if origin not in carried and (len(parents) == 1 or self._ends_in_merge(origin, parents)):
                self.ended[origin] = End(finding, author)

    def _ends_in_merge(self, origin: Origin, parents: Sequence[Blamed]) -> bool:
        """Whether it is the merge that mended: mostly one side had done so already."""
        if origin in self.ended:
            return False
        return origin.introduced is not None or all(
            any(origin in listed for listed in parent.origins.values()) for parent in parents
        )

    def _origin(self, introduced: Author | None) -> Origin:
        self._born += 1
        return Origin(self._born, introduced)


def _age(origin: Origin) -> int:
    return origin.number


def _of(parent: Blamed, units: Iterable[Unit]) -> Iterable[tuple[Finding, Origin]]:
    for unit in units:
        yield from zip(parent.check.findings.get(unit, ()), parent.origins.get(unit, ()), strict=True)


def _rest(check: TreeCheck, units: Sequence[Unit]) -> Iterable[Finding]:
    left_out = set(units)
    for unit, found in check.findings.items():
        if unit not in left_out:
            yield from found

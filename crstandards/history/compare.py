"""Which findings of one tree were there in another: what a push or a pull request adds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from crstandards.findings import Finding
from crstandards.policy.baseline import BaselineEntry, entry_of


class Pairing(NamedTuple):
    """For each part of each later finding the earlier one that it is, by the indexes of its finding and of
    itself, or None; and the earlier findings of which no part is left.
    """

    partners: tuple[tuple[tuple[int, int] | None, ...], ...]
    gone: tuple[int, ...]


def pair(later: Sequence[Finding], earlier: Sequence[Finding]) -> Pairing:
    """Tell which later findings are earlier ones, part by part: of several environments, say, each is one.

    Equal findings in several files (copies of a solution, say) are counted: one more is a new one. A
    group of references is the earlier group also where members have gone, not where one has come.
    What cannot be read is as before only where its bytes are.
    """
    new, old = _parts(later), _parts(earlier)
    partners: dict[tuple[int, int], tuple[int, int]] = {}
    free = set(old)
    for alike in _ALIKE:
        known: dict[object, list[tuple[int, int]]] = {}
        for at in old:
            known.setdefault(alike(earlier[at[0]], old[at]), []).append(at)
        for at in [at for at in new if at not in partners]:
            candidates = known.get(alike(later[at[0]], new[at]), ())
            found = next((it for it in candidates if it in free and old[it].covers(new[at])), None)
            if found is not None:
                partners[at] = found
                free.remove(found)
    of_each: list[list[tuple[int, int] | None]] = [[] for _ in later]
    for at in new:
        of_each[at[0]].append(partners.get(at))
    kept = {index for index, _ in partners.values()}
    return Pairing(tuple(map(tuple, of_each)), tuple(at for at in range(len(earlier)) if at not in kept))


def _parts(findings: Sequence[Finding]) -> dict[tuple[int, int], BaselineEntry]:
    entries = enumerate(map(entry_of, findings))
    return {(at, number): part for at, entry in entries for number, part in enumerate(entry.parts())}


# What a part shares with the earlier one that it is: at first all, at last not even all names.
_ALIKE: tuple[Callable[[Finding, BaselineEntry], object], ...] = (
    lambda finding, part: (part._replace(about=()), finding.content, finding.place.path),
    lambda finding, part: (part._replace(about=()), finding.content),
    lambda finding, part: (part.key, finding.content),
)


def added(later: Sequence[Finding], earlier: Sequence[Finding]) -> list[Finding]:
    """The later findings that were not there earlier."""
    partners = pair(later, earlier).partners
    return [item for item, parts in zip(later, partners, strict=True) if None in parts]


def grown(gone: Finding, later: Iterable[Finding]) -> bool:
    """Whether a finding is there no more only because its group has got more members, or because its file
    cannot be read in another way.
    """
    if gone.content:
        return any(item.rule == gone.rule and item.place.path == gone.place.path for item in later)
    entry = entry_of(gone)
    present = map(entry_of, later)
    return any(item.covers(entry) and item.of("references") != entry.of("references") for item in present)

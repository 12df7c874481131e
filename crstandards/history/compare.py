"""Which findings of one tree were there in another: what a push or a pull request adds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from crstandards.findings import Finding
from crstandards.policy.baseline import Entry, entry_of


class Pairing(NamedTuple):
    """For each later finding the index of the earlier one that it is, or None; and the earlier ones left.

    Several later ones may be parts of one that was about several environments, or the other way round.
    """

    partners: tuple[int | None, ...]
    gone: tuple[int, ...]


def pair(later: Sequence[Finding], earlier: Sequence[Finding]) -> Pairing:
    """Tell which later findings are earlier ones.

    Equal findings in several files (copies of a solution, say) are counted: one more is a new one. A
    group of references is the earlier group also where members have gone, not where one has come, and
    in every environment in which it was there, for what is said of it may differ between them now.
    What cannot be read is as before only where its bytes are.
    """
    new, old = [entry_of(item) for item in later], [entry_of(item) for item in earlier]
    partners: list[int | None] = [None] * len(new)
    free = dict.fromkeys(range(len(old)))

    def assign(alike: Callable[[int], Iterable[int]]) -> None:
        for index, partner in enumerate(partners):
            if partner is None:
                found = next((candidate for candidate in alike(index) if candidate in free), None)
                if found is not None:
                    partners[index] = found
                    del free[found]

    new_same, old_same = list(map(_same, later, new)), list(map(_same, earlier, old))
    paths = _indexed((same, item.place.path) for same, item in zip(old_same, earlier, strict=True))
    assign(lambda index: paths.get((new_same[index], later[index].place.path), ()))
    equals = _indexed(old_same)
    assign(lambda index: equals.get(new_same[index], ()))
    groups = _indexed((entry.key, item.content) for entry, item in zip(old, earlier, strict=True))
    spare = {at: list(old[at].parts()) for at in free}
    for index, partner in enumerate(partners):
        alike = groups.get((new[index].key, later[index].content), ())
        pieces = [] if partner is not None else _pieces(new[index], spare, alike)
        for at, piece in pieces:
            partners[index] = at
            spare[at].remove(piece)
            free.pop(at, None)
    return Pairing(tuple(partners), tuple(free))


def added(later: Sequence[Finding], earlier: Sequence[Finding]) -> list[Finding]:
    """The later findings that were not there earlier."""
    partners = pair(later, earlier).partners
    return [item for item, partner in zip(later, partners, strict=True) if partner is None]


def grown(gone: Finding, later: Iterable[Finding]) -> bool:
    """Whether a finding is there no more only because its group has got more members, or because its file
    cannot be read in another way.
    """
    if gone.content:
        return any(item.rule == gone.rule and item.place.path == gone.place.path for item in later)
    entry = entry_of(gone)
    present = map(entry_of, later)
    return any(item.covers(entry) and item.of("references") != entry.of("references") for item in present)


def _pieces(
    entry: Entry, spare: Mapping[int, Sequence[Entry]], alike: Sequence[int]
) -> list[tuple[int, Entry]]:
    """For each part of an entry the earlier one that has it, and the piece of that; or nothing."""
    found: list[tuple[int, Entry]] = []
    for part in entry.parts():
        fitting = ((at, piece) for at in alike for piece in spare.get(at, ()) if piece.covers(part))
        chosen = next(fitting, None)
        if chosen is None:
            return []
        found.append(chosen)
    return found


def _same(finding: Finding, entry: Entry) -> tuple[Entry, str]:
    """What an earlier finding must share to be this one."""
    return entry._replace(about=()), finding.content


def _indexed(keys: Iterable[object]) -> dict[object, list[int]]:
    found: dict[object, list[int]] = {}
    for index, key in enumerate(keys):
        found.setdefault(key, []).append(index)
    return found

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

    paths = _indexed((_same(entry), item.place.path) for entry, item in zip(old, earlier, strict=True))
    assign(lambda index: paths.get((_same(new[index]), later[index].place.path), ()))
    equals = _indexed(map(_same, old))
    assign(lambda index: equals.get(_same(new[index]), ()))
    groups = _indexed(entry.key for entry in old)
    spare = {at: list(old[at].parts()) for at in free}
    for index, partner in enumerate(partners):
        pieces = [] if partner is not None else _pieces(new[index], spare, groups.get(new[index].key, ()))
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
    """Whether a finding that is there no more is so only because its group has got more members."""
    entry = entry_of(gone)
    present = map(entry_of, later)
    return any(item.covers(entry) and item.references != entry.references for item in present)


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


def _same(entry: Entry) -> Entry:
    return entry._replace(about=())


def _indexed(keys: Iterable[object]) -> dict[object, list[int]]:
    found: dict[object, list[int]] = {}
    for index, key in enumerate(keys):
        found.setdefault(key, []).append(index)
    return found

"""Groups of references for one connector over several solutions: CR301, and CR305 without environments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from crstandards.findings import Finding, Related
from crstandards.model import ConnectionReference, Solution, World
from crstandards.rules.duplicates import MOST_SHOWN, groups, is_generated, moving, why_kept
from crstandards.rules.environments import Declaration, by_name, declarations, folders, owners
from crstandards.rules.usage import User, by_key, used_here, users
from crstandards.rules.wording import listed


class Group(NamedTuple):
    """The references for one connector that several solutions declare, and which of them to keep."""

    connector: str
    members: tuple[Declaration, ...]
    keep: Declaration
    reason: str
    users: dict[str, list[User]]

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it the same group in another environment."""
        named = (f"{item.solution.folder}:{item.reference.key}" for item in self.members)
        return (self.connector, self.keep.reference.key, *named)

    @property
    def names(self) -> list[str]:
        """The names of the references, each once, in order."""
        return [items[0].reference.logical_name for items in by_name(self.members).values()]

    def finding(self, rule: str, environments: list[str], message: str, more: Sequence[str] = ()) -> Finding:
        """The finding, with what to do about each of the references; `more` is added to that."""
        keep = self.keep.reference
        surplus = [item for item in self.members if item.reference.key != keep.key]
        moves = [(_told(items), self.users.get(key, ())) for key, items in by_name(surplus).items()]
        users = [user for key in by_name(surplus) for user in self.users.get(key, ())]
        references: dict[str, list[str]] = {}
        for item in self.members:
            names = references.setdefault(item.solution.shown_name, [])
            if item.reference.logical_name not in names:
                names.append(item.reference.logical_name)
        return Finding(
            rule=rule,
            solution="",
            place=surplus[0].reference.place,
            message=message,
            help="\n".join(
                (
                    f"Keep {keep.logical_name} of {self.keep.solution.shown_name} ({self.reason}).",
                    *moving(moves, keep, not any(item.solution.missing_flows for item in self.members)),
                    *more,
                )
            ),
            identity=(*environments, self.connector, *sorted(name.lower() for name in self.names)),
            data={"connector": self.connector, "references": references, "environments": environments},
            related=(
                Related(keep.place, f"{keep.logical_name}, the one to keep"),
                *(Related(item.reference.place, _told([item])) for item in surplus[1:MOST_SHOWN]),
                *(used_here(user) for user in users[:MOST_SHOWN]),
            ),
            involves=folders(self.members),
        )


def _told(items: Sequence[Declaration]) -> str:
    return f"{items[0].reference.logical_name} ({listed(owners(items))})"


def groups_between(
    solutions: Iterable[Solution], world: World, reference_solution: str = ""
) -> Iterator[Group]:
    """The connectors for which these solutions declare several names, over at least two of them.

    What an exception from CR201 covers does not count, nor connectors with an endpoint of their own,
    nor bought solutions: nobody here can change what they declare.
    """
    present = list(solutions)
    counted = [solution for solution in present if not solution.vendored]
    by_connector: dict[str, list[Declaration]] = {}
    for solution in counted:
        excepted = _excepted(solution, world)
        for item in declarations([solution]):
            connector = item.reference.connector
            if connector and connector not in world.own_endpoint and item.reference.key not in excepted:
                by_connector.setdefault(connector, []).append(item)
    chosen = {
        connector: items
        for connector, items in by_connector.items()
        if len(by_name(items)) > 1 and len(owners(items)) > 1
    }
    used = by_key(user for solution in present for user in users(solution, is_foreign=True)) if chosen else {}
    for connector, items in sorted(chosen.items()):
        keep, reason = _kept(items, used, reference_solution.lower())
        yield Group(connector, tuple(items), keep, reason, used)


def _excepted(solution: Solution, world: World) -> set[str]:
    return {
        reference.key
        for _, references in groups(solution)
        for reference in references
        if world.is_excepted("CR201", solution, reference)
    }


def _kept(
    items: Sequence[Declaration], users: dict[str, list[User]], reference_solution: str
) -> tuple[Declaration, str]:
    """The one to keep: the reference solution's; then as within a solution."""
    used = {item.reference.key: len(users.get(item.reference.key, ())) for item in items}
    keep = min(
        items,
        key=lambda item: (
            item.owner != reference_solution,
            -used[item.reference.key],
            is_generated(item.reference.logical_name),
        ),
    )
    if keep.owner == reference_solution:
        return keep, "it is in the reference solution"
    references: dict[str, ConnectionReference] = {}
    for item in items:
        references.setdefault(item.reference.key, item.reference)
    return keep, why_kept(keep.reference, references.values(), used)

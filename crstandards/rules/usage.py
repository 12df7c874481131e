"""Who uses a reference, and what makes moving that user to another reference more than a plain swap."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from crstandards.connector_id import connector_of
from crstandards.environments import Survey, World
from crstandards.findings import Related
from crstandards.model import ConnectionEntry, Flow, Operation, Solution, Use, sorted_out
from crstandards.places import Place
from crstandards.rules.declarations import grouped

EMBEDDED = "embedded"


class FlowUser(NamedTuple):
    """A flow's entry that refers to a reference."""

    solution: Solution
    flow: Flow
    entry: ConnectionEntry
    is_foreign: bool = False

    @property
    def key(self) -> str:
        """The reference's name for comparing."""
        return self.entry.key or ""

    @property
    def name(self) -> str:
        """The reference's name as it is written."""
        return self.entry.reference or ""

    @property
    def place(self) -> Place:
        """The entry."""
        return Place(self.flow.path, self.entry.route)

    def who(self, home: str = "") -> str:
        """The flow as a sentence names it; of what solution, except of `home`."""
        return f'flow "{self.solution.title(self.flow)}"{_owner(self, home)}'

    def title(self) -> str:
        """The flow and the alias, as a sentence names them."""
        return f'{self.who()} (alias "{self.entry.alias}")'

    def obstacles(self, key: str) -> list[str]:
        """Why the entry cannot simply be given another reference, the one of this key; mostly nothing."""
        found = []
        source = self.entry.runtime_source.lower() or EMBEDDED
        beside = [entry.runtime_source.lower() or EMBEDDED for entry in self.flow.through(key)]
        if source != EMBEDDED:
            found.append(f'its run-only users provide the connection (runtimeSource "{source}")')
        elif any(other != source for other in beside):
            found.append("the flow uses the other one with another runtimeSource")
        if self.entry.impersonation:
            found.append(f'it acts in the name of somebody else (impersonation "{self.entry.impersonation}")')
        if self.flow.by_expression and self._is_reached_by_expression():
            found.append("the flow reaches the connection by an expression ($connections)")
        return found

    def _is_reached_by_expression(self) -> bool:
        alias, named = self.entry.alias.lower(), self.flow.named_elsewhere
        by_host = any(operation.is_by_expression for operation in self.flow.users(alias))
        return by_host or alias in named or "" in named


class OtherUser(NamedTuple):
    """An app or agent that uses a reference."""

    solution: Solution
    use: Use
    is_foreign: bool = False

    @property
    def key(self) -> str:
        """The reference's name for comparing."""
        return self.use.key

    @property
    def name(self) -> str:
        """The reference's name as it is written."""
        return self.use.reference

    @property
    def place(self) -> Place:
        """Where the app or agent says so."""
        return self.use.place

    def who(self, home: str = "") -> str:
        """The app or agent as a sentence names it; of what solution, except of `home`."""
        return f'{self.use.kind} "{self.use.name}"{_owner(self, home)}'

    def title(self) -> str:
        """The app or agent, as a sentence names it."""
        return self.who()

    def obstacles(self, key: str) -> list[str]:
        """An app or agent is never changed by a plain swap."""
        return ["it has to be changed in the portal"]


User = FlowUser | OtherUser


def _owner(user: User, home: str) -> str:
    name = user.solution.unique_name
    if not user.is_foreign or (name and name == home):
        return ""
    return f" of solution {name}" if name else f" in {user.solution.folder or 'the root'}"


def users(solution: Solution, is_foreign: bool = False) -> Iterator[User]:
    """All that uses a reference in a solution, in the order of the source.

    `is_foreign`: it is not the one that the reader has in mind, so titles name it.
    """
    for flow in solution.flows:
        for entry in flow.entries:
            if entry.reference:
                yield FlowUser(solution, flow, entry, is_foreign)
    for use in solution.uses:
        if use.reference:
            yield OtherUser(solution, use, is_foreign)


def missed_connectors(solution: Solution) -> set[str]:
    """The connectors for which something in a solution goes through no reference, and should: a raw
    connection, one that an app shares, or an operation whose entry got lost. "" where it may be any.
    """
    raw = {entry.connector for flow in solution.flows for entry in flow.entries if not entry.reference}
    shared = {use.connector for use in solution.uses if use.shared and not use.reference}
    return raw | shared | lost_connectors(solution)


def lost_connectors(solution: Solution) -> set[str]:
    """The connectors of which an entry got lost; "" where nobody says of which, and an alias told nothing."""
    declared = {reference.connector for reference in solution.references}
    return {
        connector if connector in declared or any(item.connector for item in operations) else ""
        for flow in solution.flows
        for connector, operations in lost(flow)
    }


def lost(flow: Flow) -> Iterator[tuple[str, list[Operation]]]:
    """The operations whose alias is not among a flow's entries, by alias, each with its connector."""
    if flow.is_plain:
        return
    used = grouped(flow.operations, lambda operation: operation.alias.lower())
    for operations in (found for alias, found in used.items() if not flow.called(alias)):
        # Old operations name no connector; which of them stands first says nothing.
        told = min((item.connector for item in operations if item.connector), default="")
        yield told or connector_of(re.sub(r"_\d+$", "", operations[0].alias)), operations


def by_key(found: Iterable[User]) -> dict[str, list[User]]:
    """Users by the name of the reference, for comparing."""
    return grouped(found, lambda user: user.key)


def users_of(solution: Solution, world: World) -> dict[str, list[User]]:
    """Who uses the references that a solution declares, by key: all inside it, and in other solutions
    what uses a name that these don't declare themselves.
    """
    own = solution.declared()
    around = world.survey()
    borrowers = sorted({number for key in own for number in around.borrowing.get(key, ())})
    foreign = (
        user
        for other in (around.borrowers[number] for number in borrowers)
        if other.unique_name.lower() != solution.unique_name.lower()
        for user in users(other, is_foreign=True)
        if user.key in own and user.key not in other.declared()
    )
    return by_key((*users(solution), *foreign))


def survey(solutions: Iterable[Solution], representatives: Iterable[Solution]) -> Survey:
    """What one look at all solutions tells of who declares and uses what."""
    all_of_them = tuple(solutions)
    present = [solution for solution in all_of_them if solution.is_solution]
    alone = [solution for solution in all_of_them if not solution.is_solution]
    borrowers = (*representatives, *alone)
    wanted = sorted_out(
        (key, solution.unique_name.lower())
        for solution in all_of_them
        for key in chain(
            (entry.key for flow in solution.flows for entry in flow.entries if entry.key),
            (use.key for use in solution.uses if use.reference),
            (dependency.key for dependency in solution.missing),
        )
    )
    return Survey(
        {key: frozenset(names) for key, names in wanted.items()},
        len(present),
        tuple(solution for solution in present if solution.unreadable),
        sorted_out((key, solution) for solution in present for key in solution.declared()),
        sorted_out(
            (key, number)
            for number, solution in enumerate(borrowers)
            for key in dict.fromkeys(user.key for user in users(solution))
            if key not in solution.declared()
        ),
        borrowers,
    )


def used_here(user: User) -> Related:
    """A user as a related place."""
    return Related(user.place, f"{user.title()} uses {user.name}")

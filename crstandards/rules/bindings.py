"""Which connection each reference of an environment is bound to, as settings and inventories tell."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from crstandards.findings import Finding, Related, Severity
from crstandards.model import Environment, Place, Solution, World
from crstandards.ownership import Account, Connection, Inventory, SettingsEntry, SettingsFile
from crstandards.rules.environments import where
from crstandards.rules.usage import FlowUser, User, users
from crstandards.rules.wording import listed

T = TypeVar("T")


class Held(NamedTuple):
    """A reference that solutions of an environment declare or use; where they declare it stands first."""

    name: str
    connector: str
    places: tuple[Place, ...]
    solutions: tuple[Solution, ...]
    users: tuple[User, ...]

    @property
    def key(self) -> str:
        """The name for comparing."""
        return self.name.lower()

    @property
    def is_runners(self) -> bool:
        """Whether only whoever runs a flow brings the connection, so that the bound one is not used."""
        return bool(self.users) and all(
            isinstance(user, FlowUser) and user.entry.runtime_source.lower() == "invoker"
            for user in self.users
        )


class Binding(NamedTuple):
    """A reference and a connection it is bound to: by its id, or by the token that a pipeline replaces.

    `settings` is the file that says so, or "" where an inventory does; `owner` is whom the settings name.
    """

    held: Held
    connection: str
    token: str
    settings: str
    owner: Account | None
    place: Place

    @property
    def id(self) -> str:
        """The connection's id for comparing; "" for a token."""
        return self.connection.lower()


class Bound(NamedTuple):
    """A connection that an inventory knows, with the references that are bound to it."""

    connection: Connection
    bindings: tuple[Binding, ...]

    @property
    def names(self) -> list[str]:
        """The references' names, each once."""
        return list({binding.held.key: binding.held.name for binding in self.bindings}.values())

    @property
    def key(self) -> Hashable:
        """What makes it the same in another environment."""
        return self.connection, tuple(sorted(name.lower() for name in self.names))


def gathered(
    world: World, rule: str, in_one: Callable[[Environment], Iterable[tuple[Hashable, T]]]
) -> Iterator[list[tuple[Environment, T]]]:
    """What a rule finds in the environments in which it is not switched off, put together by its key."""
    found: dict[Hashable, list[tuple[Environment, T]]] = {}
    for environment in world.environments:
        if rule not in environment.off:
            for key, item in in_one(environment):
                found.setdefault(key, []).append((environment, item))
    return iter(found.values())


def names_of(found: Sequence[tuple[Environment, Any]]) -> list[str]:
    """The names of the environments, each once, in order."""
    return list(dict.fromkeys(environment.name for environment, _ in found))


def held_by(environment: Environment) -> list[Held]:
    """The references that an environment's own solutions declare or use; bought ones don't count."""
    found: dict[str, Held] = {}

    def add(name: str, connector: str, place: Place, solution: Solution) -> None:
        known = found.get(name.lower()) or Held(name, connector, (), (), ())
        solutions = known.solutions if solution in known.solutions else (*known.solutions, solution)
        found[name.lower()] = known._replace(
            connector=known.connector or connector, places=(*known.places, place), solutions=solutions
        )

    own = [solution for solution in environment.solutions if not solution.vendored]
    for solution in own:
        for reference in solution.declared().values():
            add(reference.logical_name, reference.connector, reference.place, solution)
    declared = set(found)
    for solution in own:
        for user in users(solution):
            if user.key not in declared:
                connector = user.entry.connector if isinstance(user, FlowUser) else user.use.connector
                add(user.name, connector, user.place, solution)
            known = found[user.key]
            found[user.key] = known._replace(users=(*known.users, user))
    return list(found.values())


def bindings_of(environment: Environment) -> list[Binding]:
    """What the references of an environment are bound to.

    A reference has several bindings where settings and inventory disagree: the settings say what the
    next import binds, the inventory what is bound now. A token counts only where nothing tells its id.
    """
    entries: dict[str, list[tuple[SettingsFile, SettingsEntry]]] = {}
    for file in environment.settings():
        for entry in file.entries:
            entries.setdefault(entry.key, []).append((file, entry))
    inventory = environment.inventory() or Inventory()
    found: list[Binding] = []
    for held in held_by(environment):
        ours = entries.get(held.key, [])
        by_id: dict[str, Binding] = {}
        for file, entry in ours:
            if entry.id:
                place = Place(file.path, (*entry.route, "ConnectionId"))
                binding = Binding(held, entry.connection, "", file.path, entry.owner, place)
                by_id.setdefault(entry.id, binding)
        actual = None if inventory.bindings is None else inventory.bindings.get(held.key)
        if actual:
            known = inventory.connections.get(actual)
            name = known.id if known else actual
            by_id.setdefault(actual, Binding(held, name, "", "", None, held.places[0]))
        found += by_id.values()
        if not by_id and actual is None:
            found += [
                Binding(
                    held,
                    "",
                    entry.connection,
                    file.path,
                    entry.owner,
                    Place(file.path, (*entry.route, "ConnectionId")),
                )
                for file, entry in ours[:1]
                if entry.is_token
            ]
    return found


def bound_connections(environment: Environment) -> list[Bound]:
    """The connections of an environment's inventory that its references are bound to.

    References of which whoever runs a flow brings the connection don't count.
    """
    inventory = environment.inventory()
    if inventory is None:
        return []
    grouped: dict[str, list[Binding]] = {}
    for binding in bindings_of(environment):
        if binding.id in inventory.connections and not binding.held.is_runners:
            grouped.setdefault(binding.id, []).append(binding)
    return [Bound(inventory.connections[key], tuple(found)) for key, found in grouped.items()]


def data_of(
    references: Sequence[str], connections: Sequence[str], owner: str, environments: Sequence[str]
) -> dict[str, Any]:
    """The rule's part of the JSON report; lists where a finding is about several.

    A connection that isn't known is "": an exception for the others doesn't cover it.
    """
    data: dict[str, Any] = {
        "reference": references[0] if references else "",
        "connection": connections[0] if connections else "",
        "owner": owner,
        "environments": list(environments),
    }
    if len(references) > 1:
        data["references"] = list(references)
    if len(connections) > 1:
        data["connections"] = list(connections)
    return data


def finding_of(
    rule: str,
    bindings: Sequence[Binding],
    environments: Sequence[str],
    message: str,
    advice: Sequence[str],
    owner: str = "",
    severity: Severity | None = None,
) -> Finding:
    """A finding about what references are bound to, placed where the first of them is bound."""
    references = list({binding.held.key: binding.held.name for binding in bindings}.values())
    connections = list({binding.id: binding.connection for binding in bindings}.values())
    solutions = list(
        {solution.folder: solution for binding in bindings for solution in binding.held.solutions}.values()
    )
    owners = list(dict.fromkeys(solution.base_name for solution in solutions))
    place = bindings[0].place
    declared = {at: binding.held.name for binding in bindings for at in binding.held.places[:1]}
    others = {binding.place: binding for binding in bindings if binding.settings}
    return Finding(
        rule=rule,
        solution=solutions[0].unique_name if len(solutions) == 1 else "",
        place=place,
        message=message,
        help="\n".join(advice),
        identity=(
            solutions[0].base_name if len(solutions) == 1 else "",
            *sorted(name.lower() for name in references),
            *sorted(name.lower() for name in connections),
            *environments,
        ),
        data=data_of(references, connections, owner, environments),
        related=(
            *(Related(at, f"{other.held.name} is bound here") for at, other in others.items() if at != place),
            *(Related(at, f"{name} stands here") for at, name in declared.items() if at != place),
        ),
        severity=severity,
        involves=tuple(solution.folder for solution in solutions),
        among=tuple(owners),
    )


def repointing(bindings: Sequence[Binding], environments: Sequence[str], how: str) -> list[str]:
    """How to give references another connection, without touching a flow; `how` is how it is made."""
    names = listed(list({binding.held.key: binding.held.name for binding in bindings}.values()))
    files = listed(list(dict.fromkeys(binding.settings for binding in bindings if binding.settings)))
    advice = [
        f"Don't edit the flows in {where(environments)}: point the reference to another connection. {how}",
        f"Then open Solutions > Default solution > Connection references > {names} > Edit, choose the new "
        "connection and save: all flows on the reference follow.",
    ]
    if files:
        advice.append(f"Put its id into {files} too, or the next import binds the old one again.")
    return advice

"""Which connection each reference of an environment is bound to, as settings and inventories tell."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from crstandards.environments import (
    Account,
    Connection,
    Environment,
    Inventory,
    SettingsEntry,
    SettingsFile,
    World,
)
from crstandards.findings import Finding, Related, Severity, Subject
from crstandards.model import Solution
from crstandards.places import Place
from crstandards.rules.declarations import (
    Declaration,
    Together,
    all_folders,
    by_name,
    declarations,
    folders,
    gathered,
    grouped,
)
from crstandards.rules.usage import FlowUser, User, by_key, users
from crstandards.rules.wording import listed, once, shown_connector, shown_reference, verb, where

LIST = "ConnectionReferences"
_ENTRIES = Subject()


class DeclaredEntry(NamedTuple):
    """An entry of an environment's settings, with the declarations of its reference there."""

    file: SettingsFile
    entry: SettingsEntry
    declared: list[Declaration]

    def place(self, key: str) -> Place:
        """One of the entry's members, or the entry where that is not there."""
        return Place(self.file.path, (*self.entry.route, key))


class Held(NamedTuple):
    """A reference that solutions of an environment declare or use; where they declare it stands first."""

    name: str
    connector: str
    places: tuple[Place, ...]
    solutions: tuple[Solution, ...]
    users: tuple[User, ...]

    @property
    def shown(self) -> str:
        """It as the portal calls it, as far as a solution says that."""
        declared = (solution.declared().get(self.name.lower()) for solution in self.solutions)
        return next((shown_reference(reference) for reference in declared if reference), self.name)

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


Bound = tuple[Connection, list[Binding]]
"""A connection that an inventory knows, and what binds references to it."""


def entries_of(environment: Environment) -> list[DeclaredEntry]:
    """All entries of an environment's settings, file by file."""
    declared = by_name(declarations(environment.solutions))
    return [
        DeclaredEntry(file, entry, declared.get(entry.key, []))
        for file in environment.settings()
        for entry in file.entries
    ]


def flaw_of(entry: SettingsEntry) -> str:
    """What shows that a literal id is none, as a clause; "" where it may be one.

    Ids are 32 hexadecimal digits, a GUID, or a name of letters, digits, dashes and underscores.
    """
    text = entry.connection
    flaws = (
        ("/", "has a slash in it: it is more than the id"),
        ("@", "is a mail address"),
        ("{}", "stands in braces"),
        (" \t\r\n\xa0", "has a blank in it"),
    )
    if entry.is_token:
        return ""
    return next((said for marks, said in flaws if any(mark in text for mark in marks)), "")


def paths_of(found: Together[DeclaredEntry]) -> list[str]:
    """The files of entries, each once, in order."""
    return list(dict.fromkeys(item.file.path for item in found.items))


def held_by(environment: Environment) -> list[Held]:
    """The references that an environment's own solutions declare or use; bought ones don't count."""
    own = [solution for solution in environment.solutions if not solution.vendored]
    declared = by_name(declarations(own))
    used = by_key(user for solution in own for user in users(solution))
    return [_held(declared.get(key, []), used.get(key, [])) for key in dict.fromkeys((*declared, *used))]


def _held(declared: Sequence[Declaration], used: Sequence[User]) -> Held:
    stands = [
        (reference.logical_name, reference.connector, reference.place, solution)
        for solution, reference in declared
    ] or [
        (
            user.name,
            user.entry.connector if isinstance(user, FlowUser) else user.use.connector,
            user.place,
            user.solution,
        )
        for user in used
    ]
    names, connectors, places, solutions = zip(*stands, strict=True)
    return Held(names[0], next(filter(None, connectors), ""), places, _each(solutions), tuple(used))


def _each(solutions: Sequence[Solution]) -> tuple[Solution, ...]:
    return tuple({solution.folder: solution for solution in solutions}.values())


def bindings_of(environment: Environment) -> list[Binding]:
    """What the references of an environment are bound to.

    A reference has several bindings where settings and inventory disagree: the settings say what the
    next import binds, the inventory what is bound now. A token counts only where nothing tells its id.
    """
    entries = grouped(entries_of(environment), lambda item: item.entry.key)
    inventory = environment.inventory() or Inventory()
    found: list[Binding] = []
    for held in held_by(environment):
        told = [_binding(held, item) for item in entries.get(held.name.lower(), [])]
        actual = (inventory.bindings or {}).get(held.name.lower())
        if actual:
            known = inventory.connections.get(actual)
            told.append(Binding(held, known.id if known else actual, "", "", None, held.places[0]))
        by_id = grouped((binding for binding in told if binding.id), lambda binding: binding.id)
        tokens = [binding for binding in told[:1] if binding.token and actual is None]
        found += [same[0] for same in by_id.values()] or tokens
    return found


def _binding(held: Held, item: DeclaredEntry) -> Binding:
    connection, token = item.entry.connection, ""
    if item.entry.is_token:
        connection, token = "", connection
    return Binding(held, connection, token, item.file.path, item.entry.owner, item.place("ConnectionId"))


def bound_connections(environment: Environment) -> list[Bound]:
    """The connections of an environment's inventory that its references are bound to.

    References of which whoever runs a flow brings the connection don't count.
    """
    connections = (environment.inventory() or Inventory()).connections
    used = (binding for binding in bindings_of(environment) if not binding.held.is_runners)
    found = grouped(used if connections else (), lambda binding: binding.id)
    return [(connections[key], bindings) for key, bindings in found.items() if key in connections]


def bound_where(world: World, rule: str, is_wrong: Callable[[Bound], bool]) -> list[Together[Bound]]:
    """The bound connections of which something is wrong; those of several environments with equal ones."""

    def in_one(environment: Environment) -> list[Bound]:
        return list(filter(is_wrong, bound_connections(environment)))

    def key(bound: Bound) -> Hashable:
        return bound[0], *sorted({binding.held.name.lower() for binding in bound[1]})

    return gathered(world, rule, in_one, key)


def where_owners_matter(world: World) -> World:
    """The world with those environments alone for which it is configured who may own connections."""
    environments = tuple(one for one in world.environments if one.has_service_accounts)
    return world._replace(environments=environments)


def bound_subject(
    references: Sequence[str], connections: Sequence[str], owner: str, environments: Sequence[str]
) -> Subject:
    """What a finding on bound connections is about; lists where that is several.

    A connection that isn't known is "": an exception for the others doesn't cover it.
    """
    return Subject(
        reference=next(iter(references), ""),
        references=references if len(references) > 1 else None,
        connection=next(iter(connections), ""),
        connections=connections if len(connections) > 1 else None,
        owner=owner,
        environments=list(environments),
    )


def finding_of_bound(
    rule: str,
    found: Together[Bound],
    fact: str,
    advice: Sequence[str],
    owner: str,
    severity: Severity | None = None,
) -> Finding:
    """A finding about a connection: a sentence that begins with it, and ends with a fact on it."""
    connection, bindings = found.items[0]
    bound = verb(once(binding.held.shown for binding in bindings), "is", "are")
    solutions = _each([solution for binding in bindings for solution in binding.held.solutions])
    message = (
        f"The connection {connection.id} for {shown_connector(connection.connector, *solutions)}, to which "
        f"{bound} bound in {where(found.names)}, {fact}"
    )
    return finding_of(rule, bindings, found.names, message, advice, owner, severity)


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
    references = once(binding.held.name for binding in bindings)
    connections = once(binding.connection for binding in bindings)
    solutions = _each([solution for binding in bindings for solution in binding.held.solutions])
    only = solutions[0] if len(solutions) == 1 else None
    place = bindings[0].place
    declared = {binding.held.places[0]: binding.held.name for binding in bindings}
    others = {binding.place: binding for binding in bindings if binding.settings}
    return Finding(
        rule=rule,
        solution=only.unique_name if only else "",
        place=place,
        message=message,
        help="\n".join(advice),
        identity=(
            only.base_name if only else "",
            *sorted(name.lower() for name in references),
            *sorted(name.lower() for name in connections),
            *environments,
        ),
        subject=bound_subject(references, connections, owner, environments),
        related=(
            *(Related(at, f"{other.held.name} is bound here") for at, other in others.items() if at != place),
            *(Related(at, f"{name} stands here") for at, name in declared.items() if at != place),
        ),
        severity=severity,
        involves=tuple(solution.folder for solution in solutions),
        among=tuple(dict.fromkeys(solution.base_name for solution in solutions)),
    )


def repointing(bindings: Sequence[Binding], environments: Sequence[str], how: str) -> list[str]:
    """How to give references another connection, without touching a flow; `how` is how it is made."""
    names = listed(once(binding.held.shown for binding in bindings))
    files = listed(list(dict.fromkeys(binding.settings for binding in bindings if binding.settings)))
    again = f"Put its id into {files} too, or the next import binds the old one again."
    return [
        f"Don't edit the flows in {where(environments)}: point the reference to another connection. {how}",
        f"Then open Solutions > Default solution > Connection references > {names} > Edit, choose the new "
        "connection and save: all flows on the reference follow.",
        *([again] if files else []),
    ]


def finding_of_entries(
    rule: str,
    found: Together[Any],
    names: Sequence[str],
    places: Sequence[Place],
    declared: Sequence[Declaration],
    message: str,
    advice: str,
    about: Subject = _ENTRIES,
    mark: str = "",
    severity: Severity | None = None,
) -> Finding:
    """A finding about entries of settings for references, placed at the first of the places.

    `about` holds what else it is about; `mark` is added to what makes it the same one.
    """
    owners = list(dict.fromkeys(item.owner for item in declared))
    only = owners[0] if len(owners) == 1 else ""
    more = [told for told in (about.connector, about.connection) if told is not None]
    return Finding(
        rule=rule,
        solution=declared[0].solution.shown_name if only else "",
        place=places[0],
        message=message,
        help=advice,
        identity=(only, *sorted(name.lower() for name in names), *more, mark, *found.names),
        subject=about._replace(
            reference=next(iter(names), ""),
            references=names if len(names) > 1 else None,
            environments=found.names,
        ),
        related=(
            *(Related(place, "here too") for place in dict.fromkeys(places[1:]) if place != places[0]),
            *(
                Related(reference.place, f"{reference.logical_name} is declared here")
                for _, reference in declared[:1]
            ),
        ),
        severity=severity,
        involves=folders(declared) or all_folders(found.environments),
        among=tuple(owners),
    )


def written(found: Together[Any]) -> str:
    """The command that brings settings up to date, for the first of the environments."""
    command = f"crstandards settings --environment {found.names[0]} --write"
    return f"'{command}' adds what is missing, and changes nothing else."


def finding_of_entry(
    rule: str,
    found: Together[DeclaredEntry],
    key: str,
    message: str,
    advice: str,
    about: Subject = _ENTRIES,
    mark: str = "",
    declared: Sequence[Declaration] | None = None,
) -> Finding:
    """A finding about the entries for one reference, placed at the member `key` of each."""
    first, places = found.items[0], [item.place(key) for item in found.items]
    items = first.declared if declared is None else declared
    return finding_of_entries(rule, found, [first.entry.name], places, items, message, advice, about, mark)

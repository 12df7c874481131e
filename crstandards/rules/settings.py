"""What the rules on deployment settings share: entries with the declarations they speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from crstandards.findings import Finding, Related, Severity
from crstandards.model import ConnectionReference, Environment, Place, Solution, World
from crstandards.ownership import SettingsEntry, SettingsFile
from crstandards.rules.environments import Declaration, by_name, declarations

LIST = "ConnectionReferences"


class Entry(NamedTuple):
    """An entry of a settings file."""

    file: SettingsFile
    entry: SettingsEntry

    def place(self, key: str) -> Place:
        """One of the entry's members, or the entry where that is not there."""
        return Place(self.file.path, (*self.entry.route, key))


def entries_of(environment: Environment) -> list[Entry]:
    """All entries of an environment's settings, file by file."""
    return [Entry(file, entry) for file in environment.settings() for entry in file.entries]


def is_readable(environment: Environment) -> bool:
    """Whether all settings of an environment could be read: what is missing can only be told then."""
    return not any(file.unreadable for file in environment.settings())


def declared_in(solutions: Sequence[Solution]) -> dict[str, list[Declaration]]:
    """The references that solutions declare, by their name for comparing."""
    return by_name(declarations(solutions))


def all_are_known(world: World) -> bool:
    """Whether it is known of every solution what it declares."""
    return all(solution.references_known for solution in world.solutions if solution.is_solution)


def concerned(environments: Sequence[Environment], found: Sequence[Declaration]) -> tuple[str, ...]:
    """The folders of the solutions that a finding is about, or else of all in the environments."""
    folders = dict.fromkeys(item.solution.folder for item in found)
    if not folders:
        folders = dict.fromkeys(
            solution.folder for environment in environments for solution in environment.solutions
        )
    return tuple(folders)


def settings_finding(
    rule: str,
    names: Sequence[str],
    places: Sequence[Place],
    environments: Sequence[Environment],
    declared: Sequence[Declaration],
    message: str,
    advice: str,
    more: Mapping[str, str] | None = None,
    mark: str = "",
    severity: Severity | None = None,
) -> Finding:
    """A finding about entries for references, placed at the first of the places.

    `more` is added to its data, `mark` only to what makes it the same one.
    """
    in_environments = list(dict.fromkeys(environment.name for environment in environments))
    owners = list(dict.fromkeys(item.solution.base_name for item in declared))
    data: dict[str, Any] = {"reference": names[0] if names else "", "environments": in_environments}
    if len(names) > 1:
        data["references"] = list(names)
    return Finding(
        rule=rule,
        solution=declared[0].solution.shown_name if len(owners) == 1 else "",
        place=places[0],
        message=message,
        help=advice,
        identity=(
            owners[0] if len(owners) == 1 else "",
            *sorted(name.lower() for name in names),
            *(more or {}).values(),
            mark,
            *in_environments,
        ),
        data={**data, **(more or {})},
        related=(
            *(Related(place, "here too") for place in dict.fromkeys(places[1:]) if place != places[0]),
            *(Related(item.reference.place, _stands(item.reference)) for item in declared[:1]),
        ),
        severity=severity,
        involves=concerned(environments, declared),
        among=tuple(owners),
    )


def _stands(reference: ConnectionReference) -> str:
    return f"{reference.logical_name} is declared here"


def own_solutions(environment: Environment) -> Iterator[Solution]:
    """The solutions of an environment that are the team's own."""
    return (solution for solution in environment.solutions if not solution.vendored)

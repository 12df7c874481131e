"""What rules look at: the solutions of a tree, as a configuration groups them into environments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, partial
from itertools import combinations
from typing import TYPE_CHECKING

from crstandards.environments import Environment, World
from crstandards.model import Deferred, Solution
from crstandards.policy.configuration import Config, EnvironmentConfig
from crstandards.policy.exceptions import Exceptions
from crstandards.policy.patterns import name_fits, name_matches, path_matches
from crstandards.rules.declarations import grouped
from crstandards.rules.usage import survey

if TYPE_CHECKING:
    from datetime import date

_KEPT = re.compile(r"(?<![a-z])(?:archived?|archives|backups?|bak|old|obsolete)(?![a-z])", re.IGNORECASE)


def build_world(
    solutions: Sequence[Solution], config: Config, as_of: date, has_connectors: bool = True
) -> World:
    """What rules look at, under a configuration and on a date. Nothing looks into the solutions yet.

    Where no solution `has_connectors` of its own, nobody has to look which of them carry an endpoint.
    """
    external = config.source.external_references
    speaking = Deferred(lambda: representatives(solutions))
    world = World(
        solutions=solutions,
        environments=tuple(_environment(environment, speaking) for environment in config.environments),
        representatives=speaking,
        own_endpoint=Deferred(
            lambda: sorted(
                config.connectors.own_endpoints(
                    {it for solution in solutions for it in solution.own_endpoint} if has_connectors else ()
                )
            )
        ),
        is_external=lambda name: any(name_matches(pattern, name) for pattern in external),
        is_excluded=lambda path: any(path_matches(pattern, path) for pattern in config.source.exclude),
        is_excepted=Exceptions(config, as_of).excepts,
        logical_name=config.names.logical_name,
        display_name=config.names.display_name,
        name_fits=name_fits,
        as_of=as_of,
        by_base_name=cache(lambda: grouped(solutions, lambda solution: solution.base_name)),
        survey=cache(partial(survey, solutions, speaking)),
    )
    return world._replace(duplicates=cache(partial(_duplicates, world)))


def _duplicates(world: World) -> dict[str, frozenset[str]]:
    from crstandards.rules.solution.cr305_duplicate_in_repository import groups_between

    return {
        one.name: frozenset(
            item.reference.key
            for group in (groups_between(one.solutions, world) if one.sharing == "one-set" else ())
            for item in group.members
        )
        for one in world.environments
    }


def refuse_contradiction(world: World, config: Config) -> None:
    """Raise UsageError where environments ask for opposite things over one solution: no advice fits both."""
    for (one, first), (other, second) in combinations(
        zip(world.environments, config.environments, strict=True), 2
    ):
        holders = {first.reference_solution.lower(), second.reference_solution.lower()} - {""}
        if first.sharing == second.sharing and len(holders) < 2:
            continue
        for solution in one.solutions if other.solutions else ():
            if other.holds(solution):
                from crstandards.policy.problems import error_of

                problem = (
                    ("environments", str(config.environments.index(second))),
                    f"the environments {one.name} ({_asked(first)}) and {other.name} ({_asked(second)}) both "
                    f"hold solution {solution.unique_name}; one of these tables has to change",
                )
                raise error_of([problem], config.path, config.root, config.content)


def _asked(environment: EnvironmentConfig) -> str:
    holder = environment.reference_solution
    return f'reference-solution = "{holder}"' if holder else f'sharing = "{environment.sharing}"'


def representatives(solutions: Iterable[Solution]) -> tuple[Solution, ...]:
    """One folder for each unique name: the unmanaged copy of the highest version, then the first."""
    named = (solution for solution in solutions if solution.is_solution and solution.unique_name)
    copies = grouped(named, lambda solution: solution.unique_name.lower()).values()
    return tuple(max(alike, key=lambda one: (not one.managed, version(one))) for alike in copies)


def _environment(environment: EnvironmentConfig, speaking: Iterable[Solution]) -> Environment:
    def is_member(solution: Solution) -> bool:
        names = (solution.unique_name, solution.base_name)
        return any(name_matches(pattern, name) for pattern in environment.solutions for name in names)

    return Environment(
        name=environment.name,
        solutions=Deferred(lambda: tuple(filter(is_member, speaking))),
        sharing=environment.sharing,
        reference_solution=environment.reference_solution,
    )


def why_copy(solution: Solution, others: Iterable[Solution]) -> str:
    """Why a solution's folder seems to hold a copy, as a part of a sentence; "" where it does not.

    Its path says so, or among the others the same solution stands elsewhere in a newer version.
    """
    kept = next((part for part in solution.folder.split("/") if _KEPT.search(part)), "")
    if kept:
        return f"its path says {kept}"
    name = solution.unique_name.lower()
    newer = [
        other
        for other in others
        if name
        and other.unique_name.lower() == name
        and version(other) > version(solution)
        and not _KEPT.search(other.folder)
    ]
    newest = max(newer, key=version, default=None)
    where = newest.folder or "the root" if newest else ""
    return f"{where} holds version {newest.version}, and this is {solution.version}" if newest else ""


def pattern_of(solution: Solution) -> str:
    """The pattern that leaves a solution's folder out of the check; "" where that would be everything."""
    folder = solution.folder
    if solution.layout == "yaml":
        folder = folder.rpartition("/")[0].rpartition("/")[0]
    return f"{folder}/**" if folder else ""


def version(solution: Solution) -> tuple[int, ...]:
    """A solution's version, for comparing."""
    # No version has more digits in a part; Python refuses to make a number of very many.
    return tuple(int(part[:9]) if part.isdecimal() else 0 for part in solution.version.split("."))

"""What rules look at: the solutions of a tree, as a configuration groups them into environments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, partial
from itertools import combinations
from typing import TYPE_CHECKING

from crstandards.environments import Environment, World
from crstandards.model import Deferred, Solution
from crstandards.policy.configuration import Config, EnvironmentConfig
from crstandards.policy.exceptions import Exceptions
from crstandards.policy.patterns import name_fits, name_matches, path_matches
from crstandards.rules.copies import version
from crstandards.rules.usage import survey

if TYPE_CHECKING:
    from datetime import date


def build_world(solutions: Sequence[Solution], config: Config, as_of: date) -> World:
    """What rules look at, under a configuration and on a date. Nothing looks into the solutions yet."""
    external = config.source.external_references
    speaking = Deferred(lambda: representatives(solutions))
    world = World(
        solutions=solutions,
        environments=tuple(_environment(environment, speaking) for environment in config.environments),
        representatives=speaking,
        own_endpoint=Deferred(
            lambda: sorted(
                config.connectors.own_endpoints(
                    {connector for solution in solutions for connector in solution.own_endpoint}
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
        by_base_name=cache(partial(_by_base_name, solutions)),
        survey=cache(partial(survey, solutions, speaking)),
    )
    return world._replace(duplicates=cache(partial(_duplicates, world)))


def _duplicates(world: World) -> dict[str, frozenset[str]]:
    from crstandards.rules.environment_duplicates import groups_between

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


def _by_base_name(solutions: Iterable[Solution]) -> dict[str, tuple[Solution, ...]]:
    found: dict[str, list[Solution]] = {}
    for solution in solutions:
        found.setdefault(solution.base_name, []).append(solution)
    return {name: tuple(alike) for name, alike in found.items()}


def representatives(solutions: Iterable[Solution]) -> tuple[Solution, ...]:
    """One folder for each unique name: the unmanaged copy of the highest version, then the first."""
    best: dict[str, Solution] = {}
    for solution in solutions:
        if not solution.is_solution or not solution.unique_name:
            continue
        name = solution.unique_name.lower()
        if name not in best or _speaks_before(solution, best[name]):
            best[name] = solution
    return tuple(best.values())


def _speaks_before(one: Solution, other: Solution) -> bool:
    return (not one.managed, version(one)) > (not other.managed, version(other))


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

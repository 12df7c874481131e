"""What the solutions of an environment declare together: shared by the rules between solutions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

from crstandards.findings import Finding
from crstandards.model import ConnectionReference, Environment, Solution, World
from crstandards.rules.wording import listed


class Declaration(NamedTuple):
    """A reference with the solution that declares it."""

    solution: Solution
    reference: ConnectionReference

    @property
    def owner(self) -> str:
        """The solution for comparing; a patch speaks for the one that it patches."""
        return self.solution.base_name


class Found(NamedTuple):
    """What a rule found in one environment: equal keys are one finding, made for all of their names."""

    key: Hashable
    finding: Callable[[list[str]], Finding]


def over_environments(
    world: World, in_one: Callable[[Environment], Iterable[Found]], rule: str
) -> Iterator[Finding]:
    """The findings of a rule over the environments in which it is not switched off.

    Equal ones are one, which names the environments.
    """
    found: dict[Hashable, tuple[Found, list[str]]] = {}
    for environment in world.environments:
        if rule in environment.off:
            continue
        for item in in_one(environment):
            found.setdefault(item.key, (item, []))[1].append(environment.name)
    for item, names in found.values():
        yield item.finding(names)


def declarations(solutions: Iterable[Solution]) -> list[Declaration]:
    """All declarations, in the order of the solutions, each name once for each folder."""
    return [
        Declaration(solution, reference)
        for solution in solutions
        for reference in solution.declared().values()
    ]


def by_name(found: Iterable[Declaration]) -> dict[str, list[Declaration]]:
    """Declarations by the name of the reference, for comparing."""
    groups: dict[str, list[Declaration]] = {}
    for item in found:
        groups.setdefault(item.reference.key, []).append(item)
    return groups


def owners(found: Iterable[Declaration]) -> list[str]:
    """The solutions that declare something, as people know them, each once, in order."""
    names: dict[str, str] = {}
    for item in found:
        names.setdefault(item.owner, item.solution.shown_name)
    return list(names.values())


def folders(found: Iterable[Declaration]) -> tuple[str, ...]:
    """The folders of the solutions, each once, in order."""
    return tuple(dict.fromkeys(item.solution.folder for item in found))


def where(environments: Sequence[str]) -> str:
    """The environments as a sentence names them."""
    noun = "environment" if len(environments) == 1 else "environments"
    return f"{noun} {listed(environments)}"

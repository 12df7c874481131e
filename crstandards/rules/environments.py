"""What a rule finds in environments, put together, and what the solutions there declare together."""

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, NamedTuple, TypeVar

from crstandards.environments import Environment, World
from crstandards.model import ConnectionReference, Solution

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Declaration(NamedTuple):
    """A reference with the solution that declares it."""

    solution: Solution
    reference: ConnectionReference

    @property
    def owner(self) -> str:
        """The solution for comparing; a patch speaks for the one that it patches."""
        return self.solution.base_name


class Together(NamedTuple, Generic[T]):
    """What a rule found under one key: items, each with the environment in which it was found."""

    environments: list[Environment]
    items: list[T]

    @property
    def names(self) -> list[str]:
        """The names of the environments, each once, in order."""
        return list(dict.fromkeys(environment.name for environment in self.environments))


def gathered(
    world: World,
    rule: str,
    in_one: Callable[[Environment], Iterable[T]],
    key: Callable[[T], Hashable] = lambda item: item,
) -> list[Together[T]]:
    """What a rule finds in the environments in which it is not switched off, put together by a key."""
    found = [
        (environment, item)
        for environment in world.environments
        if rule not in environment.off
        for item in in_one(environment)
    ]
    groups = grouped(found, lambda pair: key(pair[1])).values()
    return [Together([one for one, _ in pairs], [item for _, item in pairs]) for pairs in groups]


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Items by a key of theirs, in order."""
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def declarations(solutions: Iterable[Solution]) -> list[Declaration]:
    """All declarations, in the order of the solutions, each name once for each folder."""
    return [
        Declaration(solution, reference)
        for solution in solutions
        for reference in solution.declared().values()
    ]


def by_name(found: Iterable[Declaration]) -> dict[str, list[Declaration]]:
    """Declarations by the name of the reference, for comparing."""
    return grouped(found, lambda item: item.reference.key)


def owners(found: Iterable[Declaration]) -> list[str]:
    """The solutions that declare something, as people know them, each once, in order."""
    names: dict[str, str] = {}
    for item in found:
        names.setdefault(item.owner, item.solution.shown_name)
    return list(names.values())


def folders(found: Iterable[Declaration]) -> tuple[str, ...]:
    """The folders of the solutions, each once, in order."""
    return tuple(dict.fromkeys(item.solution.folder for item in found))


def all_folders(environments: Iterable[Environment]) -> tuple[str, ...]:
    """The folders of all solutions of the environments, each once, in order."""
    return tuple(dict.fromkeys(solution.folder for one in environments for solution in one.solutions))

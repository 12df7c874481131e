"""Where references are declared: by which solutions, alone and together, in which environments."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Generic, NamedTuple, TypeVar

from crstandards.environments import Environment, World
from crstandards.model import ConnectionReference, Solution, sorted_out

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
    return sorted_out((key(item), item) for item in items)


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


def declaration_of(solution: Solution, world: World) -> Callable[[str], ConnectionReference | None]:
    """Answers with the declaration that a solution's use of a name means, by key: its own first, then that
    of the solution that it patches (or of its patches), then that of its environments' solutions.

    Other solutions are looked at only for a name that the solution itself doesn't declare.
    """
    own = solution.declared()
    around = cache(partial(_around, solution, world))
    return lambda key: own.get(key) or next((found[key] for found in around() if key in found), None)


def provided_to(solution: Solution, world: World) -> Callable[[str], bool]:
    """Answers whether a name, by key, is there wherever a solution is: it declares the name itself, or the
    solution that it patches does (or a patch of it), or in each of its environments some solution.
    """
    own = solution.declared()
    patched = cache(lambda: [other.declared() for other in kin(solution, world)])
    environments = world.environments_of(solution)
    return lambda key: (
        key in own
        or any(key in declared for declared in patched())
        or (bool(environments) and all(key in environment.declared for environment in environments))
    )


def broken_dependencies(solution: Solution, world: World) -> Iterator[tuple[str, str]]:
    """The missing dependencies that cannot be believed, by key, with the solution that they name.

    That one is here, and declares no such name.
    """
    for dependency in solution.missing:
        named = dependency.solution.partition(" (")[0].strip().lower().partition("_patch_")[0]
        found = [other for other in world.called(named) if other.is_solution] if named else []
        if (
            found
            and all(other.references_known for other in found)
            and not any(other.declarations(dependency.key) for other in found)
        ):
            yield dependency.key, found[0].shown_name


def _around(solution: Solution, world: World) -> list[Mapping[str, ConnectionReference]]:
    return [
        *(other.declared() for other in kin(solution, world)),
        *(environment.declared for environment in world.environments_of(solution)),
    ]


def all_known(solution: Solution, world: World) -> bool:
    """Whether all was read that may declare what a solution uses."""
    # Of a solution without a readable manifest nobody knows where it belongs.
    nameless = world.called("") if world.environments else ()
    around = (solution, *kin(solution, world), *nameless)
    return all(other.references_known for other in around) and all(
        environment.is_known for environment in world.environments_of(solution)
    )


def kin(solution: Solution, world: World) -> list[Solution]:
    """The solution that a patch patches, and a solution's patches; not copies of the same name."""
    return [
        other
        for other in world.called(solution.base_name)
        if other.is_solution and other.unique_name.lower() != solution.unique_name.lower()
    ]


def siblings(key: str, solution: Solution, world: World) -> list[Solution]:
    """The other solutions of the repository that declare a name, one for each unique name."""
    declaring = world.survey().declaring.get(key, ())
    found = {other.base_name: other for other in reversed(declaring) if other.base_name != solution.base_name}
    return sorted(found.values(), key=lambda other: other.unique_name)

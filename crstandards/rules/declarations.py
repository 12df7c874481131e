"""Where a reference that a solution uses may be declared."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from crstandards.model import ConnectionReference, Solution, World


def declaration_of(solution: Solution, world: World) -> Callable[[str], ConnectionReference | None]:
    """Answers with the declaration that a solution's use of a name means, by key; see `visible`.

    Other solutions are looked at only for a name that the solution itself doesn't declare.
    """
    own = solution.declared()
    around = cache(partial(visible, solution, world))
    return lambda key: own.get(key) or around().get(key)


def visible(solution: Solution, world: World) -> dict[str, ConnectionReference]:
    """The declared references that a solution may use, by key: its own first, then those of the
    solution that it patches (or of its patches), then those of its environments' solutions.
    """
    found = solution.declared()
    for other in (*kin(solution, world), *_mates(solution, world)):
        for key, reference in other.declared().items():
            found.setdefault(key, reference)
    return found


def all_known(solution: Solution, world: World) -> bool:
    """Whether all was read that may declare what a solution uses."""
    # Of a solution without a readable manifest nobody knows where it belongs.
    nameless = world.called("") if world.environments else ()
    around = (*kin(solution, world), *_mates(solution, world), *nameless)
    return all(other.references_known for other in (solution, *around))


def _mates(solution: Solution, world: World) -> list[Solution]:
    return [mate for environment in world.environments_of(solution) for mate in environment.solutions]


def kin(solution: Solution, world: World) -> list[Solution]:
    """The solution that a patch patches, and a solution's patches; not copies of the same name."""
    return [
        other
        for other in world.called(solution.base_name)
        if other.is_solution and other.unique_name.lower() != solution.unique_name.lower()
    ]


def siblings(key: str, solution: Solution, world: World) -> list[Solution]:
    """The other solutions of the repository that declare a name, one for each unique name."""
    found = {
        other.base_name: other
        for other in reversed(world.solutions)
        if other.is_solution and other.base_name != solution.base_name and key in other.declared()
    }
    return sorted(found.values(), key=lambda other: other.unique_name)

"""CR303: solutions share a reference in an environment where each keeps a set of its own."""

from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple

from crstandards.environments import Environment, World
from crstandards.findings import Finding, Findings, Related, Rule, Solution, Subject
from crstandards.rules.declarations import (
    Declaration,
    by_name,
    declarations,
    folders,
    gathered,
    kin,
    owners,
)
from crstandards.rules.usage import User, by_key, used_here, users
from crstandards.rules.wording import listed, shown_reference, where

RULE = Rule(
    id="CR303",
    name="shared-in-set-per-solution",
    severity="error",
    since="0.1.0",
    summary="solutions share a reference in an environment where each has a set of its own",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    sees="used",
    decision="Which of the solutions keeps the reference?",
    data=("reference", "environments"),
)


class _Shared(NamedTuple):
    """A name that several solutions declare (else `declared` is empty), or use without declaring it."""

    name: str
    declared: tuple[Declaration, ...]
    users: tuple[User, ...]

    @property
    def shown(self) -> str:
        """It as the portal calls it."""
        return shown_reference(self.declared[0].reference) if self.declared else self.name

    @property
    def folders(self) -> tuple[str, ...]:
        using = (user.solution.folder for user in self.users)
        return tuple(dict.fromkeys((*folders(self.declared), *using)))


def overall(world: World) -> Findings:
    """One finding for each name that two solutions declare, or that one uses without declaring it."""

    def in_one(environment: Environment) -> Iterable[_Shared]:
        return _shared(environment, world) if environment.sharing == "set-per-solution" else ()

    for found in gathered(world, RULE.id, in_one, lambda shared: (shared.name.lower(), shared.folders)):
        yield _finding(found.items[0], found.names)


def _shared(environment: Environment, world: World) -> Iterator[_Shared]:
    declared = by_name(declarations(environment.solutions))
    borrowed = by_key(
        user
        for solution in environment.solutions
        if solution.references_known and not solution.vendored
        for user in _borrowing(solution, declared, world)
    )
    for key in dict.fromkeys((*declared, *borrowed)):
        items = declared.get(key, [])
        several = len(owners(items)) > 1 and not all(item.solution.vendored for item in items)
        using = borrowed.get(key, [])
        if several or using:
            name = items[0].reference.logical_name if items else using[0].name
            yield _Shared(name, tuple(items) if several else (), tuple(using))


def _borrowing(solution: Solution, declared: Container[str], world: World) -> Iterator[User]:
    """What uses a name that its solution does not declare; names that nobody knows are CR501's."""
    own = {key for item in (solution, *kin(solution, world)) for key in item.declared()}
    listed_as_missing = {dependency.key for dependency in solution.missing}
    for user in users(solution, is_foreign=True):
        known = user.key in declared or user.key in listed_as_missing
        if known and user.key not in own and not world.is_external(user.name):
            yield user


def _finding(shared: _Shared, environments: list[str]) -> Finding:
    facts = []
    if shared.declared:
        facts.append(f"is declared by {listed(owners(shared.declared))}")
    if shared.users:
        using = list(dict.fromkeys(user.solution.shown_name for user in shared.users))
        lacking = "does not declare it" if len(using) == 1 else "do not declare it"
        facts.append(f"is used by {listed(using)}, which {lacking}")
    place, *others = _related(shared)
    among = tuple(sorted(_names(shared)))
    return Finding(
        rule=RULE.id,
        solution="",
        place=place.place,
        message=(
            f"In {where(environments)} each solution keeps its own set of references, but {shared.shown} "
            f"{', and '.join(facts)}."
        ),
        help=(
            "In each solution but one, create a reference of its own under another name (New > More > "
            "Connection Reference), choose it in the flows, take the shared one out (Remove > Remove from "
            "this solution) and export again. Where one party owns all of these solutions, the environment "
            'may rather keep one set: sharing = "one-set".'
        ),
        identity=(*environments, *among, shared.name.lower()),
        subject=Subject(reference=shared.name, environments=environments),
        related=tuple(others),
        involves=shared.folders,
        among=among,
        together="solutions",
    )


def _names(shared: _Shared) -> set[str]:
    return {item.owner for item in shared.declared} | {user.solution.base_name for user in shared.users}


def _related(shared: _Shared) -> list[Related]:
    """All places, the one to report first: the first declaration too many, or else the first use."""
    declared = list(shared.declared)
    first = next(iter(declared), None)
    # A bought solution's declaration is never the one to change; sorting is stable.
    declared.sort(key=lambda item: (item.solution.vendored, first is not None and item.owner == first.owner))
    return [
        *(
            Related(item.reference.place, f"{item.solution.shown_name} declares {shared.name}")
            for item in declared
        ),
        *(used_here(user) for user in shared.users),
    ]

"""CR202: one logical name declared more than once in a solution."""

from __future__ import annotations

from collections.abc import Iterator

from crstandards.findings import Finding, Related, Rule, Subject
from crstandards.model import ConnectionReference, Solution, World
from crstandards.rules.mending import against_removing_repetitions

RULE = Rule(
    id="CR202",
    name="duplicate-logical-name",
    severity="error",
    since="0.1.0",
    summary="a solution declares one logical name more than once",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="duplicate",
    is_proved=True,
    sees="own",
    cure="repetition",
    is_fixable=True,
    data=("reference",),
)


def per_solution(solution: Solution, world: World) -> Iterator[Finding]:
    """One finding for each name, placed at its second declaration."""
    by_name: dict[str, list[ConnectionReference]] = {}
    for reference in solution.references:
        by_name.setdefault(reference.key, []).append(reference)
    for key, (first, *others) in by_name.items():
        if not others:
            continue
        equal = all(
            other.content == first.content and other.connector_id == first.connector_id for other in others
        )
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=others[0].place,
            message=(
                f"Solution {solution.unique_name} declares the connection reference {first.logical_name} "
                f"{len(others) + 1} times" + ("." if equal else ", and the declarations differ.")
            ),
            help=(
                "Keep one of the <connectionreference> elements and remove the others; they usually come "
                "from a merge."
            ),
            identity=(solution.base_name, key),
            subject=Subject(reference=first.logical_name),
            related=(
                Related(first.place, "first declared here"),
                *(Related(other.place, "and here") for other in others[1:]),
            ),
            fixable=not against_removing_repetitions(solution, (first, *others)),
        )

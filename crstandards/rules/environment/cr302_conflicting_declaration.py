"""CR302: one logical name with different connectors in two solutions of an environment."""

from collections.abc import Iterator, Sequence

from crstandards.environments import Environment, World
from crstandards.findings import Finding, Findings, Related, Rule, Subject
from crstandards.rules.declarations import (
    Declaration,
    by_name,
    declarations,
    folders,
    gathered,
    owners,
)
from crstandards.rules.wording import listed, shown_connector, shown_reference, where

RULE = Rule(
    id="CR302",
    name="conflicting-declaration",
    severity="error",
    since="0.1.0",
    stage="reference",
    summary="two solutions of an environment declare one logical name with different connectors",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="mismatch",
    sees="declared",
    decision="Which of the solutions gets a reference of another name?",
    data=("reference", "environments"),
)


def overall(world: World) -> Findings:
    """One finding for each name, placed at the first declaration that differs from the first one."""

    def in_one(environment: Environment) -> Iterator[list[Declaration]]:
        for items in by_name(declarations(environment.solutions)).values():
            items = [item for item in items if item.reference.connector]
            connectors = {item.reference.connector for item in items}
            if len(connectors) > 1 and len(owners(items)) > 1 and not all(i.solution.vendored for i in items):
                yield items

    for found in gathered(world, RULE.id, in_one, lambda items: (items[0].reference.key, folders(items))):
        yield _finding(found.items[0], found.names)


def _finding(items: Sequence[Declaration], environments: list[str]) -> Finding:
    first = items[0]
    differing = [item for item in items if item.reference.connector != first.reference.connector]
    placed = next((item for item in (*differing, *items) if not item.solution.vendored), first)
    name = first.reference.logical_name
    among = tuple(sorted({item.owner for item in items}))
    told = [
        (item.solution.shown_name, shown_connector(item.reference.connector, item.solution)) for item in items
    ]
    declared = listed([f"{solution} for {connector}" for solution, connector in told])
    return Finding(
        rule=RULE.id,
        solution="",
        place=placed.reference.place,
        message=(
            f"In {where(environments)}, the connection reference {shown_reference(first.reference)} is "
            f"declared with different connectors: by {declared}."
        ),
        help=(
            "A name exists once in an environment, so the second import fails, or changes what the first "
            "solution's flows talk to. In one of the solutions create a reference of another name (New > "
            "More > Connection Reference), choose it in the flows, remove the old one and export again."
        ),
        identity=(*environments, *among, first.reference.key),
        subject=Subject(reference=name, environments=environments),
        related=tuple(
            Related(item.reference.place, f"{solution}: {connector}")
            for item, (solution, connector) in zip(items, told, strict=True)
            if item is not placed
        ),
        involves=folders(items),
        among=among,
        together="solutions",
    )

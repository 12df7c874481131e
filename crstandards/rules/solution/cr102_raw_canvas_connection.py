"""CR102: a canvas app shares a connection, not a connection reference."""

from __future__ import annotations

from collections.abc import Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import Solution, World

RULE = Rule(
    id="CR102",
    name="raw-canvas-connection",
    severity="warning",
    since="0.1.0",
    summary="a canvas app shares a connection, not a connection reference",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="raw",
    sees="own",
)


def per_solution(solution: Solution, world: World) -> Iterator[Finding]:
    """One finding for each app and connector.

    Without a shared connection, the app's users bring their own; and canvas apps take no references
    to custom connectors.
    """
    for use in solution.uses:
        if use.kind != "canvas app" or use.reference or not use.shared or use.custom:
            continue
        fitting = solution.for_connector(use.connector)
        named = f"the connection reference {fitting[0].logical_name}" if fitting else "a connection reference"
        first = "" if fitting else " Create one in the solution first (New > More > Connection reference)."
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=use.place,
            message=(
                f'Canvas app "{use.name}" shares its maker\'s own connection for {use.connector}, not a '
                "connection reference."
            ),
            help=(
                f"In Power Apps, open the app from its solution, remove the data source and add it again "
                f"through {named}; save, publish and export again.{first}"
            ),
            identity=(solution.base_name, use.name, use.connector),
            data={"app": use.name, "connector": use.connector},
        )

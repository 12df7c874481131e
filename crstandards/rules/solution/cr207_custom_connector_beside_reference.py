"""CR207: a custom connector and a reference to it in one solution."""

from crstandards.findings import Finding, Findings, Related, Rule, Subject, World
from crstandards.model import Solution
from crstandards.rules.declarations import grouped
from crstandards.rules.wording import exported, listed_names, shown_connector

RULE = Rule(
    id="CR207",
    name="custom-connector-beside-reference",
    severity="note",
    since="0.1.0",
    stage="connector",
    sees="own",
    summary="a custom connector and a connection reference to it in one solution",
    see="https://learn.microsoft.com/connectors/custom-connectors/customconnectorssolutions",
    decision="Which solution is the connector to come from?",
    data=("connector", "references"),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each custom connector, placed at the first reference to it."""
    declared = solution.declared().values()
    found = grouped(declared, lambda reference: reference.custom_connector.strip("{}").lower())
    for connector, (first, *others) in found.items():
        if not connector or connector not in solution.own_connectors:
            continue
        names = [reference.logical_name for reference in (first, *others)]
        refer = "refer" if others else "refers"
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=first.place,
            message=(
                f"Solution {solution.unique_name} holds the custom connector "
                f"{shown_connector(first.connector, solution)}, and {listed_names([first, *others])}, which "
                f"{refer} to it. The first import into a new environment cannot give the reference a "
                "connection. Nobody can make one before the connector is there."
            ),
            help=(
                "In the portal, put the custom connector in a solution of its own. Import that first, make "
                "the connection, and then import this solution. Remove the connector from this one, and "
                f"{exported(solution)}."
            ),
            identity=(solution.base_name, connector),
            subject=Subject(connector=first.connector, references=names),
            related=tuple(Related(item.place, item.logical_name) for item in others),
        )

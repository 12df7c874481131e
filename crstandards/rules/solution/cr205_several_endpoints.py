"""CR205: several references for a connector whose connections may each lead to another service."""

from crstandards.findings import Findings, Rule, Solution, World
from crstandards.rules.duplicates import evidence, groups
from crstandards.rules.solution.cr201_duplicate_connector import duplicate_finding
from crstandards.rules.wording import shown_connector

RULE = Rule(
    id="CR205",
    name="several-endpoints",
    severity="warning",
    since="0.1.0",
    summary="several connection references for a connector whose connections carry their own endpoint",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="several",
    is_proved=True,
    sees="declared",
    cure="merge",
    data=("connector", "references", "keep"),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each connector with endpoints of its own."""
    found = [(connector, group) for connector, group in groups(solution) if connector in world.own_endpoint]
    for connector, references in found:
        message = (
            f"Solution {solution.unique_name} has {len(references)} connection references "
            f"for {shown_connector(connector, solution)}. Its connections may carry their own endpoint, so "
            f"each may lead to another service."
            f"{evidence(world.environments_of(solution), references)}"
        )
        yield duplicate_finding(RULE.id, solution, connector, references, message)

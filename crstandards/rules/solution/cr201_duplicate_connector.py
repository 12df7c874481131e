"""CR201: several references in one solution for one connector."""

from collections.abc import Sequence

from crstandards.findings import Finding, Findings, Related, Rule, Subject, World
from crstandards.model import ConnectionReference, Solution
from crstandards.rules.duplicates import evidence, groups, is_agents_own
from crstandards.rules.wording import shown_connector

RULE = Rule(
    id="CR201",
    name="duplicate-connector",
    severity="error",
    since="0.1.0",
    summary="a solution declares several connection references for one connector",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="duplicate",
    is_proved=True,
    sees="declared",
    cure="merge",
    is_fixable=True,
    data=("connector", "references", "keep"),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each connector; those with endpoints of their own are CR205's."""
    found = [
        (connector, group) for connector, group in groups(solution) if connector not in world.own_endpoint
    ]
    for connector, references in found:
        message = (
            f"Solution {solution.unique_name} has {len(references)} connection references "
            f"for {shown_connector(connector, solution)}; one is enough."
            f"{evidence(world.environments_of(solution), references)}"
        )
        chosen = [item for item in references if not is_agents_own(item.logical_name)]
        found_here = duplicate_finding(RULE.id, solution, connector, references, message)
        # Copilot Studio makes one for each agent by itself.
        yield found_here if len(chosen) > 1 else found_here._replace(severity="warning")


def duplicate_finding(
    rule: str, solution: Solution, connector: str, references: Sequence[ConnectionReference], message: str
) -> Finding:
    """The finding for one group of a solution."""
    names = [reference.logical_name for reference in references]
    return Finding(
        rule=rule,
        solution=solution.unique_name,
        place=references[0].place,
        message=message,
        identity=(solution.base_name, connector, *sorted(name.lower() for name in names)),
        subject=Subject(connector=connector, references=names),
        members=tuple(Related(item.place, item.logical_name) for item in references),
        together="references",
    )

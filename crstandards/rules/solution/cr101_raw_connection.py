"""CR101: a flow's entry that is a connection, not a connection reference."""

from collections import Counter

from crstandards.findings import Finding, Findings, Place, Rule, Solution, Subject, World
from crstandards.rules.wording import flow_identity, flow_title, listed, shown_action, shown_connector, uses

RULE = Rule(
    id="CR101",
    name="raw-connection",
    severity="error",
    since="0.1.0",
    stage="reference",
    summary="a flow uses a connection directly, not through a connection reference",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="raw",
    is_proved=True,
    sees="own",
    in_flow=True,
    cure="use",
    is_fixable=True,
    data=("flow", "alias", "connector", "operations"),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each raw entry, with the operations that use it."""
    for flow in solution.flows:
        seen: Counter[str] = Counter()
        for entry in flow.entries:
            if entry.reference is not None:
                continue
            seen[entry.connector] += 1
            operations = flow.users(entry.alias)
            actions = listed([shown_action(operation.name) for operation in operations])
            title = flow_title(solution, flow)
            shown = shown_connector(entry.connector, solution) if entry.connector else "an unknown connector"
            yield Finding(
                rule=RULE.id,
                solution=solution.unique_name,
                place=Place(flow.path, entry.route),
                message=(
                    f"{title[0].upper()}{title[1:]} uses a connection, not a connection reference, for "
                    f"{shown}: {f'in {actions}' if actions else 'no action needs it'}."
                ),
                identity=(*flow_identity(solution, flow), entry.connector, str(seen[entry.connector])),
                subject=Subject(
                    flow=solution.title(flow),
                    alias=entry.alias,
                    connector=entry.connector,
                    operations=[operation.name for operation in operations],
                ),
                related=uses(flow, operations),
            )

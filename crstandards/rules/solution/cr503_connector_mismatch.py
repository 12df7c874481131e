"""CR503: an entry whose connector is not its reference's."""

from crstandards.findings import Finding, Findings, Place, Related, Rule, Solution, Subject, World
from crstandards.rules.declarations import declaration_of
from crstandards.rules.wording import actions_of, flow_identity, shown_connector, shown_reference

RULE = Rule(
    id="CR503",
    name="connector-mismatch",
    severity="error",
    since="0.1.0",
    stage="reference",
    summary="a flow uses a connection reference for another connector than its own",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="mismatch",
    is_proved=True,
    sees="declared",
    in_flow=True,
    cure="replace",
    decision="Which reference for its connector is the flow to use?",
    data=("flow", "alias", "connector", "reference", "declared_connector"),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each such entry."""
    if not solution.is_solution:
        return
    declaration = declaration_of(solution, world)
    for flow in solution.flows:
        for entry in flow.entries:
            reference = declaration(entry.key) if entry.key else None
            if reference is None or not entry.connector or entry.connector == reference.connector:
                continue
            # Of one that names none, CR201 could not tell what it is a duplicate of.
            other = (
                f"is for {shown_connector(reference.connector, solution)}"
                if reference.connector
                else "names no connector"
            )
            yield Finding(
                rule=RULE.id,
                solution=solution.unique_name,
                place=Place(flow.path, entry.route),
                message=(
                    f'Flow "{solution.title(flow)}" uses {shown_reference(reference)} for '
                    f"{shown_connector(entry.connector, solution)}, but that connection reference {other}."
                ),
                help=(
                    "In Power Automate, choose a connection reference for "
                    f"{shown_connector(entry.connector, solution)} in {actions_of(flow, entry)}, save, and "
                    "export the solution again."
                ),
                identity=(*flow_identity(solution, flow), entry.connector, reference.key),
                subject=Subject(
                    flow=solution.title(flow),
                    alias=entry.alias,
                    connector=entry.connector,
                    reference=reference.logical_name,
                    declared_connector=reference.connector,
                ),
                related=(Related(reference.place, f"{reference.logical_name} is declared here"),),
            )

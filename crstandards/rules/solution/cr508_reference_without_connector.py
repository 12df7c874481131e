"""CR508: a declared connection reference that names no connector."""

from crstandards.connector_id import is_possible
from crstandards.findings import Finding, Findings, Rule, Solution, Subject, World
from crstandards.rules.wording import shown_reference

RULE = Rule(
    id="CR508",
    name="reference-without-connector",
    severity="error",
    since="0.1.0",
    stage="connector",
    summary="a declared connection reference names no connector",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    is_proved=True,
    sees="own",
    decision="Which connector is the reference for?",
    data=("reference",),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each such name, at its first declaration."""
    for reference in solution.declared().values():
        if not reference.custom_connector and not is_possible(reference.connector):
            wrong = f"something that is no connector ({reference.connector_id})"
            named = wrong if reference.connector else "no connector"
            yield Finding(
                rule=RULE.id,
                solution=solution.unique_name,
                place=reference.place,
                message=(
                    f"Connection reference {shown_reference(reference)} of solution {solution.unique_name} "
                    f"names {named}, so nobody can give it a connection."
                ),
                help=(
                    "In the portal, make a new connection reference for the connector that is meant, choose "
                    "it in the flows, apps and agents that use this one, remove this one from the solution, "
                    "and export again."
                ),
                identity=(solution.base_name, reference.key),
                subject=Subject(reference=reference.logical_name),
            )

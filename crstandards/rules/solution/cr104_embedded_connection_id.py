"""CR104: a literal connection inside a flow's definition."""

from crstandards.findings import Finding, Findings, Place, Related, Rule, Subject, World
from crstandards.model import Solution
from crstandards.rules.declarations import grouped
from crstandards.rules.wording import flow_identity

RULE = Rule(
    id="CR104",
    name="embedded-connection-id",
    severity="error",
    since="0.1.0",
    stage="reference",
    summary="a flow's definition holds the id of a connection",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    is_proved=True,
    sees="own",
    in_flow=True,
    decision="Which connection reference takes the place of the connection?",
    data=("flow", "connection"),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each connection in each flow, placed where it stands first."""
    for flow in solution.flows:
        places = grouped(flow.embedded, lambda embedded: embedded.connection)
        for connection, (first, *others) in places.items():
            yield Finding(
                rule=RULE.id,
                solution=solution.unique_name,
                place=Place(flow.path, first.route),
                message=(
                    f'Flow "{solution.title(flow)}" holds the id of a connection, "{connection}", in its '
                    "definition. It exists in one environment only."
                ),
                help=(
                    "In Power Automate, open the action and choose its connection again, as a connection "
                    "reference; where the id is meant as data, keep it in an environment variable."
                ),
                identity=(*flow_identity(solution, flow), connection),
                subject=Subject(flow=solution.title(flow), connection=connection),
                related=tuple(Related(Place(flow.path, other.route), "and here") for other in others),
            )

"""CR203: a flow has several aliases for one reference."""

from crstandards.findings import Finding, Findings, Place, Related, Rule, Solution, Subject, World
from crstandards.rules.wording import flow_identity, listed

RULE = Rule(
    id="CR203",
    name="duplicate-alias",
    severity="note",
    since="0.1.0",
    summary="a flow has several aliases for one connection reference",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    sees="own",
    in_flow=True,
    cure="aliases",
    is_fixable=True,
    data=("flow", "reference", "aliases"),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each such reference of a flow, placed at its second alias."""
    for flow in solution.flows:
        for key in dict.fromkeys(entry.key for entry in flow.entries if entry.key):
            first, *others = flow.through(key)
            if not others:
                continue
            aliases = [entry.alias for entry in (first, *others)]
            yield Finding(
                rule=RULE.id,
                solution=solution.unique_name,
                place=Place(flow.path, others[0].route),
                message=(
                    f'Flow "{solution.title(flow)}" has {len(aliases)} aliases for the connection reference '
                    f"{first.reference}: {listed(aliases)}."
                ),
                identity=(*flow_identity(solution, flow), key),
                subject=Subject(flow=solution.title(flow), reference=first.reference, aliases=aliases),
                related=tuple(
                    Related(Place(flow.path, item.route), f'the alias "{item.alias}"')
                    for item in (first, *others[1:])
                ),
            )

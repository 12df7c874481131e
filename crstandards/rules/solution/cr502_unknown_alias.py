"""CR502: an operation whose alias is not in the flow's `connectionReferences`."""

from collections import Counter

from crstandards.findings import Finding, Findings, Place, Rule, Solution, Subject, World
from crstandards.rules.usage import lost
from crstandards.rules.wording import flow_identity, shown_action, uses, verb

RULE = Rule(
    id="CR502",
    name="unknown-alias",
    severity="error",
    since="0.1.0",
    stage="reference",
    summary="an operation uses an alias that its flow does not have",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="lost",
    is_proved=True,
    sees="own",
    in_flow=True,
    cure="use",
    data=("flow", "alias", "connector", "operations"),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each unknown alias of a flow, placed at the first operation that uses it."""
    for flow in solution.flows:
        seen: Counter[str] = Counter()
        for connector, operations in lost(flow):
            first, *others = operations
            seen[connector] += 1
            yield Finding(
                rule=RULE.id,
                solution=solution.unique_name,
                place=Place(flow.path, first.route),
                message=(
                    f'Flow "{solution.title(flow)}" has lost a connection reference: '
                    f"{verb([shown_action(item.name) for item in operations], 'has', 'have')} none."
                ),
                identity=(*flow_identity(solution, flow), connector, str(seen[connector])),
                subject=Subject(
                    flow=solution.title(flow),
                    alias=first.alias,
                    connector=connector,
                    operations=[operation.name for operation in operations],
                ),
                related=uses(flow, others),
            )

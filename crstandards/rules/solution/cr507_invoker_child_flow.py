"""CR507: a child flow that goes through the connections of whoever runs it."""

from typing import NamedTuple

from crstandards.findings import Finding, Findings, Place, Related, Rule, Subject, World
from crstandards.model import Call, Flow, Solution, sorted_out
from crstandards.rules.wording import (
    connector_name,
    exported,
    flow_identity,
    flow_title,
    listed,
    shown_action,
    verb,
)

RULE = Rule(
    id="CR507",
    name="invoker-child-flow",
    severity="error",
    since="0.1.0",
    stage="reference",
    summary="a flow that another one runs goes through the connections of whoever runs it",
    see="https://learn.microsoft.com/power-automate/create-child-flows",
    is_proved=True,
    sees="calls",
    decision="Which reference is the child flow to use?",
    data=("flow", "callers", "aliases"),
)


class _Caller(NamedTuple):
    solution: Solution
    flow: Flow
    call: Call


def overall(world: World) -> Findings:
    """One finding for each child, at the first of its entries that are the invoker's.

    A hook looks for callers in touched solutions alone. A child is the flow of the caller's own solution that
    has the GUID, or else the one of a sibling.
    """
    near = world.solutions if world.near is None else world.near
    flows = [(solution, flow) for solution in near if solution.is_solution for flow in solution.flows]
    if not any(flow.of_invoker() for _, flow in flows):
        return
    by_guid = sorted_out((flow.guid, (solution.folder, flow.path)) for solution, flow in flows)
    callers: dict[tuple[str, str], list[_Caller]] = {}
    for solution, flow in flows:
        for call in flow.calls if not solution.vendored else ():
            meant = by_guid.get(call.child, [])
            for child in sorted(meant, key=lambda found: found[0] != solution.folder)[:1]:
                callers.setdefault(child, []).append(_Caller(solution, flow, call))
    for solution, flow in flows:
        found = callers.get((solution.folder, flow.path), [])
        if found and flow.of_invoker() and not solution.vendored:
            yield _finding(solution, flow, found)


def _finding(solution: Solution, child: Flow, callers: list[_Caller]) -> Finding:
    entries = child.of_invoker()
    titles = listed(list(dict.fromkeys(flow_title(item.solution, item.flow) for item in callers)))
    connectors = [connector_name(entry.connector, solution) or entry.alias for entry in entries]
    title = solution.title(child)
    return Finding(
        rule=RULE.id,
        solution=solution.unique_name,
        place=Place(child.path, entries[0].route),
        message=(
            f'Flow "{title}" is run as a child flow by {titles}, but its '
            f"{verb(connectors, 'connection is', 'connections are')} provided by the run-only user. A flow "
            "that runs such a child cannot be turned on (ChildFlowUnsupportedForInvokerConnections)."
        ),
        help=(
            f'In Power Automate, open the details of "{title}" and choose Run only users > Edit. Under '
            "Connections Used, choose Use this connection for each, in place of Provided by run-only user. "
            f"Save, and {exported(solution)}."
        ),
        identity=flow_identity(solution, child),
        subject=Subject(
            flow=title,
            callers=list(dict.fromkeys(item.solution.title(item.flow) for item in callers)),
            aliases=[entry.alias for entry in entries],
        ),
        related=tuple(
            Related(
                Place(item.flow.path, item.call.route),
                f"{flow_title(item.solution, item.flow)} runs it in {shown_action(item.call.name)}",
            )
            for item in callers
        ),
        involves=tuple(dict.fromkeys((solution.folder, *(item.solution.folder for item in callers)))),
    )

"""CR101: a flow's entry that is a connection, not a connection reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from crstandards.findings import Finding, Rule, Subject
from crstandards.model import ConnectionEntry, ConnectionReference, Flow, Operation, Place, Solution, World
from crstandards.rules.mending import against_referring
from crstandards.rules.wording import count, flow_identity, flow_title, listed_names, uses

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
    by_flow="each",
    cure="use",
    is_fixable=True,
    data=("flow", "alias", "connector", "operations"),
)


def per_solution(solution: Solution, world: World) -> Iterator[Finding]:
    """One finding for each raw entry, with the operations that use it."""
    for flow in solution.flows:
        raw = [entry for entry in flow.entries if entry.reference is None]
        seen: Counter[str] = Counter()
        users: dict[str, list[Operation]] = {}
        for operation in flow.operations if raw else ():
            users.setdefault(operation.alias.lower(), []).append(operation)
        for entry in raw:
            seen[entry.connector] += 1
            operations = users.get(entry.alias.lower(), [])
            yield _finding(solution, world, flow, entry, operations, seen[entry.connector])


def _finding(
    solution: Solution,
    world: World,
    flow: Flow,
    entry: ConnectionEntry,
    operations: list[Operation],
    ordinal: int,
) -> Finding:
    candidates = solution.for_connector(entry.connector)
    used = f"used by {count(len(operations), 'operation')}" if operations else "which nothing in it uses"
    title = flow_title(solution, flow)
    return Finding(
        rule=RULE.id,
        solution=solution.unique_name,
        place=Place(flow.path, entry.route),
        message=(
            f"{title[0].upper()}{title[1:]} uses a connection, not a connection reference, for "
            f'{entry.connector or "an unknown connector"} (alias "{entry.alias}", {used}).'
        ),
        help=_help(solution, entry, candidates),
        identity=(*flow_identity(solution, flow), entry.connector, str(ordinal)),
        subject=Subject(
            flow=solution.title(flow),
            alias=entry.alias,
            connector=entry.connector,
            operations=[operation.name for operation in operations],
        ),
        related=uses(flow, operations),
        fixable=not against_referring(solution, flow, entry, world),
    )


def _help(solution: Solution, entry: ConnectionEntry, candidates: Sequence[ConnectionReference]) -> str:
    if not solution.is_solution:
        return (
            "Add the flow to a solution, let its actions use connection references, and export the solution."
        )
    portal = (
        "In Power Automate, open the flow from its solution, and in each of these actions choose a "
        "connection reference in place of the connection; save, "
        + ("and commit the solution." if solution.layout == "yaml" else "export and unpack again.")
    )
    if not candidates:
        return (
            f"{portal}\nThe solution has no reference for {entry.connector or 'this connector'} yet: add one "
            "there first (New > More > Connection reference)."
        )
    names = listed_names(candidates)
    if solution.layout == "yaml":
        # Microsoft supports no editing of this source by hand.
        return f"{portal}\nThe solution's references for this connector: {names}."
    return (
        f'{portal}\nIn the source: set "connection" to {{"connectionReferenceLogicalName": '
        f'"{candidates[0].logical_name}"}}.'
        + (f" The solution's references for this connector are {names}." if len(candidates) > 1 else "")
    )

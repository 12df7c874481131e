"""CR203: a flow's aliases for one reference become one, the first."""

from __future__ import annotations

from collections.abc import Sequence

from crstandards.findings import Finding
from crstandards.fixes.edits import CannotEdit, TextEdit, editable_text
from crstandards.fixes.jsonedit import Document, quoted
from crstandards.fixes.jsonverify import REMOVED, JsonChange
from crstandards.fixes.plan import Plan, Scene, file_change
from crstandards.model import ConnectionEntry, Operation
from crstandards.rules.mending import against_merging
from crstandards.rules.wording import listed
from crstandards.source.aliases import alias_span
from crstandards.source.json import parse


def plan(finding: Finding, scene: Scene) -> Plan:
    """Point every operation at the first alias, and remove the other entries.

    Raises CannotEdit with the reason against it.
    """
    solution, flow = scene.solution, scene.flow
    assert flow is not None
    key = str(finding.data["reference"]).lower()
    entries = [entry for entry in flow.entries if entry.key == key]
    reason = against_merging(solution, flow, entries)
    if reason:
        raise CannotEdit(reason)
    keep, *others = entries
    data = scene.tree.data(flow.path)
    document = Document(editable_text(data))
    edits: list[TextEdit] = []
    changes: list[JsonChange] = []
    for entry in others:
        for operation in flow.users(entry.alias):
            edit, change = _repoint(document, operation, keep.alias)
            edits.append(edit)
            changes.append(change)
    edits += document.remove_members(keep.route[:-1], {entry.alias for entry in others})
    changes += [JsonChange(entry.route, REMOVED) for entry in others]
    return Plan(
        finding,
        f'flow "{solution.title(flow)}": {_told(keep, others)}',
        (file_change(flow.path, data, edits, tuple(changes)),),
        safe=True,
    )


def _repoint(document: Document, operation: Operation, alias: str) -> tuple[TextEdit, JsonChange]:
    route = operation.alias_route
    if not operation.is_by_expression:
        return document.replace_value(route, quoted(alias)), JsonChange(route, alias)
    start, end = document.span(route)
    expression = parse(document.text[start:end])
    found = alias_span(expression)
    # Where it holds no alias, the operation has none either.
    assert found is not None
    first, last = found
    written = alias.replace("'", "''")
    return (
        document.replace_in_string(route, first, last, written),
        JsonChange(route, expression[:first] + written + expression[last:]),
    )


def _told(keep: ConnectionEntry, others: Sequence[ConnectionEntry]) -> str:
    gone = listed([f'"{entry.alias}"' for entry in others])
    return f'what used {gone} now uses the alias "{keep.alias}" for {keep.reference}'

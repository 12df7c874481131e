"""CR101: a raw entry of a flow is given the solution's reference for its connector."""

from __future__ import annotations

from crstandards.findings import Finding
from crstandards.fixes.choice import choice
from crstandards.fixes.edits import CannotEdit, editable_text
from crstandards.fixes.jsonedit import Document
from crstandards.fixes.jsonverify import JsonChange
from crstandards.fixes.plan import Plan, Scene, file_change
from crstandards.rules.mending import against_referring

_NAME = "connectionReferenceLogicalName"


def plan(finding: Finding, scene: Scene) -> Plan:
    """Fill the entry's `connection`; nothing else changes. Raises CannotEdit with the reason against it.

    Of several references it takes the one that CR201 keeps, which needs a word.
    """
    world, solution, flow, tree = scene
    assert flow is not None
    entry = next(item for item in flow.entries if item.route == finding.place.at)
    reason = against_referring(solution, flow, entry, world, chosen=True)
    if reason:
        raise CannotEdit(reason)
    candidates = [item for item in solution.declared().values() if item.connector == entry.connector]
    chosen = choice(candidates, solution, world)
    data = tree.data(flow.path)
    document = Document(editable_text(data))
    before = "" if document.container(entry.route).member("connection") else "api"
    edit = document.set_object(entry.route, "connection", (_NAME, chosen.logical_name), "api")
    change = JsonChange((*entry.route, "connection"), {_NAME: chosen.logical_name}, before)
    several = f", one of {len(candidates)} references for {entry.connector}" if len(candidates) > 1 else ""
    return Plan(
        finding,
        f'flow "{solution.title(flow)}": the alias "{entry.alias}" now uses {chosen.logical_name}{several}',
        (file_change(flow.path, data, [edit], (change,)),),
        safe=not against_referring(solution, flow, entry, world),
        # Two raw entries for one connector become two aliases for one reference.
        brings=frozenset({"CR203"}),
        kept=(chosen.logical_name,),
    )

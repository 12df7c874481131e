"""Fixes of a flow: a raw entry uses a reference, entries move to another one, aliases become one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crstandards.check.fixable import against_merging, against_referring
from crstandards.findings import Finding
from crstandards.fixes.changes import Drop, Plan, Put, document_of
from crstandards.fixes.edits import CannotEdit, TextEdit
from crstandards.fixes.jsonedit import Document, quoted
from crstandards.fixes.scene import Scene
from crstandards.fixes.verify import JsonChange
from crstandards.model import ConnectionReference, Operation
from crstandards.rules.usage import FlowUser
from crstandards.rules.wording import listed
from crstandards.source.aliases import alias_span

_NAME = "connectionReferenceLogicalName"


def use(finding: Finding, scene: Scene) -> Plan:
    """Give a raw entry the solution's reference for its connector; nothing else of it changes.

    Of several references it takes the one to keep, which needs a word. Raises CannotEdit with the reason
    against it.
    """
    solution, flow, route = scene.solution, scene.flow_of(finding), finding.place.at
    assert isinstance(route, tuple)
    entry = next(item for item in flow.called(route[-1]) if item.route == route)
    reason = against_referring(solution, flow, entry, scene.world, chosen=True)
    if reason:
        raise CannotEdit(reason)
    left = [item for item in solution.for_connector(entry.connector) if item.key not in scene.removed]
    chosen = left[0] if len(left) == 1 else _advised(finding, left)
    document = document_of(scene.tree, flow.path)
    before = "" if document.container(entry.route).member("connection") else "api"
    edit = document.set_object(entry.route, "connection", (_NAME, chosen.logical_name), "api")
    change = JsonChange((*entry.route, "connection"), {_NAME: chosen.logical_name}, before)
    several = f", one of {len(left)} references for {entry.connector}" if left[1:] else ""
    return Plan(
        finding,
        f'flow "{solution.title(flow)}": the alias "{entry.alias}" now uses {chosen.logical_name}{several}',
        (Put(flow.path, edit, change),),
        safe=not left[1:],
        # Two raw entries for one connector become two aliases for one reference.
        brings=frozenset({"aliases"}),
        kept=(chosen.logical_name,),
    )


def _advised(finding: Finding, candidates: Iterable[ConnectionReference]) -> ConnectionReference:
    """The one of several references that the plan keeps."""
    names = {step.to.lower() for step in finding.steps if step.do == "use"}
    for reference in candidates:
        if reference.key in names:
            return reference
    raise CannotEdit(finding.decision or "the reference to use is declared in another solution")


def moved(scene: Scene, found: Iterable[FlowUser], name: str) -> Iterator[Put]:
    """The changes that give entries of flows another reference, by its logical name."""
    for user in found:
        path, entry = user.flow.path, user.entry
        document = document_of(scene.tree, path)
        for route in ((*entry.route, "connection", _NAME), (*entry.route, _NAME)):
            named = document.string(route)
            if named is not None and named.lower() == entry.key:
                yield Put(path, document.replace_value(route, quoted(name)), JsonChange(route, name))


def join(finding: Finding, scene: Scene) -> Plan:
    """Point every operation at the first of several aliases for one reference, and remove the other entries.

    Raises CannotEdit with the reason against it.
    """
    solution, flow = scene.solution, scene.flow_of(finding)
    entries = flow.through((finding.subject.reference or "").lower())
    reason = against_merging(solution, flow, entries)
    if reason:
        raise CannotEdit(reason)
    keep, *others = entries
    document = document_of(scene.tree, flow.path)
    gone = listed([f'"{entry.alias}"' for entry in others])
    told = f'what used {gone} now uses the alias "{keep.alias}" for {keep.reference}'
    puts = (
        Put(flow.path, *_repointed(document, operation, keep.alias))
        for entry in others
        for operation in flow.users(entry.alias)
    )
    drops = (Drop(flow.path, entry.route[:-1], entry.alias) for entry in others)
    return Plan(finding, f'flow "{solution.title(flow)}": {told}', (*puts, *drops), safe=True)


def _repointed(document: Document, operation: Operation, alias: str) -> tuple[TextEdit, JsonChange]:
    route = operation.alias_route
    if not operation.is_by_expression:
        return document.replace_value(route, quoted(alias)), JsonChange(route, alias)
    expression = document.string(route) or ""
    found = alias_span(expression)
    # Where it holds no alias, the operation has none either.
    assert found is not None
    first, last = found
    written = alias.replace("'", "''")
    edit = document.replace_in_string(route, first, last, written)
    return edit, JsonChange(route, expression[:first] + written + expression[last:])

"""CR202: of equal declarations of one name, the first is kept."""

from __future__ import annotations

from crstandards.findings import Finding
from crstandards.fixes.edits import CannotEdit, editable_text
from crstandards.fixes.plan import Plan, Scene, file_change
from crstandards.fixes.xmledit import characters, remove_elements
from crstandards.fixes.xmlverify import XmlRemoval
from crstandards.rules.mending import against_removing_repetitions
from crstandards.source.solution import read_customizations


def plan(finding: Finding, scene: Scene) -> Plan:
    """Remove all but the first declaration. Raises CannotEdit with the reason against it."""
    solution = scene.solution
    name = str(finding.data["reference"])
    reason = against_removing_repetitions(
        solution, [item for item in solution.references if item.key == name.lower()]
    )
    if reason:
        raise CannotEdit(reason)
    data = scene.tree.data(solution.customizations)
    text = editable_text(data)
    offsets = [
        item.offset
        for item in read_customizations(data).references
        if item.logical_name.lower() == name.lower()
    ]
    edits = remove_elements(text, characters(data, offsets[1:]))
    removal = XmlRemoval("repetitions", frozenset({name.lower()}))
    return Plan(
        finding,
        f"solution {solution.unique_name} declares {name} once",
        (file_change(solution.customizations, data, edits, (removal,)),),
        safe=True,
        kept=(name,),
    )

"""CR504: declared references that nothing uses are removed."""

from __future__ import annotations

from crstandards.findings import Finding
from crstandards.fixes.edits import CannotEdit
from crstandards.fixes.plan import Plan, Scene
from crstandards.fixes.removal import removal
from crstandards.rules.mending import against_editing
from crstandards.rules.wording import listed


def plan(finding: Finding, scene: Scene) -> Plan:
    """Plan the removal of all that the finding names. Raises CannotEdit with the reason against it."""
    solution = scene.solution
    reason = against_editing(solution)
    if reason:
        raise CannotEdit(reason)
    names = [str(name) for name in finding.data["references"]]
    removed = removal(scene, names)
    return Plan(
        finding,
        f"solution {solution.unique_name}: {listed(names)} removed, which nothing here uses",
        removed.changes,
        safe=False,
        cautions=removed.cautions,
        removed=tuple(names),
    )

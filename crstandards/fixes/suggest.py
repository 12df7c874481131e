"""The safe fixes as replacements in the text, for reports that carry them."""

from __future__ import annotations

from collections.abc import Iterator

from crstandards.findings import Fix, Replacement, Report, Reported, Span
from crstandards.fixes.edits import CannotEdit
from crstandards.fixes.mend import PLANNERS, owners_in
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.plan import FileChange, Scene, verify
from crstandards.model import World
from crstandards.snapshot import Snapshot
from crstandards.source.text import encoding_of


def with_fixes(report: Report, world: World, snapshot: Snapshot) -> Report:
    """The report with each safe fix as it would be made on its own."""
    tree = Overlay(snapshot)
    owners = owners_in(world)

    def with_fix(reported: Reported) -> Reported:
        path = reported.finding.place.path
        if not reported.finding.fixable or path not in owners:
            return reported
        return _with_fix(reported, Scene(world, *owners[path], tree))

    return report._replace(findings=tuple(map(with_fix, report.findings)))


def _with_fix(reported: Reported, scene: Scene) -> Reported:
    try:
        plan = PLANNERS[reported.finding.rule](reported.finding, scene)
        verify(plan)
    except CannotEdit:
        return reported
    if not plan.safe:
        return reported
    replacements = tuple(item for change in plan.changes for item in _replacements(change))
    return reported._replace(fix=Fix(f"{plan.does[:1].upper()}{plan.does[1:]}.", replacements))


def _replacements(change: FileChange) -> Iterator[Replacement]:
    encoding, mark = encoding_of(change.before)
    place = 1, 1
    for edit in change.edits:
        first = _beyond(place, change.before[mark : edit.start].decode(encoding))
        place = _beyond(first, change.before[edit.start : edit.end].decode(encoding))
        mark = edit.end
        yield Replacement(Span(change.path, *first, *place), edit.new.decode(encoding))


def _beyond(place: tuple[int, int], text: str) -> tuple[int, int]:
    """The line and column behind a text that stands at a line and column."""
    line, column = place
    lines = text.count("\n")
    return line + lines, len(text) - text.rfind("\n") if lines else column + len(text)

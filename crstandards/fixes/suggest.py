"""The safe fixes as replacements in the text, for reports that carry them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from crstandards.findings import Fix, Replacement, Report, Reported, Span
from crstandards.fixes.changes import Meaning, Plan, file_change, text_edits, text_of, verify
from crstandards.fixes.edits import CannotEdit, TextEdit
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.rounds import PLANNERS
from crstandards.fixes.scene import Round
from crstandards.model import World
from crstandards.snapshot import Snapshot


def with_fixes(report: Report, world: World, snapshot: Snapshot) -> Report:
    """The report with each safe fix as it would be made on its own."""
    around = Round(world, Overlay(snapshot))
    by_path: dict[str, list[_Suggestion]] = {}
    for number, item in enumerate(report.findings):
        suggestion = _suggestion(number, item, around)
        if suggestion:
            by_path.setdefault(suggestion.path, []).append(suggestion)
    findings = list(report.findings)
    for path, suggestions in by_path.items():
        good = [item for batch in _apart(suggestions) for item in _verified(path, batch, around.tree)]
        spans = _spans(path, text_of(around.tree, path), good)
        for suggestion in good:
            does = f"{suggestion.plan.does[:1].upper()}{suggestion.plan.does[1:]}."
            replacements = tuple(Replacement(spans[edit], edit.new) for edit in sorted(suggestion.edits))
            number = suggestion.number
            findings[number] = findings[number]._replace(fix=Fix(does, replacements))
    return report._replace(findings=tuple(findings))


class _Suggestion(NamedTuple):
    """The edits of the one file that a finding's fix changes, and the finding's number in the report."""

    number: int
    plan: Plan
    path: str
    edits: list[TextEdit]
    meaning: Meaning


def _suggestion(number: int, item: Reported, around: Round) -> _Suggestion | None:
    path = item.finding.place.path
    if not item.finding.fixable or path not in around.owners:
        return None
    try:
        plan = PLANNERS[item.rule.cure](item.finding, around.scene(around.owners[path][0]))
        (path,) = plan.paths
        edits, meaning = text_edits(path, plan.changes, around.tree)
    except CannotEdit:
        return None
    return _Suggestion(number, plan, path, edits, meaning) if plan.safe else None


def _apart(suggestions: list[_Suggestion]) -> Iterator[list[_Suggestion]]:
    """Suggestions in batches that do not overlap, mostly one."""
    while suggestions:
        later: set[int] = set()
        end = 0
        for edit, number in sorted((edit, item.number) for item in suggestions for edit in item.edits):
            if edit.start < end:
                later.add(number)
            else:
                end = edit.end
        yield [item for item in suggestions if item.number not in later]
        suggestions = [item for item in suggestions if item.number in later]


def _verified(path: str, batch: list[_Suggestion], tree: Overlay) -> list[_Suggestion]:
    """The suggestions whose edits do what they announce, all together; where that is not so, by halves."""
    try:
        edits = [edit for item in batch for edit in item.edits]
        meaning: Any = tuple(part for item in batch for part in item.meaning)
        verify(file_change(path, tree, edits, meaning))
    except CannotEdit:
        half = len(batch) // 2
        return [item for some in (batch[:half], batch[half:]) if half for item in _verified(path, some, tree)]
    return batch


def _spans(path: str, text: str, suggestions: list[_Suggestion]) -> dict[TextEdit, Span]:
    """Where edits stand, as lines and columns."""
    edits = sorted({edit for item in suggestions for edit in item.edits})
    places: dict[int, tuple[int, int]] = {}
    line, column, at = 1, 1, 0
    for position in sorted({position for edit in edits for position in edit[:2]}):
        lines = text.count("\n", at, position)
        line += lines
        column = position - text.rfind("\n", at, position) if lines else column + position - at
        at = position
        places[position] = line, column
    return {edit: Span(path, *places[edit.start], *places[edit.end]) for edit in edits}

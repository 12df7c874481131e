"""The safe fixes as replacements in the text, for reports that carry them."""

from __future__ import annotations

from typing import NamedTuple

from crstandards.environments import World
from crstandards.fixes.changes import Meaning, Round, text_edits, verified
from crstandards.fixes.edits import CannotEdit, TextEdit
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.plans import plan_of
from crstandards.places import Span
from crstandards.reported import Fix, Replacement, Report
from crstandards.snapshot import Snapshot
from crstandards.source.locator import Locator


class _Suggestion(NamedTuple):
    """The edits of the one file that a finding's fix changes, and the finding's number in the report."""

    number: int
    does: str
    edits: list[TextEdit]
    meaning: Meaning


def with_fixes(report: Report, world: World, snapshot: Snapshot) -> Report:
    """The report with each safe fix as it would be made on its own."""
    around = Round(world, Overlay(snapshot))
    by_path: dict[str, list[_Suggestion]] = {}
    for number, item in enumerate(report.findings):
        try:
            if item.finding.fixable:
                plan = plan_of(item, around)
                (path,) = plan.paths
                made = _Suggestion(number, plan.does, *text_edits(path, plan.changes, around.tree))
                by_path.setdefault(path, []).extend([made] if plan.safe else [])
        except CannotEdit:
            continue
    findings = list(report.findings)
    for path, suggestions in by_path.items():
        locator = Locator(path, around.tree.data(path))
        for suggestion in _verified(path, suggestions, around.tree):
            replacements = tuple(
                Replacement(Span(path, *locator.position(edit.start), *locator.position(edit.end)), edit.new)
                for edit in sorted(suggestion.edits)
            )
            does = f"{suggestion.does[:1].upper()}{suggestion.does[1:]}."
            found = findings[suggestion.number]
            findings[suggestion.number] = found._replace(fix=Fix(does, replacements))
    return report._replace(findings=tuple(findings))


def _verified(path: str, batch: list[_Suggestion], tree: Overlay) -> list[_Suggestion]:
    """The suggestions whose edits do what they announce, all together; where that is not so, by halves."""
    try:
        meaning = [part for item in batch for part in item.meaning]
        verified(path, tree, [edit for item in batch for edit in item.edits], meaning)  # type: ignore[arg-type]
    except CannotEdit:
        half = len(batch) // 2
        return [item for some in (batch[:half], batch[half:]) if half for item in _verified(path, some, tree)]
    return batch

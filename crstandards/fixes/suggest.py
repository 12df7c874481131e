"""The safe fixes as replacements in the text, for reports that carry them."""

from __future__ import annotations

from contextlib import suppress

from crstandards.environments import World
from crstandards.fixes.edits import CannotEdit
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.plans import FixPlan, plan_of
from crstandards.fixes.steps import Round, text_edits, verified
from crstandards.places import Span
from crstandards.reported import Fix, Replacement, Report
from crstandards.snapshot import Snapshot
from crstandards.source.locator import Locator


def with_fixes(report: Report, world: World, snapshot: Snapshot) -> Report:
    """The report with each safe fix as it would be made on its own.

    Of a file in which one of them would not do what it announces, none is offered.
    """
    around = Round(world, Overlay(snapshot))
    by_path: dict[str, list[tuple[int, FixPlan]]] = {}
    for number, item in enumerate(report.findings):
        with suppress(CannotEdit):
            if item.finding.fixable and (plan := plan_of(item, around)).safe:
                by_path.setdefault(plan.paths[0], []).append((number, plan))
    findings = list(report.findings)
    for path, plans in by_path.items():
        with suppress(CannotEdit):
            for number, fix in _fixes(path, plans, around.tree):
                findings[number] = findings[number]._replace(fix=fix)
    return report._replace(findings=tuple(findings))


def _fixes(path: str, plans: list[tuple[int, FixPlan]], tree: Overlay) -> list[tuple[int, Fix]]:
    """The fixes of one file, each with its finding's number. Raises CannotEdit where one goes wrong."""
    made = [text_edits(path, plan.changes, tree) for _, plan in plans]
    meaning = [part for _, parts in made for part in parts]
    verified(path, tree, [edit for edits, _ in made for edit in edits], meaning)  # type: ignore[arg-type]
    locator = Locator(path, tree.data(path))
    fixes: list[tuple[int, Fix]] = []
    for (number, plan), (edits, _) in zip(plans, made, strict=True):
        replacements = tuple(
            Replacement(Span(path, *locator.position(edit.start), *locator.position(edit.end)), edit.new)
            for edit in sorted(edits)
        )
        fixes.append((number, Fix(f"{plan.does[:1].upper()}{plan.does[1:]}.", replacements)))
    return fixes

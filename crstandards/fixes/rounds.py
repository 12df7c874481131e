"""From findings to fixed bytes, without writing any: plan, edit, verify, check again, until at rest.

Of each round, all fixes are planned from one check, and one more check tells whether they are good: what it
finds is what the next round begins with. Mostly there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from crstandards.environments import World
from crstandards.findings import Finding
from crstandards.fixes.edits import CannotEdit, Overlay
from crstandards.fixes.plans import PLANNERS, FixPlan, Refusal, plan_of
from crstandards.fixes.steps import FileChange, NewEntry, Round, file_changes, text_edits, verified
from crstandards.fixes.verify import XmlRemoval
from crstandards.places import Span
from crstandards.reported import Fix, Replacement, Report, Reported
from crstandards.snapshot import Snapshot
from crstandards.source.locator import Locator

_MOST_ROUNDS: Final = 20
_BROUGHT: Final = ("aliases", "remove")
"""The cures of findings that a fix may bring to light in the files that it edits: two raw entries that get
one reference are two aliases for it.
"""


class Outcome(NamedTuple):
    """What a check found in a tree, and the world that it looked at."""

    report: Report
    world: World


class Limits(NamedTuple):
    """What may be fixed.

    `check` runs all rules; `wanted` tells which findings are to be fixed. `agree` is asked about each fix.
    `against_writing` gives the reason why a file must be left alone, or "". `unused` and
    `keep_declarations`: see `Round`.
    """

    check: Callable[[Overlay], Outcome]
    wanted: Callable[[Reported], bool]
    agree: Callable[[FixPlan, Overlay], bool]
    against_writing: Callable[[str], str]
    unused: str = ""
    keep_declarations: bool = False


class Fixed(NamedTuple):
    """A tree with fixes in it, what a check finds in it, the fixes made, what was refused, and what would
    need a word.
    """

    tree: Overlay
    checked: Outcome
    done: tuple[FixPlan, ...] = ()
    refused: tuple[Refusal, ...] = ()
    waiting: tuple[FixPlan, ...] = ()


def fix(tree: Overlay, terms: Limits) -> Fixed:
    """Make every fix that the terms allow, until nothing more can be done."""
    turns = {cure: number for number, cure in enumerate(PLANNERS)}
    fixed = Fixed(tree, terms.check(tree))
    for _ in range(_MOST_ROUNDS):
        # What is refused or waits in one round may have become plain in the next.
        before = fixed._replace(refused=(), waiting=())
        halves = {target_of(plan.finding) for plan in fixed.done if plan.half}
        findings = [
            item
            for item in fixed.checked.report.findings
            if item.rule.is_fixable and terms.wanted(item) and target_of(item.finding) not in halves
        ]
        fixed = _made(sorted(findings, key=lambda item: turns[item.rule.cure]), before, terms)
        if len(fixed.done) == len(before.done):
            break
    return fixed


def _made(findings: Sequence[Reported], fixed: Fixed, terms: Limits) -> Fixed:
    """Fix these findings together, beside what was fixed before. What the check then speaks against is left
    alone, and the others are fixed without it.
    """
    planned = _planned(findings, fixed, terms)
    plans = planned.done[len(fixed.done) :]
    if not plans:
        return planned
    try:
        tree = fixed.tree.with_edits(
            file_changes((change for plan in plans for change in plan.changes), fixed.tree)
        )
    except CannotEdit as error:
        wrong = {number: error.reason for number, plan in enumerate(plans) if error.path in plan.paths}
    else:
        after = terms.check(tree)
        wrong = reasons_against(fixed.checked, after, plans)
        if not wrong:
            return planned._replace(tree=tree, checked=after)
    refused = tuple(Refusal(plans[number].finding, reason) for number, reason in wrong.items())
    gone = {target_of(refusal.finding) for refusal in refused}
    others = [item for item in findings if target_of(item.finding) not in gone]
    return _made(others, fixed._replace(refused=(*fixed.refused, *refused)), terms)


def _planned(findings: Iterable[Reported], fixed: Fixed, terms: Limits) -> Fixed:
    """The fixes that may be made of these findings, none of which is made yet."""
    around = Round(fixed.checked.world, fixed.tree, terms.unused, keep_declarations=terms.keep_declarations)
    given: dict[tuple[str, object], object] = {}
    done, refused, waiting = list(fixed.done), list(fixed.refused), list(fixed.waiting)
    for item in findings:
        try:
            plan = plan_of(item, around)
            for path in plan.paths:
                if reason := terms.against_writing(path):
                    raise CannotEdit(f"{path} {reason}")
        except CannotEdit as error:
            in_portal = around.owner(item.finding).layout == "yaml"
            refused.append(Refusal(item.finding, error.reason, in_portal))
            continue
        values = dict(map(_value, plan.changes))
        if any(given.get(place, value) != value for place, value in values.items()):
            # Another fix of this round gives it another value; the next round looks at what is left.
            continue
        if terms.agree(plan, fixed.tree):
            given |= values
            around.removed |= {(around.owner(item.finding).folder, key) for key in plan.gone}
            done.append(plan)
        else:
            waiting.append(plan)
    return fixed._replace(done=tuple(done), refused=tuple(refused), waiting=tuple(waiting))


def _value(item: FileChange) -> tuple[tuple[str, object], object]:
    """Where a change puts something, and what that is."""
    change = item.change
    if isinstance(change, XmlRemoval):
        return (item.path, (change.kind == "dependencies", change.name)), change.kind
    if isinstance(change, NewEntry):
        return (item.path, change.entry["LogicalName"].lower()), change.entry
    return (item.path, change.route), change.value


def target_of(finding: Finding) -> tuple[object, ...]:
    """What a fix makes disappear: a finding by what it is about, whatever else it says."""
    subject = finding.subject
    # Of a name's spellings a finding shows one, which may have been in an entry that a fix took out.
    reference = (subject.reference or "").lower()
    return finding.rule, finding.place.path, subject.alias, subject.connector, reference


def reasons_against(before: Outcome, after: Outcome, plans: Sequence[FixPlan]) -> dict[int, str]:
    """What a check after some plans speaks against them, compared with one before, by their number."""
    left = {target_of(item.finding) for item in after.report.findings}
    wrong = {
        number: "the finding would still be there"
        for number, plan in enumerate(plans)
        if not plan.half and target_of(plan.finding) in left
    }
    wrong |= _named_still(after.world, plans)
    paths = {path for plan in plans for path in plan.paths}
    brought: dict[str, str] = {}
    for item in _new(before.report, after.report):
        path = item.finding.place.path
        if item.rule.cure not in _BROUGHT or path not in paths:
            told = f"the fix would bring {item.rule.id}: {item.finding.message.rstrip('.')}"
            brought.setdefault(path, told)
    for number, plan in enumerate(plans):
        for path in brought.keys() & set(plan.paths):
            wrong.setdefault(number, brought[path])
    # Where none of them edits the file, it may be any.
    return wrong or dict.fromkeys(range(len(plans)) if brought else (), next(iter(brought.values()), ""))


def _new(before: Report, after: Report) -> Iterator[Reported]:
    """The findings that count and did not stand before, be it about more than now."""
    known: dict[tuple[str, str], dict[frozenset[str], None]] = {}
    for item in before.findings:
        for path in (item.finding.place.path, ""):
            known.setdefault((item.rule.id, path), {})[frozenset(item.finding.identity)] = None
    for item in after.counted():
        now = frozenset(item.finding.identity)
        path = "" if item.finding.involves else item.finding.place.path
        then = known.get((item.rule.id, path), {})
        if now not in then and not any(now <= other for other in then):
            yield item


def _named_still(world: World, plans: Sequence[FixPlan]) -> dict[int, str]:
    """Why what plans take out of a solution cannot go, by their number: a file of it still names it."""
    solutions = {item.customizations: item for item in reversed(world.solutions)}
    # All that goes anywhere is looked for at once, so that each file is read once.
    gone = frozenset(name for plan in plans for name in plan.gone)
    wrong: dict[int, str] = {}
    for number, plan in enumerate(plans):
        if not plan.removed:
            continue
        solution = solutions[plan.finding.place.path]
        found = solution.mentions(gone)
        if named := found.names & plan.gone:
            wrong[number] = (
                f"{next(iter(found.places.get(min(named), [])), solution.folder)} names {min(named)}"
            )
        elif found.unread:
            wrong[number] = f"{found.unread} of the solution's files cannot be searched for what is removed"
    return wrong


# In a report


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

"""From findings to fixes: which are tried, in what order, together or apart, and when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from crstandards.findings import Finding, Subject
from crstandards.fixes.edits import Overlay
from crstandards.fixes.plans import FixPlan
from crstandards.fixes.rounds import Fixed, Outcome, reasons_against
from crstandards.fixes.steps import FileChange
from crstandards.fixes.verify import REMOVED, JsonChange
from crstandards.model import Solution
from crstandards.places import Place, Span
from crstandards.reported import Reported, Suppression
from crstandards.rules import BY_ID
from tests.fix.scenes import path_of
from tests.fix.trees import checked, fixed, tree_of
from tests.support.builders import OUTLOOK, flow
from tests.support.memory import Memory

RAW = flow({OUTLOOK: None})
FLOWS = [f"HR/{path_of(name)}" for name in ("One", "Three", "Two")]
TREE_OF_RAW = tree_of("HR", "ContosoHR", ["con_a"], dict.fromkeys(("One", "Two", "Three"), RAW))


def paths(plans: Sequence[FixPlan]) -> list[str]:
    return [plan.finding.place.path for plan in plans]


def reported(finding: Finding, suppressed: Suppression | None = None) -> Reported:
    path = finding.place.path
    return Reported(BY_ID[finding.rule], finding, "error", Span(path), (), "", suppressed)


def counting(files: dict[str, bytes], **terms: Any) -> tuple[Fixed, int]:
    """The fixes, and how often all was checked."""
    checks = 0

    def check(tree: Overlay) -> Outcome:
        nonlocal checks
        checks += 1
        return checked(tree)

    result = fixed(files, check=check, **terms)
    return result, checks


def test_two_checks_are_enough_for_fixes_of_several_rules() -> None:
    """Once before, and once after; for what the first fixes bring to light, once more."""
    twice = flow({OUTLOOK: "con_a", f"{OUTLOOK}_1": "con_a"})
    result, checks = counting({**tree_of("HR", "ContosoHR", ["con_a"], {"A": RAW, "B": twice})})
    assert (len(result.done), checks) == (2, 2)
    result, checks = counting(
        tree_of("HR", "ContosoHR", ["con_a"], {"A": flow({OUTLOOK: None, f"{OUTLOOK}_1": None})})
    )
    assert ([plan.finding.rule for plan in result.done], checks) == (["CR101", "CR101", "CR203"], 3)


def test_what_waits_is_asked_for_again_after_another_was_made() -> None:
    asked: list[str] = []

    def second_thoughts(plan: FixPlan, tree: Overlay) -> bool:
        asked.append(plan.finding.place.path)
        return plan.finding.place.path == FLOWS[1] or asked.count(FLOWS[0]) > 1

    result = fixed(TREE_OF_RAW, agree=second_thoughts)
    assert asked[:4] == [*FLOWS, FLOWS[0]]
    assert paths(result.done)[:2] == [FLOWS[1], FLOWS[0]]
    result = fixed(TREE_OF_RAW, agree=lambda plan, tree: False)
    assert (result.done, paths(result.waiting)) == ((), FLOWS)


def test_what_stays_a_finding_is_left_out_and_the_others_are_made() -> None:
    """The rules still find it, however it was edited."""
    before = checked(Overlay(Memory(TREE_OF_RAW)))
    [stays] = [item for item in before.report.findings if item.finding.place.path == FLOWS[1]]

    def strict(tree: Overlay) -> Outcome:
        found = checked(tree)
        left = [item for item in found.report.findings if item.finding.place.path != FLOWS[1]]
        return found._replace(report=found.report._replace(findings=(*left, stays)))

    result = fixed(TREE_OF_RAW, check=strict)
    assert paths(result.done) == [FLOWS[0], FLOWS[2]]
    assert [item.reason for item in result.refused] == ["the finding would still be there"]


# What a check says before and after, compared

FLOW = "HR/Workflows/Send.json"


def finding(rule: str = "CR501", path: str = FLOW, *identity: str, **more: Any) -> Finding:
    return Finding(rule, "ContosoHR", Place(path), f"A message of {rule}.", "", identity or ("x",), **more)


EMPTY = checked(Overlay(Memory({})))


def saying(
    *findings: Finding, solutions: Sequence[Solution] = (), suppressed: Sequence[Finding] = ()
) -> Outcome:
    let_through = Suppression("exception", "for a reason")
    told = (*map(reported, findings), *(reported(item, let_through) for item in suppressed))
    empty = EMPTY
    return Outcome(empty.report._replace(findings=told), empty.world._replace(solutions=tuple(solutions)))


def plan_of(about: Finding, **more: Any) -> FixPlan:
    gone = FileChange(about.place.path, JsonChange(("a",), REMOVED))
    return FixPlan(about, "it does", (gone,), safe=True, **more)


def against(before: Outcome, after: Outcome, *plans: FixPlan) -> str:
    """The reason against the first plan."""
    return reasons_against(before, after, plans).get(0, "")


ALIAS = finding("CR101", subject=Subject(alias="a", connector="shared_a"))


@pytest.mark.parametrize(
    ("left", "is_the_same"),
    [
        (ALIAS, True),
        (ALIAS._replace(message="Said otherwise.", identity=("y",), solution="Other"), True),
        (ALIAS._replace(place=Place(FLOW, ("a",))), True),
        (ALIAS._replace(subject=Subject(connector="shared_a", alias="a", reference="")), True),
        (ALIAS._replace(subject=Subject(alias="b", connector="shared_a")), False),
        (ALIAS._replace(subject=Subject(alias="a", connector="shared_b")), False),
        (ALIAS._replace(subject=Subject(alias="a")), False),
        (ALIAS._replace(subject=Subject(alias="a", connector="shared_a", reference="con_a")), False),
        (ALIAS._replace(place=Place("HR/Workflows/Ask.json")), False),
        (ALIAS._replace(rule="CR102"), False),
    ],
)
def test_a_finding_is_the_same_by_what_it_is_about(left: Finding, is_the_same: bool) -> None:
    reason = against(saying(ALIAS, left), saying(left), plan_of(ALIAS))
    assert reason == ("the finding would still be there" if is_the_same else "")
    # One that an exception lets through is there all the same.
    assert against(saying(ALIAS, left), saying(suppressed=[left]), plan_of(ALIAS)) == reason


NEW = finding("CR501", FLOW, "a", "b")
BROUGHT = "the fix would bring CR501: A message of CR501"


def test_a_new_finding_stands_against_a_fix() -> None:
    assert against(saying(ALIAS), saying(), plan_of(ALIAS)) == ""
    assert against(saying(ALIAS), saying(NEW), plan_of(ALIAS)) == BROUGHT
    assert against(saying(ALIAS), saying(suppressed=[NEW]), plan_of(ALIAS)) == ""
    dotted = NEW._replace(message=".NET. Is it XX..")
    assert (
        against(saying(ALIAS), saying(dotted), plan_of(ALIAS)) == "the fix would bring CR501: .NET. Is it XX"
    )


def test_what_a_fix_brings_to_light_is_foreseen_in_its_files_alone() -> None:
    alike = finding("CR203", FLOW, "c")
    assert against(saying(ALIAS), saying(alike), plan_of(ALIAS)) == ""
    elsewhere = alike._replace(place=Place("HR/Workflows/Ask.json"))
    told = "the fix would bring CR203: A message of CR203"
    assert against(saying(ALIAS), saying(alike, elsewhere), plan_of(ALIAS)) == told
    assert against(saying(ALIAS), saying(alike, NEW), plan_of(ALIAS)) == BROUGHT


@pytest.mark.parametrize(
    ("before", "is_new"),
    [
        ([NEW], False),
        # What was about more before is no new one, and what was about less is.
        ([finding("CR501", FLOW, "a", "b", "c")], False),
        ([finding("CR501", FLOW, "b", "a")], False),
        ([finding("CR501", FLOW, "a")], True),
        ([finding("CR501", FLOW, "a", "c")], True),
        ([finding("CR501", FLOW, "c"), NEW], False),
        ([finding("CR501", "HR/Workflows/Ask.json", "a", "b")], True),
        ([finding("CR502", FLOW, "a", "b")], True),
        ([], True),
    ],
)
def test_a_finding_is_new_by_its_identity(before: list[Finding], is_new: bool) -> None:
    reason = BROUGHT if is_new else ""
    assert against(saying(ALIAS, *before), saying(NEW), plan_of(ALIAS)) == reason
    assert against(saying(ALIAS, suppressed=before), saying(NEW), plan_of(ALIAS)) == reason


# Where names are still found

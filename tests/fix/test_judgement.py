"""What the rules say before and after a fix, compared, on findings made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from crstandards.findings import Finding, Reported, Span, Suppression
from crstandards.fixes.judgement import Comparison, Judged, target_of
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.plan import FileChange, Plan
from crstandards.model import Mentions, Place, Solution
from crstandards.rules import BY_ID
from tests.accuracy.trees import Memory
from tests.fix.trees import nothing_judged

FLOW = "HR/Workflows/Send.json"


def finding(rule: str = "CR501", path: str = FLOW, *identity: str, **more: Any) -> Finding:
    return Finding(rule, "ContosoHR", Place(path), f"A message of {rule}.", "", identity or ("x",), **more)


def saying(
    *findings: Finding, solutions: Sequence[Solution] = (), suppressed: Sequence[Finding] = ()
) -> Judged:
    reported = [
        Reported(BY_ID[item.rule], item, "error", Span(item.place.path), (), "")
        for item in (*findings, *suppressed)
    ]
    let_through = Suppression("exception", "for a reason")
    told = (
        *reported[: len(findings)],
        *(item._replace(suppressed=let_through) for item in reported[len(findings) :]),
    )
    empty = nothing_judged()
    return Judged(empty.report._replace(findings=told), empty.world._replace(solutions=tuple(solutions)))


def plan_of(mended: Finding, **more: Any) -> Plan:
    path = mended.place.path
    return Plan(mended, "it does", (FileChange(path, b"", (), ()),), safe=True, **more)


def against(before: Judged, after: Judged, plan: Plan, *others: Plan) -> str:
    return Comparison(before, after, Overlay(Memory({})), [plan, *others]).against(plan)


RAW = finding("CR101", data={"alias": "a", "connector": "shared_a"})


def test_a_finding_that_is_gone_is_mended() -> None:
    assert against(saying(RAW), saying(), plan_of(RAW)) == ""


@pytest.mark.parametrize(
    ("left", "is_the_same"),
    [
        (RAW, True),
        (RAW._replace(message="Said otherwise.", identity=("y",), solution="Other"), True),
        (RAW._replace(place=Place(FLOW, ("a",))), True),
        (RAW._replace(data={"connector": "shared_a", "alias": "a", "reference": ""}), True),
        (RAW._replace(data={"alias": "b", "connector": "shared_a"}), False),
        (RAW._replace(data={"alias": "a", "connector": "shared_b"}), False),
        (RAW._replace(data={"alias": "a"}), False),
        (RAW._replace(data={"alias": "a", "connector": "shared_a", "reference": "con_a"}), False),
        (RAW._replace(place=Place("HR/Workflows/Ask.json")), False),
        (RAW._replace(rule="CR102"), False),
    ],
)
def test_a_finding_is_the_same_by_what_it_is_about(left: Finding, is_the_same: bool) -> None:
    plan = plan_of(RAW)
    reason = against(saying(RAW, left), saying(left), plan)
    assert reason == ("the finding would still be there" if is_the_same else "")
    # One that an exception lets through is there all the same.
    assert against(saying(RAW, left), saying(suppressed=[left]), plan) == reason


def test_of_a_name_the_spelling_does_not_matter() -> None:
    one, other = (finding("CR203", data={"reference": name}) for name in ("con_A", "CON_a"))
    assert target_of(one) == target_of(other)
    assert target_of(one) != target_of(finding("CR203", data={"reference": "con_b"}))
    assert against(saying(one), saying(other), plan_of(one)) == "the finding would still be there"


NEW = finding("CR501", FLOW, "a", "b")
BROUGHT = "the fix would bring CR501: A message of CR501"


def test_a_new_finding_stands_against_a_fix() -> None:
    assert against(saying(RAW), saying(NEW), plan_of(RAW)) == BROUGHT
    dotted = NEW._replace(message=".NET. Is it XX..")
    assert against(saying(RAW), saying(dotted), plan_of(RAW)) == "the fix would bring CR501: .NET. Is it XX"


def test_the_first_new_finding_that_was_not_foreseen_is_told() -> None:
    second = finding("CR503", FLOW, "c")
    assert against(saying(RAW), saying(NEW, second), plan_of(RAW)) == BROUGHT
    foreseen = plan_of(RAW, brings=frozenset({"CR501"}))
    assert against(saying(RAW), saying(NEW), foreseen) == ""
    told = "the fix would bring CR503: A message of CR503"
    assert against(saying(RAW), saying(NEW, second), foreseen) == told


def test_what_does_not_count_is_not_new() -> None:
    assert against(saying(RAW), saying(suppressed=[NEW]), plan_of(RAW)) == ""


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
        ([NEW, finding("CR501", FLOW, "c")], False),
        ([finding("CR501", "HR/Workflows/Ask.json", "a", "b")], True),
        ([finding("CR502", FLOW, "a", "b")], True),
        ([], True),
    ],
)
def test_a_finding_is_new_by_its_identity(before: list[Finding], is_new: bool) -> None:
    reason = BROUGHT if is_new else ""
    assert against(saying(RAW, *before), saying(NEW), plan_of(RAW)) == reason
    assert against(saying(RAW, suppressed=before), saying(NEW), plan_of(RAW)) == reason


def test_between_solutions_the_place_may_change() -> None:
    between = finding("CR305", "A/x.xml", "a", "b", involves=("A", "B"))
    moved = between._replace(place=Place("B/x.xml"))
    assert against(saying(RAW, between), saying(moved), plan_of(RAW)) == ""
    other = moved._replace(identity=("c",))
    told = "the fix would bring CR305: A message of CR305"
    assert against(saying(RAW, between), saying(other), plan_of(RAW)) == told


# Removals


def solution(folder: str, *mentioned: str) -> Solution:
    return Solution(
        folder,
        "unpacked",
        folder,
        customizations=f"{folder}/Customizations.xml",
        mentions=lambda wanted: Mentions(wanted & set(mentioned), 1),
    )


def removal(folder: str, *removed: str) -> Plan:
    about = finding("CR504", f"{folder}/Customizations.xml", data={"connector": removed[0]})
    return plan_of(about, removed=removed)


TREE = {f"{folder}/Notes.txt": b"con_a con_b" for folder in ("HR", "IT")}


def compared(plans: Sequence[Plan], *solutions: Solution) -> list[str]:
    comparison = Comparison(
        saying(*(plan.finding for plan in plans)), saying(solutions=solutions), Overlay(Memory(TREE)), plans
    )
    return [comparison.against(plan) for plan in plans]


def test_what_is_removed_may_not_be_named_in_its_solution() -> None:
    plans = [removal("HR", "con_A"), removal("IT", "con_B", "con_c")]
    named = ["HR/Notes.txt names con_a", "IT/Notes.txt names con_b"]
    assert compared(plans, solution("HR"), solution("IT")) == ["", ""]
    assert compared(plans, solution("HR", "con_a"), solution("IT", "con_b")) == named
    assert compared(plans, solution("HR", "con_b"), solution("IT", "con_b")) == ["", named[1]]
    assert compared(plans, solution("HR", "con_a"), solution("IT", "con_a")) == [named[0], ""]


def test_of_several_removals_only_that_of_a_name_is_refused() -> None:
    plans = [removal("HR", "con_A"), removal("HR", "con_b"), removal("HR", "con_c")]
    assert compared(plans, solution("HR", "con_b")) == ["", "HR/Notes.txt names con_b", ""]


def test_each_search_is_made_once() -> None:
    asked: list[frozenset[str]] = []

    def mentions(wanted: frozenset[str]) -> Mentions:
        asked.append(wanted)
        return Mentions(wanted & {"con_b"}, 1)

    counting = solution("HR")._replace(mentions=mentions)
    compared([removal("HR", "con_a"), removal("HR", "con_b"), removal("HR", "con_b")], counting)
    assert asked == [{"con_a", "con_b"}]


def test_a_fix_that_removes_nothing_searches_nothing() -> None:
    assert compared([plan_of(RAW)], solution("HR", "con_a")) == [""]

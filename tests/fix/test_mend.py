"""From findings to fixes: which are tried, in what order, together or apart, and when it is over."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from crstandards.findings import Finding, Reported, Span, Suppression
from crstandards.fixes.edits import CannotEdit
from crstandards.fixes.jsonedit import Document, quoted
from crstandards.fixes.jsonverify import JsonChange
from crstandards.fixes.judgement import Judged
from crstandards.fixes.mend import PLANNERS, Mended, Terms, groups, mend, owners_in
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.plan import FileChange, Plan, Refusal, Scene, file_change
from crstandards.model import ConnectionReference, Flow, Place, Solution, World
from crstandards.rules import BY_ID
from tests.accuracy.trees import AS_OF, Memory
from tests.fix.trees import nothing_judged

Answers = Callable[[Plan], bool]


def flow(path: str) -> Flow:
    return Flow(path, "", (), (), ())


HR = Solution(
    "HR",
    "unpacked",
    "ContosoHR",
    manifest="HR/S.xml",
    customizations="HR/C.xml",
    flows=(flow("HR/a.json"), flow("HR/b.json"), flow("HR/c.json")),
)
IT = Solution(
    "IT", "yaml", "ContosoIT", manifest="IT/S.xml", customizations="IT/C.xml", flows=(flow("IT/a.json"),)
)
WORLD = World((HR, IT), AS_OF)


def finding(path: str, rule: str = "CR101", step: str = "0") -> Finding:
    return Finding(rule, "ContosoHR", Place(path), "A message.", "", (path, step), {"alias": step})


class Steps:
    """A tree of files that each hold a number, and the step that each is to reach.

    A finding stands in every file that has not reached it; a fix brings it one step further.
    """

    def __init__(self, **goals: int) -> None:
        self.goals = {f"{name.replace('_', '/')}.json": goal for name, goal in goals.items()}
        self.tree = Overlay(Memory(dict.fromkeys(self.goals, b'["0"]')))
        self.suppressed: dict[str, Suppression] = {}
        self.rules: dict[str, str] = {}
        self.judgements = 0
        self.asked: list[str] = []
        self.reasons: dict[str, str] = {}
        self.unwritable: dict[str, str] = {}

    def judge(self, tree: Overlay) -> Judged:
        self.judgements += 1
        found = [
            Reported(
                BY_ID[rule], finding(path, rule, step), "error", Span(path), (), "", self.suppressed.get(path)
            )
            for path, goal in self.goals.items()
            for rule in [self.rules.get(path, "CR101")]
            for step in [_held(tree, path)]
            if int(step) < goal
        ]
        return Judged(nothing_judged().report._replace(findings=tuple(found)), WORLD)

    def plan(self, found: Finding, scene: Scene) -> Plan:
        path = found.place.path
        if path in self.reasons:
            raise CannotEdit(self.reasons[path])
        data = scene.tree.data(path)
        step = str(int(_held(scene.tree, path)) + 1)
        edit = Document(data.decode()).replace_value(("0",), quoted(step))
        change = file_change(path, data, [edit], (JsonChange(("0",), step),))
        return Plan(found, f"step {step}", (change,), safe=False, brings=frozenset({"CR101", "CR203"}))

    def agree(self, plan: Plan) -> bool:
        self.asked.append(plan.finding.place.path)
        return True

    def mend(self, agree: Answers | None = None, **terms: object) -> Mended:
        given = Terms(
            self.judge,
            lambda rule, severity: rule.id in ("CR101", "CR203"),
            lambda solution: True,
            agree or self.agree,
            lambda path: self.unwritable.get(path, ""),
        )
        return mend(self.tree, given._replace(**terms))  # type: ignore[arg-type]

    def held(self, result: Mended) -> dict[str, str]:
        return {path: _held(result.tree, path) for path in self.goals}


def _held(tree: Overlay, path: str) -> str:
    return str(json.loads(tree.data(path))[0])


Begin = Callable[..., Steps]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Begin:
    """Begins anew, with its own plans in place of every planner's."""

    def begin(**goals: int) -> Steps:
        work = Steps(**goals)
        for rule in PLANNERS:
            monkeypatch.setitem(PLANNERS, rule, lambda found, scene: work.plan(found, scene))  # type: ignore[arg-type]
        return work

    return begin


def test_all_is_mended_until_nothing_is_left(steps: Begin) -> None:
    work = steps(HR_a=1, HR_b=3, HR_c=0)
    result = work.mend()
    assert work.held(result) == {"HR/a.json": "1", "HR/b.json": "3", "HR/c.json": "0"}
    assert [plan.does for plan in result.done] == ["step 1", "step 1", "step 2", "step 3"]
    assert (result.refused, result.waiting) == ((), ())
    assert result.judged.report.findings == ()
    # Once before, and once after each of three rounds; the fourth finds nothing to do.
    assert work.judgements == 4


def test_after_twenty_rounds_it_is_at_an_end(steps: Begin) -> None:
    work = steps(HR_a=99)
    assert work.held(work.mend()) == {"HR/a.json": "20"}


def test_a_word_is_asked_for_once_where_it_is_not_given(steps: Begin) -> None:
    work = steps(HR_a=1, HR_b=1)
    asked: list[str] = []

    def never(plan: Plan) -> bool:
        asked.append(plan.finding.place.path)
        return False

    result = work.mend(never)
    assert asked == ["HR/a.json", "HR/b.json"]
    assert [plan.finding.place.path for plan in result.waiting] == asked
    assert (result.done, result.refused) == ((), ())
    assert work.judgements == 1


def test_what_waits_is_asked_for_again_after_another_was_made(steps: Begin) -> None:
    work = steps(HR_a=1, HR_b=1)
    asked: list[str] = []

    def second_thoughts(plan: Plan) -> bool:
        asked.append(plan.finding.place.path)
        return plan.finding.place.path == "HR/b.json" or asked.count("HR/a.json") > 1

    result = work.mend(second_thoughts)
    assert asked == ["HR/a.json", "HR/b.json", "HR/a.json"]
    assert [plan.finding.place.path for plan in result.done] == ["HR/b.json", "HR/a.json"]
    assert result.waiting == ()


def test_safe_fixes_need_no_word(steps: Begin) -> None:
    work = steps(HR_a=1)
    plan = work.plan
    work.plan = lambda found, scene: plan(found, scene)._replace(safe=True)  # type: ignore[method-assign]
    result = work.mend(lambda plan: pytest.fail("was asked"))
    assert work.held(result) == {"HR/a.json": "1"}


def test_rules_have_their_turns(steps: Begin) -> None:
    work = steps(HR_a=1, HR_b=1)
    work.rules = {"HR/b.json": "CR203"}
    assert [plan.finding.rule for plan in work.mend().done] == ["CR203", "CR101"]
    work = steps(HR_a=1, HR_b=1)
    work.rules = {"HR/b.json": "CR203"}
    result = work.mend(chosen=lambda rule, severity: rule.id == "CR101")
    assert work.held(result) == {"HR/a.json": "1", "HR/b.json": "0"}
    work = steps(HR_a=1, HR_b=1)
    work.rules = {"HR/b.json": "CR203"}
    assert work.mend(chosen=lambda rule, severity: severity == "warning").done == ()


def test_the_order_of_the_rules() -> None:
    assert list(PLANNERS) == ["CR203", "CR201", "CR504", "CR202", "CR101"]


@pytest.mark.parametrize(
    ("by", "with_baseline", "mended"),
    [
        ("baseline", True, "1"),
        ("baseline", False, "0"),
        ("exception", True, "0"),
        ("exception", False, "0"),
        ("description", True, "0"),
    ],
)
def test_what_is_suppressed_stays_and_a_debt_where_it_is_not_asked_for(
    steps: Begin, by: str, with_baseline: bool, mended: str
) -> None:
    work = steps(HR_a=1, HR_b=1)
    work.suppressed = {"HR/a.json": Suppression(by, "for a reason")}  # type: ignore[arg-type]
    result = work.mend(with_baseline=with_baseline)
    assert work.held(result) == {"HR/a.json": mended, "HR/b.json": "1"}


def test_a_debt_stays_unless_it_is_said_otherwise(steps: Begin) -> None:
    work = steps(HR_a=1)
    work.suppressed = {"HR/a.json": Suppression("baseline", "for a reason")}
    assert work.held(work.mend()) == {"HR/a.json": "0"}


@pytest.mark.parametrize(("kept", "solution"), [("con_b", "ContosoHR"), ("con_a", "ContosoIT")])
def test_what_an_earlier_fix_does_not_keep_may_go(steps: Begin, kept: str, solution: str) -> None:
    assert work_in_two_steps(steps, kept, solution) == "2"


def test_what_an_earlier_fix_keeps_stays_in_that_run(steps: Begin) -> None:
    """In whatever round, and whatever the letters it is written in."""
    assert work_in_two_steps(steps, "CON_A", "contosohr") == "1"


def work_in_two_steps(steps: Begin, kept: str, solution: str) -> str:
    """How far a file gets of which the first fix keeps a reference, and the second one takes con_a out."""
    work = steps(HR_a=2)
    plan = work.plan

    def keeping(found: Finding, scene: Scene) -> Plan:
        made = plan(found, scene)
        if made.does == "step 1":
            return made._replace(finding=found._replace(solution=solution), kept=(kept,))
        return made._replace(finding=found._replace(place=Place("HR/C.xml")), removed=("con_a",))

    work.plan = keeping  # type: ignore[method-assign]
    result = work.mend()
    reasons = {item.reason for item in result.refused}
    refused = (
        "con_a is what another fix of this run keeps (CR101); look at that, then run 'crstandards fix' again"
    )
    assert reasons <= {refused}
    return work.held(result)["HR/a.json"]


def test_only_in_the_solutions_that_are_wanted(steps: Begin) -> None:
    work = steps(IT_a=1, HR_a=1)
    result = work.mend(wanted=lambda solution: solution.folder == "HR")
    assert work.held(result) == {"IT/a.json": "0", "HR/a.json": "1"}
    assert result.refused == ()


def test_what_is_refused_is_told_and_the_others_are_made(steps: Begin) -> None:
    work = steps(IT_a=1, HR_a=1, HR_b=1, HR_c=1)
    work.reasons = {"IT/a.json": "not by hand", "HR/a.json": "it is odd"}
    work.unwritable = {"HR/b.json": "is read-only"}
    result = work.mend()
    assert result.refused == (
        Refusal(finding("IT/a.json"), "not by hand", in_portal=True),
        Refusal(finding("HR/a.json"), "it is odd", in_portal=False),
        Refusal(finding("HR/b.json"), "HR/b.json is read-only", in_portal=False),
    )
    assert [plan.finding.place.path for plan in result.done] == ["HR/c.json"]


@pytest.mark.parametrize("erring", ["a", "b", "c", "ab", "bc", "abc"])
def test_what_errs_is_left_out_and_the_others_are_made(steps: Begin, erring: str) -> None:
    work = steps(HR_a=1, HR_b=1, HR_c=1)
    plan = work.plan

    def silent(found: Finding, scene: Scene) -> Plan:
        made = plan(found, scene)
        if found.place.path[-6] not in erring:
            return made
        (change,) = made.changes
        return made._replace(changes=(change._replace(meaning=()),))

    work.plan = silent  # type: ignore[method-assign]
    result = work.mend()
    assert work.held(result) == {path: "0" if path[-6] in erring else "1" for path in work.goals}
    assert {item.finding.place.path[-6] for item in result.refused} == set(erring)
    assert {item.reason.partition(" ")[2] for item in result.refused} == {
        "would not say exactly what it should after the edit"
    }


@pytest.mark.parametrize("erring", ["a", "b", "c", "ab", "bc", "abc"])
def test_what_stays_a_finding_is_left_out_and_the_others_are_made(steps: Begin, erring: str) -> None:
    """The rules still find it, however it was edited."""
    work = steps(HR_a=1, HR_b=1, HR_c=1)

    def strict(tree: Overlay) -> Judged:
        found = tuple(
            Reported(BY_ID["CR101"], finding(path), "error", Span(path), (), "")
            for path in work.goals
            if path[-6] in erring or path not in tree.edited
        )
        return Judged(nothing_judged().report._replace(findings=found), WORLD)

    result = work.mend(judge=strict)
    assert {path[-6] for path, step in work.held(result).items() if step == "0"} == set(erring)
    assert {(item.finding.place.path[-6], item.reason) for item in result.refused} == {
        (letter, "the finding would still be there") for letter in erring
    }


def test_files_belong_to_their_solutions() -> None:
    place = Place("IT/refs/con_a.yml")
    reference = ConnectionReference("con_a", "", "", "", "", "", place)
    other = IT._replace(references=(reference,))
    found = owners_in(World((HR, other), AS_OF))
    assert found == {
        "HR/S.xml": (HR, None),
        "HR/C.xml": (HR, None),
        "HR/a.json": (HR, HR.flows[0]),
        "HR/b.json": (HR, HR.flows[1]),
        "HR/c.json": (HR, HR.flows[2]),
        "IT/S.xml": (other, None),
        "IT/C.xml": (other, None),
        "IT/a.json": (other, IT.flows[0]),
        "IT/refs/con_a.yml": (other, None),
    }


def test_of_what_two_share_the_first_has_it() -> None:
    twin = HR._replace(unique_name="Twin")
    assert {solution.unique_name for solution, _ in owners_in(World((HR, twin), AS_OF)).values()} == {
        "ContosoHR"
    }


# Groups


def plan_of(name: str, *paths: str) -> Plan:
    changes = tuple(FileChange(path, b"", (), ()) for path in paths)
    return Plan(finding(name), name, changes, safe=True)


@pytest.mark.parametrize(
    ("plans", "expected"),
    [
        ({}, []),
        ({"a": "x"}, ["a"]),
        ({"a": "x", "b": "y"}, ["a", "b"]),
        ({"a": "x", "b": "xy", "c": "y", "d": "z"}, ["abc", "d"]),
        ({"a": "x", "b": "y", "c": "xy"}, ["abc"]),
        ({"a": "x", "b": "y", "c": "xy", "d": "x", "e": "y"}, ["abcde"]),
        ({"a": "vw", "b": "xy", "c": "z", "d": "wx", "e": "v", "f": "y"}, ["abdef", "c"]),
    ],
)
def test_plans_that_share_files_go_together(plans: dict[str, str], expected: list[str]) -> None:
    made = [plan_of(name, *paths) for name, paths in plans.items()]
    assert ["".join(plan.does for plan in group) for group in groups(made)] == expected


def test_one_after_the_other(steps: Begin) -> None:
    work = steps(HR_a=1)
    judged_so = work.judge(work.tree)
    one, two = plan_of("a", "x"), plan_of("b", "y")
    refusals = Refusal(finding("x"), "one"), Refusal(finding("y"), "two")
    first = Mended(work.tree, judged_so, (one,), refusals[:1], (two,))
    tree = Overlay(Memory({}))
    second = Mended(tree, nothing_judged(), (two,), refusals[1:], (one,))
    assert first.then(second) == Mended(tree, nothing_judged(), (one, two), refusals, (two, one))

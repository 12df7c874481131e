"""From findings to fixes: which are tried, in what order, together or apart, and when it is over."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from crstandards.findings import Finding, Reported, Span, Subject, Suppression
from crstandards.fixes.changes import Drop, Plan, Put, Refusal
from crstandards.fixes.edits import CannotEdit
from crstandards.fixes.jsonedit import Document, quoted
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.rounds import (
    PLANNERS,
    Checked,
    Fixed,
    Terms,
    fix,
    groups,
    named_outside,
    reasons_against,
    target_of,
)
from crstandards.fixes.scene import Round, Scene
from crstandards.fixes.verify import JsonChange
from crstandards.model import ConnectionReference, Flow, Mentions, Place, Solution, World
from crstandards.rules import BY_ID
from crstandards.snapshot import File
from tests.accuracy.trees import AS_OF, Memory
from tests.fix.trees import nothing_checked


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


def raw(path: str, rule: str = "CR101", step: str = "0") -> Finding:
    return Finding(rule, "ContosoHR", Place(path), "A message.", "", (path, step), Subject(alias=step))


def reported(finding: Finding, suppressed: Suppression | None = None) -> Reported:
    path = finding.place.path
    return Reported(BY_ID[finding.rule], finding, "error", Span(path), (), "", suppressed)


class Steps:
    """A tree of files that each hold a number, and the step that each is to reach.

    A finding stands in every file that has not reached it; a fix brings it one step further.
    """

    def __init__(self, **goals: int) -> None:
        self.goals = {f"{name.replace('_', '/')}.json": goal for name, goal in goals.items()}
        self.tree = Overlay(Memory(dict.fromkeys(self.goals, b'["0"]')))
        self.suppressed: dict[str, Suppression] = {}
        self.rules: dict[str, str] = {}
        self.checks = 0
        self.reasons: dict[str, str] = {}
        self.more: dict[str, Any] = {}

    def check(self, tree: Overlay) -> Checked:
        self.checks += 1
        found = [
            reported(raw(path, self.rules.get(path, "CR101"), held(tree, path)), self.suppressed.get(path))
            for path, goal in self.goals.items()
            if int(held(tree, path)) < goal
        ]
        return Checked(nothing_checked().report._replace(findings=tuple(found)), WORLD)

    def plan(self, found: Finding, scene: Scene) -> Plan:
        path = found.place.path
        if path in self.reasons:
            raise CannotEdit(self.reasons[path])
        step = str(int(held(scene.tree, path)) + 1)
        edit = Document(scene.tree.data(path).decode()).replace_value(("0",), quoted(step))
        put = Put(path, edit, JsonChange(("0",), step))
        plan = Plan(found, f"step {step}", (put,), safe=False, brings=frozenset({"use", "aliases"}))
        return plan._replace(**self.more)

    def fix(self, agree: Callable[..., bool] = lambda plan, tree: True, **terms: Any) -> Fixed:
        given = Terms(
            self.check,
            lambda rule, severity: rule.id in ("CR101", "CR203"),
            lambda solution: True,
            agree,
            lambda path: "",
        )
        return fix(self.tree, given._replace(**terms))

    def held(self, result: Fixed) -> dict[str, str]:
        return {path: held(result.tree, path) for path in self.goals}


def held(tree: Overlay, path: str) -> str:
    return str(json.loads(tree.data(path))[0])


def paths(plans: Sequence[Plan]) -> list[str]:
    return [plan.finding.place.path for plan in plans]


Begin = Callable[..., Steps]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Begin:
    """Begins anew, with its own plans in place of every planner's."""

    def begin(**goals: int) -> Steps:
        work = Steps(**goals)
        for way in PLANNERS:
            monkeypatch.setitem(PLANNERS, way, lambda found, scene: work.plan(found, scene))  # type: ignore[arg-type]
        return work

    return begin


def test_all_is_fixed_until_nothing_is_left(steps: Begin) -> None:
    work = steps(HR_a=1, HR_b=3, HR_c=0)
    result = work.fix()
    assert work.held(result) == {"HR/a.json": "1", "HR/b.json": "3", "HR/c.json": "0"}
    assert [plan.does for plan in result.done] == ["step 1", "step 1", "step 2", "step 3"]
    assert (result.refused, result.waiting, result.checked.report.findings) == ((), (), ())
    # Once before, and once after each of three rounds; the fourth finds nothing to do.
    assert work.checks == 4


def test_two_checks_are_enough_for_fixes_of_several_rules(steps: Begin) -> None:
    work = steps(HR_a=1, HR_b=1, HR_c=1)
    work.rules = {"HR/b.json": "CR203"}
    assert paths(work.fix().done) == ["HR/a.json", "HR/c.json", "HR/b.json"]
    assert work.checks == 2


def test_after_twenty_rounds_it_is_at_an_end(steps: Begin) -> None:
    work = steps(HR_a=99)
    assert work.held(work.fix()) == {"HR/a.json": "20"}


def test_what_waits_is_asked_for_again_after_another_was_made(steps: Begin) -> None:
    work = steps(HR_a=1, HR_b=1)
    asked: list[str] = []

    def second_thoughts(plan: Plan, tree: Overlay) -> bool:
        asked.append(plan.finding.place.path)
        return plan.finding.place.path == "HR/b.json" or asked.count("HR/a.json") > 1

    result = work.fix(second_thoughts)
    assert asked == ["HR/a.json", "HR/b.json", "HR/a.json"]
    assert (paths(result.done), result.waiting) == (["HR/b.json", "HR/a.json"], ())
    work = steps(HR_a=1, HR_b=1)
    result = work.fix(lambda plan, tree: False)
    assert (result.done, paths(result.waiting), work.checks) == ((), ["HR/a.json", "HR/b.json"], 1)


def test_rules_and_severities_choose(steps: Begin) -> None:
    for chosen, fixed in (
        (lambda rule, severity: rule.id == "CR101", ["HR/a.json"]),
        (lambda rule, severity: severity == "warning", []),
    ):
        work = steps(HR_a=1, HR_b=1)
        work.rules = {"HR/b.json": "CR203"}
        assert paths(work.fix(chosen=chosen).done) == fixed


def test_the_order_of_the_ways() -> None:
    assert list(PLANNERS) == ["merge", "remove", "repetition", "use", "aliases", "bind", "unbind"]
    assert set(PLANNERS) == {rule.cure for rule in BY_ID.values() if rule.is_fixable}


@pytest.mark.parametrize(
    ("by", "with_baseline", "reached"),
    [
        ("baseline", True, "1"),
        ("baseline", False, "0"),
        ("exception", True, "0"),
        ("exception", False, "0"),
        ("description", True, "0"),
    ],
)
def test_what_is_suppressed_stays_and_a_debt_where_it_is_not_asked_for(
    steps: Begin, by: Any, with_baseline: bool, reached: str
) -> None:
    work = steps(HR_a=1, HR_b=1)
    work.suppressed = {"HR/a.json": Suppression(by, "for a reason")}
    result = work.fix(with_baseline=with_baseline)
    assert work.held(result) == {"HR/a.json": reached, "HR/b.json": "1"}
    assert Terms._field_defaults["with_baseline"] is False


@pytest.mark.parametrize(
    ("kept", "solution", "reached"),
    [("con_b", "ContosoHR", "2"), ("con_a", "ContosoIT", "2"), ("CON_A", "contosohr", "1")],
)
def test_what_an_earlier_fix_keeps_stays_in_that_run(
    steps: Begin, kept: str, solution: str, reached: str
) -> None:
    """In whatever round, and whatever the letters it is written in."""
    work = steps(HR_a=2)
    plan = work.plan

    def keeping(found: Finding, scene: Scene) -> Plan:
        made = plan(found, scene)
        if made.does == "step 1":
            return made._replace(finding=found._replace(solution=solution), kept=(kept,))
        return made._replace(finding=found._replace(place=Place("HR/C.xml")), removed=("con_a",))

    work.plan = keeping  # type: ignore[method-assign]
    result = work.fix()
    assert work.held(result)["HR/a.json"] == reached
    assert {item.reason for item in result.refused} <= {
        "con_a is what another fix of this run keeps (CR101); look at that, then run 'crstandards fix' again"
    }


def test_what_is_refused_is_told_and_the_others_are_made(steps: Begin) -> None:
    work = steps(IT_a=1, HR_a=1, HR_b=1, HR_c=1)
    work.reasons = {"IT/a.json": "not by hand", "HR/a.json": "it is odd"}
    unwritable = {"HR/b.json": "is read-only"}
    result = work.fix(against_writing=lambda path: unwritable.get(path, ""))
    assert result.refused == (
        Refusal(raw("IT/a.json"), "not by hand", in_portal=True),
        Refusal(raw("HR/a.json"), "it is odd", in_portal=False),
        Refusal(raw("HR/b.json"), "HR/b.json is read-only", in_portal=False),
    )
    assert paths(result.done) == ["HR/c.json"]
    result = work.fix(wanted=lambda solution: solution.folder == "IT")
    assert (paths(result.done), len(result.refused)) == ([], 1)


ERRING = ["a", "b", "c", "ab", "bc", "abc"]


@pytest.mark.parametrize("erring", ERRING)
def test_what_errs_is_left_out_and_the_others_are_made(steps: Begin, erring: str) -> None:
    """Its edit does not do what it announces."""
    work = steps(HR_a=1, HR_b=1, HR_c=1)
    plan = work.plan

    def silent(found: Finding, scene: Scene) -> Plan:
        made = plan(found, scene)
        change: Any = made.changes[0]
        if found.place.path[-6] not in erring:
            return made
        return made._replace(changes=(change._replace(change=JsonChange(("0",), "other")),))

    work.plan = silent  # type: ignore[method-assign]
    result = work.fix()
    assert work.held(result) == {path: "0" if path[-6] in erring else "1" for path in work.goals}
    assert {item.finding.place.path[-6] for item in result.refused} == set(erring)
    assert {item.reason.partition(" ")[2] for item in result.refused} == {
        "would not say exactly what it should after the edit"
    }


@pytest.mark.parametrize("erring", ERRING)
def test_what_stays_a_finding_is_left_out_and_the_others_are_made(steps: Begin, erring: str) -> None:
    """The rules still find it, however it was edited; with those that are good, one check more is enough."""
    work = steps(HR_a=1, HR_b=1, HR_c=1)

    def strict(tree: Overlay) -> Checked:
        work.checks += 1
        found = tuple(
            reported(raw(path)) for path in work.goals if path[-6] in erring or path not in tree.edited
        )
        return Checked(nothing_checked().report._replace(findings=found), WORLD)

    result = work.fix(check=strict)
    assert {path[-6] for path, step in work.held(result).items() if step == "0"} == set(erring)
    assert {(item.finding.place.path[-6], item.reason) for item in result.refused} == {
        (letter, "the finding would still be there") for letter in erring
    }
    # Two to find out, one for the rest, and one for a second try of what was refused.
    assert work.checks == (2 if erring == "abc" else 4)


def test_a_fix_that_is_half_of_one_may_leave_its_finding(steps: Begin) -> None:
    work = steps(HR_a=1)
    work.more = {"half": True}
    finding = reported(raw("HR/a.json"))
    report = nothing_checked().report._replace(findings=(finding,))
    plan = work.plan(finding.finding, Round(WORLD, work.tree).scene(HR))
    for half, wrong in ((True, {}), (False, {0: "the finding would still be there"})):
        plans = [plan._replace(half=half)]
        assert reasons_against(Checked(report, WORLD), Checked(report, WORLD), work.tree, plans) == (
            wrong,
            "",
        )


def test_of_two_values_for_one_place_the_first_is_put_and_the_next_round_looks_again(steps: Begin) -> None:
    work = steps(HR_a=2, HR_b=0)
    twice = (reported(raw("HR/a.json")), reported(raw("HR/a.json", "CR203")))
    seen: list[str] = []

    def check(tree: Overlay) -> Checked:
        found = twice if held(tree, "HR/a.json") == "0" else ()
        return Checked(nothing_checked().report._replace(findings=found), WORLD)

    plan = work.plan

    def other(found: Finding, scene: Scene) -> Plan:
        seen.append(found.rule)
        made = plan(found, scene)
        change: Any = made.changes[0]
        put = change._replace(edit=change.edit._replace(new='"7"'), change=JsonChange(("0",), "7"))
        return made._replace(changes=(put,)) if found.rule == "CR203" else made

    work.plan = other  # type: ignore[method-assign]
    result = work.fix(check=check)
    assert (held(result.tree, "HR/a.json"), seen) == ("1", ["CR101", "CR203"])


def test_files_belong_to_their_solutions() -> None:
    place = Place("IT/refs/con_a.yml")
    other = IT._replace(references=(ConnectionReference("con_a", "", "", "", "", "", place),))
    tree = Overlay(Memory({}))
    found = Round(World((HR, other), AS_OF), tree).owners
    whole = {"HR/S.xml": (HR, None), "HR/C.xml": (HR, None), "IT/S.xml": (other, None)}
    whole |= {item.path: (HR, item) for item in HR.flows} | {"IT/C.xml": (other, None)}
    assert found == {**whole, "IT/a.json": (other, IT.flows[0]), "IT/refs/con_a.yml": (other, None)}
    # Of what two share, the first has it.
    twin = HR._replace(unique_name="Twin")
    assert {item.unique_name for item, _ in Round(World((HR, twin), AS_OF), tree).owners.values()} == {
        "ContosoHR"
    }


# What a check says before and after, compared

FLOW = "HR/Workflows/Send.json"


def finding(rule: str = "CR501", path: str = FLOW, *identity: str, **more: Any) -> Finding:
    return Finding(rule, "ContosoHR", Place(path), f"A message of {rule}.", "", identity or ("x",), **more)


def saying(
    *findings: Finding, solutions: Sequence[Solution] = (), suppressed: Sequence[Finding] = ()
) -> Checked:
    let_through = Suppression("exception", "for a reason")
    told = (*map(reported, findings), *(reported(item, let_through) for item in suppressed))
    empty = nothing_checked()
    return Checked(empty.report._replace(findings=told), empty.world._replace(solutions=tuple(solutions)))


def plan_of(about: Finding, **more: Any) -> Plan:
    return Plan(about, "it does", (Drop(about.place.path, (), "a"),), safe=True, **more)


def against(before: Checked, after: Checked, *plans: Plan) -> str:
    """The reason against the first plan, or any."""
    wrong, doubt = reasons_against(before, after, Overlay(Memory(TREE)), plans)
    return wrong.get(0, doubt)


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


def test_of_a_name_the_spelling_does_not_matter() -> None:
    one, other, third = (
        target_of(finding("CR203", subject=Subject(reference=name))) for name in ("con_A", "CON_a", "x")
    )
    assert (one == other, one == third) == (True, False)


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
    told = "the fix would bring CR203: A message of CR203"
    joining = plan_of(ALIAS, brings=frozenset({"aliases"}))
    assert against(saying(ALIAS), saying(alike), joining) == ""
    assert against(saying(ALIAS), saying(alike), plan_of(ALIAS)) == told
    elsewhere = alike._replace(place=Place("HR/Workflows/Ask.json"))
    assert against(saying(ALIAS), saying(alike, elsewhere), joining) == told
    assert against(saying(ALIAS), saying(alike, NEW), joining) == BROUGHT


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


def test_between_solutions_the_place_may_change() -> None:
    between = finding("CR305", "A/x.xml", "a", "b", involves=("A", "B"))
    moved = between._replace(place=Place("B/x.xml"))
    assert against(saying(ALIAS, between), saying(moved), plan_of(ALIAS)) == ""
    told = "the fix would bring CR305: A message of CR305"
    assert against(saying(ALIAS, between), saying(moved._replace(identity=("c",))), plan_of(ALIAS)) == told


# Where names are still found

TREE = {
    "a/Notes.txt": b"con_a con_b",
    **{f"{folder}/Notes.txt": b"con_b con_a" for folder in ("HR", "IT")},
    "HR/Zed.txt": b"con_a",
}


def naming(folder: str, *mentioned: str, unread: int = 0) -> Solution:
    return Solution(
        folder,
        "unpacked",
        folder,
        customizations=f"{folder}/Customizations.xml",
        mentions=lambda wanted: Mentions(wanted & set(mentioned), 1, unread),
    )


def removal(folder: str, *removed: str) -> Plan:
    about = finding("CR504", f"{folder}/Customizations.xml", subject=Subject(connector=removed[0]))
    return plan_of(about, removed=removed)


@pytest.mark.parametrize(
    ("in_hr", "in_it", "reasons"),
    [
        ((), (), {}),
        (("con_a",), ("con_b",), {0: "HR/Notes.txt names con_a", 1: "IT/Notes.txt names con_b"}),
        (("con_b",), ("con_b",), {1: "IT/Notes.txt names con_b", 2: "HR/Notes.txt names con_b"}),
        (("con_a",), ("con_a",), {0: "HR/Notes.txt names con_a"}),
    ],
)
def test_what_is_removed_may_not_be_named_in_its_solution(
    in_hr: tuple[str, ...], in_it: tuple[str, ...], reasons: dict[int, str]
) -> None:
    """Of several removals only that of a name is refused."""
    plans = [removal("HR", "con_A"), removal("IT", "con_B", "con_c"), removal("HR", "con_b")]
    after = saying(solutions=[naming("HR", *in_hr), naming("IT", *in_it)])
    assert reasons_against(saying(), after, Overlay(Memory(TREE)), plans) == (reasons, "")


def test_what_cannot_be_searched_stands_against_it() -> None:
    told = "2 of the solution's files cannot be searched for what is removed"
    after = saying(solutions=[naming("HR", "con_a", unread=2)])
    assert against(saying(), after, removal("HR", "con_b")) == told
    assert against(saying(), after, removal("HR", "con_a")) == "HR/Notes.txt names con_a"


def test_each_search_is_made_once_and_only_for_what_goes() -> None:
    asked: list[frozenset[str]] = []

    def mentions(wanted: frozenset[str]) -> Mentions:
        asked.append(wanted)
        return Mentions(frozenset(), 1)

    after = saying(solutions=[naming("HR")._replace(mentions=mentions)])
    assert against(saying(), after, *(removal("HR", name) for name in ("con_a", "con_b", "con_b"))) == ""
    assert against(saying(), after, plan_of(ALIAS)) == ""
    assert asked == [{"con_a", "con_b"}]


NAMES = ("con_Spare", "con_third")
KINDS = (
    "json yml yaml xml toml ini env csv md txt config ps1 psm1 psd1 sh cmd bat py js ts tf bicep variables"
)
MOST = 1024 * 1024
AT_HR = Solution("src/HR", "unpacked", "ContosoHR")


def outside(
    tree: dict[str, bytes], *names: str, solutions: Sequence[Solution] = (AT_HR,)
) -> dict[str, list[str]]:
    return dict(named_outside(Overlay(Memory(tree)), solutions, names or NAMES))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("con_spare", ["con_Spare"]),
        ("x CON_SPARE: con_third", ["con_Spare", "con_third"]),
        ("con_third (con_spare) con_third", ["con_third", "con_Spare"]),
        ("-con_spare.", ["con_Spare"]),
        ("xcon_spare con_spare_ con_spare1 0con_spare _con_spare", None),
        ("con-spare con_spar", None),
        ("", None),
    ],
)
def test_words_are_found_in_any_encoding(text: str, names: list[str] | None) -> None:
    for encoding in ("utf-8", "utf-16", "utf-16-be"):
        assert outside({"a.txt": text.encode(encoding)}) == ({"a.txt": names} if names else {})


def test_text_files_outside_of_solutions_are_searched_and_no_others() -> None:
    searched = [f"a.{kind}" for kind in KINDS.split()] + [".env", "B.JSON", "x.y.Ps1"]
    others = ["a.png", "json", "a.jsonx", ".json.bak", "a"]
    assert list(outside(dict.fromkeys((*searched, *others), b"con_spare"))) == sorted(searched)
    loose = Solution("lost", "loose")
    tree = dict.fromkeys(("src/HR/a.txt", "src/HRM/a.txt", "lost/a.txt", "a.txt"), b"con_spare")
    assert list(outside(tree, solutions=(AT_HR, loose))) == ["a.txt", "lost/a.txt", "src/HRM/a.txt"]
    assert list(outside(tree, solutions=(loose,))) == sorted(tree)


def test_what_is_no_file_or_too_large_is_not_searched() -> None:
    class Linked(Memory):
        def files(self) -> list[File]:
            return [*super().files(), File("link.txt", "link")]

    tree = {"a.txt": b"con_spare".rjust(MOST), "b.txt": b"con_spare".rjust(MOST + 1)}
    seen = named_outside(Overlay(Linked({**tree, "link.txt": b"con_spare"})), (AT_HR,), NAMES)
    assert [path for path, _ in seen] == ["a.txt"]


def test_names_are_taken_as_they_stand() -> None:
    """Names beyond ASCII are not looked for, and dots are dots."""
    tree = {"a.txt": "con_früh con_spare".encode()}
    assert (outside(tree, "con_früh"), outside(tree, "con_früh", "con_spare")) == (
        {},
        {"a.txt": ["con_spare"]},
    )
    assert outside({"a.txt": b"con_axb", "b.txt": b"con_a.b"}, "con_a.b") == {"b.txt": ["con_a.b"]}


@pytest.mark.parametrize(
    ("plans", "expected"),
    [
        ({}, []),
        ({"a": "x"}, ["a"]),
        ({"a": "x", "b": "y"}, ["a", "b"]),
        ({"a": "x", "b": "xy", "c": "y", "d": "z"}, ["abc", "d"]),
        ({"a": "x", "b": "y", "c": "xy", "d": "x", "e": "y"}, ["abcde"]),
        ({"a": "vw", "b": "xy", "c": "z", "d": "wx", "e": "v", "f": "y"}, ["abdef", "c"]),
    ],
)
def test_plans_that_share_files_go_together(plans: dict[str, str], expected: list[str]) -> None:
    made = [
        Plan(raw(name), name, tuple(Drop(path, (), "a") for path in touched), safe=True)
        for name, touched in plans.items()
    ]
    assert ["".join(plan.does for plan in group) for group in groups(made)] == expected

"""A fix that is wrong is not made: plans and edits that err on purpose, among others that don't."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

import pytest

from crstandards.fixes import rounds, steps
from crstandards.fixes.edits import TextEdit, remove_elements
from crstandards.fixes.jsonedit import Document
from crstandards.fixes.plans import FixPlan, plan_of
from crstandards.fixes.steps import FileChange, Round
from crstandards.fixes.verify import JsonChange
from crstandards.reported import Reported
from tests.fix.conftest import Bench
from tests.support.builders import OUTLOOK, Reference, flow, flow_file, to_json, write_solution

RAW = flow({OUTLOOK: None})
FIXED = flow({OUTLOOK: "con_outlook"})
NAMES = ("One", "Two", "Three", "Four", "Five")
BAD = flow_file("Three")
NOT_AS_SAID = "would not say exactly what it should after the edit"


def announcing(plan: FixPlan, name: str) -> FixPlan:
    """The plan, which announces and puts this name."""
    [(path, change)] = plan.changes
    assert isinstance(change, JsonChange)
    value = {"connectionReferenceLogicalName": name}
    return plan._replace(changes=(FileChange(path, change._replace(value=value)),))


def undeclared(plan: FixPlan) -> FixPlan:
    """A name that nobody declares."""
    return announcing(plan, "con_nobody")


def useless(plan: FixPlan) -> FixPlan:
    """An empty name, so that the connection stays raw."""
    return announcing(plan, "")


def otherwise(plan: FixPlan) -> FixPlan:
    """A name in place of which another one is written."""
    return announcing(plan, "con_other")


def broken(plan: FixPlan) -> FixPlan:
    """A name in place of which no JSON is written."""
    return announcing(plan, "con_broken")


def unannounced(plan: FixPlan) -> FixPlan:
    """A name beside which something else is written."""
    return announcing(plan, "con_more")


def unsafe(plan: FixPlan) -> FixPlan:
    """Would need a word."""
    return plan._replace(safe=False)


WRITTEN = {"con_other": "con_outlook", '"con_broken"': "{", '"con_more"': '"con_outlook", "more": 1'}


@pytest.fixture
def err(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[FixPlan], FixPlan], bool], None]:
    """From here on plans are wrong: those of one flow, or all of them."""
    real = Document.edits

    def edits(document: Document, wanted: Iterable[JsonChange]) -> Iterator[TextEdit]:
        for edit in real(document, wanted):
            new = edit.new
            for announced, written in WRITTEN.items():
                new = new.replace(announced, written)
            yield edit._replace(new=new)

    def start(error: Callable[[FixPlan], FixPlan], all_of_them: bool) -> None:
        def erring(item: Reported, around: Round) -> FixPlan:
            plan = plan_of(item, around)
            return error(plan) if all_of_them or item.finding.place.path.endswith(BAD) else plan

        monkeypatch.setattr(Document, "edits", edits)
        monkeypatch.setattr(rounds, "plan_of", erring)

    return start


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (unannounced, NOT_AS_SAID),
        (otherwise, NOT_AS_SAID),
        (broken, NOT_AS_SAID),
        (undeclared, "the fix would bring CR501"),
        (useless, "the finding would still be there"),
    ],
)
@pytest.mark.parametrize("all_of_them", [False, True], ids=["one of five", "all"])
def test_a_wrong_fix_is_left_out_and_the_others_are_made(
    bench: Bench,
    err: Callable[[Callable[[FixPlan], FixPlan], bool], None],
    error: Callable[[FixPlan], FixPlan],
    reason: str,
    all_of_them: bool,
) -> None:
    write_solution(bench.root, "ContosoHR", ["con_outlook"], dict.fromkeys(NAMES, RAW))
    err(error, all_of_them)
    ran = bench.fix()
    assert ran.status == 1
    assert reason.lower() in " ".join(ran.out.split()).lower()
    for name in NAMES:
        text = (bench.root / "Workflows" / flow_file(name)).read_text()
        assert text == to_json(RAW if all_of_them or name == "Three" else FIXED)


def test_a_removal_of_too_much_is_noticed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An XML edit that takes the next element along."""
    declared = [Reference("con_outlook"), Reference("con_outlook"), Reference("con_teams", "shared_teams")]
    write_solution(bench.root, "ContosoHR", declared)
    before = bench.files()

    def erring(text: str, starts: list[int]) -> list[TextEdit]:
        end = text.index("  </connectionreferences>")
        return [edit._replace(end=end) for edit in remove_elements(text, starts)]

    monkeypatch.setattr(steps, "remove_elements", erring)
    said = " ".join(bench.fix("--select", "CR202").out.split())
    assert f" Other/Customizations.xml {NOT_AS_SAID}." in said
    assert bench.files() == before


@pytest.mark.parametrize("error", [None, unannounced, otherwise, broken, unsafe])
def test_a_report_offers_what_is_safe_and_nothing_else(
    bench: Bench,
    err: Callable[[Callable[[FixPlan], FixPlan], bool], None],
    error: Callable[[FixPlan], FixPlan] | None,
) -> None:
    write_solution(bench.root, "ContosoHR", ["con_outlook"], {"Three": RAW, "One": RAW})
    if error:
        err(error, False)
    (run,) = json.loads(bench.run("check", "--format", "sarif").out)["runs"]
    offered = [fix["description"]["text"] for result in run["results"] for fix in result.get("fixes", ())]
    names = ["One"] if error else ["One", "Three"]
    assert offered == [f'Flow "{name}": con_outlook chosen in "Use shared office365".' for name in names]

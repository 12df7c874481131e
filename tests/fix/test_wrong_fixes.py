"""A fix that is wrong is not made: planners that err on purpose, among others that don't."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from crstandards.findings import Finding
from crstandards.fixes import changes, flows
from crstandards.fixes.changes import Plan, Put
from crstandards.fixes.edits import TextEdit, remove_elements
from crstandards.fixes.rounds import PLANNERS
from crstandards.fixes.scene import Scene
from crstandards.fixes.verify import JsonChange
from tests.builders import OUTLOOK, Reference, flow, flow_file, to_json, write_solution
from tests.fix.conftest import Bench

RAW = flow({OUTLOOK: None})
FIXED = flow({OUTLOOK: "con_outlook"})
NAMES = ("One", "Two", "Three", "Four", "Five")
BAD = flow_file("Three")
NOT_AS_SAID = "would not say exactly what it should after the edit"


def writing(plan: Plan, new: str, old: str = "con_outlook") -> Plan:
    """The plan, which puts other text than it announces."""
    puts = (item for item in plan.changes if isinstance(item, Put))
    texts = ((put, put.edit._replace(new=put.edit.new.replace(old, new))) for put in puts)
    return plan._replace(changes=tuple(put._replace(edit=edit) for put, edit in texts))


def announcing(plan: Plan, name: str) -> Plan:
    """The plan, which puts and announces another name."""
    puts = (item for item in writing(plan, name).changes if isinstance(item, Put))
    value = {"connectionReferenceLogicalName": name}
    return plan._replace(changes=tuple(put._replace(change=put.change._replace(value=value)) for put in puts))


def unannounced(plan: Plan) -> Plan:
    """Also changes something that it does not announce."""
    at = to_json(RAW).index('"schemaVersion": "1.0.0.0"')
    [path] = plan.paths
    more = Put(path, TextEdit(at, at, '"more": 1, '), JsonChange(("schemaVersion",), "1.0.0.0"))
    return plan._replace(changes=(*plan.changes, more))


def otherwise(plan: Plan) -> Plan:
    """Writes another name than it announces."""
    return writing(plan, "con_other")


def broken(plan: Plan) -> Plan:
    """Leaves a file that is no JSON."""
    return writing(plan, "", "{")


def undeclared(plan: Plan) -> Plan:
    """Announces, and writes, a name that nobody declares."""
    return announcing(plan, "con_nobody")


def useless(plan: Plan) -> Plan:
    """Announces, and writes, an empty name, so that the connection stays raw."""
    return announcing(plan, "")


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
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[Plan], Plan],
    reason: str,
    all_of_them: bool,
) -> None:
    write_solution(bench.root, "ContosoHR", ["con_outlook"], dict.fromkeys(NAMES, RAW))

    def erring(finding: Finding, scene: Scene) -> Plan:
        plan = flows.use(finding, scene)
        return error(plan) if all_of_them or finding.place.path.endswith(BAD) else plan

    monkeypatch.setitem(PLANNERS, "use", erring)  # type: ignore[arg-type]
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

    def erring(text: str, starts: set[int]) -> list[TextEdit]:
        end = text.index("  </connectionreferences>")
        return [edit._replace(end=end) for edit in remove_elements(text, starts)]

    monkeypatch.setattr(changes, "remove_elements", erring)
    said = " ".join(bench.fix("--select", "CR202").out.split())
    assert f" Other/Customizations.xml {NOT_AS_SAID}." in said
    assert bench.files() == before


def unsafe(plan: Plan) -> Plan:
    """Would need a word."""
    return plan._replace(safe=False)


@pytest.mark.parametrize("error", [None, unannounced, otherwise, broken, unsafe])
def test_a_report_offers_what_is_safe_and_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: Callable[[Plan], Plan] | None
) -> None:
    write_solution(bench.root, "ContosoHR", ["con_outlook"], {"Three": RAW, "One": RAW})

    def erring(finding: Finding, scene: Scene) -> Plan:
        plan = flows.use(finding, scene)
        return error(plan) if error and finding.place.path.endswith(BAD) else plan

    monkeypatch.setitem(PLANNERS, "use", erring)  # type: ignore[arg-type]
    (run,) = json.loads(bench.run("check", "--format", "sarif").out)["runs"]
    offered = [fix["description"]["text"] for result in run["results"] for fix in result.get("fixes", ())]
    names = ["One"] if error else ["One", "Three"]
    assert offered == [f'Flow "{name}": the alias "shared_office365" now uses con_outlook.' for name in names]

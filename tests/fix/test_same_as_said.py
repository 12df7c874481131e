"""What the hook says to do, and what `fix` and `fix --staged` then do, is the same; and three accidents."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings

from crstandards.check.reporting import full_report
from tests.check.test_plan_holds import repositories, session_of, steps_of
from tests.fix.scenes import path_of
from tests.fix.test_references import PACKED
from tests.fix.trees import FIXED, fixed
from tests.support.builders import OUTLOOK, TEAMS, Json, Repo, action, customizations, flow, write_files
from tests.support.builders import write_solution as write

USED, RAW = flow({OUTLOOK: "con_mail"}), flow({OUTLOOK: None})


# The accidents: a fix of what nobody complained about, of far too much, and of what a wiped flow needs


def changed(repo: Repo) -> list[str]:
    return repo.git("diff", "--name-only").splitlines()


def test_of_a_solution_full_of_debts_only_what_is_new_is_fixed(repo: Repo) -> None:
    """Twenty-one flows each with a reference of its own, in the baseline, and one more of each is added."""
    old = [f"con_mail_{number}" for number in range(21)]
    flows: dict[str, Json] = {name: flow({OUTLOOK: name}) for name in old}
    write(
        repo.root / "HR",
        "ContosoHR",
        [*old, ("con_chat", TEAMS)],
        {**flows, "Chat": flow({TEAMS: "con_chat"})},
    )
    assert repo.crstandards("baseline").status == 0
    repo.commit()
    more = flow({TEAMS: "con_chat_2"})
    write(
        repo.root / "HR",
        "ContosoHR",
        [*old, ("con_chat", TEAMS), ("con_chat_2", TEAMS)],
        {**flows, "Chat": flow({TEAMS: "con_chat"}), "Talk": more},
    )
    repo.git("add", ".")
    assert "CR201" in repo.crstandards("hook", "pre-commit").text
    assert repo.crstandards("fix", "--staged", "--unsafe").status == 1
    assert changed(repo) == ["HR/Other/Customizations.xml", f"HR/{path_of('Talk')}"]
    assert json.loads((repo.root / f"HR/{path_of('Talk')}").read_text()) == flow({TEAMS: "con_chat"})
    left = customizations([*old, ("con_chat", TEAMS)])
    assert (repo.root / "HR/Other/Customizations.xml").read_text() == left


@pytest.mark.parametrize("arguments", [(), ("--select", "CR5"), ("--fail-on", "note")])
def test_the_reference_that_a_wiped_flow_needs_stays(repo: Repo, arguments: tuple[str, ...]) -> None:
    wiped = flow({}, {"Send": action(OUTLOOK, OUTLOOK)})
    write(repo.root / "HR", "ContosoHR", ["con_mail", ("con_chat", TEAMS)], {"Wiped": wiped})
    repo.commit()
    repo.crstandards("fix", "--unsafe", *arguments)
    # Nothing needs the one for Teams.
    gone = ["HR/Other/Customizations.xml"] if arguments else []
    assert changed(repo) == gone
    assert 'logicalname="con_mail"' in (repo.root / "HR/Other/Customizations.xml").read_text()


# What is named as a word alone


VARIABLE = "HR/environmentvariabledefinitions/con_x/environmentvariabledefinition.xml"


@pytest.mark.parametrize(
    ("path", "data"), [(VARIABLE, b"<x>CON_spare</x>"), ("HR/app.msapp", PACKED.getvalue())]
)
def test_a_name_elsewhere_holds_its_reference_in_the_advice_and_in_the_fix(
    repo: Repo, path: str, data: bytes
) -> None:
    write(repo.root / "HR", "ContosoHR", ["con_mail", "con_spare"], {"Send": USED})
    write_files(repo.root, {path: data})
    repo.git("add", ".")
    asked = f"{path} names con_spare: can it use con_mail instead?"
    assert asked in " ".join(repo.crstandards("hook", "pre-commit").text.split())
    for command in (("check", "--format", "json"), ("check", "--staged", "--format", "json")):
        [found] = json.loads(repo.crstandards(*command).out)["findings"]
        assert (found["rule"], found["steps"], found["decision"]) == ("CR201", [], asked)
    assert asked in " ".join(repo.crstandards("fix", "--unsafe").out.split())
    assert changed(repo) == []


# The same


MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(repositories())
def test_a_fix_removes_what_the_advice_says_and_nothing_that_it_keeps(files: dict[str, bytes]) -> None:
    """What fails, that is: what nothing uses after it (CR504) is told as what comes then."""
    steps = steps_of(full_report(session_of(files)))
    result = fixed(files, word=True, rules={*FIXED} - {"CR504"})
    gone = {name for plan in result.done for name in plan.gone}
    going = {step["reference"].lower() for step in steps if step["do"] == "remove"}
    kept = {step["to"].lower() for step in steps if step["do"] in ("use", "move")}
    assert gone <= going
    assert not gone & (kept - going)

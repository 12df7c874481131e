"""Which reference is kept, and what becomes of those who use another: the plan behind a report's advice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.findings import Finding
from crstandards.policy.configuration import Config, parse_config
from crstandards.rules import RULES
from tests.support.builders import APIS, OUTLOOK, TEAMS, Missing, action, entry, flow, solution_files, to_json
from tests.support.memory import AS_OF, Memory

ONE_SET = '[[environments]]\nname = "prod"\n'


def files_of(**solutions: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of solutions, each with its references, and with a reference for each of its flows."""
    files: dict[str, bytes] = {}
    for name, has in solutions.items():
        flows = {title: flow({OUTLOOK: reference}) for title, reference in has.get("flows", {}).items()}
        missing = [Missing(reference) for reference in has.get("missing", ())]
        made = solution_files(f"Contoso{name}", has["references"], flows, missing=missing)
        files |= {
            f"{name}/{path}": data if isinstance(data, bytes) else data.encode()
            for path, data in made.items()
        }
    return files


def finding(
    files: Mapping[str, bytes], rule: str, config: str = "", base: Mapping[str, bytes] | None = None
) -> Finding:
    settings = parse_config(config.encode(), "crstandards.toml") if config else Config()
    session = Session(Memory(dict(files)), settings, RULES, AS_OF, whole=True)
    session.compare_with(lambda: None if base is None else Memory(dict(base)))
    return next(item.finding for item in full_report(session).findings if item.rule.id == rule)


def steps(found: Finding) -> list[tuple[str, str, str]]:
    return [(step.do, step.from_ or step.reference, step.to) for step in found.steps]


A, AB = ["con_a"], ["con_a", "con_b"]


@pytest.mark.parametrize(
    ("base", "keep"),
    [(None, "con_b"), (A, "con_a"), (AB, "con_b"), ([], "con_b")],
    ids=["none", "a", "both", "neither"],
)
def test_what_was_there_before_is_kept(base: Sequence[str] | None, keep: str) -> None:
    flows = {"One": "con_b", "Two": "con_b", "Three": "con_a"}
    files = files_of(HR={"references": AB, "flows": flows})
    before = None if base is None else files_of(HR={"references": base})
    found = finding(files, "CR201", base=before)
    assert found.subject.keep == keep
    assert {to for do, _, to in steps(found) if do == "move"} == {keep}
    (gone,) = {"con_a", "con_b"} - {keep}
    assert ("remove", gone, "") in steps(found)
    assert found.place.at == next(member.place.at for member in found.members if member.message == gone)


def test_a_new_solution_takes_what_the_environment_has() -> None:
    old = {"references": ["con_a"]}
    new = {"references": ["con_b"], "flows": {"One": "con_b", "Two": "con_b"}}
    found = finding(files_of(HR=old, IT=new), "CR301", ONE_SET, base=files_of(HR=old))
    assert steps(found) == [("move", "con_b", "con_a"), ("move", "con_b", "con_a"), ("remove", "con_b", "")]
    assert found.place.path == "IT/Other/Customizations.xml"


def test_a_solution_keeps_what_its_environment_keeps() -> None:
    files = files_of(
        HR={"references": AB, "flows": {"One": "con_a", "Two": "con_a"}},
        IT={"references": ["con_b"], "flows": dict.fromkeys(("Three", "Four", "Five"), "con_b")},
    )
    assert [finding(files, "CR201", config).subject.keep for config in ("", ONE_SET)] == ["con_a", "con_b"]


def test_raw_entries_count_for_the_reference_that_they_would_get() -> None:
    files = files_of(
        HR={"references": A, "flows": {"One": None, "Two": None, "Three": "con_a"}},
        IT={"references": ["con_b"], "flows": {"Four": "con_b", "Five": "con_b"}},
    )
    assert ("remove", "con_b", "") in steps(finding(files, "CR301", ONE_SET))


def test_a_path_excepts_a_group_only_whole() -> None:
    files = files_of(HR={"references": A}, IT={"references": ["con_b"]})
    for path, is_excepted in (("IT/**", False), ("**", True)):
        exception = f'[[exceptions]]\nrule = "CR301"\npath = "{path}"\nreason = "two mailboxes"\n'
        config = parse_config((ONE_SET + exception).encode(), "crstandards.toml")
        report = full_report(Session(Memory(files), config, RULES, AS_OF))
        (found,) = (item for item in report.findings if item.rule.id == "CR301")
        assert bool(found.suppressed) == is_excepted
        assert bool(found.finding.steps) != is_excepted


def with_settings(files: dict[str, bytes], *names: str, path: str = "prod.json") -> dict[str, bytes]:
    """The files, with settings for `prod` that bind names."""
    items = [
        {
            "LogicalName": name,
            "ConnectionId": "1f0d9b7e3a5c4826b4d07e92c6a8f513",
            "ConnectorId": APIS + OUTLOOK,
        }
        for name in names
    ]
    return {**files, path: to_json({"ConnectionReferences": items}).encode()}


SETTINGS = ONE_SET + 'settings = ["prod.json"]\n'


def test_settings_get_no_entry_for_what_goes_because_nothing_uses_it() -> None:
    files = with_settings(files_of(HR={"references": A}), "con_z")
    assert steps(finding(files, "CR504", SETTINGS)) == [("remove", "con_a", "")]
    found = finding(files, "CR601", SETTINGS)
    assert steps(found) == [("remove", "con_a", "")]
    assert found.help.startswith("Nothing here uses con_a: remove it, and it needs no entry.")


def test_settings_get_an_entry_for_what_one_of_two_solutions_keeps() -> None:
    apart = SETTINGS + 'sharing = "set-per-solution"\n'
    hr = {"references": AB, "flows": {"One": "con_a"}}
    it = {"references": ["con_b", ("con_c", TEAMS)], "flows": {"Two": "con_b"}}
    found = finding(with_settings(files_of(HR=hr, IT=it), "con_a", "con_c"), "CR601", apart)
    assert [step.do for step in found.steps] == ["bind"]


def test_of_a_repeated_entry_those_in_other_files_stay() -> None:
    files = with_settings(files_of(HR={"references": A, "flows": {"One": "con_a"}}), "con_a", "con_a")
    files["config/prod.json"] = files["prod.json"]
    config = SETTINGS.replace('"prod.json"', '"**/prod.json"')
    (step,) = finding(files, "CR602", config).steps
    assert (step.do, step.number) == ("drop", 2)


def test_what_another_solution_uses_and_lacks_is_not_taken_away() -> None:
    hr = {"references": AB, "flows": {"One": "con_a", "Two": "con_a"}}
    it = {"references": [], "flows": {"Three": "con_b"}}
    assert finding(files_of(HR=hr, IT=it), "CR201").subject.keep == "con_b"
    it = {"references": [], "flows": {"Three": "con_b", "Four": "con_a"}}
    found = finding(files_of(HR=hr, IT=it), "CR201")
    assert (found.decision[:8], found.steps) == ("Can flow", ())


def test_an_alias_that_comes_back_is_one_with_the_others() -> None:
    actions = {name: action(name, OUTLOOK) for name in ("one", "two", "three")}
    document = flow({"one": entry("con_a"), "two": entry("con_a")}, actions)
    made = solution_files("ContosoHR", ["con_a"], {"Send": document})
    found = finding(
        {path: text if isinstance(text, bytes) else text.encode() for path, text in made.items()}, "CR203"
    )
    assert [(step.do, step.alias) for step in found.steps] == [
        (do, alias) for alias in ("two", "three") for do in ("rename", "drop")
    ]


def test_an_entry_of_another_connector_is_one_with_those_that_it_joins() -> None:
    entries = {"one": entry("con_a"), "two": entry("con_a"), "three": entry("con_t", OUTLOOK)}
    document = flow(entries, {name: action(name, OUTLOOK) for name in entries})
    made = solution_files("ContosoHR", ["con_a", ("con_t", TEAMS)], {"Send": document})
    files = {path: text if isinstance(text, bytes) else text.encode() for path, text in made.items()}
    assert steps(finding(files, "CR503")) == [("move", "con_t", "con_a")]
    assert {step.alias for step in finding(files, "CR203").steps} == {"two", "three"}


def test_a_solution_whose_manifest_cannot_be_read_gets_advice_without_its_name() -> None:
    files = files_of(HR={"references": AB, "flows": {"One": "con_b"}})
    found = finding({**files, "HR/Other/Solution.xml": b""}, "CR201")
    assert (found.solution, steps(found)) == ("", [])
    assert found.decision == "Which of them does HR/Other/Solution.xml use, which cannot be read?"


@pytest.mark.parametrize(
    ("hr", "it", "own", "changed"),
    [
        (["con_a", "con_bot.cr.abcd1234"], A, [], [("bind", "con_a", "")]),
        (A, AB, [], [("drop", "con_b", ""), ("bind", "con_a", "")]),
        (A, AB, A, [("drop", "con_b", "")]),
    ],
    ids=["covers another the most then", "held what only one declares", "a file of its own has it"],
)
def test_an_entry_is_added_where_the_file_that_had_it_becomes_anothers(
    hr: Sequence[str], it: Sequence[str], own: Sequence[str], changed: Sequence[tuple[str, str, str]]
) -> None:
    """`all.json` is ContosoIT's because of what each solution declares, `ContosoIT.json` by its name."""
    files = files_of(HR={"references": hr}, IT={"references": it})
    files = with_settings(files, *own, path="config/ContosoIT.json")
    files = with_settings(files, *it, path="config/all.json")
    found = finding(files, "CR301", f'{ONE_SET}settings = ["config/*.json"]')
    assert [step for step in steps(found) if step[0] != "remove"] == changed


def test_a_flow_is_moved_to_no_reference_that_an_environment_of_its_solution_lacks() -> None:
    hr = {"references": [], "flows": {"Mail": "con_bot.cr.abcd1234"}, "missing": ["con_bot.cr.abcd1234"]}
    files = files_of(HR=hr, IT={"references": ["con_bot.cr.abcd1234", "con_mail"]})
    both = '[[environments]]\nname = "test"\n'
    assert {step.to for step in finding(files, "CR201", both).steps if step.do == "move"} == {"con_mail"}
    found = finding(files, "CR201", f'{both}[[environments]]\nname = "prod"\nsolutions = ["ContosoHR"]\n')
    question = 'Can flow "Mail" of solution ContosoHR use con_mail in place of con_bot.cr.abcd1234?'
    assert (found.decision, found.steps) == (question, ())


def test_what_two_solutions_declare_is_moved_by_the_one_beside_which_it_is_used() -> None:
    it = {"references": [], "flows": {"Mail": "con_bot.cr.abcd1234"}}
    hr = {"references": ["con_bot.cr.abcd1234", "con_mail"]}
    ops = {"references": ["con_bot.cr.abcd1234", "con_x"], "flows": {"Post": "con_x"}}
    environment = '[[environments]]\nname = "test"\nsolutions = ["ContosoIT", "ContosoOps"]\n'
    files = files_of(HR=hr, IT=it, Ops=ops)
    session = Session(Memory(dict(files)), parse_config(environment.encode(), "x"), RULES, AS_OF, whole=True)
    found = [item.finding for item in full_report(session).findings if item.rule.id == "CR201"]
    moves = {(each.solution, step.to) for each in found for step in each.steps if step.do == "move"}
    assert moves == {("ContosoOps", "con_x")}


@pytest.mark.parametrize("uses", [[], [TEAMS]], ids=["goes unused", "is used"])
def test_an_entry_of_another_connector_joins_none_that_goes_because_nothing_uses_it(uses: list[str]) -> None:
    entries = {alias: entry("con_a") for alias in "ab"} | {"c": entry("con_a", TEAMS)}
    entries |= {connector: entry("con_chat", TEAMS) for connector in uses}
    made = solution_files("ContosoHR", ["con_a", ("con_chat", TEAMS)], {"Post": flow(entries)})
    files = {path: data.encode() if isinstance(data, str) else data for path, data in made.items()}
    found = finding(files, "CR203")
    renamed = [step.alias for step in found.steps if step.do == "rename"]
    assert (renamed, bool(found.decision)) == ((["b"], False) if uses else ([], True))


def test_an_empty_file_that_becomes_the_only_solutions_gets_its_entry() -> None:
    files = files_of(HR={"references": ["con_bot.cr.abcd1234"]}, IT={"references": AB})
    found = finding(with_settings(files), "CR301", SETTINGS)
    assert [step for step in steps(found) if step[0] != "remove"] == [("bind", "con_a", "")]

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.check.world import representatives
from crstandards.model import Solution
from crstandards.policy.configuration import Config, parse_config
from crstandards.report.json_format import document, json_text
from crstandards.rules import RULES
from crstandards.snapshot import Folder
from crstandards.source.facts import Facts
from tests.support.builders import (
    OUTLOOK,
    TEAMS,
    action,
    flow,
    raw_flow,
    solution_files,
    write_files,
    write_solution,
)
from tests.support.checks import AS_OF, check

ENVIRONMENT = '[[environments]]\nname = "prod"\n'


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Solutions in several layouts with something of everything to find."""
    root = tmp_path_factory.mktemp("mixed")
    flows = {"Raw": raw_flow(), "Lost": flow({}, {"A": action()}), "Other": flow({OUTLOOK: "con_teams"})}
    write_solution(root / "hr", "ContosoHR", ["con_a", "con_b", "con_b", ("con_teams", TEAMS)], flows)
    write_solution(root / "hr-flat", "ContosoHR", ["con_a", "con_b"], flows, "flat", managed=1)
    write_solution(
        root / "sales", "ContosoSales", ["con_a"], {"Use": flow({OUTLOOK: "con_gone"}), "Bad": "{"}
    )
    write_solution(root / "sales/inner", "ContosoInner", ["con_x"], {"Raw": raw_flow()})
    write_files(root / "both", solution_files("ContosoBoth", ["con_1"], {}))
    write_files(root / "both", solution_files("ContosoBoth", ["con_2"], {}, "flat"))
    return root


def report(root: Path, config: str = "", *, order: Any = None, facts: Facts | None = None) -> str:
    snapshot = Folder(root)
    files = list(snapshot.files())
    if order:
        order.shuffle(files)
    settings = parse_config(config.encode(), "crstandards.toml")
    session = Session(snapshot, settings, RULES, AS_OF, facts=facts, files=files, whole=True)
    return json_text(document(full_report(session)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(order=st.randoms(use_true_random=False), config=st.sampled_from(["", ENVIRONMENT]))
def test_the_order_of_the_files_does_not_change_the_report(
    mixed: Path, order: random.Random, config: str
) -> None:
    assert report(mixed, config, order=order) == report(mixed, config)


def test_every_rule_that_can_speaks_here(mixed: Path) -> None:
    rules = {item["rule"] for item in json.loads(report(mixed))["findings"]}
    assert rules >= {"CR101", "CR201", "CR202", "CR501", "CR502", "CR503", "CR901"}


def test_nothing_is_parsed_again(mixed: Path) -> None:
    facts = Facts(again=True)
    first = report(mixed, facts=facts)
    parsed = facts.parsed
    assert report(mixed, facts=facts) == first
    assert facts.parsed == parsed


def test_findings_come_in_the_order_of_their_places(mixed: Path) -> None:
    items = json.loads(report(mixed))["findings"]
    places = [(item["path"], item["line"], item["column"], item["rule"]) for item in items]
    assert places == sorted(places)


def test_a_copy_elsewhere_changes_only_the_paths(tmp_path: Path) -> None:
    for folder in ("one", "deep/er/two"):
        write_solution(tmp_path / folder / "x", "ContosoHR", ["con_a", "con_b"], {"A": raw_flow()})
    one = report(tmp_path / "one")
    assert report(tmp_path / "deep").replace("er/two/", "") == one


def test_a_focus_reports_on_its_solution_alone(mixed: Path) -> None:
    names = {"hr": "ContosoHR", "sales": "ContosoSales", "sales/inner": "ContosoInner"}
    every = [item for item in check(mixed, whole=False).findings if item.rule.per_solution]
    for folder, name in names.items():
        focused = check(mixed, focus=folder)
        own = [item for item in every if item.finding.solution == name and within(item.span.path, folder)]
        assert [item for item in focused.findings if item.rule.per_solution] == own
        assert own
        assert focused.summary.solutions == 1


def within(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def test_the_summary_counts_what_is_looked_at(mixed: Path) -> None:
    summary = check(mixed).summary
    assert (summary.solutions, summary.flows, summary.references) == (5, 8, 3 + 2 + 1 + 1 + 1)
    items = check(mixed).findings
    assert summary.errors == sum(item.severity == "error" for item in items)


def test_a_rule_that_is_off_is_not_heard(mixed: Path) -> None:
    config = '[rules]\nCR101 = "off"\nCR201 = "warning"\nCR502 = "note"\n'
    severities = {item["rule"]: item["severity"] for item in json.loads(report(mixed, config))["findings"]}
    assert "CR101" not in severities
    assert (severities["CR201"], severities["CR502"], severities["CR901"]) == ("warning", "note", "error")


def test_what_is_excluded_is_not_read(mixed: Path) -> None:
    config = '[source]\nexclude = ["hr*", "sales/Workflows/Bad*", "**/inner"]\n'
    items = json.loads(report(mixed, config))["findings"]
    assert {item["path"].partition("/")[0] for item in items} == {"sales", "both"}
    assert "ContosoInner" not in {item["solution"] for item in items}
    assert [item["path"] for item in items if item["rule"] == "CR901"] == ["both/customizations.xml"]


def test_vendored_solutions_declare_and_are_not_reported_on(tmp_path: Path) -> None:
    write_solution(tmp_path / "vendor/core", "Core", ["con_outlook", "con_b"], {"A": raw_flow()})
    write_solution(tmp_path / "hr", "ContosoHR", [], {"B": flow()})
    config = f'[source]\nvendored = ["vendor/**"]\n{ENVIRONMENT}'
    assert [item["rule"] for item in json.loads(report(tmp_path, config))["findings"]] == []


def solution(folder: str, name: str, version: str = "1.0.0.0", managed: bool = False) -> Solution:
    return Solution(folder, "unpacked", name, version, managed)


@pytest.mark.parametrize(
    ("copies", "speaks"),
    [
        ([solution("a", "X"), solution("b", "x")], "a"),
        ([solution("a", "X", managed=True), solution("b", "X")], "b"),
        ([solution("a", "X", "1.9"), solution("b", "X", "1.10")], "b"),
        ([solution("a", "X", "9.0", managed=True), solution("b", "X", "1.0")], "b"),
        ([solution("a", "X", "1.0.x"), solution("b", "X", "1.0.1")], "b"),
        ([solution("a", "X", ""), solution("b", "X", "9" * 5000)], "b"),
    ],
)
def test_of_copies_the_unmanaged_one_of_the_highest_version_speaks(
    copies: list[Solution], speaks: str
) -> None:
    assert [item.folder for item in representatives(copies)] == [speaks]


def test_patches_speak_beside_their_solution_and_nameless_ones_not_at_all() -> None:
    found = [solution("a", "X"), solution("b", "X_Patch_1"), solution("c", ""), Solution("d", "loose")]
    assert [item.folder for item in representatives(found)] == ["a", "b"]


def test_an_empty_folder_is_clean(tmp_path: Path) -> None:
    found = full_report(Session(Folder(tmp_path), Config(), RULES, AS_OF, whole=True))
    assert (found.findings, found.summary.solutions) == ((), 0)


def test_where_no_solution_is_in_focus_none_is_read(mixed: Path) -> None:
    facts = Facts()
    # Those of a hook: others look at a whole repository.
    stopping = [rule for rule in RULES if rule.severity == "error"]
    session = Session(Folder(mixed), Config(), stopping, AS_OF, facts)
    world = session.around(())
    assert session.findings(lambda folder: False, world, ()) == []
    read = facts.parsed
    assert full_report(session).findings
    assert facts.parsed > read == 0

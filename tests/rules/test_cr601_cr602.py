from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import TEAMS, write_solution
from tests.support.checks import found as checked
from tests.support.configured import PROD, TEST, found, put, rules_found
from tests.support.exports import OTHER_ID, OUTLOOK_ID, THIRD_ID, settings

BOTH = PROD + TEST
OUTLOOK = ("con_outlook", OUTLOOK_ID)
TEAMS_ENTRY = ("con_teams", OTHER_ID, TEAMS)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_solution(
        tmp_path / "src/HR", "ContosoHR", references=["con_outlook", ("con_teams", TEAMS)], flows={}
    )
    return tmp_path


# CR601


def test_a_missing_entry(root: Path) -> None:
    put(root, {"config/prod/hr.json": settings(OUTLOOK)})
    (item,) = found(root, "CR601", PROD)
    assert item.severity == "error"
    assert (item.span.path, item.span.line) == ("config/prod/hr.json", 3)
    assert item.finding.message == (
        "config/prod/hr.json lacks an entry for con_teams, for Microsoft Teams (shared_teams), so "
        "an import into environment "
        "contoso-prod leaves it unbound."
    )
    assert '"ConnectorId": "/providers/Microsoft.PowerApps/apis/shared_teams"' in item.finding.help
    assert item.data == {"reference": "con_teams", "environments": ["contoso-prod"]}
    assert item.finding.solution == "ContosoHR"


@pytest.mark.parametrize("name", ["hr.json", "anything.json", "deep.settings.json"])
def test_complete(root: Path, name: str) -> None:
    assert rules_found(root, "CR6", PROD) == []
    # A reference that two declare needs one entry, and a solution without references no file.
    write_solution(root / "src/Finance", "ContosoFinance", references=["con_outlook"], flows={})
    write_solution(root / "src/Tables", "ContosoTables", references=[], flows={})
    write_solution(root / "src/Elsewhere", "FabrikamCRM", references=["fab_mail"], flows={})
    only = PROD + 'solutions = ["Contoso*"]\n'
    put(root, {"config/test/hr.json": settings(OUTLOOK)})
    assert rules_found(root, "CR6", only) == []
    put(root, {f"config/prod/{name}": settings(("CON_Outlook", OUTLOOK_ID), TEAMS_ENTRY)})
    assert rules_found(root, "CR6", only) == []


ONE, BOTH_OF = ("con_a", OUTLOOK_ID), [("con_a", OUTLOOK_ID), ("con_h", OTHER_ID, TEAMS)]


@pytest.mark.parametrize(
    ("files", "lacking"),
    [
        # Beside its solution, or named after it, a file is its own, whatever it holds.
        ({"src/HR/config/x.json": [], "src/Fin/config/x.json": [ONE]}, {"con_a": "HR", "con_h": "HR"}),
        ({"src/HR/config/x.json": [ONE], "src/Fin/config/x.json": [ONE]}, {"con_h": "HR"}),
        ({"config/ContosoHR.json": [], "config/fin.json": [ONE]}, {"con_a": "HR", "con_h": "HR"}),
        ({"config/prod_contosohr_settings.json": [ONE], "config/x.json": [ONE]}, {"con_h": "HR"}),
        ({"config/ContosoHR/prod.json": BOTH_OF, "config/ContosoFin/prod.json": []}, {"con_a": "Fin"}),
        # Elsewhere, the names inside tell; one that several declare tells nothing.
        ({"config/x.json": [("con_h", OTHER_ID, TEAMS)], "config/y.json": [ONE]}, {}),
        ({"config/all.json": BOTH_OF}, {}),
        ({"config/all.json": [ONE]}, {"con_h": "HR"}),
        ({"config/x.json": [ONE], "config/y.json": []}, {"con_h": ""}),
        ({"config/ContosoHR.json": None, "config/fin.json": [ONE]}, {"con_a": "HR", "con_h": "HR"}),
    ],
)
def test_to_whom_a_file_belongs(tmp_path: Path, files: dict[str, Any], lacking: dict[str, str]) -> None:
    write_solution(tmp_path / "src/HR", "ContosoHR", references=["con_a", ("con_h", TEAMS)], flows={})
    write_solution(tmp_path / "src/Fin", "ContosoFin", references=["con_a"], flows={})
    put(tmp_path, {path: "{}" if items is None else settings(*items) for path, items in files.items()})
    config = PROD.replace('"config/prod/*.json"', '"**/config/**/*.json"')
    items = found(tmp_path, "CR601", config)
    told = {
        item.data["reference"]: item.finding.solution.removeprefix("Contoso")
        if item.severity == "error"
        else ""
        for item in items
    }
    assert told == lacking
    assert all(item.span.path in files for item in items if item.severity == "error")


def test_a_file_of_the_solution_by_its_place_takes_what_is_missing(root: Path) -> None:
    put(root, {"config/prod/ContosoHR.json": settings(), "config/prod/Other.json": settings(OUTLOOK)})
    (item,) = found(root, "CR601", PROD)
    assert (item.data["reference"], item.span.path) == ("con_teams", "config/prod/ContosoHR.json")


def test_no_settings_for_a_solution(root: Path) -> None:
    write_solution(root / "src/Finance", "ContosoFinance", references=["con_mail", "con_bank"], flows={})
    put(
        root,
        {
            "config/prod/hr.json": settings(OUTLOOK, TEAMS_ENTRY),
            "config/prod/finance.json": settings(),
        },
    )
    (item,) = found(root, "CR601", PROD)
    assert item.severity == "warning"
    assert item.span.path == "src/Finance/Other/Solution.xml"
    assert item.finding.message == (
        "Solution ContosoFinance has no deployment settings for environment contoso-prod, and nothing there "
        "binds 2 connection references that it declares: con_mail and con_bank."
    )


def test_one_finding_over_environments(root: Path) -> None:
    put(
        root,
        {"config/prod/hr.json": settings(OUTLOOK), "config/test/hr.json": settings(("con_outlook", "#{x}#"))},
    )
    (item,) = found(root, "CR601", BOTH)
    assert item.data["environments"] == ["contoso-prod", "contoso-test"]
    assert "config/prod/hr.json and config/test/hr.json lack an entry" in item.finding.message
    assert "config/test/hr.json" in [related.span.path for related in item.related]


def test_what_is_unreadable_says_nothing(root: Path) -> None:
    put(root, {"config/prod/hr.json": settings(OUTLOOK), "config/prod/more.json": "{"})
    assert found(root, "CR601", PROD) == []
    (item,) = found(root, "CR901", PROD)
    assert (item.span.path, item.span.line, item.span.column) == ("config/prod/more.json", 1, 2)
    assert item.finding.message.startswith("more.json cannot be checked: not JSON")
    put(root, {"config/prod/more.json": "", "src/HR/Other/Customizations.xml": "<a"})
    assert found(root, "CR601", PROD) == []
    assert found(root, "CR602", PROD) == []


def test_other_json_beside_the_settings(root: Path) -> None:
    pairs = {"ActivateFlowConfiguration": [], "ConnectionReferences": [["con_outlook", "#{x}#"]]}
    put(
        root,
        {
            "config/prod/hr.json": settings(OUTLOOK, TEAMS_ENTRY, CopilotAgents=[]),
            "config/prod/customDeploymentSettings.json": pairs,
            "config/prod/other.json": ["x"],
            "config/prod/DataSources/DeploymentSettings.json": ["x"],
        },
    )
    assert rules_found(root, "CR", PROD.replace("*.json", "**")) == []


def test_a_pattern_that_matches_no_settings_is_stale(root: Path) -> None:
    config = PROD.replace('"config/prod/*.json"', '"config/prod/*.json", "other/*.json"')
    put(root, {"config/prod/hr.json": settings(OUTLOOK, TEAMS_ENTRY), "other/x.json": ["x"]})
    (item,) = checked(root, "CR902", config)
    assert 'The pattern "other/*.json"' in item.finding.message


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("config/prod/deploymentSettings.json", {"ConnectionReferences": [["con_outlook", "#{x}#"]]}),
        ("config/prod/uat.deploymentsettings.json", {"x": 1}),
        ("config/prod/deployment-settings/uat.json", ["x"]),
        ("other/named.json", ["x"]),
    ],
)
def test_a_file_that_is_named_as_settings_and_is_none(root: Path, path: str, content: Any) -> None:
    config = PROD.replace('"config/prod/*.json"', '"config/prod/**", "other/named.json"')
    put(root, {"config/prod/hr.json": settings(OUTLOOK, TEAMS_ENTRY), path: content})
    (item,) = found(root, "CR901", config)
    assert item.span.path == path
    assert "deployment settings" in item.finding.message or "ConnectionReferences" in item.finding.message


# CR602


def test_an_unknown_reference(root: Path) -> None:
    put(root, {"config/prod/hr.json": settings(("con_outlok", THIRD_ID), TEAMS_ENTRY)})
    (item,) = found(root, "CR602", PROD)
    assert item.severity == "warning"
    assert (item.span.line, item.span.column) == (5, 7)
    assert item.finding.message == (
        "config/prod/hr.json has an entry for con_outlok in environment contoso-prod, but no solution here "
        "declares that connection reference."
    )
    assert item.finding.help.startswith("Remove the entry if it is a leftover.")
    assert item.data == {"reference": "con_outlok", "environments": ["contoso-prod"]}


@pytest.mark.parametrize(
    "config",
    [
        '[source]\nexternal-references = ["core_*"]\n',
        '[[exceptions]]\nrule = "CR602"\nreferences = ["core_*"]\nreason = "the core repository"\n',
    ],
)
def test_references_of_another_repository(root: Path, config: str) -> None:
    put(root, {"config/prod/hr.json": settings(OUTLOOK, TEAMS_ENTRY, ("core_sql", THIRD_ID, "shared_sql"))})
    assert all(item.suppressed for item in found(root, "CR602", config + PROD))


def test_references_of_bought_and_of_other_solutions_are_known(root: Path) -> None:
    write_solution(root / "vendor/Core", "Core", references=["core_sql"], flows={})
    put(root, {"config/prod/hr.json": settings(OUTLOOK, TEAMS_ENTRY, ("core_sql", THIRD_ID))})
    config = '[source]\nvendored = ["vendor"]\n' + PROD + 'solutions = ["Contoso*"]\n'
    assert found(root, "CR602", config) == []


def test_a_repeated_entry(root: Path) -> None:
    again = ("Con_Outlook", THIRD_ID)
    put(root, {"config/prod/hr.json": settings(OUTLOOK, TEAMS_ENTRY, again, again)})
    (item,) = found(root, "CR602", PROD)
    assert item.span.line == 15
    assert item.finding.message.startswith("config/prod/hr.json has several entries for Con_Outlook")


def test_an_entry_in_each_of_two_files_is_not_repeated(root: Path) -> None:
    put(
        root,
        {"config/prod/a.json": settings(OUTLOOK, TEAMS_ENTRY), "config/prod/b.json": settings(OUTLOOK)},
    )
    assert found(root, "CR602", PROD) == []

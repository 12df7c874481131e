from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import OUTLOOK, SQL, TEAMS, Missing, flow, write_solution
from tests.support.checks import data, found

TOGETHER = '[[environments]]\nname = "prod"\n'


def core_and_hr(
    tmp_path: Path, own: Any = ("con_outlook",), missing: tuple[str, ...] = ("con_core_outlook",)
) -> Path:
    write_solution(tmp_path / "Core", "ContosoCore", ["con_core_outlook"], {})
    write_solution(
        tmp_path / "HR",
        "ContosoHR",
        own,
        {
            "New hire": flow({OUTLOOK: "con_core_outlook"}),
            "Own": flow(),
            "Again": flow({OUTLOOK: "con_core_outlook"}),
        },
        missing=[Missing(name) for name in missing],
    )
    return tmp_path


def test_a_dependency_beside_an_own_reference_is_found_once(tmp_path: Path) -> None:
    (reported,) = found(core_and_hr(tmp_path), "CR204")
    assert (reported.severity, reported.finding.solution) == ("note", "ContosoHR")
    assert reported.data == {"reference": "con_core_outlook", "connector": OUTLOOK}
    assert reported.span.path.startswith("HR/Workflows/")
    assert "declares con_outlook for Office 365 Outlook (shared_office365)" in reported.finding.message
    assert len(reported.related) == 2


def test_a_connector_without_an_own_reference_hides_no_other(tmp_path: Path) -> None:
    write_solution(tmp_path / "Core", "ContosoCore", ["con_core_outlook", ("con_core_teams", TEAMS)], {})
    used = flow({TEAMS: "con_core_teams", OUTLOOK: "con_core_outlook"})
    missing = [Missing("con_core_teams"), Missing("con_core_outlook")]
    write_solution(tmp_path / "HR", "ContosoHR", ["con_outlook"], {"New hire": used}, missing=missing)
    assert [item["reference"] for item in data(tmp_path, "CR204")] == ["con_core_outlook"]


def test_it_is_found_through_an_environment_and_for_external_references(tmp_path: Path) -> None:
    core_and_hr(tmp_path, missing=())
    assert len(found(tmp_path, "CR204", TOGETHER)) == 1
    assert len(found(tmp_path, "CR204", '[source]\nexternal-references = ["con_core_*"]\n')) == 1


def test_a_name_that_nobody_provides_is_another_rule_s_matter(tmp_path: Path) -> None:
    core_and_hr(tmp_path, missing=())
    assert found(tmp_path, "CR204", "") == []
    assert len(found(tmp_path, "CR501")) == 1


@pytest.mark.parametrize(
    "own", [[("con_teams", "shared_teams"), "con_x"], []], ids=["another connector", "none"]
)
def test_left_alone_without_an_own_reference_for_the_connector(tmp_path: Path, own: Any) -> None:
    references = [item for item in own if item != "con_x"]
    core_and_hr(tmp_path, references, missing=("con_core_outlook", "con_outlook"))
    assert found(tmp_path, "CR204") == []


def test_connectors_with_their_own_endpoint_are_left_alone(tmp_path: Path) -> None:
    write_solution(
        tmp_path,
        "ContosoHR",
        [("con_sql", SQL)],
        {"Sync": flow({SQL: "core_sql"})},
        missing=[Missing("core_sql")],
    )
    assert found(tmp_path, "CR204") == []


def test_a_patch_uses_what_its_solution_declares(tmp_path: Path) -> None:
    write_solution(tmp_path / "HR", "ContosoHR", ["con_outlook"], {})
    write_solution(
        tmp_path / "Patch",
        "ContosoHR_Patch_1",
        ["con_mail"],
        {"New": flow()},
        missing=[Missing("con_outlook", "ContosoHR (1.0.0.0)")],
    )
    assert data(tmp_path, "CR204") == []

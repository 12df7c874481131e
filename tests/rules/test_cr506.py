from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import OUTLOOK, TEAMS, Missing, flow, write_solution
from tests.support.checks import found

ACTIVE = Missing("con_outlook", "Active")


def hr(tmp_path: Path, *missing: Missing) -> Path:
    return write_solution(
        tmp_path / "HR",
        "ContosoHR",
        [],
        {"New hire": flow({TEAMS: "con_other", OUTLOOK: "con_outlook"})},
        missing=missing,
    )


def test_a_dependency_on_the_unmanaged_layer_is_found(tmp_path: Path) -> None:
    hr(tmp_path, ACTIVE)
    (reported,) = found(tmp_path, "CR506")
    assert (reported.severity, reported.data) == ("warning", {"reference": "con_outlook"})
    assert reported.span.path == "HR/Other/Solution.xml"
    assert 'solution="Active"' in reported.span.excerpt
    assert 'flow "New hire"' in reported.finding.help


def test_a_name_listed_twice_is_one_finding(tmp_path: Path) -> None:
    hr(tmp_path, ACTIVE, Missing("CON_Outlook", "active"))
    (reported,) = found(tmp_path, "CR506")
    assert len(reported.related) == 1


@pytest.mark.parametrize("owner", ["ContosoCore", "ActiveDirectory"])
def test_a_dependency_on_a_solution_is_a_note(tmp_path: Path, owner: str) -> None:
    hr(tmp_path, Missing("con_outlook", f"{owner} (1.0.0.0)"))
    (reported,) = found(tmp_path, "CR506")
    assert (reported.severity, reported.data) == ("note", {"reference": "con_outlook"})
    assert f"of {owner}, which is not in this repository" in reported.finding.message


def test_a_solution_that_is_here_is_not_said_to_be_elsewhere(tmp_path: Path) -> None:
    hr(tmp_path, Missing("con_outlook", "ContosoCore (1.0.0.0)"))
    write_solution(tmp_path / "Core", "ContosoCore", ["con_teams"])
    (reported,) = found(tmp_path, "CR506")
    assert reported.severity == "note"
    assert "of ContosoCore, which is here and does not declare it" in reported.finding.message


def test_one_on_the_unmanaged_layer_counts_more(tmp_path: Path) -> None:
    hr(tmp_path, Missing("con_outlook", "ContosoCore (1.0.0.0)"), ACTIVE)
    (reported,) = found(tmp_path, "CR506")
    assert (reported.severity, len(reported.related)) == ("warning", 1)
    assert 'solution="Active"' in reported.span.excerpt


def test_what_a_solution_here_declares_is_left_alone(tmp_path: Path) -> None:
    hr(tmp_path, ACTIVE)
    write_solution(tmp_path / "vendor" / "Core", "ContosoCore", ["CON_outlook"], managed=1)
    assert found(tmp_path, "CR506") == []


def test_one_that_is_declared_hides_no_other(tmp_path: Path) -> None:
    hr(tmp_path, ACTIVE, Missing("con_teams", "Active"))
    write_solution(tmp_path / "Core", "ContosoCore", ["con_outlook"], {})
    (reported,) = found(tmp_path, "CR506")
    assert reported.data == {"reference": "con_teams"}


def test_external_references_are_left_alone(tmp_path: Path) -> None:
    hr(tmp_path, ACTIVE)
    assert found(tmp_path, "CR506", '[source]\nexternal-references = ["con_out*"]\n') == []

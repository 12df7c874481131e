from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import APIS, OUTLOOK, TEAMS, Json, Reference, entry, flow, write_solution
from tests.support.checks import data, found

ONE_ENVIRONMENT = '[[environments]]\nname = "prod"\n'


def test_an_entry_for_another_connector_than_its_references_is_found(tmp_path: Path) -> None:
    document = flow({OUTLOOK: "con_teams"})
    write_solution(tmp_path, "ContosoHR", [("con_teams", TEAMS)], {"Send reminder": document})
    (item,) = found(tmp_path, "CR503")
    assert item.severity == "error"
    assert item.data == {
        "flow": "Send reminder",
        "alias": OUTLOOK,
        "connector": OUTLOOK,
        "reference": "con_teams",
        "declared_connector": TEAMS,
    }
    assert item.span.excerpt.strip() == f'"{OUTLOOK}": {{'
    assert item.related[0].span.path == "Other/Customizations.xml"
    assert 'logicalname="con_teams"' in item.related[0].span.excerpt


@pytest.mark.parametrize(
    ("connector", "value"),
    [
        (OUTLOOK, entry("CON_X", "Shared_Office365")),
        ("shared_con-5fx-5f0123456789abcdef", entry("con_x", "shared_con-5fx-5f21dec655d73f3a8c")),
        ("shared_con-5fx", entry("con_x", "shared_con-5fx-5f21dec655d73f3a8c")),
        (TEAMS, {"connection": {"connectionReferenceLogicalName": "con_x"}}),
        (TEAMS, {**entry("con_x"), "api": {}}),
        # A raw connection and a name that is not declared here are other rules' matter.
        (TEAMS, {"connection": {}, "api": {"name": OUTLOOK}}),
        (TEAMS, entry("con_y")),
    ],
)
def test_left_alone(connector: str, value: Json, tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [("con_x", connector)], {"A": flow({"any_alias": value})})
    assert found(tmp_path, "CR503") == []


@pytest.mark.parametrize(
    "connector_id", ["", "<connectorid />", f"<connectorid>{APIS}{TEAMS}<a /></connectorid>"]
)
def test_a_reference_that_names_no_connector_fits_none(connector_id: str, tmp_path: Path) -> None:
    """It would otherwise be a second one for a connector, which nobody can see."""
    document = flow({TEAMS: "con_teams", f"{TEAMS}_1": "con_other"})
    write_solution(tmp_path, "ContosoHR", [("con_teams", TEAMS), ("con_other", "x")], {"A": document})
    place = tmp_path / "Other/Customizations.xml"
    text = place.read_text("utf-8")
    place.write_text(text.replace(f"<connectorid>{APIS}x</connectorid>", connector_id), "utf-8")
    (item,) = found(tmp_path, "CR503")
    assert item.finding.message.endswith(
        "con_other for Microsoft Teams (shared_teams), but that connection reference names no connector."
    )
    assert item.data["declared_connector"] == ""


def test_a_reference_that_names_no_connector_and_that_nothing_uses_is_left_alone(tmp_path: Path) -> None:
    write_solution(
        tmp_path, "ContosoHR", [("con_teams", TEAMS), ("con_other", "")], {"A": flow({TEAMS: "con_teams"})}
    )
    assert found(tmp_path, "CR503") == []


def test_a_reference_of_the_same_environment_counts(tmp_path: Path) -> None:
    write_solution(tmp_path / "a", "Shared", [("con_teams", TEAMS)], {"A": flow({TEAMS: "con_teams"})})
    write_solution(tmp_path / "b", "ContosoHR", [], {"B": flow({OUTLOOK: "con_teams"})})
    assert found(tmp_path, "CR503") == []
    assert [item["reference"] for item in data(tmp_path, "CR503", ONE_ENVIRONMENT)] == ["con_teams"]
    # The solution's own comes first.
    write_solution(tmp_path / "b", "ContosoHR", [Reference("con_teams")], {"B": flow({OUTLOOK: "con_teams"})})
    assert found(tmp_path, "CR503", ONE_ENVIRONMENT) == []


def test_a_patch_uses_what_its_solution_declares(tmp_path: Path) -> None:
    write_solution(tmp_path / "a", "ContosoHR", [("con_x", TEAMS)], {"A": flow({TEAMS: "con_x"})})
    write_solution(tmp_path / "b", "ContosoHR_Patch_1a2b", [], {"B": flow({OUTLOOK: "con_x"})})
    (item,) = found(tmp_path, "CR503")
    assert item.span.path.startswith("b/Workflows/")

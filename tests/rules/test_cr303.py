from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import OUTLOOK, Missing, flow, write_files, write_solution
from tests.support.checks import check, found

OWN_SETS = '[[environments]]\nname = "group-prod"\nsharing = "set-per-solution"\n'


def test_a_name_that_two_solutions_declare_is_found(tmp_path: Path) -> None:
    write_solution(tmp_path / "A", "ContosoHR", ["con_outlook"])
    write_solution(tmp_path / "B", "ContosoFinance", ["CON_Outlook"])
    (reported,) = found(tmp_path, "CR303", OWN_SETS)
    assert reported.severity == "error"
    assert reported.data == {"reference": "con_outlook", "environments": ["group-prod"]}
    assert reported.finding.involves == ("A", "B")
    assert reported.span.path == "B/Other/Customizations.xml"
    assert "is declared by ContosoHR and ContosoFinance" in reported.finding.message


def test_a_name_that_a_solution_borrows_is_found_at_its_user(tmp_path: Path) -> None:
    write_solution(tmp_path / "A", "ContosoHR", ["con_outlook"])
    write_solution(tmp_path / "B", "ContosoFinance", [], {"Bill": flow()})
    (reported,) = check(tmp_path, OWN_SETS).findings
    assert reported.rule.id == "CR303"
    assert reported.finding.involves == ("B",)
    assert reported.span.path.startswith("B/Workflows/Bill-")
    assert "is used by ContosoFinance, which does not declare it" in reported.finding.message


def test_a_listed_dependency_is_borrowed_too(tmp_path: Path) -> None:
    write_solution(
        tmp_path, "ContosoHR", [], {"Mail": flow()}, missing=[Missing("con_outlook", "Core (1.0.0.0)")]
    )
    assert len(found(tmp_path, "CR303", OWN_SETS)) == 1


def test_an_agent_borrows_too(tmp_path: Path) -> None:
    write_solution(tmp_path / "A", "ContosoHR", ["con_outlook"])
    write_solution(tmp_path / "B", "ContosoBot", [], {})
    link = (
        "<botcomponent_connectionreferenceset><botcomponent_connectionreference "
        'botcomponentid.schemaname="con_bot" '
        'connectionreferenceid.connectionreferencelogicalname="con_outlook"/>'
        "</botcomponent_connectionreferenceset>"
    )
    write_files(tmp_path, {"B/Assets/botcomponent_connectionreferenceset.xml": link})
    (reported,) = found(tmp_path, "CR303", OWN_SETS)
    assert reported.span.path == "B/Assets/botcomponent_connectionreferenceset.xml"


def test_declared_twice_and_borrowed_is_one_finding(tmp_path: Path) -> None:
    write_solution(tmp_path / "A", "ContosoHR", ["con_outlook"])
    write_solution(tmp_path / "B", "ContosoFinance", ["con_outlook"])
    write_solution(tmp_path / "C", "ContosoSales", [], {"Offer": flow()})
    (reported,) = found(tmp_path, "CR303", OWN_SETS)
    assert reported.finding.involves == ("A", "B", "C")


def test_external_references_are_left_alone(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [], {"Mail": flow({OUTLOOK: "msdyn_mail"})})
    assert found(tmp_path, "CR303", OWN_SETS + '[source]\nexternal-references = ["msdyn_*"]\n') == []


@pytest.mark.parametrize(
    "config", ["", '[[environments]]\nname = "prod"\n'], ids=["no environment", "one set"]
)
def test_left_alone(tmp_path: Path, config: str) -> None:
    write_solution(tmp_path / "A", "ContosoHR", ["con_outlook"])
    write_solution(tmp_path / "B", "ContosoFinance", ["con_outlook"])
    assert found(tmp_path, "CR303", config) == []


def test_a_set_for_each_solution_is_left_alone(tmp_path: Path) -> None:
    for name in ("HR", "Finance"):
        own = f"con_{name}_outlook"
        write_solution(tmp_path / name, f"Contoso{name}", [own], {"Mail": flow({OUTLOOK: own})})
    assert check(tmp_path, OWN_SETS).findings == ()


def test_copies_and_patches_share(tmp_path: Path) -> None:
    write_solution(tmp_path / "A", "ContosoHR", ["con_outlook"])
    write_solution(tmp_path / "B", "ContosoHR", ["con_outlook"], managed=1)
    write_solution(tmp_path / "C", "ContosoHR_Patch_1", ["con_outlook"])
    write_solution(tmp_path / "D", "ContosoHR_Patch_2", [], {"Added": flow()})
    assert found(tmp_path, "CR303", OWN_SETS) == []


def test_a_bought_solution_s_reference_is_reported_at_ours(tmp_path: Path) -> None:
    write_solution(tmp_path / "A", "ContosoHR", ["con_outlook"])
    write_solution(tmp_path / "vendor/B", "Kit", ["con_outlook"])
    write_solution(tmp_path / "vendor/C", "Kit2", [], {"Offer": flow()})
    (reported,) = found(tmp_path, "CR303", OWN_SETS + '[source]\nvendored = ["vendor"]\n')
    assert reported.span.path == "A/Other/Customizations.xml"
    assert "Kit2" not in reported.finding.message

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import OUTLOOK, SHAREPOINT, TEAMS, Reference, write_solution
from tests.support.checks import found

PROD = '[[environments]]\nname = "contoso-prod"\n'


def two(root: Path, first: str = OUTLOOK, second: str = SHAREPOINT, name: str = "con_main") -> Path:
    write_solution(root / "A", "ContosoHR", [("con_main", first)], {})
    write_solution(root / "B", "ContosoFinance", [(name, second)], {})
    return root


def test_one_name_with_two_connectors_is_found(tmp_path: Path) -> None:
    (reported,) = found(two(tmp_path, name="CON_Main"), "CR302", PROD)
    assert reported.severity == "error"
    assert reported.data == {"reference": "con_main", "environments": ["contoso-prod"]}
    assert reported.finding.involves == ("A", "B")
    assert reported.span.path == "B/Other/Customizations.xml"
    assert (
        "ContosoHR for Office 365 Outlook (shared_office365) and ContosoFinance for SharePoint "
        "(shared_sharepointonline)" in reported.finding.message
    )


def test_three_solutions_are_one_finding_at_the_one_that_differs(tmp_path: Path) -> None:
    two(tmp_path, OUTLOOK, OUTLOOK)
    write_solution(tmp_path / "C", "ContosoSales", [("con_main", TEAMS)], {})
    (reported,) = found(tmp_path, "CR302", PROD)
    assert reported.span.path == "C/Other/Customizations.xml"
    assert len(reported.related) == 2


def test_it_holds_where_each_has_its_own_set_too(tmp_path: Path) -> None:
    assert len(found(two(tmp_path), "CR302", PROD + 'sharing = "set-per-solution"\n')) == 1


def test_a_bought_solution_conflicts_and_is_not_the_place(tmp_path: Path) -> None:
    vendored = PROD + '[source]\nvendored = ["B"]\n'
    (reported,) = found(two(tmp_path), "CR302", vendored)
    assert reported.span.path == "A/Other/Customizations.xml"
    assert found(tmp_path, "CR302", vendored.replace('"B"', '"A", "B"')) == []


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        (OUTLOOK, OUTLOOK, "con_main"),
        (OUTLOOK, SHAREPOINT, "con_other"),
        (OUTLOOK, "SHARED_Office365", "con_main"),
        ("shared_con-5fx-5f21dec655d73f3a8c", "shared_con-5fx-5f983b8802de813283", "con_main"),
    ],
    ids=["equal", "two names", "case", "another environment's hash"],
)
def test_left_alone(tmp_path: Path, first: str, second: str, name: str) -> None:
    assert found(two(tmp_path, first, second, name), "CR302", PROD) == []


def test_without_a_common_environment_it_is_left_alone(tmp_path: Path) -> None:
    two(tmp_path)
    assert found(tmp_path, "CR302", "") == []
    apart = (
        PROD + 'solutions = ["ContosoHR"]\n' + PROD.replace("prod", "b") + 'solutions = ["ContosoFinance"]\n'
    )
    assert found(tmp_path, "CR302", apart) == []


def test_copies_do_not_conflict(tmp_path: Path) -> None:
    write_solution(tmp_path / "A", "ContosoHR", [("con_main", OUTLOOK)], {})
    write_solution(tmp_path / "B", "ContosoHR", [Reference("con_main", TEAMS)], {}, managed=1)
    assert found(tmp_path, "CR302", PROD) == []

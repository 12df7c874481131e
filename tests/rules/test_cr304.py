from __future__ import annotations

from pathlib import Path

from tests.support.builders import OUTLOOK, TEAMS, write_solution
from tests.support.checks import found

HELD = '[[environments]]\nname = "prod"\nreference-solution = "ContosoConnections"\n'


def three(root: Path) -> Path:
    write_solution(root / "Refs", "ContosoConnections", [("con_outlook", OUTLOOK), ("con_same", OUTLOOK)], {})
    write_solution(root / "HR", "ContosoHR", [("con_hr", OUTLOOK), ("con_same", OUTLOOK)], {})
    write_solution(root / "Sales", "ContosoSales", [("con_teams", TEAMS)], {})
    return root


def test_each_declaration_outside_is_found(tmp_path: Path) -> None:
    reported = found(three(tmp_path), "CR304", HELD)
    assert [item.data for item in reported] == [
        {"reference": name, "environments": ["prod"]} for name in ("con_hr", "con_same", "con_teams")
    ]
    assert [item.finding.solution for item in reported] == ["ContosoHR", "ContosoHR", "ContosoSales"]
    assert {item.severity for item in reported} == {"error"}
    other, same, none = (item.finding.help for item in reported)
    assert "choose con_outlook of ContosoConnections" in other
    assert "ContosoConnections declares it already" in same
    assert "add it to ContosoConnections" in none


def test_without_a_reference_solution_it_is_silent(tmp_path: Path) -> None:
    assert found(three(tmp_path), "CR304", '[[environments]]\nname = "prod"\n') == []


def test_other_environments_bought_solutions_and_patches_are_left_alone(tmp_path: Path) -> None:
    three(tmp_path)
    write_solution(tmp_path / "Patch", "ContosoConnections_Patch_1", ["con_added"], {})
    narrow = (
        HELD.replace("ContosoC", "CONTOSOc")
        + 'solutions = ["ContosoConnections", "ContosoSales"]\n[source]\nvendored = ["Sales"]\n'
    )
    assert found(tmp_path, "CR304", narrow) == []

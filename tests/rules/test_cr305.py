from __future__ import annotations

from pathlib import Path

from tests.support.builders import OUTLOOK, SQL, write_solution
from tests.support.checks import found


def two(root: Path) -> Path:
    write_solution(root / "HR", "ContosoHR", ["con_outlook"], {})
    write_solution(root / "Finance", "ContosoFinance", ["con_fin"], {})
    return root


def test_duplicates_over_the_repository_are_a_note_that_says_how_to_go_on(tmp_path: Path) -> None:
    (reported,) = found(two(tmp_path), "CR305")
    assert reported.severity == "note"
    assert reported.data == {
        "connector": OUTLOOK,
        "references": {"ContosoFinance": ["con_fin"], "ContosoHR": ["con_outlook"]},
        "environments": [],
    }
    assert "[[environments]]" in reported.finding.help
    assert "set-per-solution" in reported.finding.help


def test_with_an_environment_it_is_silent(tmp_path: Path) -> None:
    two(tmp_path)
    for config in (
        '[[environments]]\nname = "prod"\n',
        '[[environments]]\nname = "x"\nsolutions = ["Nobody"]\n',
    ):
        assert found(tmp_path, "CR305", config) == []


def test_shared_names_own_endpoints_copies_and_bought_solutions_are_left_alone(tmp_path: Path) -> None:
    write_solution(tmp_path / "HR", "ContosoHR", ["con_outlook", ("con_sql", SQL)], {})
    write_solution(tmp_path / "Finance", "ContosoFinance", ["con_outlook", ("con_fin_sql", SQL)], {})
    write_solution(tmp_path / "Old", "ContosoHR", ["con_old"], {}, managed=1)
    write_solution(tmp_path / "vendor/Kit", "Kit", ["kit_mail"], {})
    assert found(tmp_path, "CR305", '[source]\nvendored = ["vendor"]\n') == []

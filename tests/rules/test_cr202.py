from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import TEAMS, Json, Reference, flow, write_solution
from tests.support.checks import check, data, found


def test_a_name_declared_twice_is_found_at_its_second_place(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_outlook", ("con_teams", TEAMS), "con_outlook", "con_outlook"])
    (item,) = found(tmp_path, "CR202")
    assert (item.severity, item.data) == ("error", {"reference": "con_outlook"})
    assert item.finding.message.endswith("declares the connection reference con_outlook 3 times.")
    assert [related.message for related in item.related] == ["first declared here", "and here"]
    assert item.related[0].span.line < item.span.line
    assert '"con_outlook"' in item.span.excerpt


@pytest.mark.parametrize(
    "second",
    [
        Reference("con_outlook", TEAMS),
        Reference("con_outlook", display_name="other"),
        Reference("con_outlook", description="other"),
        Reference("con_outlook", custom="{A}"),
    ],
)
def test_that_the_declarations_differ_is_said(second: Reference, tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_outlook", second])
    (item,) = found(tmp_path, "CR202")
    assert item.finding.message.endswith("2 times, and the declarations differ.")
    assert not item.finding.fixable


@pytest.mark.parametrize(("text", "fixable"), [("{", False), (flow(), True)])
def test_only_a_solution_that_is_read_whole_can_be_mended(
    text: Json | str, fixable: bool, tmp_path: Path
) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_outlook", "con_outlook"], {"Mail": text})
    (item,) = found(tmp_path, "CR202")
    assert item.finding.fixable == fixable


def test_it_is_no_duplicate_connector_as_well(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_outlook", "con_outlook"])
    assert [item.rule.id for item in check(tmp_path).findings] == ["CR202"]
    assert check(tmp_path).summary.references == 1


def test_other_names_and_other_solutions_are_left_alone(tmp_path: Path) -> None:
    write_solution(tmp_path / "a", "ContosoHR", ["con_outlook", ("con_outlook_1", TEAMS)])
    write_solution(tmp_path / "b", "ContosoSales", ["con_outlook"])
    write_solution(tmp_path / "c", "ContosoHR", ["con_outlook"], managed=1)
    assert data(tmp_path, "CR202") == []

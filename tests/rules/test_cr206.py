from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import DATAVERSE, References, flow, write_solution
from tests.support.checks import found

LEGACY = "shared_commondataservice"


def test_old_and_new_dataverse_together_are_found(tmp_path: Path) -> None:
    write_solution(
        tmp_path,
        "ContosoHR",
        [("con_dv", DATAVERSE), ("con_old", LEGACY), ("con_old_2", LEGACY)],
        {"Sync": flow({LEGACY: "con_old"})},
    )
    (reported,) = found(tmp_path, "CR206")
    assert reported.severity == "note"
    assert reported.data == {"connector": LEGACY, "references": ["con_old", "con_old_2"]}
    assert "con_old" in reported.span.excerpt
    assert 'flow "Sync"' in reported.finding.help
    assert [item.message for item in reported.related] == ["con_old_2", "con_dv, for the current connector"]


def test_an_unused_old_one_is_only_to_be_removed(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [("con_dv", DATAVERSE), ("con_old", LEGACY)])
    (reported,) = found(tmp_path, "CR206")
    assert reported.finding.help == "Nothing here uses the legacy one: remove it."


@pytest.mark.parametrize(
    "references",
    [[("con_dv", DATAVERSE)], [("con_old", LEGACY)], [("con_dv", DATAVERSE), "con_outlook"], []],
    ids=["current only", "legacy only", "another", "none"],
)
def test_left_alone(tmp_path: Path, references: References) -> None:
    assert found(write_solution(tmp_path, "ContosoHR", references), "CR206") == []

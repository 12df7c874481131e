from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import TEAMS, write_solution
from tests.support.configured import PROD, TEST, found, put
from tests.support.exports import OTHER_ID, page, reference

SURPLUS = "new_sharedoffice365_1a2b3"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_solution(tmp_path / "src/HR", "ContosoHR")
    return tmp_path


def test_a_reference_beside_one_of_the_source(root: Path) -> None:
    export = page(reference("con_outlook"), reference(SURPLUS), reference("new_b", OTHER_ID))
    put(root, {"inventory/prod.json": export, "inventory/test.json": export})
    (item,) = found(root, "CR306", PROD + TEST)
    assert item.severity == "warning"
    assert item.data == {
        "connector": "shared_office365",
        "references": ["con_outlook", SURPLUS],
        "environments": ["contoso-prod", "contoso-test"],
    }
    assert item.span.path == "src/HR/Other/Customizations.xml"


@pytest.mark.parametrize(
    ("references", "config"),
    [
        ([reference("con_outlook"), reference(SURPLUS, OTHER_ID)], PROD),
        ([reference("con_outlook", None), reference(SURPLUS, None)], PROD),
        ([reference("con_outlook"), {**reference(SURPLUS), "statecode": 1}], PROD),
        ([reference("con_outlook"), reference(SURPLUS)], PROD + 'sharing = "set-per-solution"\n'),
        (
            [reference("con_outlook"), reference(SURPLUS)],
            f'[source]\nexternal-references = ["new_*"]\n{PROD}',
        ),
        # Another solution of the repository declares it: that is CR301's.
        ([reference("con_outlook"), reference("con_mail")], PROD + 'solutions = ["ContosoHR"]\n'),
        ([reference("CON_OUTLOOK")], PROD),
    ],
)
def test_references_that_are_left_alone(root: Path, references: list[Any], config: str) -> None:
    write_solution(root / "src/Finance", "ContosoFinance", references=[("con_mail", TEAMS)], flows={})
    put(root, {"inventory/prod.json": page(*references)})
    assert found(root, "CR306", config) == []

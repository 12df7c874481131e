from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import APIS, OUTLOOK, customizations, solution_files, write_files
from tests.support.checks import data, found

NAMED = f"<connectorid>{APIS}{OUTLOOK}</connectorid>"
IMPOSSIBLE = ("/x/apis/", "shared_", "shared sql", "/a/?", "shared%5fsql", "\uff53hared_sql")
CUSTOM = (
    "<customconnectorid><connectorid>1b2c3d4e-0000-4000-8000-000000000001</connectorid></customconnectorid>"
)


def declaring(root: Path, connector: str, names: list[str] | None = None) -> Path:
    """A solution whose references have this in place of the element that names their connector."""
    text = customizations(names or ["con_outlook"])
    assert NAMED in text
    files = solution_files("ContosoHR", names or ["con_outlook"], {})
    write_files(root, files | {"Other/Customizations.xml": text.replace(NAMED, connector)})
    return root


@pytest.mark.parametrize(
    "connector",
    [
        *("", "<connectorid />", "<connectorid> </connectorid>"),
        *(
            f"<connectorid>{name}</connectorid>"
            for name in ("/x/apis/", "shared_", "shared sql", "/a/?", "shared%5fsql", "\uff53hared_sql")
        ),
    ],
)
def test_a_reference_that_names_no_connector_is_found(tmp_path: Path, connector: str) -> None:
    assert data(declaring(tmp_path, connector), "CR508") == [{"reference": "con_outlook"}]


def test_a_name_that_is_declared_twice_is_found_once(tmp_path: Path) -> None:
    declaring(tmp_path, "", ["con_outlook", "con_Outlook"])
    assert data(tmp_path, "CR508") == [{"reference": "con_outlook"}]


@pytest.mark.parametrize("connector", [NAMED, CUSTOM], ids=["connector", "custom connector"])
def test_one_that_names_a_connector_is_left_alone(tmp_path: Path, connector: str) -> None:
    assert found(declaring(tmp_path, connector), "CR508") == []

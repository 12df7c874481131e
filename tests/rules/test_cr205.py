from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import OUTLOOK, SQL, Reference, write_files, write_solution
from tests.rules.checks import data, found

HASHED = "shared_con-5ferp-5f0123456789abcdef"
CUSTOM = "{5d0f5d8c-3b0f-4c39-8a57-0d1f5c7e9b21}"


@pytest.mark.parametrize(
    "connector", [SQL, "Shared_SQL", "shared_azureblob", "shared_uiflow", "shared_sftpwithssh"]
)
def test_connections_with_endpoints_of_their_own_are_a_warning(connector: str, tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [("con_a", connector), ("con_b", connector)])
    (item,) = found(tmp_path, "CR205")
    assert item.severity == "warning"
    assert item.data == {
        "connector": connector.lower(),
        "references": ["con_a", "con_b"],
        "keep": "con_a",
    }
    assert found(tmp_path, "CR201") == []


def test_one_reference_and_other_connectors_are_left_alone(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [("con_a", SQL), ("con_b", "shared_azureblob"), "con_c"])
    assert found(tmp_path, "CR205") == []


def test_a_team_can_add_and_take_out(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [("con_a", SQL), ("con_b", SQL), "con_c", "con_d"])
    config = f'[connectors]\nown-endpoint = ["{OUTLOOK}", "!{SQL}"]\n'
    assert [item["connector"] for item in data(tmp_path, "CR205", config)] == [OUTLOOK]
    assert [item["connector"] for item in data(tmp_path, "CR201", config)] == [SQL]


@pytest.mark.parametrize("folder", ["Connectors", "Connector"])
@pytest.mark.parametrize(
    ("parameters", "rule"),
    [
        ('{"hostUrl": {"type": "string", "uiDefinition": {"displayName": "Host URL"}}}', "CR205"),
        ('{"api_key": {"type": "securestring", "uiDefinition": {"displayName": "API Key"}}}', "CR201"),
        ("{}", "CR205"),
        ("", "CR205"),
    ],
)
def test_a_custom_connectors_parameters_tell(folder: str, parameters: str, rule: str, tmp_path: Path) -> None:
    references = [
        Reference("con_a", HASHED, custom=CUSTOM),
        Reference("con_b", HASHED, custom=CUSTOM.upper()),
    ]
    write_solution(tmp_path, "ContosoHR", references)
    connector = f"<Connector><connectorid>{CUSTOM}</connectorid><name>con_5Ferp</name></Connector>"
    write_files(
        tmp_path,
        {
            f"{folder}/con_5Ferp.xml": connector,
            f"{folder}/con_5Ferp_connectionparameters.json": parameters,
        },
    )
    assert [item["connector"] for item in data(tmp_path, rule)] == ["shared_con-5ferp"]
    assert data(tmp_path, {"CR201": "CR205", "CR205": "CR201"}[rule]) == []

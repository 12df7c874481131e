"""Which connectors carry their own endpoint: ours, custom ones that ask for it, and a team's changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.builders import (
    DATAVERSE,
    OUTLOOK,
    SHAREPOINT,
    SQL,
    TEAMS,
    Reference,
    write_files,
    write_solution,
)
from tests.support.checks import check

GUID = "0b6f7c1e-5a0d-4a57-9f0c-3f1d2c4b5a69"
CUSTOM = "shared_con-5ferp-5f21dec655d73f3a8c"
HOST = {"hostUrl": {"type": "string", "uiDefinition": {"displayName": "Host URL"}}}
KEY = {"api_key": {"type": "securestring", "uiDefinition": {"displayName": "API Key"}}}


def rules(root: Path, config: str = "") -> list[str]:
    """What is found, but for notes: a custom connector beside its references is one of these."""
    return [item.rule.id for item in check(root, config, whole=False).findings if item.severity != "note"]


def two(root: Path, connector: str, custom: str = "") -> Path:
    references = [Reference(f"con_{name}", connector, custom=custom) for name in "ab"]
    return write_solution(root, "ContosoHR", references, {})


def connector_files(folder: str, parameters: object, identifier: str = GUID) -> dict[str, str]:
    return {
        f"{folder}/con_erp_connectionparameters.json": json.dumps(parameters),
        f"{folder}/con_erp.xml": (
            f"<Connector><connectorid>{{{identifier.upper()}}}</connectorid><name>con_erp</name></Connector>"
        ),
    }


@pytest.mark.parametrize(
    ("connector", "rule"),
    [
        *(
            (name, "CR205")
            for name in (SQL, "shared_keyvault", "shared_uiflow", "shared_onedriveforbusiness")
        ),
        *((name, "CR201") for name in (OUTLOOK, SHAREPOINT, TEAMS, DATAVERSE, "shared_approvals")),
    ],
)
def test_services_of_everybody_and_of_each_endpoint(tmp_path: Path, connector: str, rule: str) -> None:
    assert rules(two(tmp_path, connector)) == [rule]


def test_a_team_adds_and_takes_out(tmp_path: Path) -> None:
    assert rules(two(tmp_path, OUTLOOK), '[connectors]\nown-endpoint = ["shared_office365"]\n') == ["CR205"]
    two(tmp_path, SQL)
    assert rules(tmp_path, '[connectors]\nown-endpoint = ["!shared_sql"]\n') == ["CR201"]


@pytest.mark.parametrize(("parameters", "rule"), [(HOST, "CR205"), (KEY, "CR201"), ({}, "CR205")])
@pytest.mark.parametrize("spelled", [f"{{{GUID.upper()}}}", GUID])
def test_a_custom_connector_s_parameters_tell(
    tmp_path: Path, spelled: str, parameters: object, rule: str
) -> None:
    two(tmp_path, CUSTOM, spelled)
    write_files(tmp_path, connector_files("Connectors", parameters))
    assert rules(tmp_path) == [rule]


def test_one_of_microsoft_s_is_no_custom_connector_by_what_stands_beside_it(tmp_path: Path) -> None:
    two(tmp_path, OUTLOOK, GUID)
    write_files(tmp_path, connector_files("Connectors", {}))
    assert rules(tmp_path) == ["CR201"]


@pytest.mark.parametrize("text", ["", "\r\n", "\ufeff", "{}"])
@pytest.mark.parametrize("ending", ["_connectionparameters.json", "_connectionparametersets.json"])
def test_what_a_pipeline_wiped_stops_nobody_and_may_be_several_services(
    tmp_path: Path, text: str, ending: str
) -> None:
    two(tmp_path, CUSTOM, GUID)
    files = connector_files("Connectors", HOST)
    del files["Connectors/con_erp_connectionparameters.json"]
    write_files(tmp_path, {**files, f"Connectors/con_erp{ending}": text})
    assert rules(tmp_path) == ["CR205"]


def test_the_custom_connector_may_lie_in_another_solution(tmp_path: Path) -> None:
    two(tmp_path / "HR", CUSTOM, GUID)
    write_solution(tmp_path / "Connectors of ours", "ContosoConnectors", [], {})
    write_files(tmp_path / "Connectors of ours", connector_files("Connector", HOST))
    assert rules(tmp_path) == ["CR205"]
    taken_out = '[connectors]\nown-endpoint = ["!shared_con-5ferp"]\n'
    assert rules(tmp_path, taken_out) == ["CR201"]


@pytest.mark.parametrize(("parameters", "rule"), [(HOST, "CR205"), (KEY, "CR201")])
def test_a_solution_that_is_exported_but_not_unpacked_tells_too(
    tmp_path: Path, parameters: object, rule: str
) -> None:
    references = [Reference(f"con_{name}", CUSTOM, custom=GUID) for name in "ab"]
    write_solution(tmp_path, "ContosoHR", references, {}, "flat")
    files = connector_files("Connector", parameters)
    declared = f"<Connectors>{files.pop('Connector/con_erp.xml')}<Connector/></Connectors>"
    path = tmp_path / "customizations.xml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("</ImportExportXml>", f"{declared}</ImportExportXml>"), "utf-8")
    write_files(tmp_path, files)
    assert rules(tmp_path) == [rule]


@pytest.mark.parametrize(
    ("path", "text"), [("con_erp_connectionparameters.json", "{"), ("con_erp.xml", "<Connector>")]
)
def test_a_custom_connector_that_cannot_be_read_is_said(tmp_path: Path, path: str, text: str) -> None:
    two(tmp_path, CUSTOM, GUID)
    write_files(tmp_path, {**connector_files("Connectors", HOST), f"Connectors/{path}": text})
    unreadable = [item for item in check(tmp_path).findings if item.rule.id == "CR901"]
    assert [item.span.path for item in unreadable] == [f"Connectors/{path}"]


def test_another_custom_connector_tells_nothing(tmp_path: Path) -> None:
    two(tmp_path, CUSTOM, GUID)
    write_files(tmp_path, connector_files("Connectors", HOST, GUID.replace("0b6f", "1b6f")))
    assert rules(tmp_path) == ["CR201"]

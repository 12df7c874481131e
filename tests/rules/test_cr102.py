from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crstandards.rules import rule_named
from tests.support.builders import write_files, write_solution
from tests.support.checks import check, data, found

SHARED = {"id": "/providers/microsoft.powerapps/apis/shared_sql", "sharedConnectionId": "7f3e9a52-1c4d"}


def meta(connections: dict[str, Any], name: str = "Rooms") -> str:
    escaped = json.dumps(connections).replace("&", "&amp;").replace("<", "&lt;")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<CanvasApp>\n  <Name>con_rooms_1a2b3</Name>\n'
        f"  <DisplayName>{name}</DisplayName>\n"
        f"  <ConnectionReferences>{escaped}</ConnectionReferences>\n</CanvasApp>\n"
    )


def rooms(tmp_path: Path, *connections: dict[str, Any]) -> Path:
    write_solution(tmp_path, "ContosoRooms", references=[("con_sql", "shared_sql")], flows={})
    keyed = {f"0b6f7c1e-5a0d-4a57-9f0c-3f1d2c4b5a{index:02}": item for index, item in enumerate(connections)}
    write_files(tmp_path, {"CanvasApps/con_rooms_1a2b3.meta.xml": meta(keyed)})
    return tmp_path


def test_a_shared_connection_without_a_reference_is_found(tmp_path: Path) -> None:
    others = {"id": SHARED["id"]}, SHARED | {"id": "/providers/microsoft.powerapps/apis/shared_azureblob"}
    other, reported = found(rooms(tmp_path, *others, SHARED), "CR102")
    assert other.data == {"app": "Rooms", "connector": "shared_azureblob"}
    assert reported.data == {"app": "Rooms", "connector": "shared_sql"}
    assert reported.severity == "warning"
    assert reported.span.path == "CanvasApps/con_rooms_1a2b3.meta.xml"
    assert "<ConnectionReferences>" in reported.span.excerpt
    assert "con_sql" in reported.finding.help


def test_it_is_found_in_an_unpacked_app(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoRooms")
    connections = {"0b6f7c1e-5a0d-4a57-9f0c-3f1d2c4b5a69": {"connectionRef": SHARED}}
    path = "CanvasApps/src/con_rooms_1a2b3/Connections/Connections.json"
    write_files(tmp_path, {path: json.dumps(connections, indent=2)})
    (reported,) = found(tmp_path, "CR102")
    assert reported.span.path == path


def test_it_is_found_in_an_export_that_is_not_unpacked(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoRooms", [("con_sql", "shared_sql")], {}, "flat")
    path = tmp_path / "customizations.xml"
    app = meta({"0b6f7c1e-5a0d-4a57-9f0c-3f1d2c4b5a69": SHARED}).partition("?>")[2]
    whole = path.read_text("utf-8")
    path.write_text(
        whole.replace("</ImportExportXml>", f"<CanvasApps>{app}</CanvasApps></ImportExportXml>"), "utf-8"
    )
    (reported,) = found(tmp_path, "CR102")
    assert reported.data == {"app": "Rooms", "connector": "shared_sql"}
    assert reported.span.path == "customizations.xml"


def test_an_app_in_both_forms_is_reported_once(tmp_path: Path) -> None:
    rooms(tmp_path, SHARED)
    connections = {"0b6f7c1e-5a0d-4a57-9f0c-3f1d2c4b5a00": {"connectionRef": SHARED}}
    write_files(
        tmp_path, {"CanvasApps/src/con_rooms_1a2b3/Connections/Connections.json": json.dumps(connections)}
    )
    assert len(found(tmp_path, "CR102")) == 1


@pytest.mark.parametrize(
    "connection",
    [
        {"id": SHARED["id"]},
        SHARED | {"xrmConnectionReferenceLogicalName": "con_sql"},
        SHARED | {"sharedConnectionId": ""},
        SHARED | {"id": "/providers/microsoft.powerapps/apis/shared_con-5fx-5f21dec655d73f3a8c"},
        SHARED | {"isCustomApiConnection": True},
    ],
    ids=["users bring their own", "a reference", "an empty id", "a custom connector", "marked as custom"],
)
def test_left_alone(tmp_path: Path, connection: dict[str, Any]) -> None:
    assert found(rooms(tmp_path, connection), "CR102") == []


def test_the_reference_behind_an_app_is_used(tmp_path: Path) -> None:
    rooms(tmp_path, SHARED | {"xrmConnectionReferenceLogicalName": "CON_SQL"})
    assert not check(tmp_path).findings


CUSTOM = {
    "id": "/providers/Microsoft.PowerApps/apis/shared_con-5fx-5f0123456789abcdef",
    "sharedConnectionId": "1",
}


@pytest.mark.parametrize(
    ("entry", "connectors"),
    [
        (SHARED, ["shared_sql"]),
        (CUSTOM, ["shared_con-5fx"]),
        ({**SHARED, "xrmConnectionReferenceLogicalName": "con_sql"}, []),
        ({"id": SHARED["id"]}, []),
    ],
)
@pytest.mark.parametrize("others", [0, 1])
def test_a_code_app_is_read_alike(
    tmp_path: Path, entry: dict[str, Any], connectors: list[str], others: int
) -> None:
    app = {"appDisplayName": "Lending", "connectionReferences": {"1": entry}}
    write_files(tmp_path, {"app/power.config.json": json.dumps(app)})
    for number in range(1 + others):
        write_solution(tmp_path / f"src{number}", f"Contoso{number}", [("con_sql", "shared_sql")], {})
    assert [item["connector"] for item in data(tmp_path, "CR102")] == connectors


def test_the_former_name_stays_good() -> None:
    assert rule_named("raw-canvas-connection") == rule_named("raw-app-connection") == "CR102"

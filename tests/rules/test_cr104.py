from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import (
    OUTLOOK,
    Json,
    action,
    entry,
    flow,
    raw_entry,
    write_solution,
)
from tests.support.checks import check, data, found

GUID = "8d1f3b0c-6a52-4b7e-9f10-2c3d4e5f6a7b"
HEX = "3f2c1d0e9b8a47569d1c2b3a4f5e6d7c"
BOUND = f"/providers/Microsoft.PowerApps/apis/shared_office365/connections/{HEX}"


def with_value(tmp_path: Path, value: Any) -> Path:
    document = flow(None, {"Send": action(), "Read": {"type": "Compose", "inputs": {"mailbox": value}}})
    return write_solution(tmp_path, "ContosoHR", flows={"Send reminder": document})


@pytest.mark.parametrize(
    ("value", "connection"),
    [
        (BOUND, HEX),
        (f"https://api.flow.microsoft.com{BOUND}?api-version=1", HEX),
        (f"shared-office365-{GUID}", f"shared-office365-{GUID}"),
        (f"see /connections/{HEX}", HEX),
    ],
)
def test_a_literal_connection_is_found(value: str, connection: str, tmp_path: Path) -> None:
    (item,) = check(with_value(tmp_path, value)).findings
    assert (item.rule.id, item.severity) == ("CR104", "error")
    assert item.data == {"flow": "Send reminder", "connection": connection}
    assert item.span.excerpt.strip().startswith('"mailbox"')


@pytest.mark.parametrize(
    "value",
    [
        HEX,
        GUID,
        "@{outputs('Get')?['body/connectionId']}",
        "/apis/@{items('Each')?['api']}/connections/@{items('Each')?['id']}",
        "shared_office365",
        "https://make.powerautomate.com/connections",
        {"connectionName": "shared_office365"},
    ],
)
def test_what_is_no_literal_connection_is_left_alone(value: Any, tmp_path: Path) -> None:
    assert check(with_value(tmp_path, value)).findings == ()


def test_one_connection_is_one_finding_with_its_other_places(tmp_path: Path) -> None:
    (item,) = found(with_value(tmp_path, [BOUND, {"a": f"x {BOUND} y"}, HEX]), "CR104")
    assert [related.message for related in item.related] == ["and here"]
    assert item.related[0].span.line > item.span.line


def test_two_connections_in_one_text_are_two_findings(tmp_path: Path) -> None:
    with_value(tmp_path, f"/connections/{HEX} /connections/{GUID}")
    assert [item["connection"] for item in data(tmp_path, "CR104")] == [HEX, GUID]


def test_a_filled_default_of_connections_is_found(tmp_path: Path) -> None:
    document = flow()
    default = {OUTLOOK: {"connectionId": BOUND, "connectionName": HEX, "id": "/providers/x"}}
    document["properties"]["definition"]["parameters"]["$connections"]["defaultValue"] = default
    write_solution(tmp_path, "ContosoHR", flows={"A": document})
    (item,) = check(tmp_path).findings
    assert (item.rule.id, item.data["connection"]) == ("CR104", HEX)
    assert item.span.excerpt.strip() == f'"{OUTLOOK}": {{'


@pytest.mark.parametrize(
    "value",
    [
        raw_entry(connection={"id": BOUND}),
        raw_entry(connection={"name": f"shared-office365-{GUID}"}),
    ],
)
def test_outside_the_definition_it_is_the_raw_connections_matter(value: Json, tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [], {"A": flow({OUTLOOK: value})})
    assert [item.rule.id for item in check(tmp_path).findings] == ["CR101"]


@pytest.mark.parametrize("name", [f"shared-office365-{GUID}", f"new_2357.shared_x.shared-x-{GUID}"])
def test_an_alias_or_a_name_that_looks_like_one_is_left_alone(name: str, tmp_path: Path) -> None:
    by_expression = {
        "host": {"connection": {"name": f"@parameters('$connections')['{name}']['connectionId']"}}
    }
    actions = {"Send": action(name, OUTLOOK), "Again": {"type": "ApiConnection", "inputs": by_expression}}
    dotted = f"new_1.shared_x.shared-x-{GUID}"
    actions["Note"] = {"type": "Compose", "inputs": f"uses {dotted}"}
    write_solution(tmp_path, "ContosoHR", flows={"A": flow({name: entry("con_outlook")}, actions)})
    assert found(tmp_path, "CR104") == []

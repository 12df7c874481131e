from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import (
    APIS,
    OUTLOOK,
    TEAMS,
    Json,
    Reference,
    action,
    entry,
    flow,
    flow_file,
    raw_entry,
    to_json,
    write_files,
    write_solution,
)
from tests.support.checks import check, data, found

GUID = "8d1f3b0c-6a52-4b7e-9f10-2c3d4e5f6a7b"


def solution(tmp_path: Path, entries: dict[str, Json | str | None], actions: Json | None = None) -> Path:
    return write_solution(tmp_path, "ContosoHR", ["con_outlook"], {"Send reminder": flow(entries, actions)})


@pytest.mark.parametrize(
    "value",
    [
        raw_entry(),
        {"runtimeSource": "embedded", "api": {"name": OUTLOOK}},
        raw_entry(connection={"name": f"shared-office365-{GUID}"}),
        raw_entry(connection={"id": f"{APIS}{OUTLOOK}/connections/{GUID}"}),
        {"connectionName": f"shared-office365-{GUID}", "source": "Embedded", "id": f"{APIS}{OUTLOOK}"},
        {**raw_entry(), "runtimeSource": "invoker"},
        entry(""),
        {**raw_entry(), "connectionReferenceLogicalName": " "},
    ],
)
def test_every_raw_form_is_found(value: Json, tmp_path: Path) -> None:
    alias = "anything"
    solution(tmp_path, {alias: value}, {"Send": action(alias, OUTLOOK)})
    (item,) = found(tmp_path, "CR101")
    assert item.severity == "error"
    assert item.data == {
        "flow": "Send reminder",
        "alias": alias,
        "connector": OUTLOOK,
        "operations": ["Send"],
    }
    assert item.span.excerpt.strip().startswith(f'"{alias}": {{')
    assert item.span.end_column - item.span.column == len(alias) + 2


@pytest.mark.parametrize(
    "value",
    [
        entry("con_outlook"),
        {**entry("CON_Outlook"), "runtimeSource": "invoker", "impersonation": {"source": "invoker"}},
        {"connectionReferenceLogicalName": "con_outlook", "id": f"{APIS}{OUTLOOK}", "connectionName": "x"},
        {**raw_entry(), "connectionReferenceLogicalName": "con_outlook"},
    ],
)
def test_a_reference_in_every_form_is_left_alone(value: Json, tmp_path: Path) -> None:
    solution(tmp_path, {OUTLOOK: value})
    assert check(tmp_path).findings == ()


def test_flows_that_need_no_connection_are_left_alone(tmp_path: Path) -> None:
    child = {"type": "Workflow", "inputs": {"host": {"workflowReferenceName": GUID}, "body": {}}}
    http = {"type": "Http", "inputs": {"method": "GET", "uri": "https://contoso.com"}}
    absent = flow({}, {"Call": child})
    del absent["properties"]["connectionReferences"]
    write_solution(
        tmp_path, "ContosoHR", [], {"Empty": flow({}, {"Child": child, "Http": http}), "Absent": absent}
    )
    assert check(tmp_path).findings == ()


def test_each_entry_is_a_finding_with_all_that_uses_it(tmp_path: Path) -> None:
    by_api = {"type": "OpenApiConnection", "inputs": {"host": {"connectionReferenceName": TEAMS}}}
    nested = {"Each": {"type": "Foreach", "actions": {"Send": action(), "Post": by_api}}}
    trigger = {"On_mail": {**action(), "type": "OpenApiConnectionWebhook"}}
    document = flow({OUTLOOK: None, TEAMS: None, "shared_sql": None}, nested, trigger)
    write_solution(tmp_path, "ContosoHR", [], {"Send reminder": document})
    items = found(tmp_path, "CR101")
    assert [item.data["operations"] for item in items] == [["On_mail", "Send"], ["Post"], []]
    assert [related.message for related in items[0].related] == ['trigger "On mail"', 'action "Send"']
    assert len({item.fingerprint for item in items}) == 3


def test_flows_without_a_solution_are_checked_too(tmp_path: Path) -> None:
    write_files(tmp_path, {f"export/Workflows/{flow_file('A')}": to_json(flow({OUTLOOK: None}))})
    (item,) = found(tmp_path, "CR101")
    assert item.finding.solution == ""
    assert "Add the flow to a solution" in item.finding.help


def test_legacy_packages_and_stale_copies_are_not_listed(tmp_path: Path) -> None:
    raw = to_json(flow({OUTLOOK: None}))
    write_solution(tmp_path, "ContosoHR", [], {})
    write_files(
        tmp_path,
        {
            f"Workflows/old/{flow_file('A')}": raw,
            f"backup/{flow_file('A')}": raw,
            f"pack/Microsoft.Flow/flows/{GUID}/definition.json": raw,
            f".github/workflows/{flow_file('A')}": raw,
        },
    )
    assert found(tmp_path, "CR101") == []


@pytest.mark.parametrize(
    ("references", "said"),
    [
        ([], "a new one (New > More > Connection Reference in the solution)"),
        ([("con_teams", TEAMS)], "a new one (New > More > Connection Reference in the solution)"),
        (["con_outlook"], 'to {"connectionReferenceLogicalName": "con_outlook"}.'),
        (["con_a", "con_b"], 'to {"connectionReferenceLogicalName": "con_a"}.'),
    ],
)
def test_the_help_names_what_the_solution_has(
    references: list[str | tuple[str, str]], said: str, tmp_path: Path
) -> None:
    write_solution(tmp_path, "ContosoHR", references, {"A": flow({OUTLOOK: None})})
    (item,) = found(tmp_path, "CR101")
    assert said in item.finding.help


def test_an_entry_of_no_connector_has_no_reference_to_use(tmp_path: Path) -> None:
    nameless = flow({OUTLOOK: {"connection": {}}})
    write_solution(tmp_path, "ContosoHR", ["con_outlook"], {"A": nameless})
    (item,) = found(tmp_path, "CR101")
    assert 'for an unknown connector: in "Use shared office365".' in item.finding.message
    assert item.finding.decision == "Which connection is a new reference for the connector to have?"
    assert not item.finding.fixable


def test_a_custom_connector_is_told_without_its_hash(tmp_path: Path) -> None:
    api = {"name": "shared_con-5fx-5f21dec655d73f3a8c", "logicalName": "con_5Fx"}
    references = [Reference("con_x", "shared_con-5fx-5f0123456789abcdef", custom="{A}")]
    document = flow({"shared_con-5fx-5f983b8802de813283_1": {"connection": {}, "api": api}})
    write_solution(tmp_path, "ContosoHR", references, {"A": document})
    assert [item["connector"] for item in data(tmp_path, "CR101")] == ["shared_con-5fx"]
    assert '"con_x"' in found(tmp_path, "CR101")[0].finding.help


def test_the_fingerprint_outlives_moving_renaming_and_reformatting(tmp_path: Path) -> None:
    document = flow({OUTLOOK: None, "shared_office365_1": None, TEAMS: None})
    write_solution(tmp_path / "one", "ContosoHR", [], {"A": document})
    moved = (
        to_json(flow({"x": raw_entry(), TEAMS: None, "y": raw_entry()}))
        .replace("\n", "\r\n")
        .replace("  ", "\t")
    )
    write_solution(tmp_path / "two/deep", "contosohr_Patch_1", [], {})
    write_files(
        tmp_path / "two/deep", {f"workflows/Renamed {flow_file('A')}": b"\xef\xbb\xbf" + moved.encode()}
    )
    one, two = (found(tmp_path / name, "CR101") for name in ("one", "two"))
    assert {item.fingerprint for item in one} == {item.fingerprint for item in two}
    assert len({item.fingerprint for item in one}) == 3


def test_the_fingerprint_of_a_flow_that_is_named_by_hand_outlives_a_move(tmp_path: Path) -> None:
    for folder in ("one", "two/deep"):
        write_solution(tmp_path / folder, "ContosoHR", [], {})
        write_files(
            tmp_path / folder, {f"Workflows/{name}.json": to_json(flow({OUTLOOK: None})) for name in "AB"}
        )
    one, two = ({item.fingerprint for item in found(tmp_path / name, "CR101")} for name in ("one", "two"))
    assert one == two
    assert len(one) == 2

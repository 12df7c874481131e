"""Child flows whose connections are brought by whoever runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import (
    OUTLOOK,
    Json,
    entry,
    flow,
    flow_guid,
    write_files,
    write_solution,
    yaml_files,
)
from tests.support.checks import data, found

INVOKED: dict[str, Json | str | None] = {OUTLOOK: {**entry("con_outlook"), "runtimeSource": "invoker"}}
CHILD, PARENT = "Child - Send mail", "Parent"


def invoked(source: str = "invoker", **more: object) -> Json:
    return flow({OUTLOOK: {**entry("con_outlook"), "runtimeSource": source, **more}})


def calling(child: str = CHILD, entries: dict[str, Json | str | None] | None = None) -> Json:
    """A flow that runs another one."""
    host = {"workflowReferenceName": flow_guid(child)}
    inside = {"Run": {"type": "Workflow", "inputs": {"host": host}}}
    return flow(entries or {}, {"Scope": {"type": "Scope", "actions": inside}})


def test_a_child_flow_of_the_invoker_is_found(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", flows={CHILD: invoked(), PARENT: calling()})
    (reported,) = found(tmp_path, "CR507")
    assert reported.severity == "error"
    assert reported.data == {"flow": CHILD, "callers": [PARENT], "aliases": [OUTLOOK]}
    assert reported.span.excerpt.strip() == f'"{OUTLOOK}": {{'
    (caller,) = reported.related
    assert (caller.message, caller.span.excerpt.strip()) == (f'flow "{PARENT}" runs it in "Run"', '"Run": {')


def test_so_is_one_in_the_yaml_layout(tmp_path: Path) -> None:
    write_files(tmp_path, yaml_files("ContosoHR", flows={CHILD: invoked(), PARENT: calling()}))
    assert [item["callers"] for item in data(tmp_path, "CR507")] == [[PARENT]]


def test_a_sibling_may_run_it(tmp_path: Path) -> None:
    write_solution(tmp_path / "HR", "ContosoHR", flows={CHILD: invoked()})
    write_solution(tmp_path / "IT", "ContosoIT", flows={PARENT: calling(), "Other": calling()})
    (reported,) = found(tmp_path, "CR507")
    assert reported.data["callers"] == ["Other", PARENT]
    assert set(reported.finding.involves) == {"HR", "IT"}
    # One of its own comes first.
    write_solution(tmp_path / "IT", "ContosoIT", flows={CHILD: invoked("embedded")})
    assert found(tmp_path, "CR507") == []


@pytest.mark.parametrize(
    "flows",
    [
        {CHILD: invoked("embedded"), PARENT: calling()},
        {CHILD: invoked("embedded", impersonation={"source": "invoker"}), PARENT: calling()},
        {CHILD: invoked(), PARENT: calling("Another flow")},
        {CHILD: invoked(), PARENT: flow({})},
        {
            CHILD: flow({}),
            PARENT: calling(entries={OUTLOOK: invoked()["properties"]["connectionReferences"][OUTLOOK]}),
        },
    ],
)
def test_left_alone(tmp_path: Path, flows: dict[str, Json]) -> None:
    write_solution(tmp_path, "ContosoHR", flows=flows)
    assert found(tmp_path, "CR507") == []


def test_its_fingerprint_is_the_child(tmp_path: Path) -> None:
    write_solution(tmp_path / "a", "ContosoHR", flows={CHILD: invoked(), PARENT: calling()})
    write_solution(tmp_path / "b", "ContosoHR", flows={CHILD: invoked(), "Other": calling()})
    first, second = found(tmp_path, "CR507")
    assert first.fingerprint == second.fingerprint

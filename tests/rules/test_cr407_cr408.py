from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import write_solution
from tests.support.configured import PROD, TEST, found, put, rules_found
from tests.support.exports import OTHER_ID, OUTLOOK_ID, PAC_TABLE, page, reference, rest, settings

COMPLETE = PROD + "inventory-complete = true\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_solution(tmp_path / "src/HR", "ContosoHR")
    return tmp_path


# CR407


def test_an_unbound_reference(root: Path) -> None:
    export = page(reference("con_outlook", None))
    put(root, {"inventory/prod.json": export, "inventory/test.json": export})
    (item,) = found(root, "CR407", PROD + TEST)
    assert item.severity == "error"
    assert item.finding.message == (
        "The connection reference con_outlook for Office 365 Outlook (shared_office365) is bound to "
        "no connection in environments "
        "contoso-prod and contoso-test. Flows that use it cannot be turned on."
    )
    assert item.data["reference"] == "con_outlook"
    assert [related.message for related in item.related] == [
        'flow "Send reminder" (alias "shared_office365") uses con_outlook'
    ]


@pytest.mark.parametrize("bound", [OUTLOOK_ID, "#{outlook}#"])
def test_what_the_next_import_binds_is_a_note(root: Path, bound: str) -> None:
    put(root, {"inventory/prod.json": page(reference("con_outlook", None))})
    put(root, {"config/prod/hr.json": settings(("con_outlook", bound))})
    (item,) = found(root, "CR407", PROD)
    assert item.severity == "note"
    put(root, {"config/prod/hr.json": settings(("con_outlook", "TODO"))})
    (item,) = found(root, "CR407", PROD)
    assert item.severity == "error"


@pytest.mark.parametrize(
    "references",
    [
        [reference("con_outlook")],
        [reference("con_other", None)],
        [{**reference("con_outlook", None), "statecode": 1}],
        [{**reference("con_outlook", None), "statecode": "Inactive"}],
    ],
)
def test_references_that_are_left_alone(root: Path, references: list[Any]) -> None:
    put(root, {"inventory/prod.json": page(*references)})
    assert found(root, "CR407", PROD) == []


def test_a_committed_inventory_tells_it(root: Path) -> None:
    for more, rules in (({}, ["CR407"]), ({"inactive": True}, [])):
        put(root, {"inventory/prod.json": _committed([], [{"logicalName": "con_outlook", **more}])})
        assert rules_found(root, "CR407", PROD) == rules


# CR408


def _committed(
    connections: list[Any], references: list[Any] | None = None, taken: str = "2026-01-10", **members: Any
) -> Any:
    told = {} if references is None else {"references": references}
    inventory = {"schema": "crstandards/inventory/1", "taken": taken, "connections": connections}
    return {**inventory, **told, **members}


UNBOUND = {"logicalName": "con_other"}


@pytest.mark.parametrize(
    ("config", "severity"), [(PROD, "warning"), (COMPLETE, "error")], ids=["unknown", "complete"]
)
@pytest.mark.parametrize(
    "inventory",
    [
        page(rest(OTHER_ID)),
        PAC_TABLE.replace(OUTLOOK_ID, "0" * 31 + "1"),
        _committed([{"id": OTHER_ID}]),
        _committed([{"id": OTHER_ID}], [UNBOUND], all=True),
    ],
)
def test_an_id_of_no_connection(root: Path, inventory: Any, config: str, severity: str) -> None:
    put(
        root, {"config/prod/hr.json": settings(("con_outlook", OUTLOOK_ID)), "inventory/prod.json": inventory}
    )
    (item,) = found(root, "CR408", config)
    assert item.severity == severity
    assert item.data == {
        "reference": "con_outlook",
        "environments": ["contoso-prod"],
        "connection": OUTLOOK_ID,
    }
    assert ("Exports don't tell whether they are complete" in item.finding.help) == (severity == "warning")


@pytest.mark.parametrize(
    "inventory",
    [
        page(rest(OUTLOOK_ID.upper())),
        # Of references alone, or of connections to which references are bound, it doesn't speak.
        page(reference("con_other", OTHER_ID)),
        _committed([{"id": OTHER_ID}], [UNBOUND]),
        _committed([{"id": OTHER_ID}], taken="2025-01-10"),
    ],
)
def test_inventories_that_tell_nothing_of_it(root: Path, inventory: Any) -> None:
    put(
        root, {"config/prod/hr.json": settings(("con_outlook", OUTLOOK_ID)), "inventory/prod.json": inventory}
    )
    assert found(root, "CR408", COMPLETE) == []


@pytest.mark.parametrize("bound", ["#{outlook}#", "TODO", "", f"shared_office365/{OUTLOOK_ID}"])
def test_what_is_no_id(root: Path, bound: str) -> None:
    put(root, {"config/prod/hr.json": settings(("con_outlook", bound)), "inventory/prod.json": page(rest())})
    assert found(root, "CR408", COMPLETE) == []


def test_what_a_reference_is_bound_to_is_there(root: Path) -> None:
    put(root, {"config/prod/hr.json": settings(("con_outlook", OUTLOOK_ID))})
    put(root, {"inventory/prod-a.json": page(rest(OTHER_ID))})
    put(root, {"inventory/prod-b.json": page(reference("con_else", OUTLOOK_ID))})
    assert found(root, "CR408", COMPLETE, as_of=date(2026, 1, 15)) == []

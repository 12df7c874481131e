from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.builders import write_solution
from tests.inventory.exports import page, reference, rest
from tests.rules.configured import OWNERSHIP, PROD, TEST, found, put

ONE = OWNERSHIP + PROD


def committed(taken: str) -> dict[str, Any]:
    return {"schema": "crstandards/inventory/1", "taken": taken, "connections": [], "references": []}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_solution(tmp_path / "src/HR", "ContosoHR")
    return tmp_path


def test_outdated(root: Path) -> None:
    put(root, {"inventory/prod.json": committed("2026-01-02")})
    assert found(root, "CR403", ONE, as_of=date(2026, 2, 1)) == []
    (item,) = found(root, "CR403", ONE, as_of=date(2026, 2, 2))
    assert item.severity == "warning"
    assert item.span.path == "inventory/prod.json"
    assert item.finding.message == (
        "The inventory of environment contoso-prod is outdated: inventory/prod.json was taken on 2026-01-02, "
        "and at most 30 days are allowed."
    )
    assert item.data == {
        "reference": "",
        "connection": "",
        "owner": "",
        "environments": ["contoso-prod"],
    }


def test_the_limit(root: Path) -> None:
    put(root, {"inventory/prod.json": committed("2026-01-02")})
    strict = ONE.replace("[ownership]", "[ownership]\nmax-inventory-age = 0")
    assert found(root, "CR403", strict, as_of=date(2026, 1, 2)) == []
    assert len(found(root, "CR403", strict, as_of=date(2026, 1, 3))) == 1


def test_an_inventory_from_later_is_not_old(root: Path) -> None:
    put(root, {"inventory/prod.json": committed("2026-01-02")})
    assert found(root, "CR403", ONE, as_of=date(2025, 1, 1)) == []


def test_of_unknown_age(root: Path) -> None:
    put(root, {"inventory/prod.json": page(), "inventory/prod-references.json": page(reference("con_a"))})
    (item,) = found(root, "CR403", ONE)
    assert item.finding.message.endswith(
        "outdated: nothing says when inventory/prod-references.json and inventory/prod.json were taken."
    )
    assert [related.span.path for related in item.related] == ["inventory/prod.json"]


def test_one_too_old_and_one_of_unknown_age(root: Path) -> None:
    put(
        root,
        {
            "inventory/prod.json": committed("2026-01-02"),
            "inventory/prod-references.json": page(reference("con_a")),
        },
    )
    (item,) = found(root, "CR403", ONE, as_of=date(2026, 2, 2))
    assert item.finding.message.endswith(
        "outdated: inventory/prod.json was taken on 2026-01-02, and at most 30 days are allowed; "
        "nothing says when inventory/prod-references.json was taken."
    )


def test_a_new_connection_proves_that_an_export_is_young(root: Path) -> None:
    put(root, {"inventory/prod.json": page(rest(lastModifiedTime="2026-01-10T00:00:00Z"))})
    assert found(root, "CR403", ONE, as_of=date(2026, 2, 9)) == []
    # An old one proves nothing.
    (item,) = found(root, "CR403", ONE, as_of=date(2026, 2, 10))
    assert "nothing says when inventory/prod.json was taken" in item.finding.message


def test_without_service_accounts_too(root: Path) -> None:
    put(root, {"inventory/prod.json": committed("2025-01-02")})
    assert len(found(root, "CR403", PROD)) == 1


def test_without_inventory(root: Path) -> None:
    assert found(root, "CR403", ONE) == []


def test_environments_with_one_file_have_one_finding(root: Path) -> None:
    put(root, {"inventory/prod.json": committed("2025-01-02")})
    both = ONE + TEST.replace("inventory/test*", "inventory/prod*")
    (item,) = found(root, "CR403", both)
    assert item.data["environments"] == ["contoso-prod", "contoso-test"]

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import write_solution
from tests.support.configured import OWNERSHIP, PROD, found, put
from tests.support.exports import page, reference, rest

ONE = OWNERSHIP + PROD


def committed(taken: str) -> dict[str, Any]:
    return {"schema": "crstandards/inventory/1", "taken": taken, "connections": [], "references": []}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_solution(tmp_path / "src/HR", "ContosoHR")
    return tmp_path


def test_outdated(root: Path) -> None:
    assert found(root, "CR403", ONE) == []
    put(root, {"inventory/prod.json": committed("2026-01-02")})
    strict = ONE.replace("[ownership]", "[ownership]\nmax-inventory-age = 0")
    for config, day, number in (
        (ONE, date(2026, 2, 1), 0),
        (ONE, date(2025, 1, 1), 0),
        (PROD, date(2026, 2, 2), 1),
        (strict, date(2026, 1, 2), 0),
        (strict, date(2026, 1, 3), 1),
    ):
        assert len(found(root, "CR403", config, as_of=day)) == number
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
    put(root, {"inventory/prod.json": page()})
    (item,) = found(root, "CR403", ONE)
    assert item.finding.message.endswith(
        "outdated: nothing says when inventory/prod-references.json and inventory/prod.json were taken."
    )
    assert [related.span.path for related in item.related] == ["inventory/prod.json"]


def test_a_new_connection_proves_that_an_export_is_young(root: Path) -> None:
    put(root, {"inventory/prod.json": page(rest(lastModifiedTime="2026-01-10T00:00:00Z"))})
    assert found(root, "CR403", ONE, as_of=date(2026, 2, 9)) == []
    # An old one proves nothing.
    (item,) = found(root, "CR403", ONE, as_of=date(2026, 2, 10))
    assert "nothing says when inventory/prod.json was taken" in item.finding.message

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import write_solution
from tests.support.configured import BOTH, OWNERSHIP, PROD, found, put, rules_found
from tests.support.exports import ADELE, OTHER_ID, OUTLOOK_ID, PAC_TABLE, page, reference, rest, settings

ONE = OWNERSHIP + PROD


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_solution(tmp_path / "src/HR", "ContosoHR", references=["con_outlook", ("con_sql", "shared_sql")])
    put(
        tmp_path,
        {
            "config/prod/hr.json": settings(("con_outlook", OUTLOOK_ID), ("con_sql", OTHER_ID, "shared_sql")),
            "inventory/prod.json": page(rest(), rest(OTHER_ID, connector="shared_sql")),
        },
    )
    return tmp_path


@pytest.mark.parametrize(
    ("inventory", "why"),
    [
        (page(rest()), f"con_sql (connection {OTHER_ID}): the inventory does not list it."),
        (page(), "the inventory does not list it."),
        (
            page(rest(), rest(OTHER_ID, signed_in=None)),
            f"con_sql (connection {OTHER_ID}): the inventory names no owner.",
        ),
        (page(rest(), rest(OTHER_ID), rest(OTHER_ID, ADELE)), "the inventory contradicts itself."),
        (PAC_TABLE, "the inventory names no owner"),
        (None, "no inventory is there"),
    ],
)
def test_what_the_inventory_does_not_tell(root: Path, inventory: object, why: str) -> None:
    assert rules_found(root, "CR40", ONE) == []
    (root / "inventory/prod.json").unlink()
    put(root, {"inventory/prod.json": inventory} if inventory else {})
    (item,) = found(root, "CR402", ONE)
    assert item.severity == "warning"
    assert why in item.finding.help
    assert "con_sql" in item.finding.message
    assert found(root, "CR401", ONE) == []


def test_one_finding_for_an_environment(root: Path) -> None:
    put(root, {"inventory/prod.json": page()})
    (item,) = found(root, "CR402", ONE)
    assert item.finding.message == (
        "Nothing tells who owns the connections of 2 connection references in environment contoso-prod: "
        "con_outlook and con_sql."
    )
    assert item.data == {
        "reference": "con_outlook",
        "references": ["con_outlook", "con_sql"],
        "connection": OUTLOOK_ID,
        "connections": [OUTLOOK_ID, OTHER_ID],
        "owner": "",
        "environments": ["contoso-prod"],
    }


def test_a_token_is_never_looked_up(root: Path) -> None:
    put(
        root, {"config/prod/hr.json": settings(("con_outlook", "#{x}#"), ("con_sql", OTHER_ID, "shared_sql"))}
    )
    (item,) = found(root, "CR402", ONE)
    assert "con_outlook: the token #{x}# does not tell which connection it will be." in item.finding.help
    assert item.data["connection"] == ""
    put(root, {"inventory/prod-references.json": page(reference("con_outlook"))})
    assert found(root, "CR402", ONE) == []


def test_what_is_unbound_has_no_owner(root: Path) -> None:
    put(
        root,
        {
            "config/prod/hr.json": settings(("con_outlook", "#{x}#"), ("con_sql", OTHER_ID, "shared_sql")),
            "inventory/prod-references.json": page(reference("con_outlook", None)),
        },
    )
    assert found(root, "CR402", ONE) == []


def test_an_owner_in_the_settings_is_one(root: Path) -> None:
    owned = {"LogicalName": "con_outlook", "ConnectionId": OUTLOOK_ID, "ConnectionOwner": "svc-x@contoso.com"}
    put(root, {"config/prod/hr.json": settings(owned, ("con_sql", OTHER_ID, "shared_sql"))})
    put(root, {"inventory/prod.json": page(rest(OTHER_ID))})
    assert found(root, "CR402", ONE) == []


def test_silent_where_ownership_is_not_configured(root: Path) -> None:
    put(root, {"inventory/prod.json": page()})
    assert found(root, "CR402", PROD) == []
    assert found(root, "CR402", ONE + "service-accounts = []\n") == []


def test_an_environment_of_which_nothing_is_known(root: Path) -> None:
    (item,) = found(root, "CR402", BOTH)
    assert item.finding.message == (
        "Nothing tells which connections the references in environment contoso-test have, so nobody can "
        "verify who owns these: con_outlook and con_sql."
    )
    assert item.span.path == "src/HR/Other/Customizations.xml"
    off = BOTH + 'rules = { CR402 = "off" }\n'
    assert found(root, "CR402", off) == []


def test_connections_without_bindings(root: Path) -> None:
    (root / "config/prod/hr.json").unlink()
    (item,) = found(root, "CR402", ONE)
    assert item.span.path == "inventory/prod.json"
    put(root, {"inventory/prod-references.json": page(reference("con_outlook"))})
    (item,) = found(root, "CR402", ONE)
    assert "con_sql: the export of connection references does not list it" in item.finding.help
    put(
        root,
        {"inventory/prod-references.json": page(reference("con_outlook"), reference("CON_SQL", OTHER_ID))},
    )
    assert found(root, "CR402", ONE) == []


def test_an_exception_for_a_connection_covers_no_other(root: Path) -> None:
    exception = f'[[exceptions]]\nrule = "CR402"\nconnection = "{OTHER_ID}"\nreason = "the SQL team\'s"\n'
    put(root, {"inventory/prod.json": page(rest())})
    (item,) = found(root, "CR402", ONE + exception)
    assert item.suppressed is not None
    for gone in (OUTLOOK_ID, "#{outlook}#"):
        put(
            root,
            {
                "config/prod/hr.json": settings(("con_sql", OTHER_ID, "shared_sql"), ("con_outlook", gone)),
                "inventory/prod.json": page(),
            },
        )
        (item,) = found(root, "CR402", ONE + exception)
        assert item.suppressed is None

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from crstandards.commands.inventory import committed
from crstandards.data import load
from crstandards.environments import Account, Connection, Inventory, InventoryFile
from crstandards.errors import NotVerified, UsageError
from tests.support.builders import Json
from tests.support.exports import (
    ADELE,
    ADELE_ID,
    DEPLOYER,
    EVERYTHING,
    OTHER_ID,
    OUTLOOK_ID,
    OWNERSHIP,
    SVC,
    broken,
    page,
    read,
    reference,
    rest,
    share,
    system_user,
    user,
)

TAKEN = date(2026, 2, 3)
EXPORTS = (
    page(
        rest(creator=user(), permissions=[share({"id": DEPLOYER}, "CanEdit")]),
        rest(OTHER_ID, signed_in=ADELE, statuses=broken("AADSTS50057: adele@contoso.com is disabled")),
        rest("unbound", signed_in=ADELE),
    ),
    page(reference("con_outlook"), reference("con_other", OTHER_ID), reference("con_none", None)),
    page(system_user(SVC, "System Administrator"), system_user(ADELE, "System Administrator")),
)


def text_of(*exports: Any) -> str:
    inventory = read(*exports, asked=EVERYTHING._replace(nameless=True))
    return "".join(committed(inventory, TAKEN, "contoso-prod", OWNERSHIP.service_accounts))


def document(*exports: Any) -> Json:
    written: Json = json.loads(text_of(*exports))
    return written


def test_what_it_holds() -> None:
    assert document(*EXPORTS) == {
        "schema": "crstandards/inventory/1",
        "environment": "contoso-prod",
        "taken": "2026-02-03",
        "connections": [
            {
                "id": OTHER_ID,
                "connector": "shared_office365",
                "signedInAs": "other",
                "status": "broken",
                "error": "AADSTS50057",
            },
            {
                "id": OUTLOOK_ID,
                "connector": "shared_office365",
                "signedInAs": "service account",
                "createdBy": "user",
                "status": "connected",
                "sharedWith": [DEPLOYER],
                "editableBy": [DEPLOYER],
            },
        ],
        "references": [
            {"logicalName": "con_none"},
            {"logicalName": "con_other", "connection": OTHER_ID},
            {"logicalName": "con_outlook", "connection": OUTLOOK_ID},
        ],
        "serviceAccounts": [{"account": "svc-*@contoso.com", "hasRole": True}],
    }


def test_a_line_for_each_connection() -> None:
    text = text_of(page(rest("a", None), rest("b", None)))
    assert [line.split(",")[0] for line in text.splitlines()[5:7]] == ['    {"id": "a"', '    {"id": "b"']
    assert '  "references": [\n    {"logicalName": "con_a"' in text_of(page(reference("con_a")))
    assert '  "connections": []\n}\n' in text_of(page())
    assert text.endswith("\n}\n")


def test_it_names_no_person() -> None:
    text = text_of(*EXPORTS).lower()
    for word in (ADELE, "adele", ADELE_ID, "disabled", "never-shown", "somebody's mail"):
        assert word.lower() not in text
    # The only name with an @ is a pattern that stands in the configuration.
    assert text.count("@") == 1


def test_it_is_the_same_whatever_the_order() -> None:
    pages = [page(rest()), page(rest(OTHER_ID))]
    assert text_of(*pages) == text_of(*reversed(pages))


def test_a_pattern_has_the_role_if_all_its_accounts_have() -> None:
    users = page(
        system_user("svc-a@contoso.com", "System Administrator"),
        system_user("svc-b@contoso.com", "Basic User"),
    )
    assert document(users)["serviceAccounts"] == [{"account": "svc-*@contoso.com", "hasRole": False}]


def test_it_fits_its_schema() -> None:
    schema = {"$ref": "#/$defs/committed", "$defs": load("inventory.schema.json")["$defs"]}
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for exports in (EXPORTS, (page(),), ([rest()],)):
        validator.validate(document(*exports))


def test_it_says_the_same_as_the_exports() -> None:
    exported = read(*EXPORTS)
    again = read(document(*EXPORTS))
    assert again.files == (InventoryFile("0.json", TAKEN, is_exact=True),)
    assert again.bindings == exported.bindings
    assert again.roles == {Account("svc-*@contoso.com", is_service=True): True}
    for key, connection in exported.connections.items():
        read_again = again.connections[key]
        assert read_again.verdict == connection.verdict
        assert (read_again.status, read_again.error) == (connection.status, connection.error)
        assert read_again.shared_with == connection.shared_with
        assert read_again.editable_by == connection.editable_by
        assert not any(
            account.known_as for account in (read_again.signed_in, read_again.creator) if account is not None
        )


ACCOUNT = st.none() | st.builds(
    Account, kind=st.sampled_from(("user", "service principal", "")), is_service=st.booleans()
)
CONNECTION = st.builds(
    Connection,
    id=st.uuids().map(str),
    connector=st.just("shared_sql"),
    signed_in=ACCOUNT,
    creator=ACCOUNT,
    status=st.sampled_from(("connected", "broken", "")),
    error=st.sampled_from(("", "AADSTS50076")),
    shared_with=st.sampled_from((None, frozenset(), frozenset((DEPLOYER,)))),
    doubtful=st.booleans(),
    editable_by=st.sampled_from((None, frozenset(), frozenset((DEPLOYER,)))),
)


@given(
    st.lists(CONNECTION, max_size=4, unique_by=lambda connection: connection.id),
    st.none() | st.dictionaries(st.text(), st.sampled_from(("", "a")), max_size=3),
)
def test_what_is_written_is_always_read_back(
    connections: list[Connection], bindings: dict[str, str] | None
) -> None:
    given_bindings = None if bindings is None else {name.lower(): value for name, value in bindings.items()}
    inventory = Inventory((), {connection.id: connection for connection in connections}, given_bindings)
    text = "".join(committed(inventory, TAKEN, "", ()))
    everything = EVERYTHING._replace(bound=frozenset(inventory.connections))
    again = read(json.loads(text), asked=everything)
    assert again.bindings == inventory.bindings
    assert {key: value.verdict for key, value in again.connections.items()} == {
        key: value.verdict for key, value in inventory.connections.items()
    }
    assert {key: value.shared_with for key, value in again.connections.items()} == {
        key: value.shared_with for key, value in inventory.connections.items()
    }
    assert "".join(committed(again, TAKEN, "", ())) == text


def test_an_inventory_of_another_environment() -> None:
    with pytest.raises(UsageError, match=r"^0\.json is the inventory of contoso-prod, not of contoso-test$"):
        read(document(page()), asked=EVERYTHING._replace(environment="contoso-test"))
    assert read(document(page()), asked=EVERYTHING._replace(environment="Contoso-Prod")).files


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "crstandards/inventory/2"}, '"schema" is not what is expected there'),
        ({"taken": "yesterday"}, '"taken" is not what is expected there'),
        ({"taken": "2026-02-31"}, "2026-02-31 is no date"),
        ({"owner": ADELE}, "a member is not known"),
        ({"connections": [{"id": OUTLOOK_ID, "owner": ADELE}]}, "a member is not known"),
        ({"connections": [{"connector": "shared_sql"}]}, "it names no connection"),
        (
            {"connections": [{"id": OUTLOOK_ID, "signedInAs": "adele"}]},
            '"signedInAs" is not what is expected',
        ),
        ({"references": [{"logicalName": 3}]}, '"logicalName" is not what is expected'),
        ({"serviceAccounts": [{"account": "x"}]}, '"hasRole" is missing'),
    ],
)
def test_a_wrong_inventory(change: Json, said: str) -> None:
    with pytest.raises(NotVerified) as caught:
        read({**document(page()), **change})
    assert said in str(caught.value)
    assert ADELE not in str(caught.value)


def test_without_a_day() -> None:
    written = document(page())
    del written["taken"]
    with pytest.raises(NotVerified, match='"taken" is missing'):
        read(written)

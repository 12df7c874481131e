from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crstandards.environments import Account, Connection, InventoryFile
from crstandards.errors import NotVerified, UsageError
from crstandards.inventory.reader import Asked, Source, read_inventory
from tests.support.builders import APIS, SQL, Json
from tests.support.exports import (
    ADELE,
    ADELE_ID,
    DEPLOYER,
    ENVIRONMENT,
    EVERYTHING,
    OTHER_ID,
    OUTLOOK_ID,
    OWNERSHIP,
    PAC_TABLE,
    SVC,
    SVC_ID,
    broken,
    encoded,
    page,
    powershell,
    read,
    reference,
    rest,
    share,
    source,
    system_user,
    user,
)

OWNED = Connection(OUTLOOK_ID, "shared_office365", Account(SVC, is_service=True), None, status="connected")


def only(*contents: Any, asked: Asked = EVERYTHING) -> Connection:
    inventory = read(*contents, asked=asked)
    assert list(inventory.connections) == [OUTLOOK_ID.lower()]
    return inventory.connections[OUTLOOK_ID.lower()]


# The REST interfaces


FIRST = page(rest(), nextLink="https://next")


@pytest.mark.parametrize(
    "contents",
    [
        [page(rest())],
        [page(rest(environment={"id": "x", "name": ENVIRONMENT}, accountName=SVC))],
        [[rest()]],
        [rest()],
        [FIRST, page()],
    ],
)
def test_one_connection(contents: list[Any]) -> None:
    assert only(*contents) == OWNED


@pytest.mark.parametrize(
    "contents",
    [
        [FIRST, page(rest(OTHER_ID))],
        [page(rest(OTHER_ID)), FIRST],
        [[FIRST, page(rest(OTHER_ID))]],
        ["\n".join(map(json.dumps, [FIRST, page(rest(OTHER_ID))]))],
    ],
)
def test_many_pages(contents: list[Any]) -> None:
    assert sorted(read(*contents).connections) == sorted((OUTLOOK_ID, OTHER_ID))


CONTEXT = "https://contoso.crm4.dynamics.com/api/data/v9.2/$metadata"
COMMITTED = {"schema": "crstandards/inventory/1", "taken": "2026-01-10", "connections": []}


@pytest.mark.parametrize(
    ("contents", "bindings", "roles", "is_of_all"),
    [
        ([page()], None, None, False),
        ([[]], None, None, False),
        ([page(rest())], None, None, True),
        ([PAC_TABLE], None, None, True),
        ([page(**{"@odata.context": f"{CONTEXT}#connectionreferences(x)"})], {}, None, False),
        ([page(rest()), page(**{"@odata.context": f"{CONTEXT}#systemusers"})], None, {}, True),
        ([page(system_user(ADELE, "Basic User"))], None, {}, False),
        ([COMMITTED], None, None, True),
        ([{**COMMITTED, "serviceAccounts": []}], None, {}, True),
        ([{**COMMITTED, "references": []}], {}, None, False),
        ([{**COMMITTED, "references": [], "all": True}], {}, None, True),
        ([{**COMMITTED, "references": []}, page(rest())], {}, None, True),
    ],
)
def test_what_it_speaks_of(contents: list[Any], bindings: Any, roles: Any, is_of_all: bool) -> None:
    inventory = read(*contents)
    assert (inventory.bindings, inventory.roles, inventory.is_of_all) == (bindings, roles, is_of_all)


@pytest.mark.parametrize(
    ("signed_in", "creator", "verdict"),
    [
        (SVC, user(SVC, SVC_ID), "service account"),
        (SVC, None, "service account"),
        (None, user(SVC, SVC_ID), "service account"),
        (SVC, user(), "creator"),
        (ADELE, user(SVC, SVC_ID), "other"),
        (ADELE, None, "other"),
        (None, user(), "other"),
        (None, None, "unverified"),
        (None, user("Flows", SVC_ID, "ServicePrincipal"), "service account"),
        (None, user("Flows", "another", "ServicePrincipal"), "other"),
    ],
)
def test_the_verdict(signed_in: str | None, creator: Json | None, verdict: str) -> None:
    assert only(page(rest(signed_in=signed_in, creator=creator))).verdict == verdict


def bound(*ids: str) -> Asked:
    return Asked(OWNERSHIP, bound=frozenset(identifier.lower() for identifier in ids))


PERSON = Account(ADELE, ADELE_ID, kind="user")
OFFICE = "shared_office365"
POWERSHELL = Connection(OUTLOOK_ID, OFFICE, PERSON, PERSON, status="connected")
# What is left where a smaller -Depth was asked for.
SHALLOW = {
    "CreatedBy": f"@{{id={SVC_ID}; displayName=Power; type=User; tenantId=1111}}",
    "Statuses": ["@{status=Error; target=token; error=}"],
    "Internal": "@{name=x; id=y; type=Microsoft.PowerApps/apis/connections; properties=}",
}
SIGNED_IN = f"@{{apiId=/x; accountName={SVC}; statuses=System.Object[]; permissions=}}"
POWER = Account("Power", SVC_ID, kind="user", is_service=True)
NAMED = {"id": ADELE_ID, "displayName": SVC, "type": "User"}


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ([page(rest(creator=user()))], OWNED._replace(creator=PERSON)),
        (
            [page({"name": OUTLOOK_ID, "properties": {"apiId": APIS + OFFICE}})],
            Connection(OUTLOOK_ID, OFFICE),
        ),
        (
            [page({"name": OUTLOOK_ID, "id": f"{APIS}{SQL}/connections/{OUTLOOK_ID}", "properties": {}})],
            Connection(OUTLOOK_ID, SQL),
        ),
        ([[powershell(), powershell(OTHER_ID)]], POWERSHELL),
        # One result is no list; PowerShell 5.1 wraps lists.
        ([powershell()], POWERSHELL),
        ([{"value": [powershell()], "Count": 1}], POWERSHELL),
        ([[powershell(**SHALLOW)]], Connection(OUTLOOK_ID, OFFICE, None, POWER, "broken")),
        (
            [[powershell(Internal={"name": "x", "properties": SIGNED_IN})]],
            POWERSHELL._replace(signed_in=Account(SVC, is_service=True)),
        ),
        ([[powershell(Statuses="@{status=Connected}")]], POWERSHELL),
        ([[powershell(Statuses="System.Object[]")]], POWERSHELL._replace(status="")),
        (
            [[powershell(CreatedBy=NAMED, Internal=None)]],
            POWERSHELL._replace(signed_in=None, creator=PERSON._replace(name=SVC, is_service=True)),
        ),
        # What stands there twice is one; two exports tell more than one.
        ([page(rest(), rest())], OWNED),
        ([page(rest(), rest(OUTLOOK_ID.upper()))], OWNED),
        ([PAC_TABLE, page(rest(statuses=[]))], OWNED),
        ([page(rest()), page(rest(signed_in=ADELE))], OWNED._replace(doubtful=True)),
        (
            [page(rest(), rest(statuses=broken("AADSTS50076")))],
            OWNED._replace(status="broken", error="AADSTS50076"),
        ),
    ],
)
def test_what_is_known_of_a_connection(contents: list[Any], expected: Connection) -> None:
    assert only(*contents, asked=bound(OUTLOOK_ID)) == expected


def test_whose_a_connection_is_that_exports_contradict_themselves_about_is_not_verified() -> None:
    assert only(page(rest()), page(rest(signed_in=ADELE))).verdict == "unverified"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str) -> None:
    assert only(encoded([powershell()], encoding)).verdict == "other"
    assert only(PAC_TABLE.replace("\n", "\r\n").encode(encoding), asked=bound(OUTLOOK_ID)).status


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ([page(rest(), nextLink="https://next")], r"^0\.json is one page of several .* fetch all pages$"),
        (
            [page(rest()), page(reference("con_a"), **{"@odata.nextLink": "https://next"})],
            r"^1\.json is one page of several",
        ),
        (
            [encoded(page(rest(), rest(OTHER_ID)))[:-30]],
            r"^0\.json cannot be read as an inventory \(item 2\): .* cut off",
        ),
        ([PAC_TABLE + "Error: the environment went away\n"], "row 3 of the table"),
    ],
)
def test_what_is_not_whole_is_said(contents: list[Any], said: str) -> None:
    with pytest.raises(NotVerified, match=said):
        read(*contents)


# Other exports


def test_references() -> None:
    off = [{**reference(f"con_{state}"), "statecode": state} for state in (1, "Inactive")]
    inventory = read(page(reference("Con_Outlook"), reference("con_unbound", None), *off))
    assert inventory.bindings == {
        **{"con_outlook": OUTLOOK_ID, "con_unbound": ""},
        **{"con_1": OUTLOOK_ID, "con_inactive": OUTLOOK_ID},
    }
    assert inventory.inactive == {"con_1", "con_inactive"}
    assert inventory.connections == {}


def test_roles() -> None:
    inventory = read(
        page(
            system_user(SVC, "Basic User", "system administrator"),
            system_user("svc-other@contoso.com", "Basic User"),
            system_user(ADELE, "System Administrator"),
            system_user("", "Basic User", object_id=SVC_ID, fullname="Flows", applicationid="x"),
        )
    )
    roles = {account.name: has_role for account, has_role in (inventory.roles or {}).items()}
    assert roles == {SVC: True, "svc-other@contoso.com": False, "Flows": False}


@pytest.mark.parametrize("table", [PAC_TABLE, PAC_TABLE.replace("\n", "\n\n"), PAC_TABLE.rstrip("\n")])
def test_the_table_of_pac(table: str) -> None:
    inventory = read(table)
    assert inventory.connections == {
        OUTLOOK_ID: Connection(OUTLOOK_ID, "shared_office365", status="connected"),
        OTHER_ID: Connection(OTHER_ID, "shared_teams", status="broken"),
    }
    assert inventory.connections[OUTLOOK_ID].verdict == "unverified"


APP = {"id": DEPLOYER, "type": "ServicePrincipal"}
REST_SHARE = {
    "name": DEPLOYER,
    "id": f"{APIS}shared_office365/connections/{OUTLOOK_ID}/permissions/{DEPLOYER}",
    "properties": {"roleName": "CanView", "principal": APP},
}


def assignment(principal: str, connection: str = OUTLOOK_ID) -> Json:
    return {"ConnectionName": connection, "RoleName": "CanEdit", "PrincipalObjectId": principal}


@pytest.mark.parametrize(
    ("contents", "shared"),
    [
        ([page(rest())], None),
        ([page(rest(permissions=[]))], []),
        ([page(rest(permissions=[share(user(), "Owner")]))], []),
        ([page(rest(permissions=[share(APP)]))], [DEPLOYER]),
        # Its creator needs no share.
        ([page(rest(creator=user("Pipeline", DEPLOYER, "ServicePrincipal"), permissions=[]))], [DEPLOYER]),
        # In exports of their own.
        ([page(rest()), page(REST_SHARE)], [DEPLOYER]),
        ([page(rest()), [assignment(ADELE_ID)]], []),
        ([[assignment(DEPLOYER)], page(rest(permissions=[]))], [DEPLOYER]),
        # A share of a connection that is not listed is nothing.
        ([page(rest(permissions=[])), [assignment(DEPLOYER, OTHER_ID)]], []),
    ],
)
def test_shares(contents: list[Any], shared: list[str] | None) -> None:
    assert only(*contents).shared_with == (None if shared is None else frozenset(shared))


@pytest.mark.parametrize(
    ("statuses", "status", "error"),
    [
        ([{"status": "Connected"}], "connected", ""),
        ([], "", ""),
        (None, "", ""),
        (broken("AADSTS135011: Device is disabled."), "broken", "AADSTS135011"),
        (broken("The token of adele@contoso.com is gone"), "broken", "Unauthorized"),
        ([{"status": "Error", "error": {"code": "secret:abc123"}}], "broken", ""),
        ([{"status": "Error"}], "broken", ""),
        ([{"status": "Connected"}, {"status": "Error", "target": "token"}], "broken", ""),
        ([{"status": "Error", "error": "@{code=No; message=AADSTS50034: x}"}], "broken", "AADSTS50034"),
    ],
)
def test_a_status(statuses: Any, status: str, error: str) -> None:
    connection = only(page(rest(statuses=statuses)))
    assert (connection.status, connection.error) == (status, error)


# Environments


def asked(name: str, *others: str, environment_id: str = "") -> Asked:
    return EVERYTHING._replace(environment=name, others=(name, *others), environment_id=environment_id)


ELSEWHERE = rest(OTHER_ID, environment={"name": "another"})
OF_NONE = {"name": OUTLOOK_ID, "properties": {"apiId": APIS + OFFICE, "accountName": SVC}}


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (page(rest()), asked("contoso-prod", environment_id=ENVIRONMENT.upper())),
        ([powershell()], asked("contoso-prod", environment_id=ENVIRONMENT)),
        (page(rest()), asked("contoso-prod", "contoso-test")),
        # Connections of others are left out.
        (page(ELSEWHERE, rest()), asked("contoso-prod", environment_id=ENVIRONMENT)),
        (page(OF_NONE), asked("contoso-prod", environment_id=ENVIRONMENT)),
    ],
)
def test_the_environment_that_is_asked_for(content: Any, wanted: Asked) -> None:
    assert only(content, asked=wanted).id == OUTLOOK_ID


@pytest.mark.parametrize(
    ("wanted", "named"),
    [(asked("contoso-prod", environment_id="other"), "other"), (asked("prod", ENVIRONMENT), "prod")],
)
def test_another_environment_than_the_one_asked_for(wanted: Asked, named: str) -> None:
    with pytest.raises(UsageError, match=rf"^0\.json is of the environment {ENVIRONMENT}, not of {named}$"):
        read(page(rest()), asked=wanted)


# What matters


def test_only_what_is_bound_is_kept() -> None:
    items = page(*(rest(f"{number:032x}") for number in range(100)), rest())
    assert only(items, page(reference("con_outlook"))) == OWNED
    assert only(items, asked=bound(OUTLOOK_ID)) == OWNED
    assert read(items, asked=bound()).connections == {}
    # Which ones are bound may stand in a later file.
    assert only(page(reference("con_outlook", OUTLOOK_ID.upper())), items) == OWNED


@pytest.mark.parametrize("asked", [EVERYTHING, bound()])
@pytest.mark.parametrize("order", [1, -1])
def test_what_one_file_says_counts_in_any_order(asked: Asked, order: int) -> None:
    pages = [
        page(rest(), rest(OTHER_ID)),
        page(reference("con_outlook")),
        page(system_user(SVC, "Basic User")),
    ]
    inventory = read("\n".join(map(json.dumps, pages[::order])), asked=asked)
    assert inventory.connections == {OUTLOOK_ID: OWNED}
    assert inventory.bindings == {"con_outlook": OUTLOOK_ID}
    assert list((inventory.roles or {}).values()) == [False]


def test_of_two_files_the_later_one_tells_what_a_reference_is_bound_to() -> None:
    written = {**COMMITTED, "references": [{"logicalName": "con_outlook", "connection": OTHER_ID}]}
    export = page(reference("con_outlook"))
    assert read(written, export).bindings == {"con_outlook": OUTLOOK_ID}
    assert read(export, written).bindings == {"con_outlook": OTHER_ID}


# Age


def test_an_export_is_not_older_than_its_newest_connection() -> None:
    items = page(
        rest(), rest(OTHER_ID, lastModifiedTime="2026-02-03T04:05:06Z"), rest("x", createdTime="soon")
    )
    inventory = read(items, page(reference("con_outlook")))
    assert inventory.files == (InventoryFile("0.json", date(2026, 2, 3)), InventoryFile("1.json"))


def test_a_day_that_is_none() -> None:
    item = rest(createdTime="2026-19-39T00:00:00Z")
    assert read(page(item)).files == (InventoryFile("0.json"),)


# What is no inventory


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"ConnectionReferences": []}, "a file of deployment settings, which belongs under settings"),
        ({"error": {"code": "Forbidden", "message": "no"}}, "the service's answer that something went wrong"),
        ({"properties": {"definition": {}}}, "no inventory"),
        ([{"name": "x", "properties": {"displayName": "an app"}}], "no inventory"),
        ([{"logicalName": "x"}], "no inventory"),
        ([1], "no inventory"),
        (page({"workflowid": "x"}), "no inventory"),
        ([page({"workflowid": "x"})], "no inventory"),
        ({"connections": [{"id": "x"}]}, "no inventory"),
        ("no table\nat all\n", "no inventory"),
        ("Id,Name\n1,2\n", "no inventory"),
    ],
)
def test_what_is_no_inventory(content: Any, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(content)
    message = str(caught.value)
    assert message.startswith(f"0.json is {said}")
    assert "expected are connections (Power Platform REST, Get-AdminPowerAppConnection" in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        ({**COMMITTED, "connections": [3]}, "it is not an object"),
        (page({"connectionreferencelogicalname": "a"}), '(item 1): "connectionid" is missing'),
        (page({"systemuserid": "x"}), '(item 1): "systemuserroles_association" is missing'),
        (page(rest(), {**rest(), "name": 3}), "(item 2): it names no connection"),
        (page(rest(createdBy=[])), '(item 1): "properties.createdBy" is not what is expected there'),
        (page(rest(permissions={"value": "SECRET"})), '"properties.permissions" is not what is expected'),
    ],
)
def test_a_file_of_the_wrong_shape(content: Any, said: str) -> None:
    with pytest.raises(NotVerified) as caught:
        read(content)
    assert str(caught.value).startswith("0.json cannot be read as an inventory")
    assert said in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(NotVerified, match=r"x\.json cannot be read: no such file"):
        read_inventory([Source("x.json", (tmp_path / "x.json").open)], EVERYTHING)  # type: ignore[arg-type]


def test_no_files() -> None:
    assert read_inventory([], EVERYTHING).connections == {}


def test_sources_are_named() -> None:
    with pytest.raises(UsageError, match=r"^exports/a\.json is no inventory"):
        read_inventory([source("exports/a.json", {})], EVERYTHING)

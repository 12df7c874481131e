from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crstandards.errors import NotVerified, UsageError
from crstandards.inventory.reader import Asked, Source, read_inventory
from crstandards.ownership import Account, Connection, InventoryFile
from tests.builders import APIS, SQL, Json
from tests.inventory.exports import (
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
        ([{**COMMITTED, "references": []}], {}, None, False),
        ([{**COMMITTED, "references": [], "all": True}], {}, None, True),
        ([{**COMMITTED, "references": []}, page(rest())], {}, None, True),
    ],
)
def test_what_it_speaks_of(contents: list[Any], bindings: Any, roles: Any, is_of_all: bool) -> None:
    inventory = read(*contents)
    assert (inventory.bindings, inventory.roles, inventory.is_of_all) == (bindings, roles, is_of_all)


def test_the_creator_and_the_signed_in_account() -> None:
    connection = only(page(rest(signed_in=SVC, creator=user())))
    assert connection.signed_in == Account(SVC, is_service=True)
    assert connection.creator == Account(ADELE, ADELE_ID, kind="user")
    assert connection.verdict == "creator"


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


def test_without_optional_members() -> None:
    item = {"name": OUTLOOK_ID, "properties": {"apiId": APIS + "shared_office365"}}
    assert only(page(item)) == Connection(OUTLOOK_ID, "shared_office365")


def test_the_connector_from_the_id() -> None:
    item = {"name": OUTLOOK_ID, "id": f"{APIS}shared_sql/connections/{OUTLOOK_ID}", "properties": {}}
    assert only(page(item)).connector == SQL


def test_a_missing_page_is_said() -> None:
    with pytest.raises(NotVerified, match=r"^0\.json is one page of several .* fetch all pages$"):
        read(page(rest(), nextLink="https://next"))
    with pytest.raises(NotVerified, match=r"^1\.json is one page of several"):
        read(page(rest()), page(reference("con_a"), **{"@odata.nextLink": "https://next"}))


def test_a_truncated_page_is_said() -> None:
    whole = encoded(page(rest(), rest(OTHER_ID)))
    with pytest.raises(NotVerified, match=r"^0\.json cannot be read as an inventory \(item 2\): .* cut off"):
        read(whole[:-30])


# Get-AdminPowerAppConnection


def test_powershell() -> None:
    connection = only(
        [powershell(), powershell(OTHER_ID)],
        asked=EVERYTHING._replace(keep_all=False, bound=frozenset({OUTLOOK_ID})),
    )
    assert connection == Connection(
        OUTLOOK_ID,
        "shared_office365",
        Account(ADELE, ADELE_ID, kind="user"),
        Account(ADELE, ADELE_ID, kind="user"),
        status="connected",
    )


def test_one_result_is_no_list() -> None:
    assert only(powershell()).verdict == "other"


def test_powershell_51_wraps_lists() -> None:
    assert only({"value": [powershell()], "Count": 1}).verdict == "other"


SHALLOW = {
    "CreatedBy": f"@{{id={SVC_ID}; displayName=Power; type=User; tenantId=1111}}",
    "Statuses": ["@{status=Error; target=token; error=}"],
    "Internal": "@{name=x; id=y; type=Microsoft.PowerApps/apis/connections; properties=}",
}


def test_a_small_depth() -> None:
    connection = only([powershell(**SHALLOW)])
    assert connection.creator == Account("Power", SVC_ID, kind="user", is_service=True)
    assert connection.signed_in is None
    assert connection.verdict == "service account"
    assert (connection.status, connection.error) == ("broken", "")


def test_a_depth_that_leaves_the_signed_in_account() -> None:
    internal = {
        "name": "x",
        "properties": f"@{{apiId=/x; accountName={SVC}; statuses=System.Object[]; permissions=}}",
    }
    connection = only([powershell(Internal=internal)])
    assert connection.signed_in == Account(SVC, is_service=True)
    assert connection.verdict == "creator"


def test_a_small_depth_with_statuses_as_one_text() -> None:
    assert only([powershell(Statuses="@{status=Connected}")]).status == "connected"
    assert only([powershell(Statuses="System.Object[]")]).status == ""


def test_a_missing_mail() -> None:
    creator = {"id": ADELE_ID, "displayName": SVC, "type": "User"}
    connection = only([powershell(CreatedBy=creator, Internal=None)])
    assert connection.verdict == "service account"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str) -> None:
    assert only(encoded([powershell()], encoding)).verdict == "other"
    assert only(PAC_TABLE.replace("\n", "\r\n").encode(encoding), asked=bound(OUTLOOK_ID)).status


def bound(*ids: str) -> Asked:
    return Asked(OWNERSHIP, bound=frozenset(identifier.lower() for identifier in ids))


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
    assert inventory.roles is not None
    assert [(account.name, has_role) for account, has_role in inventory.roles.items()] == [
        (SVC, True),
        ("svc-other@contoso.com", False),
        ("Flows", False),
    ]


def test_the_table_of_pac() -> None:
    inventory = read(PAC_TABLE)
    assert inventory.connections == {
        OUTLOOK_ID: Connection(OUTLOOK_ID, "shared_office365", status="connected"),
        OTHER_ID: Connection(OTHER_ID, "shared_teams", status="broken"),
    }
    assert inventory.connections[OUTLOOK_ID].verdict == "unverified"


def test_a_row_that_is_none() -> None:
    with pytest.raises(NotVerified, match="row 3 of the table"):
        read(PAC_TABLE + "Error: the environment went away\n")


def test_blank_lines_of_a_table_mean_nothing() -> None:
    assert read(PAC_TABLE.replace("\n", "\n\n")) == read(PAC_TABLE)
    assert read(PAC_TABLE.rstrip("\n")) == read(PAC_TABLE)


def test_shares_in_the_list() -> None:
    deployer = {"id": DEPLOYER, "type": "ServicePrincipal"}
    assert only(page(rest())).shared_with is None
    assert only(page(rest(permissions=[]))).shared_with == frozenset()
    assert only(page(rest(permissions=[share(user(), "Owner")]))).shared_with == frozenset()
    assert only(page(rest(permissions=[share(deployer)]))).shared_with == {DEPLOYER}
    # Its creator needs no share.
    creator = user("Pipeline", DEPLOYER, "ServicePrincipal")
    assert only(page(rest(creator=creator, permissions=[]))).shared_with == {DEPLOYER}


def test_shares_in_exports_of_their_own() -> None:
    one = {
        "name": DEPLOYER,
        "id": f"{APIS}shared_office365/connections/{OUTLOOK_ID}/permissions/{DEPLOYER}",
        "properties": {"roleName": "CanView", "principal": {"id": DEPLOYER, "type": "ServicePrincipal"}},
    }
    assert only(page(rest()), page(one)).shared_with == {DEPLOYER}
    other = {
        "ConnectionName": OUTLOOK_ID,
        "RoleName": "CanEdit",
        "PrincipalObjectId": ADELE_ID,
        "PrincipalType": "User",
    }
    assert only(page(rest()), [other]).shared_with == frozenset()
    assert only([{**other, "PrincipalObjectId": DEPLOYER}], page(rest(permissions=[]))).shared_with == {
        DEPLOYER
    }


def test_a_share_of_a_connection_that_is_not_listed_is_nothing() -> None:
    other = {
        "ConnectionName": OTHER_ID,
        "RoleName": "CanEdit",
        "PrincipalObjectId": DEPLOYER,
        "PrincipalType": "ServicePrincipal",
    }
    assert only(page(rest(permissions=[])), [other]) == only(page(rest(permissions=[])))


# Statuses


@pytest.mark.parametrize(
    ("statuses", "status", "error"),
    [
        ([{"status": "Connected"}], "connected", ""),
        ([], "", ""),
        (None, "", ""),
        (
            broken("AADSTS135011: Device used during the authentication is disabled."),
            "broken",
            "AADSTS135011",
        ),
        (broken("The token of adele@contoso.com is gone"), "broken", "Unauthorized"),
        ([{"status": "Error", "error": {"code": "secret:abc123"}}], "broken", ""),
        ([{"status": "Error"}], "broken", ""),
        ([{"status": "Connected"}, {"status": "Error", "target": "token"}], "broken", ""),
        (
            [{"status": "Error", "error": "@{code=Unauthorized; message=AADSTS50034: x}"}],
            "broken",
            "AADSTS50034",
        ),
    ],
)
def test_a_status(statuses: Any, status: str, error: str) -> None:
    connection = only(page(rest(statuses=statuses)))
    assert (connection.status, connection.error) == (status, error)


# What stands there twice


def test_a_duplicate_is_one() -> None:
    assert only(page(rest(), rest())) == OWNED
    assert only(page(rest(OUTLOOK_ID.upper()), rest()), asked=EVERYTHING).signed_in == OWNED.signed_in


def test_two_exports_tell_more_than_one() -> None:
    connection = only(PAC_TABLE, page(rest(statuses=[])), asked=bound(OUTLOOK_ID))
    assert connection == OWNED


def test_a_duplicate_that_differs_is_doubtful() -> None:
    connection = only(page(rest()), page(rest(signed_in=ADELE)))
    assert connection.doubtful
    assert connection.verdict == "unverified"


def test_a_fault_in_one_of_two_counts() -> None:
    connection = only(page(rest(), rest(statuses=broken("AADSTS50076"))))
    assert (connection.status, connection.error) == ("broken", "AADSTS50076")


# Environments


def asked(name: str, *others: str, environment_id: str = "") -> Asked:
    return EVERYTHING._replace(environment=name, others=(name, *others), environment_id=environment_id)


def test_the_environment_that_is_asked_for() -> None:
    assert only(page(rest()), asked=asked("contoso-prod", environment_id=ENVIRONMENT.upper())) == OWNED
    assert only([powershell()], asked=asked("contoso-prod", environment_id=ENVIRONMENT)).verdict == "other"
    assert only(page(rest()), asked=asked("contoso-prod", "contoso-test")) == OWNED


def test_another_environment_than_the_one_asked_for() -> None:
    with pytest.raises(UsageError, match=rf"^0\.json is of the environment {ENVIRONMENT}, not of other$"):
        read(page(rest()), asked=asked("contoso-prod", environment_id="other"))
    with pytest.raises(UsageError, match=rf"of the environment {ENVIRONMENT}, not of contoso-prod$"):
        read(page(rest()), asked=asked("contoso-prod", ENVIRONMENT))


def test_connections_of_other_environments_are_left_out() -> None:
    other = rest(OTHER_ID, environment={"name": "another"})
    assert only(page(other, rest()), asked=asked("contoso-prod", environment_id=ENVIRONMENT)) == OWNED
    without = rest()
    del without["properties"]["environment"]
    assert only(page(without), asked=asked("contoso-prod", environment_id=ENVIRONMENT)) == OWNED


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
    assert inventory.roles is not None
    assert list(inventory.roles.values()) == [False]


def test_of_two_files_the_later_one_tells_what_a_reference_is_bound_to() -> None:
    written = {"schema": "crstandards/inventory/1", "taken": "2026-01-10", "connections": [{"id": OTHER_ID}]}
    written["references"] = [{"logicalName": "con_outlook", "connection": OTHER_ID}]
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


def test_a_committed_inventory_without_service_accounts_knows_of_no_role() -> None:
    committed = {"schema": "crstandards/inventory/1", "taken": "2026-01-10", "connections": []}
    assert read(committed).roles is None
    assert read({**committed, "serviceAccounts": []}).roles == {}


def test_an_item_that_is_no_object() -> None:
    committed = {"schema": "crstandards/inventory/1", "taken": "2026-01-10", "connections": [3]}
    with pytest.raises(NotVerified, match="it is not an object"):
        read(committed)

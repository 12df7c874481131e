from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.rules.test_cr102 import meta
from tests.support.builders import APIS, write_solution
from tests.support.configured import OWNERSHIP, PROD, TEST, found, put
from tests.support.exports import (
    ADELE,
    ADELE_ID,
    DEPLOYER,
    OUTLOOK_ID,
    SVC,
    SVC_ID,
    page,
    rest,
    settings,
    share,
    system_user,
    user,
)

ONE = OWNERSHIP + PROD
ADMIN = "System Administrator"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_solution(tmp_path / "src/HR", "ContosoHR")
    put(
        tmp_path,
        {
            "config/prod/hr.json": settings(("con_outlook", OUTLOOK_ID)),
            "inventory/prod.json": page(rest(creator=user(SVC, SVC_ID))),
        },
    )
    return tmp_path


# CR405


def test_a_service_account_without_the_role(root: Path) -> None:
    assert found(root, "CR405", ONE) == []
    put(root, {"inventory/prod-users.json": page(system_user(SVC, "Basic User"))})
    (item,) = found(root, "CR405", ONE)
    assert item.severity == "warning"
    assert item.finding.message == (
        "The service account s…r@contoso.com lacks the role System Administrator in environment contoso-prod."
    )
    assert item.data["owner"] == "s…r@contoso.com"
    other = ONE.replace("[ownership]", '[ownership]\nrequired-role = "Basic User"')
    assert found(root, "CR405", other) == []
    put(root, {"inventory/prod-users.json": page(system_user("svc-other@contoso.com", ADMIN))})
    (item,) = found(root, "CR405", ONE)
    assert item.finding.message == (
        "The service account s…r@contoso.com owns connections and is no user in environment contoso-prod."
    )


@pytest.mark.parametrize(
    "users",
    [
        [system_user(SVC, ADMIN.upper())],
        [system_user(SVC, "Basic User", ADMIN), system_user(ADELE, "Basic User")],
        [system_user("svc-other@contoso.com", ADMIN), system_user(SVC, ADMIN)],
        # The same account under another name.
        [system_user("svc-power@contoso.onmicrosoft.com", ADMIN, internalemailaddress=SVC)],
    ],
)
def test_accounts_that_are_left_alone(root: Path, users: list[Any]) -> None:
    put(root, {"inventory/prod-users.json": page(*users)})
    assert found(root, "CR405", ONE) == []


def test_in_a_committed_inventory(root: Path) -> None:
    committed = {
        "schema": "crstandards/inventory/1",
        "taken": "2026-01-10",
        "connections": [{"id": OUTLOOK_ID, "signedInAs": "service account"}],
        "serviceAccounts": [{"account": "svc-*@contoso.com", "hasRole": False}],
    }
    put(root, {"inventory/prod.json": committed})
    (item,) = found(root, "CR405", ONE)
    assert "The service account s…*@contoso.com lacks" in item.finding.message


# CR406

SHARED = ONE + TEST
DEPLOYED = ONE.replace("[ownership]", f'[ownership]\ndeployers = ["{DEPLOYER}"]')


def test_not_shared(root: Path) -> None:
    put(root, {"inventory/prod.json": page(rest(permissions=[share(user(SVC, SVC_ID), "Owner")]))})
    assert found(root, "CR406", ONE) == []
    (item,) = found(root, "CR406", DEPLOYED)
    assert item.severity == "warning"
    assert item.finding.message == (
        f"The connection {OUTLOOK_ID} for Office 365 Outlook (shared_office365), to which con_outlook "
        f"is bound in environment "
        f"contoso-prod, is not shared with {DEPLOYER}."
    )
    assert item.data["connection"] == OUTLOOK_ID


@pytest.mark.parametrize(
    "connection",
    [
        rest(),
        rest(permissions=[share({"id": DEPLOYER, "type": "ServicePrincipal"})]),
        rest(permissions=[share({"id": "t", "type": "NotSpecified", "tenantId": "t"})]),
        rest(creator=user("Pipeline", DEPLOYER, "ServicePrincipal"), permissions=[]),
    ],
)
def test_shares_that_are_left_alone(root: Path, connection: Any) -> None:
    put(root, {"inventory/prod.json": page(connection)})
    assert found(root, "CR406", DEPLOYED) == []


USED = {"id": APIS.lower() + "shared_office365", "xrmConnectionReferenceLogicalName": "con_outlook"}
APP = meta({"c": USED})


@pytest.mark.parametrize(
    ("role", "has_app", "said"),
    [
        ("CanView", True, "is shared with"),
        ("CanEdit", True, ""),
        ("", True, ""),
        ("CanView", False, ""),
    ],
)
def test_an_app_needs_more_than_to_use(root: Path, role: str, has_app: bool, said: str) -> None:
    shares = [share({"id": DEPLOYER, "type": "ServicePrincipal"}, role)]
    put(root, {"inventory/prod.json": page(rest(permissions=shares))})
    if has_app:
        put(root, {"src/HR/CanvasApps/con_rooms.meta.xml": APP})
    items = found(root, "CR406", DEPLOYED)
    assert [said in item.finding.message for item in items] == ([True] if said else [])
    if said:
        assert f'{DEPLOYER} for use only, and canvas app "Rooms" needs editing' in items[0].finding.message


def test_a_group_is_a_deployer_when_it_is_named(root: Path) -> None:
    put(root, {"inventory/prod.json": page(rest(permissions=[share({"id": ADELE_ID, "type": "Group"})]))})
    assert len(found(root, "CR406", DEPLOYED)) == 1
    assert found(root, "CR406", DEPLOYED.replace(DEPLOYER, ADELE_ID)) == []


def test_a_deployer_that_has_a_share_is_not_named(root: Path) -> None:
    write_solution(root / "src/HR", "ContosoHR", ["con_outlook", "con_other"])
    bound = settings(("con_outlook", OUTLOOK_ID), ("con_other", OUTLOOK_ID))
    shares = [share({"id": DEPLOYER, "type": "ServicePrincipal"})]
    put(root, {"config/prod/hr.json": bound, "inventory/prod.json": page(rest(permissions=shares))})
    both = ONE.replace("[ownership]", f'[ownership]\ndeployers = ["{DEPLOYER}", "{ADELE_ID}"]')
    (item,) = found(root, "CR406", both)
    assert item.finding.message == (
        f"The connection {OUTLOOK_ID} for Office 365 Outlook (shared_office365), to which "
        f"con_outlook and con_other are bound in "
        f"environment contoso-prod, is not shared with {ADELE_ID}."
    )

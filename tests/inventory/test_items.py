from __future__ import annotations

import pytest

from crstandards.environments import Account, Ownership, masked
from crstandards.inventory.items import account, members, sharing, signed_in
from tests.support.builders import Json
from tests.support.exports import ADELE, ADELE_ID, DEPLOYER, SVC, SVC_ID, user

OURS = Ownership(service_accounts=("svc-*@contoso.com", SVC_ID), deployers=(DEPLOYER, "deploy@contoso.com"))


@pytest.mark.parametrize(
    "value",
    [
        SVC,
        SVC.upper(),
        SVC_ID,
        SVC_ID.upper(),
        user(SVC, "other"),
        user("somebody@contoso.com", SVC_ID),
        user("Power Automate", SVC_ID, "ServicePrincipal"),
        {"id": "x", "displayName": SVC},
        {"id": "x", "displayName": "Power Automate", "email": SVC},
        {"id": "x", "userPrincipalName": "power@contoso.onmicrosoft.com", "email": SVC},
        f"@{{id=x; displayName={SVC}; type=User; tenantId=y}}",
        f"@{{id={SVC_ID}; displayName=Power Automate; email=; type=ServicePrincipal; tenantId=y}}",
    ],
)
def test_a_service_account(value: object) -> None:
    named = account(value, OURS)
    assert named
    assert named.is_service


@pytest.mark.parametrize(
    "value",
    [
        ADELE,
        ADELE_ID,
        user(),
        "svc-power@contoso.com.evil.example",
        # Whoever has a mail address of his own may call himself what he likes.
        {"id": "x", "displayName": SVC, "email": ADELE},
        {"id": "x", "displayName": "the svc-power@contoso.com of old"},
        user("Some app", "x", "ServicePrincipal"),
        f"@{{id={ADELE_ID}; displayName=Adele; Vance; type=User; tenantId=y}}",
    ],
)
def test_no_service_account(value: object) -> None:
    named = account(value, OURS)
    assert named
    assert not named.is_service


@pytest.mark.parametrize("value", [None, "", "  ", {}, [], 3, "@{}", "@{id=; displayName=}", {"id": None}])
def test_nobody(value: object) -> None:
    assert account(value, OURS) is None


def test_what_is_known_of_an_account() -> None:
    both = account({**user("adele@contoso.onmicrosoft.com"), "email": ADELE}, OURS)
    assert both == Account("adele@contoso.onmicrosoft.com", ADELE_ID, ADELE, "user")
    assert account(ADELE, OURS) == Account(ADELE)
    assert account(ADELE_ID, OURS) == Account(ADELE_ID, ADELE_ID)
    assert account({"applicationid": SVC_ID, "fullname": "Flows"}, OURS) == Account(
        "Flows", kind="service principal", is_service=True
    )


@pytest.mark.parametrize("name", [ADELE, ADELE.upper(), "Adele", ADELE_ID])
def test_whoever_is_signed_in_under_a_creators_name_is_the_creator(name: str) -> None:
    assert signed_in(name, user(), OURS) == account(user(), OURS)


def test_whoever_is_signed_in_under_another_name_is_another() -> None:
    other = signed_in(SVC, user(), OURS)
    assert other
    assert other.is_service
    assert signed_in(None, user(), OURS) is None
    assert signed_in(" ", user(), OURS) is None


@pytest.mark.parametrize(
    ("principal", "found"),
    [
        ({"id": DEPLOYER.upper(), "type": "ServicePrincipal"}, {DEPLOYER}),
        ({"id": "x", "email": "deploy@contoso.com", "type": "User"}, {"deploy@contoso.com"}),
        ({"id": "x", "type": "Group"}, set()),
        ({"id": "x", "type": "Tenant"}, {DEPLOYER, "deploy@contoso.com"}),
        ({"id": "x", "tenantId": "x"}, {DEPLOYER, "deploy@contoso.com"}),
        ({"id": "x", "type": "NotSpecified", "tenantId": "y"}, set()),
        (None, set()),
    ],
)
def test_shares(principal: Json | None, found: set[str]) -> None:
    told = sharing([(principal, "CanView")], OURS.deployers)
    assert told == {"shared_with": found, "editable_by": set()}


@pytest.mark.parametrize(
    ("roles", "may_edit"),
    [
        (["CanEdit"], {DEPLOYER}),
        (["Owner"], {DEPLOYER}),
        (["CanView", "canedit"], {DEPLOYER}),
        (["CanViewWithShare"], set()),
        ([None], None),
        ([None, "CanView"], set()),
    ],
)
def test_the_role_of_a_share(roles: list[str | None], may_edit: set[str] | None) -> None:
    told = sharing([({"id": DEPLOYER}, role) for role in roles], OURS.deployers)
    assert told == {"shared_with": {DEPLOYER}, "editable_by": may_edit}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@{a=1; b=2}", {"a": "1", "b": "2"}),
        ("@{a=x; y; b=}", {"a": "x; y", "b": ""}),
        ("@{name=a=b; type=User}", {"name": "a=b", "type": "User"}),
        ("@{}", {}),
        ("x=1; y=2", {"": "x=1; y=2"}),
    ],
)
def test_powershells_short_text(text: str, found: dict[str, str]) -> None:
    assert members(text) == found


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("svc@contoso.com", "s…c@contoso.com"),
        ("adele.vance@contoso.com", "a…e@contoso.com"),
        ("ab@contoso.com", "a…@contoso.com"),
        ("a@contoso.com", "a…@contoso.com"),
        ("Adele Vance", "A…e"),
        (ADELE_ID, ADELE_ID),
        ("", ""),
    ],
)
def test_masked(name: str, shown: str) -> None:
    assert masked(name) == shown

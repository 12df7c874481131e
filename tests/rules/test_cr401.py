from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crstandards.inventory.environments import Outside
from tests.support.builders import OUTLOOK, TEAMS, action, entry, flow, write_solution
from tests.support.configured import BOTH, OWNERSHIP, PROD, found, put, rules_found
from tests.support.exports import (
    ADELE,
    ADELE_ID,
    OTHER_ID,
    OUTLOOK_ID,
    SVC,
    SVC_ID,
    page,
    powershell,
    reference,
    rest,
    settings,
    user,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_solution(tmp_path / "src/HR", "ContosoHR")
    put(tmp_path, {"config/prod/hr.json": settings(("con_outlook", OUTLOOK_ID))})
    return tmp_path


def test_found(root: Path) -> None:
    put(root, {"inventory/prod.json": page(rest(signed_in=ADELE))})
    (item,) = found(root, "CR401")
    assert item.severity == "error"
    assert (item.span.path, item.span.line, item.span.column) == ("config/prod/hr.json", 6, 7)
    assert item.finding.message == (
        f"The connection {OUTLOOK_ID} for Office 365 Outlook (shared_office365), to which con_outlook "
        f"is bound in environment "
        "contoso-prod, is signed in as a…e@contoso.com, which is no service account."
    )
    assert item.data == {
        "reference": "con_outlook",
        "connection": OUTLOOK_ID,
        "owner": "a…e@contoso.com",
        "environments": ["contoso-prod"],
    }
    assert item.finding.solution == "ContosoHR"
    advice = item.finding.help.splitlines()
    assert advice[0].startswith("Don't edit the flows in environment contoso-prod: point the reference to")
    assert "Connection references > con_outlook > Edit" in advice[1]
    assert advice[2].startswith("Put its id into config/prod/hr.json too")
    assert [related.span.path for related in item.related] == ["src/HR/Other/Customizations.xml"]


@pytest.mark.parametrize(
    "connection",
    [
        rest(signed_in=SVC),
        rest(signed_in=SVC.upper(), creator=user(SVC, SVC_ID)),
        rest(signed_in=None, creator=user(SVC)),
        powershell(CreatedBy=f"@{{id=x; displayName={SVC}; type=User}}", Internal="@{name=x}"),
    ],
)
def test_left_alone(root: Path, connection: object) -> None:
    put(root, {"inventory/prod.json": page(connection, rest(OTHER_ID, ADELE))})  # type: ignore[arg-type]
    assert rules_found(root, "CR40", OWNERSHIP + PROD) == []


def test_only_the_creator_is_not(root: Path) -> None:
    put(root, {"inventory/prod.json": page(rest(signed_in=None, creator=user()))})
    assert [item.severity for item in found(root, "CR401")] == ["error"]
    put(root, {"inventory/prod.json": page(rest(signed_in=SVC, creator=user()))})
    (item,) = found(root, "CR401")
    assert item.severity == "warning"
    assert item.finding.message.endswith(
        "was created by a…e@contoso.com, which is no service account (the account that it is signed in as is "
        "one)."
    )


def test_a_service_principal(root: Path) -> None:
    put(
        root,
        {
            "inventory/prod.json": page(
                rest(signed_in=None, creator=user("Flows", SVC_ID, "ServicePrincipal"))
            )
        },
    )
    (item,) = found(root, "CR401")
    assert "was created by the service principal F…s" in item.finding.message
    assert "add its object id to service-accounts" in item.finding.help
    listed = BOTH.replace('["svc-', f'["{SVC_ID}", "svc-')
    assert found(root, "CR401", listed) == []


def test_owners_in_full_when_asked(root: Path) -> None:
    put(root, {"inventory/prod.json": page(rest(signed_in=ADELE))})
    (masked,) = found(root, "CR401")
    (shown,) = found(root, "CR401", outside=Outside(show_owners=True))
    assert ADELE in shown.finding.message
    assert shown.data["owner"] == ADELE
    assert ADELE not in str(masked)
    assert shown.fingerprint == masked.fingerprint


@pytest.mark.parametrize(
    ("config", "number"),
    [
        (PROD, 0),
        (OWNERSHIP + PROD, 1),
        (OWNERSHIP + PROD + f'service-accounts = ["{ADELE}"]\n', 0),
        (OWNERSHIP + PROD + "service-accounts = []\n", 0),
        (PROD + 'service-accounts = ["svc-*"]\n', 1),
    ],
)
def test_where_owners_matter(root: Path, config: str, number: int) -> None:
    put(root, {"inventory/prod.json": page(rest(signed_in=ADELE))})
    assert len(found(root, "CR401", config)) == number


def test_equal_findings_of_several_environments_are_one(root: Path) -> None:
    put(
        root,
        {
            "config/test/hr.json": settings(("con_outlook", OTHER_ID)),
            "inventory/prod.json": page(rest(signed_in=ADELE)),
            "inventory/test.json": page(rest(OTHER_ID, signed_in=ADELE)),
        },
    )
    # Different connections are different work.
    assert [item.data["connection"] for item in found(root, "CR401")] == [OUTLOOK_ID, OTHER_ID]


def test_several_references_on_one_connection_are_one_finding(root: Path) -> None:
    write_solution(root / "src/Finance", "ContosoFinance", references=["con_mail"], flows={})
    put(
        root,
        {
            "config/prod/finance.json": settings(("con_mail", OUTLOOK_ID.upper())),
            "inventory/prod.json": page(rest(signed_in=ADELE)),
        },
    )
    (item,) = found(root, "CR401")
    assert item.data["references"] == ["con_mail", "con_outlook"]
    assert item.data["reference"] == "con_mail"
    assert item.finding.solution == ""


def test_bound_as_the_environment_says(root: Path) -> None:
    put(
        root,
        {
            "config/prod/hr.json": settings(("con_outlook", "#{outlook}#")),
            "inventory/prod.json": page(rest(signed_in=ADELE)),
            "inventory/prod-references.json": page(reference("Con_Outlook", OUTLOOK_ID.upper())),
        },
    )
    (item,) = found(root, "CR401")
    assert item.data["connection"] == OUTLOOK_ID
    assert item.span.path == "src/HR/Other/Customizations.xml"
    assert "too, or the next import" not in item.finding.help


def test_what_is_bound_and_what_will_be_are_both_judged(root: Path) -> None:
    put(
        root,
        {
            "inventory/prod.json": page(rest(signed_in=SVC), rest(OTHER_ID, signed_in=ADELE)),
            "inventory/prod-references.json": page(reference("con_outlook", OTHER_ID)),
        },
    )
    (item,) = found(root, "CR401")
    assert item.data["connection"] == OTHER_ID


def test_what_only_runners_use_is_exempt(root: Path) -> None:
    put(root, {"inventory/prod.json": page(rest(signed_in=ADELE))})
    runners = {**entry("con_outlook"), "runtimeSource": "invoker"}
    both = {OUTLOOK: runners, f"{OUTLOOK}_1": entry("con_outlook")}
    # What nothing uses is not exempt.
    for entries, number in (({OUTLOOK: runners}, 0), (both, 1), ({}, 1)):
        write_solution(root / "src/HR", "ContosoHR", flows={"Send reminder": flow(entries)})
        assert len(found(root, "CR401")) == number


def test_a_used_reference_that_another_repository_declares(root: Path) -> None:
    write_solution(
        root / "src/HR",
        "ContosoHR",
        references=[],
        flows={"Post": flow({TEAMS: "con_teams"}, {"Post": action(TEAMS)})},
    )
    put(
        root,
        {
            "inventory/prod.json": page(rest(OTHER_ID, ADELE, connector=TEAMS)),
            "inventory/prod-references.json": page(reference("con_teams", OTHER_ID, TEAMS)),
        },
    )
    (item,) = found(root, "CR401")
    assert item.data["reference"] == "con_teams"
    assert item.span.path.startswith("src/HR/Workflows/Post-")


# Without an inventory, what the settings say


def with_owner(owner: str) -> str:
    return settings({"LogicalName": "con_outlook", "ConnectionId": OUTLOOK_ID, "ConnectionOwner": owner})


@pytest.mark.parametrize(
    ("owner", "inventory", "config", "number"),
    [
        (ADELE, None, BOTH, 1),
        (ADELE, None, PROD, 0),
        (ADELE, page(rest()), BOTH, 0),
        (SVC, None, BOTH, 0),
        ("", None, BOTH, 0),
        ("#{owner}#", None, BOTH, 0),
    ],
)
def test_an_owner_in_the_settings(root: Path, owner: str, inventory: Any, config: str, number: int) -> None:
    put(root, {"config/prod/hr.json": with_owner(owner)})
    put(root, {"inventory/prod.json": inventory} if inventory else {})
    items = found(root, "CR401", config)
    assert [item.finding.message for item in items] == number * [
        "config/prod/hr.json gives a…e@contoso.com as the owner of the connection for con_outlook in "
        "environment contoso-prod, which is no service account."
    ]


def test_the_committed_inventory_names_nobody(root: Path) -> None:
    committed = {
        "schema": "crstandards/inventory/1",
        "taken": "2026-01-10",
        "connections": [{"id": OUTLOOK_ID, "connector": OUTLOOK, "signedInAs": "user"}],
    }
    put(root, {"inventory/prod.json": committed})
    (item,) = found(root, "CR401")
    assert "is signed in as a user, which is no service account" in item.finding.message
    assert item.data["owner"] == ""
    assert ADELE_ID not in str(item)


# What is bound by the inventory alone


def test_references_that_share_a_connection_are_told_with_where_they_stand(root: Path) -> None:
    (root / "config/prod/hr.json").unlink()
    write_solution(root / "src/HR", "ContosoHR", ["con_a", "con_b"], {})
    write_solution(root / "src/Sales", "ContosoSales", ["con_b"], {})
    bound = page(reference("con_a"), reference("con_b"))
    put(root, {"inventory/prod.json": page(rest(signed_in=ADELE)), "inventory/prod-references.json": bound})
    (item,) = found(root, "CR401", OWNERSHIP + PROD)
    assert "to which con_a and con_b are bound" in item.finding.message
    assert [(related.span.path, related.message) for related in item.related] == [
        ("src/HR/Other/Customizations.xml", "con_b stands here")
    ]

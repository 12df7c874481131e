from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import write_solution
from tests.support.configured import OWNERSHIP, PROD, found, put
from tests.support.exports import ADELE, OTHER_ID, OUTLOOK_ID, PAC_TABLE, SVC, broken, page, rest, settings

ONE = OWNERSHIP + PROD


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_solution(tmp_path / "src/HR", "ContosoHR")
    put(tmp_path, {"config/prod/hr.json": settings(("con_outlook", OUTLOOK_ID))})
    return tmp_path


@pytest.mark.parametrize(
    ("code", "explained"),
    [
        ("AADSTS135011", "The device on which somebody signed in has been disabled"),
        ("AADSTS700082", "The sign-in expired because the connection was not used for a long time."),
        ("AADSTS50034", "The account does not exist in the directory, or no longer does."),
        ("AADSTS500341", "The account was deleted from the directory"),
        ("AADSTS50076", "Multifactor authentication is now required"),
        ("AADSTS50057", "The account is disabled"),
        ("AADSTS99", "https://login.microsoftonline.com/error?code=99 tells what that means."),
    ],
)
def test_found(root: Path, code: str, explained: str) -> None:
    put(root, {"inventory/prod.json": page(rest(statuses=broken(f"{code}: for adele@contoso.com")))})
    (item,) = found(root, "CR404", ONE)
    assert item.severity == "error"
    assert f"is broken ({code}). {explained}" in item.finding.message
    assert ADELE not in str(item)
    assert item.data == {
        "reference": "con_outlook",
        "connection": OUTLOOK_ID,
        "owner": "s…r@contoso.com",
        "environments": ["contoso-prod"],
    }


@pytest.mark.parametrize(
    "inventory",
    [
        page(rest()),
        page(rest(statuses=[])),
        page(rest(), rest(OTHER_ID, statuses=broken("AADSTS50034"))),
    ],
)
def test_left_alone(root: Path, inventory: object) -> None:
    put(root, {"inventory/prod.json": inventory})
    assert found(root, "CR404", ONE) == []


def test_without_a_code(root: Path) -> None:
    put(root, {"config/prod/hr.json": settings(("con_outlook", OTHER_ID)), "inventory/prod.json": PAC_TABLE})
    (item,) = found(root, "CR404", PROD)
    assert item.finding.message.endswith("is bound in environment contoso-prod, is broken.")
    other = broken("Somebody changed something")
    put(root, {"inventory/prod.json": page(rest(OTHER_ID, statuses=other))})
    (item,) = found(root, "CR404", PROD)
    assert item.finding.message.endswith("is bound in environment contoso-prod, is broken (Unauthorized).")


@pytest.mark.parametrize(
    ("owner", "code", "is_replaced"),
    [(ADELE, "AADSTS50076", True), (SVC, "AADSTS500341", True), (SVC, "AADSTS50076", False)],
)
def test_a_persons_or_a_lost_one_is_replaced(root: Path, owner: str, code: str, is_replaced: bool) -> None:
    put(root, {"inventory/prod.json": page(rest(signed_in=owner, statuses=broken(code)))})
    (item,) = found(root, "CR404", ONE)
    assert ("Connection references > con_outlook > Edit" in item.finding.help) is is_replaced
    assert ("choose Fix connection" in item.finding.help) is not is_replaced
    assert "Don't edit the flows" in item.finding.help

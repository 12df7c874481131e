from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import APIS, TEAMS, Reference, write_solution
from tests.support.configured import PROD, TEST, found, put, rules_found
from tests.support.exports import OTHER_ID, OUTLOOK_ID, THIRD_ID, page, rest, settings

BOTH = PROD + TEST
OUTLOOK = ("con_outlook", OUTLOOK_ID)
TEAMS_ENTRY = ("con_teams", OTHER_ID, TEAMS)
TOKENS = [
    "#{con_outlook}#",
    "#con_outlook#",
    "%OUTLOOK%",
    "$(outlook)",
    "__outlook__",
    "#connection[shared_x]#",
    "{{outlook}}",
    "${OUTLOOK}",
    "@{outlook}",
    "shared-office365-#{outlook}#",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_solution(
        tmp_path / "src/HR", "ContosoHR", references=["con_outlook", ("con_teams", TEAMS)], flows={}
    )
    return tmp_path


# CR603


@pytest.mark.parametrize(
    ("empty", "said"),
    [
        *(("", "empty"), ("  ", "empty"), (None, "empty")),
        *(
            (text, f'"{text}", which is no id')
            for text in (
                *("TODO", "todo: ask Adele", "TBD", "null", "n/a", "REPLACE_ME", "ReplaceMe", "Placeholder"),
                *("<connection id>", "{guid}", "[id]", "00000000-0000-0000-0000-000000000000", "xxxx-xxxx"),
                *("your-connection-id", "CHANGE_ME", "..."),
            )
        ),
    ],
)
def test_no_connection(root: Path, empty: str | None, said: str) -> None:
    entry = {"LogicalName": "con_teams", "ConnectionId": empty, "ConnectorId": APIS + TEAMS}
    put(root, {"config/prod/hr.json": settings(OUTLOOK, entry)})
    (item,) = found(root, "CR603", PROD)
    assert (item.severity, item.span.line) == ("error", 11)
    assert item.finding.message == (
        "config/prod/hr.json binds con_teams to no connection in environment contoso-prod: its ConnectionId "
        f"is {said}."
    )
    assert item.data == {"reference": "con_teams", "environments": ["contoso-prod"]}


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_counts_as_bound(root: Path, token: str) -> None:
    put(root, {"config/prod/hr.json": settings(("con_outlook", token), TEAMS_ENTRY)})
    assert rules_found(root, "CR6", PROD) == []


FULL = settings(OUTLOOK, TEAMS_ENTRY)
EMPTY = settings(("con_outlook", ""), ("con_teams", "TODO", TEAMS))


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        ({"hr.json": EMPTY}, "error"),
        ({"hr-template.json": EMPTY}, "error"),
        ({"hr-empty.json": EMPTY, "hr.json": FULL}, "error"),
        ({"hr-template.json": EMPTY, "hr.json": settings(OUTLOOK)}, "error"),
        ({"hr-template.json": EMPTY, "deep/hr.json": FULL}, "error"),
        ({"hr-template.json": EMPTY, "hr.json": FULL}, "note"),
        ({"hr_sample.json": EMPTY, "a.json": settings(OUTLOOK), "b.json": settings(TEAMS_ENTRY)}, "note"),
        ({"Example.json": EMPTY, "hr.json": FULL}, "note"),
        ({"base.deploymentsettings.json": EMPTY, "hr.json": FULL}, "note"),
        ({"hr.json": FULL, "database.json": EMPTY}, "error"),
    ],
)
def test_a_file_that_binds_nothing(root: Path, files: dict[str, str], severity: str) -> None:
    config = PROD.replace("*.json", "**/*.json")
    put(root, {f"config/prod/{name}": content for name, content in files.items()})
    (item,) = found(root, "CR603", config)
    assert item.severity == severity
    assert "gives no connection for any of its 2 connection references" in item.finding.message
    assert item.data["references"] == ["con_outlook", "con_teams"]


def test_an_unknown_reference_is_said_once(root: Path) -> None:
    put(root, {"config/prod/hr.json": settings(OUTLOOK, TEAMS_ENTRY, ("con_gone", ""))})
    assert rules_found(root, "CR6", PROD) == ["CR602"]


# CR604


def test_another_connector(root: Path) -> None:
    put(root, {"config/prod/hr.json": settings(OUTLOOK, ("con_teams", OTHER_ID, "shared_sql"))})
    (item,) = found(root, "CR604", PROD)
    assert item.severity == "error"
    assert item.span.line == 12
    assert item.finding.message == (
        "The entry for con_teams in config/prod/hr.json is for SQL Server (shared_sql), but that "
        "connection reference is "
        "for Microsoft Teams (shared_teams)."
    )


@pytest.mark.parametrize("connector", ["#{connector}#", APIS.lower() + TEAMS.upper(), TEAMS])
def test_connectors_that_are_left_alone(root: Path, connector: str) -> None:
    entry = {"LogicalName": "con_teams", "ConnectionId": OTHER_ID, "ConnectorId": connector}
    put(root, {"config/prod/hr.json": settings(OUTLOOK, entry)})
    assert rules_found(root, "CR6", PROD) == []


@pytest.mark.parametrize("missing", ["", " ", None])
def test_no_connector(root: Path, missing: str | None) -> None:
    entry = {"LogicalName": "con_teams", "ConnectionId": OTHER_ID, "ConnectorId": missing}
    put(root, {"config/prod/hr.json": settings(OUTLOOK, entry)})
    (item,) = found(root, "CR604", PROD)
    assert f"names no connector: its ConnectorId should be {APIS}{TEAMS}" in item.finding.message


def test_a_custom_connector_has_another_hash_in_each_environment(root: Path) -> None:
    custom = Reference(
        "con_erp", "shared_con-5ferp-5f21dec655d73f3a8c", custom="{00000000-0000-4000-8000-000000000001}"
    )
    write_solution(root / "src/HR", "ContosoHR", references=[custom], flows={})
    put(root, {"config/prod/hr.json": settings(("con_erp", OTHER_ID, "shared_con-5ferp-5f983b8802de813283"))})
    assert rules_found(root, "CR6", PROD) == []
    put(root, {"config/prod/hr.json": settings(("con_erp", OTHER_ID, "shared_con-5fcrm-5f983b8802de813283"))})
    assert rules_found(root, "CR6", PROD) == ["CR604"]


@pytest.mark.parametrize(
    "wrong",
    [
        f"shared_teams/{THIRD_ID}",
        f"{APIS}shared_teams/connections/{THIRD_ID}",
        f"/{THIRD_ID}",
        f"/{THIRD_ID}/",
    ],
)
def test_more_than_an_id(root: Path, wrong: str) -> None:
    put(root, {"config/prod/hr.json": settings(OUTLOOK, ("con_teams", wrong, TEAMS))})
    (item,) = found(root, "CR604", PROD)
    assert item.span.line == 11
    assert "has a slash in it: it is more than the id" in item.finding.message
    assert item.finding.help == f"Leave only the last part, {THIRD_ID}."


@pytest.mark.parametrize(
    ("wrong", "said", "left"),
    [
        ("svc-power@contoso.com", "is a mail address", ""),
        ("Contoso Teams connection", "has a blank in it", ""),
        (f" {THIRD_ID}", "has a blank in it", THIRD_ID),
        (f"{{{THIRD_ID}}}", "stands in braces", THIRD_ID),
    ],
)
def test_what_can_be_no_id(root: Path, wrong: str, said: str, left: str) -> None:
    put(root, {"config/prod/hr.json": settings(OUTLOOK, ("con_teams", wrong, TEAMS))})
    (item,) = found(root, "CR604", PROD)
    assert f"{said}, and binds nothing" in item.finding.message
    assert item.finding.help.startswith(f"Leave only the last part, {left}." if left else "Put in the")


def test_an_id_of_another_connectors_connection(root: Path) -> None:
    bound = settings(OUTLOOK, ("con_teams", OTHER_ID, TEAMS))
    put(root, {"config/prod/hr.json": bound, "inventory/prod.json": page(rest(OTHER_ID))})
    (item,) = found(root, "CR604", PROD)
    assert (
        "is for Office 365 Outlook (shared_office365) in environment contoso-prod, but that"
        in item.finding.message
    )
    put(root, {"inventory/prod.json": page(rest(OTHER_ID, connector=TEAMS))})
    assert found(root, "CR604", PROD) == []


@pytest.mark.parametrize("right", [OTHER_ID, OUTLOOK_ID, "$(prod/teams)", "new_sharedteams_1a2b3"])
def test_ids_that_are_left_alone(root: Path, right: str) -> None:
    put(root, {"config/prod/hr.json": settings(("con_teams", right, TEAMS), ("con_outlook", "#{x}#"))})
    assert rules_found(root, "CR6", PROD) == []


# CR605


def test_one_id_in_two_environments(root: Path) -> None:
    put(
        root,
        {
            "config/prod/hr.json": settings(OUTLOOK, TEAMS_ENTRY),
            "config/test/hr.json": settings(
                ("con_outlook", OUTLOOK_ID.upper()), ("con_teams", THIRD_ID, TEAMS)
            ),
        },
    )
    (item,) = found(root, "CR605", BOTH)
    assert item.severity == "error"
    assert item.span.path == "config/test/hr.json"
    assert item.data == {
        "reference": "con_outlook",
        "environments": ["contoso-prod", "contoso-test"],
        "connection": OUTLOOK_ID.upper(),
    }
    assert "stands in the settings of environments contoso-prod and contoso-test" in item.finding.message
    assert item.related[0].span.path == "config/prod/hr.json"


def test_one_id_for_two_references(root: Path) -> None:
    put(
        root,
        {
            "config/prod/hr.json": settings(OUTLOOK, ("con_teams", "#{x}#", TEAMS)),
            "config/test/hr.json": settings(("con_teams", OUTLOOK_ID, TEAMS), ("con_outlook", "#{x}#")),
        },
    )
    (item,) = found(root, "CR605", BOTH)
    assert item.data["references"] == ["con_outlook", "con_teams"]


@pytest.mark.parametrize("same", [*TOKENS, "", "TODO", "00000000-0000-0000-0000-000000000000"])
def test_what_may_be_the_same(root: Path, same: str) -> None:
    written = settings(("con_outlook", same), ("con_teams", "#{y}#", TEAMS))
    put(root, {"config/prod/hr.json": written, "config/test/hr.json": written})
    assert found(root, "CR605", BOTH) == []


def test_few_digits_make_an_id_and_fewer_do_not(root: Path) -> None:
    written = settings(("con_outlook", "a1b2c3d4"), ("con_teams", "abc-000-123", TEAMS))
    put(root, {"config/prod/hr.json": written, "config/test/hr.json": written})
    (item,) = found(root, "CR605", BOTH)
    assert item.data["connection"] == "a1b2c3d4"

from __future__ import annotations

import json
import os

import pytest

from tests.support.builders import OUTLOOK, TEAMS, Repo, entry, flow, write_solution
from tests.support.configured import BOTH, put
from tests.support.exports import (
    ADELE,
    ADELE_ID,
    OTHER_ID,
    OUTLOOK_ID,
    SVC,
    broken,
    page,
    reference,
    rest,
    settings,
    system_user,
    user,
)


@pytest.fixture
def team(repo: Repo) -> Repo:
    """Two solutions, settings for two environments, and exports of one beside the repository."""
    write_solution(repo.root / "src/HR", "ContosoHR", references=["con_outlook", ("con_teams", TEAMS)])
    write_solution(
        repo.root / "src/Finance",
        "ContosoFinance",
        references=["con_outlook"],
        flows={"Invoices": flow(), "Reminders": flow()},
    )
    exports = repo.root.parent / "exports"
    put(
        repo.root,
        {
            "crstandards.toml": BOTH,
            "config/prod/all.json": settings(("con_outlook", OUTLOOK_ID), ("con_teams", "#{teams}#", TEAMS)),
            "config/test/all.json": settings(
                ("con_outlook", "#{outlook}#"), ("con_teams", "#{teams}#", TEAMS)
            ),
        },
    )
    put(
        exports,
        {
            "connections.json": page(
                rest(signed_in=ADELE, creator=user()),
                rest(OTHER_ID, connector=TEAMS, statuses=broken("AADSTS50057: adele@contoso.com")),
                rest("unbound", signed_in=ADELE),
            ),
            "references.json": page(reference("con_outlook"), reference("con_teams", OTHER_ID, TEAMS)),
            "users.json": page(system_user(SVC, "System Administrator"), system_user(ADELE, "Basic User")),
        },
    )
    return repo


EXPORTS = ("../exports/connections.json", "../exports/references.json", "../exports/users.json")


# inventory


def test_the_inventory_names_nobody(team: Repo) -> None:
    done = team.crstandards("inventory", "--environment", "contoso-prod", "--taken", "2026-01-10", *EXPORTS)
    assert (done.status, done.err) == (0, "")
    document = json.loads(done.out)
    assert document["taken"] == "2026-01-10"
    assert document["environment"] == "contoso-prod"
    assert [item["id"] for item in document["connections"]] == sorted((OUTLOOK_ID, OTHER_ID))
    for word in (ADELE, "adele", ADELE_ID, "NEVER-SHOWN", "Somebody"):
        assert word.lower() not in done.out.lower()


def test_the_inventory_is_checked_like_the_exports(team: Repo) -> None:
    done = team.crstandards("inventory", "--environment", "contoso-prod", "--taken", "2026-01-10", *EXPORTS)
    team.write("inventory/prod.json", done.out)
    given = [f"--inventory=contoso-prod={path}" for path in EXPORTS]
    common = ("check", "--as-of=2026-01-15", "--select=CR401,CR402,CR404,CR405", "--quiet")
    committed = team.crstandards(*common)
    (team.root / "inventory/prod.json").unlink()
    exported = team.crstandards(*common, *given)
    assert committed.status == exported.status == 1
    assert exported.out.replace("a…e@contoso.com", "a user") == committed.out


def test_a_committed_inventory_that_is_a_link_is_not_followed(team: Repo) -> None:
    done = team.crstandards("inventory", "--environment", "contoso-prod", "--taken", "2026-01-10", *EXPORTS)
    (team.root.parent / "elsewhere.json").write_text(done.out, "utf-8")
    (team.root / "inventory").mkdir()
    (team.root / "inventory/prod.json").symlink_to("../../elsewhere.json")
    ran = team.crstandards("check")
    assert ran.status == 3
    assert "inventory/prod.json cannot be read: " in ran.err
    assert "link" in ran.err


def test_the_day_is_that_of_the_oldest_file(team: Repo) -> None:
    os.utime(team.root / EXPORTS[1], (1_760_000_000, 1_760_000_000))
    done = team.crstandards("inventory", *EXPORTS)
    assert json.loads(done.out)["taken"] == "2025-10-09"


def test_without_an_export_of_references_all_is_kept(team: Repo) -> None:
    done = team.crstandards("inventory", EXPORTS[0])
    assert len(json.loads(done.out)["connections"]) == 3


def test_without_service_accounts_it_is_said(team: Repo) -> None:
    team.write("crstandards.toml", "")
    done = team.crstandards("inventory", *EXPORTS)
    assert done.status == 0
    assert done.err == (
        "crstandards: no service-accounts are configured, so every owner counts as somebody else\n"
    )


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "name the exports"),
        (("nowhere.json",), 2, "there is no file nowhere.json"),
        (("--environment", "contoso-prd", EXPORTS[0]), 2, "did you mean 'contoso-prod'?"),
        (("--environment-id", "other", EXPORTS[0]), 2, "is of the environment"),
        (("config/prod/all.json",), 2, "a file of deployment settings"),
        (("src/HR/Other/Solution.xml",), 2, "is no inventory"),
        (("--taken", "yesterday", EXPORTS[0]), 2, "is not a date"),
    ],
)
def test_wrong_use(team: Repo, arguments: tuple[str, ...], status: int, said: str) -> None:
    done = team.crstandards("inventory", *arguments)
    assert done.status == status
    assert said in done.err
    assert done.out == ""


def test_a_page_cut_off_is_not_verified(team: Repo) -> None:
    path = team.root / EXPORTS[0]
    path.write_bytes(path.read_bytes()[:-40])
    done = team.crstandards("inventory", *EXPORTS)
    assert done.status == 3
    assert "it ends in the middle" in done.err


# check


def test_an_inventory_from_outside_the_tree(team: Repo) -> None:
    given = [f"--inventory=Contoso-Prod={path}" for path in EXPORTS]
    done = team.crstandards("check", "--as-of=2026-01-15", "--select=CR4", "--format=json", *given)
    found = json.loads(done.out)["findings"]
    assert sorted((item["rule"], *item["data"]["environments"]) for item in found) == [
        ("CR401", "contoso-prod"),
        ("CR402", "contoso-test"),
        ("CR403", "contoso-prod"),
        ("CR404", "contoso-prod"),
    ]
    (outdated,) = [item for item in found if item["rule"] == "CR403"]
    # The newest of the connections shows when they were fetched; the other exports show nothing.
    assert outdated["path"] == "../exports/references.json"


def test_nothing_of_an_export_leaks(team: Repo) -> None:
    person = user("zelda.quux@contoso.com", "deadbeef-0000-4000-8000-000000000001")
    error = broken("AADSTS50057: zelda.quux@contoso.com, secret=HUNTER2")
    leaver = rest(signed_in="zelda.quux@contoso.com", creator=person, statuses=error, displayName="Zelda's")
    put(team.root.parent, {"zelda.json": page(leaver)})
    for form in ("text", "json", "sarif", "markdown", "html"):
        given = "--inventory=contoso-prod=../zelda.json"
        done = team.crstandards("check", "--verbose", f"--format={form}", given)
        assert "CR401" in done.out
        for word in ("zelda.quux", "Zelda's", "deadbeef", "HUNTER2", "NEVER-SHOWN"):
            assert word.lower() not in done.text.lower(), (form, word)


def test_owners_are_shown_only_when_asked(team: Repo) -> None:
    given = [f"--inventory=contoso-prod={path}" for path in EXPORTS]
    done = team.crstandards("check", "--select=CR401", "--quiet", "--show-owners", *given)
    assert ADELE in done.out


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("contoso-prod", "write ENV=FILE, such as contoso-prod=connections.json"),
        ("contoso-prod=", "write ENV=FILE"),
        (
            "contoso-pord=crstandards.toml",
            "no environment is called contoso-pord; did you mean 'contoso-prod'?",
        ),
        ("x=crstandards.toml", "no environment is called x; there are contoso-prod, contoso-test"),
        ("contoso-prod=nowhere.json", "there is no file nowhere.json"),
    ],
)
def test_a_wrong_inventory_option(team: Repo, argument: str, said: str) -> None:
    done = team.crstandards("check", "--inventory", argument)
    assert done.status == 2
    assert said in done.err


def test_an_inventory_that_cannot_be_read_ends_the_check(team: Repo) -> None:
    team.write("inventory/prod.json", '{"value": [')
    done = team.crstandards("check")
    assert done.status == 3
    assert done.err.startswith("crstandards: inventory/prod.json cannot be read as an inventory")
    # Rules that don't ask for owners don't need it.
    assert team.crstandards("check", "--select=CR1,CR2,CR301,CR5,CR6").status == 0


def test_the_inventory_of_the_index_and_of_a_commit(team: Repo) -> None:
    team.write("inventory/prod.json", json.dumps(page(rest(signed_in=ADELE))))
    commit = team.commit()
    team.write("inventory/prod.json", json.dumps(page(rest())))
    team.git("add", "inventory")
    select = ("check", "--select=CR401", "--quiet")
    assert team.crstandards(*select, "--rev", commit).status == 1
    assert team.crstandards(*select, "--staged").status == 0
    team.write("inventory/prod.json", json.dumps(page(rest(signed_in=ADELE))))
    assert team.crstandards(*select).status == 1


# graph


def test_what_hangs_on_an_account(team: Repo) -> None:
    given = [f"--inventory=contoso-prod={path}" for path in EXPORTS]
    done = team.crstandards("graph", "--owner", "ADELE@*", *given)
    assert done.status == 0
    assert (
        done.out
        == f"""\
ADELE@*: 1 connection with connection references of these solutions.

contoso-prod
  connection {OUTLOOK_ID} for Office 365 Outlook (shared_office365), signed in as a…e@contoso.com
    con_outlook
      ContosoFinance: flow "Invoices" (alias "shared_office365")
      ContosoFinance: flow "Reminders" (alias "shared_office365")
      ContosoHR: flow "Send reminder" (alias "shared_office365")
  when it goes, 3 flows will stop

contoso-test
  nothing
  not known whose: the connections of con_outlook and con_teams

A committed inventory names nobody, and tokens tell nothing: hand in the export itself, with \
--inventory ENV=FILE.
"""
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((ADELE_ID, "--show-owners"), [f"signed in as {ADELE}"]),
        (
            (SVC,),
            [
                f"connection {OTHER_ID} for Microsoft Teams (shared_teams), signed in as s…r@contoso.com; ",
                "; broken (AADSTS50057)",
                "ContosoHR: nothing uses it",
            ],
        ),
        (("nobody@contoso.com",), ["nobody@contoso.com: 0 connections", "not known whose"]),
    ],
)
def test_by_whom_it_is_asked(team: Repo, arguments: tuple[str, ...], said: list[str]) -> None:
    given = [f"--inventory=contoso-prod={path}" for path in EXPORTS]
    done = team.crstandards("graph", *given, "--owner", *arguments)
    assert done.status == 0
    assert [part for part in said if part not in done.out] == []


def test_connections_that_were_made_by_one_and_signed_in_by_nobody(team: Repo) -> None:
    exports = page(rest(signed_in=None, creator=user()), rest(OTHER_ID, signed_in=None, connector=TEAMS))
    put(team.root.parent / "exports", {"connections.json": exports})
    given = [f"--inventory=contoso-prod={path}" for path in EXPORTS]
    done = team.crstandards("graph", "--owner", "adele@*", *given)
    assert (
        f"connection {OUTLOOK_ID} for Office 365 Outlook (shared_office365), created by a…e@contoso.com"
        in done.out
    )
    assert "not known whose: the connections of con_teams" in done.out
    team.write("crstandards.toml", "")
    done = team.crstandards("graph", "--owner", "x")
    assert (done.status, "no environment is declared" in done.err) == (2, True)


def test_what_whoever_runs_a_flow_brings_hangs_on_nobody(team: Repo) -> None:
    invoked = flow({OUTLOOK: entry("con_outlook") | {"runtimeSource": "invoker"}})
    for name in ("HR", "Finance"):
        write_solution(team.root / "src" / name, f"Contoso{name}", ["con_outlook"], {})
    write_solution(team.root / "src/HR", "ContosoHR", ["con_outlook"], {"Send reminder": invoked})
    for path in (team.root / "src/Finance/Workflows").glob("*"):
        path.unlink()
    given = [f"--inventory=contoso-prod={path}" for path in EXPORTS]
    done = team.crstandards("graph", "--owner", "adele@*", *given)
    assert "contoso-prod\n  nothing\n" in done.out


def test_a_committed_inventory_tells_service_accounts_apart(team: Repo) -> None:
    done = team.crstandards("inventory", "--environment", "contoso-prod", "--taken", "2026-01-10", *EXPORTS)
    team.write("inventory/prod.json", done.out)
    said = team.crstandards("graph", "--owner", "adele@*").out
    assert "contoso-prod\n  nothing\n  not known whose: the connections of con_outlook\n" in said
    assert "  a service account's: the connections of con_teams\n" in said


# Hooks


def test_a_commit_that_changes_only_settings(team: Repo) -> None:
    team.write("inventory/prod.json", '{"value": [')
    team.commit()
    hook = ("hook", "pre-commit")
    team.write("notes.json", "{}")
    team.git("add", ".")
    assert team.crstandards(*hook).text == ""
    team.write("config/prod/all.json", settings(("con_outlook", OUTLOOK_ID)))
    team.git("add", ".")
    done = team.crstandards(*hook, "--quiet")
    assert done.status == 1
    assert "CR601" in done.out
    # The state of a live environment never stops a commit: the broken inventory is not even read.
    assert "CR4" not in done.text


def test_settings_touch_only_the_solutions_they_speak_of(team: Repo) -> None:
    write_solution(
        team.root / "src/Bank",
        "ContosoBank",
        references=[("con_bank", "shared_sql")],
        flows={"Raw": flow({TEAMS: None})},
    )
    team.write("config/prod/bank.json", settings(("con_bank", "#{x}#", "shared_sql")))
    team.commit()
    team.write("config/prod/all.json", settings(("con_outlook", "#{o}#"), ("con_teams", "#{t}#", TEAMS)))
    team.git("add", ".")
    assert team.crstandards("hook", "pre-commit").status == 0
    team.write("config/prod/bank.json", settings(("con_bank", "#{y}#", "shared_sql")))
    team.git("add", ".")
    done = team.crstandards("hook", "pre-commit", "--quiet")
    assert "CR101" in done.out

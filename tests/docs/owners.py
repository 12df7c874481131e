"""The repository of the worked example in docs/ownership.md: two environments, three solutions, somebody
who leaves, and a broken connection. The exports lie beside it.
"""

from __future__ import annotations

import json

from tests.support.builders import OUTLOOK, SQL, TEAMS, Reference, Repo, flow, write_files, write_solution
from tests.support.exports import ADELE, SVC, broken, page, reference, rest, settings, user

CONNECTIONS = {
    "prod": (
        "shared-office365-7d0c2f6e-41b5-4a9d-8e73-5c1f0b2a9d84",
        "shared-teams-c3b8a1d0-92f4-4e67-b05a-1e6d7f8c2a39",
        "5e7f1a20b6c94d83a1f27d0c9b3e4856",
    ),
    "test": (
        "shared-office365-1f0d9b7e-3a5c-4826-b4d0-7e92c6a8f513",
        "shared-teams-6b2d4c8e-0a1f-4e53-9d7c-8b5a3f1e2d40",
        "9a3f6b1e7c204d588e415b0c2d7f9e13",
    ),
}
CONFIGURATION = """\
[ownership]
service-accounts = ["svc-*@contoso.com"]

[[environments]]
name = "contoso-test"
settings = ["config/test/*.json"]
inventory = ["inventory/test.json"]

[[environments]]
name = "contoso-prod"
settings = ["config/prod/*.json"]
inventory = ["inventory/prod.json"]
"""
DISABLED = broken("AADSTS135011: Device used during the authentication is disabled.")
MAIL = Reference("con_outlook", OUTLOOK, "Contoso Outlook")
SOLUTIONS = {
    "HR": (
        [MAIL, Reference("con_teams", TEAMS, "Contoso Teams")],
        {
            "Send reminder": flow({OUTLOOK: "con_outlook"}),
            "Welcome newcomers": flow({OUTLOOK: "con_outlook", TEAMS: "con_teams"}),
        },
    ),
    "Finance": (
        [MAIL, Reference("con_sql", SQL, "Contoso SQL")],
        {"Send invoices": flow({OUTLOOK: "con_outlook", SQL: "con_sql"})},
    ),
    "Sales": (
        [Reference("con_mail", OUTLOOK, "Sales Outlook")],
        {"Answer enquiries": flow({OUTLOOK: "con_mail"})},
    ),
}


def create_owners(repo: Repo) -> Repo:
    """Write and commit all of it, with the inventories that the exports make."""
    for name, (references, flows) in SOLUTIONS.items():
        write_solution(repo.root / "src" / name, f"Contoso{name}", references, flows)
    repo.write("crstandards.toml", CONFIGURATION)
    for stage, (mail, teams, sql) in CONNECTIONS.items():
        owner = ADELE if stage == "prod" else SVC
        connections = page(
            rest(mail, owner, user(owner)),
            rest(teams, SVC, user(SVC), TEAMS),
            rest(sql, SVC, user(SVC), SQL, **({"statuses": DISABLED} if stage == "prod" else {})),
            rest("0" * 31 + "1", ADELE, user(ADELE), "shared_todo"),
        )
        bound = [
            ("con_outlook", mail, OUTLOOK),
            ("con_mail", mail, OUTLOOK),
            ("con_teams", teams, TEAMS),
            ("con_sql", sql, SQL),
        ]
        repo.write(f"config/{stage}/settings.json", settings(*bound) + "\n")
        exports = {"connections": connections, "references": page(*(reference(*one) for one in bound))}
        files = {f"{stage}-{what}.json": json.dumps(written, indent=2) for what, written in exports.items()}
        write_files(repo.root.parent / "exports", files)
        made = repo.crstandards(
            "inventory",
            f"--environment=contoso-{stage}",
            "--taken=2026-06-01",
            *(f"../exports/{name}" for name in files),
        )
        assert made.status == 0, made.err
        repo.write(f"inventory/{stage}.json", made.out)
    repo.commit("Add three solutions")
    return repo

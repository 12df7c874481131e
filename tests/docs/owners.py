"""The repository of the worked example in docs/ownership.md: two environments, three solutions, somebody
who leaves, and a broken connection. The exports lie beside it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.builders import APIS, OUTLOOK, SQL, TEAMS, Json, Reference, Repo, flow, write_files, write_solution

ADELE = "adele@contoso.com"
SERVICE = "svc-power@contoso.com"
PROD_ID = "8f14e45f-ceea-467f-a9d2-3b1c5e7d9a20"
TEST_ID = "2c62e6bc-4a3f-4d4b-9b1e-6a0f7c8d5e31"
CONNECTIONS = {
    "prod-outlook": "shared-office365-7d0c2f6e-41b5-4a9d-8e73-5c1f0b2a9d84",
    "prod-teams": "shared-teams-c3b8a1d0-92f4-4e67-b05a-1e6d7f8c2a39",
    "prod-sql": "5e7f1a20b6c94d83a1f27d0c9b3e4856",
    "test-outlook": "shared-office365-1f0d9b7e-3a5c-4826-b4d0-7e92c6a8f513",
    "test-teams": "shared-teams-6b2d4c8e-0a1f-4e53-9d7c-8b5a3f1e2d40",
    "test-sql": "9a3f6b1e7c204d588e415b0c2d7f9e13",
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
_BROKEN = {
    "status": "Error",
    "target": "token",
    "error": {
        "code": "Unauthorized",
        "message": "AADSTS135011: Device used during the authentication is disabled.",
    },
}
_OUTLOOK = Reference("con_outlook", OUTLOOK, "Contoso Outlook")


def create_owners(repo: Repo) -> Repo:
    """Write and commit all of it, with the inventories that the exports make."""
    _write_solutions(repo.root)
    files: dict[str, Any] = {"crstandards.toml": CONFIGURATION}
    for stage in ("test", "prod"):
        files[f"config/{stage}/settings.json"] = _settings(stage)
    exports = repo.root.parent / "exports"
    write_files(repo.root, {path: _text(content) for path, content in files.items()})
    write_files(
        exports,
        {
            "test-connections.json": _text(_connections("test", TEST_ID)),
            "test-references.json": _text(_references("test")),
            "prod-connections.json": _text(_connections("prod", PROD_ID)),
            "prod-references.json": _text(_references("prod")),
        },
    )
    for stage in ("test", "prod"):
        made = repo.crstandards(
            "inventory",
            f"--environment=contoso-{stage}",
            "--taken=2026-06-01",
            f"../exports/{stage}-connections.json",
            f"../exports/{stage}-references.json",
        )
        assert made.status == 0, made.err
        repo.write(f"inventory/{stage}.json", made.out)
    repo.commit("Add three solutions")
    return repo


def _write_solutions(root: Path) -> None:
    write_solution(
        root / "src/HR",
        "ContosoHR",
        [_OUTLOOK, Reference("con_teams", TEAMS, "Contoso Teams")],
        {
            "Send reminder": flow({OUTLOOK: "con_outlook"}),
            "Welcome newcomers": flow({OUTLOOK: "con_outlook", TEAMS: "con_teams"}),
        },
    )
    write_solution(
        root / "src/Finance",
        "ContosoFinance",
        [_OUTLOOK, Reference("con_sql", SQL, "Contoso SQL")],
        {"Send invoices": flow({OUTLOOK: "con_outlook", SQL: "con_sql"})},
    )
    write_solution(
        root / "src/Sales",
        "ContosoSales",
        [Reference("con_mail", OUTLOOK, "Sales Outlook")],
        {"Answer enquiries": flow({OUTLOOK: "con_mail"})},
    )


def _settings(stage: str) -> Json:
    bound = (("con_outlook", "outlook"), ("con_mail", "outlook"), ("con_teams", "teams"), ("con_sql", "sql"))
    return {
        "EnvironmentVariables": [],
        "ConnectionReferences": [
            {
                "LogicalName": name,
                "ConnectionId": CONNECTIONS[f"{stage}-{service}"],
                "ConnectorId": APIS + _connector(service),
            }
            for name, service in bound
        ],
    }


def _connections(stage: str, environment: str) -> Json:
    owner = ADELE if stage == "prod" else SERVICE
    broken = stage == "prod"
    return {
        "value": [
            _connection(CONNECTIONS[f"{stage}-outlook"], OUTLOOK, owner, environment),
            _connection(CONNECTIONS[f"{stage}-teams"], TEAMS, SERVICE, environment),
            _connection(CONNECTIONS[f"{stage}-sql"], SQL, SERVICE, environment, broken),
            _connection("0" * 31 + "1", "shared_todo", ADELE, environment),
        ]
    }


def _connection(name: str, connector: str, owner: str, environment: str, broken: bool = False) -> Json:
    return {
        "name": name,
        "id": f"{APIS}{connector}/connections/{name}",
        "properties": {
            "apiId": APIS + connector,
            "displayName": owner,
            "statuses": [_BROKEN if broken else {"status": "Connected"}],
            "createdBy": {"displayName": owner.partition("@")[0], "email": owner, "type": "User"},
            "accountName": owner,
            "environment": {"name": environment},
        },
    }


def _references(stage: str) -> Json:
    return {
        "value": [
            {
                "connectionreferencelogicalname": entry["LogicalName"],
                "connectorid": entry["ConnectorId"],
                "connectionid": entry["ConnectionId"],
                "statecode": 0,
            }
            for entry in _settings(stage)["ConnectionReferences"]
        ]
    }


def _connector(service: str) -> str:
    return {"outlook": OUTLOOK, "teams": TEAMS, "sql": SQL}[service]


def _text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content, indent=2) + "\n"

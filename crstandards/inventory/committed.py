"""The form of an inventory that may be committed: what rules need, and no person's name, mail or id."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from crstandards.ownership import Account, Connection, Inventory, RoleHolder

SCHEMA = "crstandards/inventory/1"


def committed(
    inventory: Inventory, taken: date, environment: str, service_accounts: Sequence[str]
) -> dict[str, Any]:
    """An inventory as a JSON document, in an order that changes only with its content.

    `service_accounts` are the configured ones: an account appears as its entry there, or not at all.
    """
    document: dict[str, Any] = {"schema": SCHEMA}
    if environment:
        document["environment"] = environment
    document["taken"] = taken.isoformat()
    document["connections"] = [
        _connection(inventory.connections[key]) for key in sorted(inventory.connections)
    ]
    if inventory.bindings is not None:
        document["references"] = [
            {"logicalName": name, "connection": connection} if connection else {"logicalName": name}
            for name, connection in sorted(inventory.bindings.items())
        ]
    if inventory.roles is not None:
        document["serviceAccounts"] = list(_roles(inventory.roles, service_accounts))
    return document


def to_text(document: dict[str, Any]) -> str:
    """The document as text: one line for each connection, so that a diff shows what has changed."""
    lines = []
    for key, value in document.items():
        if isinstance(value, list) and value:
            items = ",\n".join(f"    {json.dumps(item, ensure_ascii=False)}" for item in value)
            lines.append(f"  {json.dumps(key)}: [\n{items}\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _connection(connection: Connection) -> dict[str, Any]:
    found: dict[str, Any] = {"id": connection.id, "connector": connection.connector}
    for key, account in (("signedInAs", connection.signed_in), ("createdBy", connection.creator)):
        if account is not None:
            found[key] = "service account" if account.is_service else account.kind or "other"
    if connection.status:
        found["status"] = connection.status
    if connection.error:
        found["error"] = connection.error
    if connection.shared_with is not None:
        found["sharedWith"] = sorted(connection.shared_with)
    if connection.doubtful:
        found["doubtful"] = True
    return found


def _roles(roles: Iterable[RoleHolder], service_accounts: Sequence[str]) -> Iterable[dict[str, Any]]:
    """One entry for each configured account; a pattern has the role if all accounts it names have it."""
    from crstandards.inventory.accounts import Accounts

    known = Accounts(tuple(service_accounts))
    held: dict[str, bool] = {}
    for role in roles:
        for entry in _entries(role.account, known):
            held[entry] = held.get(entry, True) and role.has_role
    return ({"account": entry, "hasRole": held[entry]} for entry in sorted(held))


def _entries(account: Account, known: Any) -> tuple[str, ...]:
    value = {"id": account.object_id, "userPrincipalName": account.name}
    found: tuple[str, ...] = known.matched(value)
    return found

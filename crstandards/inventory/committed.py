"""The form of an inventory that may be committed: what rules need, and no person's name, mail or id."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from crstandards.inventory.accounts import Accounts
from crstandards.ownership import Connection, Inventory, RoleHolder

SCHEMA = "crstandards/inventory/1"


def committed(
    inventory: Inventory, taken: date, environment: str, service_accounts: Sequence[str]
) -> Iterator[str]:
    """An inventory as the lines of a JSON document, in an order that changes only with its content.

    There is one line for each connection, so that a diff shows what has changed. `service_accounts` are
    the configured ones: an account appears as its entry there, or not at all.
    """
    lists: dict[str, Iterable[dict[str, Any]]] = {
        "connections": (_connection(inventory.connections[key]) for key in sorted(inventory.connections))
    }
    if inventory.bindings is not None:
        lists["references"] = (
            {"logicalName": name, "connection": connection} if connection else {"logicalName": name}
            for name, connection in sorted(inventory.bindings.items())
        )
    if inventory.roles is not None:
        lists["serviceAccounts"] = _roles(inventory.roles, service_accounts)
    yield "{\n"
    yield f'  "schema": {_json(SCHEMA)},\n'
    if environment:
        yield f'  "environment": {_json(environment)},\n'
    yield f'  "taken": {_json(taken.isoformat())}'
    for name, items in lists.items():
        yield f",\n  {_json(name)}: ["
        end = "]"
        for number, item in enumerate(items):
            yield f"{',' if number else ''}\n    {_json(item)}"
            end = "\n  ]"
        yield end
    yield "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


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


def _roles(roles: Iterable[RoleHolder], service_accounts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One entry for each configured account; a pattern has the role if all accounts it names have it."""
    known = Accounts(tuple(service_accounts))
    held: dict[str, bool] = {}
    for role in roles:
        account = {"id": role.account.object_id, "userPrincipalName": role.account.name}
        for entry in known.matched(account):
            held[entry] = held.get(entry, True) and role.has_role
    return ({"account": entry, "hasRole": held[entry]} for entry in sorted(held))

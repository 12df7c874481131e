"""Make the inventory that may be committed, from exports of an environment.

Exports hold names and mails; this prints what the rules need of them, and nobody's name:
crstandards inventory --environment contoso-prod connections.json references.json > inventory/prod.json
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any

from crstandards.commands.options import configuration_here, environment_named
from crstandards.commands.progress import Progress
from crstandards.commands.writing import say
from crstandards.environments import Account, Connection, Inventory
from crstandards.errors import CLEAN, UsageError
from crstandards.inventory.items import class_of
from crstandards.inventory.reader import Asked, Source, read_inventory
from crstandards.policy.patterns import name_matches
from crstandards.report.terminal import write

_MB = 1024 * 1024
SCHEMA = "crstandards/inventory/1"


def run(options: Namespace) -> int:
    """Print the inventory and return the exit status."""
    config = configuration_here(options.config)
    environment = environment_named(options.environment, config) if options.environment else None
    if not options.exports:
        raise UsageError("name the exports: crstandards inventory --environment ENV connections.json ...")
    for path in options.exports:
        if not Path(path).is_file():
            raise UsageError(f"there is no file {path}")
    asked = Asked.of(config, environment)._replace(keep_all=True, keep_unbound=options.all, nameless=True)
    if options.environment_id:
        asked = asked._replace(environment_id=options.environment_id)
    with Progress(sys.stderr, "MB") as progress:
        sources = [
            Source(path.replace("\\", "/"), partial(_opened, path, progress)) for path in options.exports
        ]
        inventory = read_inventory(sources, asked)
    accounts = asked.ownership.service_accounts
    if not accounts:
        say("no service-accounts are configured, so every owner counts as somebody else")
    # An export is not younger than its file.
    times = [Path(path).stat().st_mtime for path in options.exports]
    taken = options.taken or datetime.fromtimestamp(min(times), UTC).date()
    name = environment.name if environment else ""
    for line in committed(inventory, taken, name, accounts, options.all):
        write(sys.stdout, line, "utf-8")
    return CLEAN


def _opened(path: str, progress: Progress) -> BufferedReader:
    """An export whose reading is shown."""
    return BufferedReader(_Watched(path, progress))


class _Watched(FileIO):
    def __init__(self, path: str, progress: Progress) -> None:
        super().__init__(path)
        self._progress = progress
        self._size = Path(path).stat().st_size

    def readinto(self, buffer: Any) -> int | None:
        read = super().readinto(buffer)
        self._progress(-(-self.tell() // _MB), -(-self._size // _MB))
        return read


def committed(
    inventory: Inventory, taken: date, environment: str, accounts: Sequence[str], is_of_all: bool = False
) -> Iterator[str]:
    """An inventory as a JSON document, in parts, in an order that changes only with its content.

    There is one line for each connection, so that a diff shows what has changed, and no person's name, mail
    or id: of the configured service `accounts`, each appears as its entry there, or not at all.
    """
    head: dict[str, Any] = {"schema": SCHEMA}
    if environment:
        head["environment"] = environment
    head["taken"] = taken.isoformat()
    lists = {
        "connections": (_connection(inventory.connections[key]) for key in sorted(inventory.connections))
    }
    if inventory.bindings is not None:
        lists["references"] = (
            {
                "logicalName": name,
                **({"connection": bound} if bound else {}),
                **({"inactive": True} if name in inventory.inactive else {}),
            }
            for name, bound in sorted(inventory.bindings.items())
        )
        if is_of_all:
            head["all"] = True
    if inventory.roles is not None:
        lists["serviceAccounts"] = (item for item in _roles(inventory.roles, accounts))
    yield "{\n" + ",\n".join(f"  {_json(name)}: {_json(value)}" for name, value in head.items())
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
    shared = connection.shared_with
    found = {
        "id": connection.id,
        "connector": connection.connector,
        "signedInAs": class_of(connection.signed_in),
        "createdBy": class_of(connection.creator),
        "status": connection.status or None,
        "error": connection.error or None,
        "sharedWith": None if shared is None else sorted(shared),
        "editableBy": None if connection.editable_by is None else sorted(connection.editable_by),
        "doubtful": connection.doubtful or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _roles(roles: Mapping[Account, bool], accounts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One entry for each configured account; a pattern has the role if all accounts it names have it."""
    for entry in sorted(set(accounts)):
        held = [
            has_role
            for account, has_role in roles.items()
            if any(name_matches(entry, name) for name in account.known_as)
        ]
        if held:
            yield {"account": entry, "hasRole": all(held)}

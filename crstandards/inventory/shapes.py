"""The items of exports: which kind one is, and what it says.

The shapes are those of Microsoft's tools, seen in their public tests and documentation; each is
described in `data/inventory.schema.json`. Of an item only what rules ask for is taken: names, tokens and
keys that stand in it go no further.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal

from crstandards.data import fits, load
from crstandards.inventory.accounts import Accounts, powershell_members
from crstandards.model import connector_of
from crstandards.ownership import Account, Connection
from crstandards.source.text import SourceError

Kind = Literal[
    "connection",
    "powershell-connection",
    "share",
    "powershell-share",
    "reference",
    "user",
    "committed-connection",
    "committed-reference",
    "committed-account",
]
CONNECTIONS: tuple[Kind, ...] = ("connection", "powershell-connection", "committed-connection")
COMMITTED: Mapping[str, Kind] = {
    "connections": "committed-connection",
    "references": "committed-reference",
    "serviceAccounts": "committed-account",
}
"""The lists of a committed inventory, and the kind of their items."""

_SHARE_ID = re.compile(r"/connections/([^/]+)/permissions/", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-[01]\d-[0-3]\dT")
_AADSTS = re.compile(r"AADSTS\d+")
_BROKEN = ("error", "failed", "unauthenticated", "unauthorized")


def kind_of(item: Any) -> Kind | None:
    """What an export's item is, told from its members; None for something else."""
    if not isinstance(item, dict):
        return None
    if "ConnectionName" in item:
        return "powershell-share" if "RoleName" in item else "powershell-connection"
    if "connectionreferencelogicalname" in item:
        return "reference"
    if "systemuserid" in item or "systemuserroles_association" in item:
        return "user"
    if "name" in item and "properties" in item:
        if _SHARE_ID.search(str(item.get("id"))):
            return "share"
        properties = item["properties"]
        if "/connections/" in str(item.get("id")) or (isinstance(properties, dict) and "apiId" in properties):
            return "connection"
    return None


def id_of(kind: Kind, item: Any) -> str:
    """The connection that an item speaks of, in lower case. Raises SourceError where it names none."""
    if kind == "share":
        found = _SHARE_ID.search(str(item.get("id")))
        name: object = found[1] if found else None
    elif kind == "committed-connection":
        name = item.get("id")
    else:
        name = item.get("name" if kind == "connection" else "ConnectionName")
    if not isinstance(name, str) or not name:
        raise SourceError("it names no connection")
    return name.lower()


@cache
def _definitions() -> dict[str, Any]:
    definitions: dict[str, Any] = load("inventory.schema.json")["$defs"]
    return definitions


def check(kind: str, item: Any) -> None:
    """Check an item against the JSON Schema of its kind. Raises SourceError with what is wrong."""
    schema = {"$ref": f"#/$defs/{kind}", "$defs": _definitions()}
    if fits(schema, item):
        return
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema).iter_errors(item))
    if error is None:
        return
    where = ".".join(str(part) for part in error.absolute_path)
    # Not the library's own message: it would show the value, and with it what nobody must see.
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        raise SourceError(f'"{where + "." if where else ""}{missing}" is missing')
    if error.validator == "additionalProperties":
        raise SourceError("a member is not known" + (f' in "{where}"' if where else ""))
    raise SourceError(f'"{where}" is not what is expected there' if where else "it is not an object")


def connection(kind: Kind, item: Mapping[str, Any], accounts: Accounts) -> Connection:
    """What an item says of a connection."""
    if kind == "committed-connection":
        return _committed(item, accounts)
    properties = _properties(kind, item)
    if kind == "connection":
        identifier = item["name"]
        connector = _text(properties.get("apiId")) or _text(item.get("id")).partition("/connections/")[0]
        created_by, statuses = properties.get("createdBy"), properties.get("statuses")
    else:
        identifier, connector = item["ConnectionName"], _text(item.get("ConnectorName"))
        created_by = item.get("CreatedBy") or properties.get("createdBy")
        statuses = item.get("Statuses") or properties.get("statuses")
    status, error = _status(statuses)
    return Connection(
        id=identifier,
        connector=connector_of(connector),
        signed_in=accounts.signed_in(properties.get("accountName"), created_by),
        creator=accounts.read(created_by),
        status=status,
        error=error,
        shared_with=_shared(properties.get("permissions"), created_by, accounts),
    )


def environment_of(kind: Kind, item: Any) -> str:
    """The id of a connection's environment, where it is named. Raises SourceError for no object."""
    if not isinstance(item, dict):
        raise SourceError("it is not an object")
    if kind == "powershell-connection" and item.get("EnvironmentName"):
        return _text(item["EnvironmentName"])
    value = _properties(kind, item).get("environment")
    known = _object(powershell_members(value) if isinstance(value, str) else value)
    return _text(known.get("name")) or _text(known.get("id")).rpartition("/")[2]


def newest_day(kind: Kind, item: Mapping[str, Any]) -> str:
    """The last day that a connection names, as `2026-01-31`; "" where it names none."""
    properties = _properties(kind, item)
    times = (
        properties.get("createdTime"),
        properties.get("lastModifiedTime"),
        item.get("CreatedTime"),
        item.get("LastModifiedTime"),
    )
    return max((time[:10] for time in times if isinstance(time, str) and _DAY.match(time)), default="")


def _properties(kind: Kind, item: Mapping[str, Any]) -> Mapping[str, Any]:
    if kind == "connection":
        return _object(item.get("properties"))
    properties = _object(item.get("Internal")).get("properties")
    return powershell_members(properties) if isinstance(properties, str) else _object(properties)


def _committed(item: Mapping[str, Any], accounts: Accounts) -> Connection:
    shared = item.get("sharedWith")
    return Connection(
        id=item["id"],
        connector=item.get("connector", ""),
        signed_in=_of_class(item.get("signedInAs")),
        creator=_of_class(item.get("createdBy")),
        status=item.get("status", ""),
        error=item.get("error", ""),
        shared_with=None
        if shared is None
        else frozenset(name for name in accounts.deployers if name in shared),
        doubtful=item.get("doubtful", False),
    )


def _of_class(name: str | None) -> Account | None:
    if name is None:
        return None
    kind: Any = name if name in ("user", "service principal") else ""
    return Account(kind=kind, is_service=name == "service account")


def shared_with(kind: Kind, item: Mapping[str, Any], accounts: Accounts) -> frozenset[str]:
    """The configured deployers that a share is for."""
    if kind == "share":
        return accounts.sharing([item["properties"]["principal"]])
    principal = {
        "id": item.get("PrincipalObjectId"),
        "email": item.get("PrincipalEmail"),
        "type": item.get("PrincipalType"),
    }
    return accounts.sharing([principal])


def has_role(item: Mapping[str, Any], role: str) -> bool:
    """Whether a user has a role; names are compared without letter case."""
    names = (_text(entry.get("name")) for entry in item["systemuserroles_association"])
    return any(name.lower() == role.lower() for name in names)


def merged(one: Connection, other: Connection) -> Connection:
    """What two entries for one connection say together.

    What only one knows counts. Where they differ about an owner nothing is believed; a fault that one
    of them reports is one.
    """
    doubtful = one.doubtful or other.doubtful
    accounts: list[Account | None] = []
    for ours, theirs in ((one.signed_in, other.signed_in), (one.creator, other.creator)):
        if ours is not None and theirs is not None and ours.is_service != theirs.is_service:
            doubtful = True
        accounts.append(ours if ours is not None and (ours.name or theirs is None) else theirs)
    broken = next((item for item in (one, other) if item.status == "broken"), None)
    shares = [item.shared_with for item in (one, other) if item.shared_with is not None]
    return Connection(
        id=one.id,
        connector=one.connector or other.connector,
        signed_in=accounts[0],
        creator=accounts[1],
        status=broken.status if broken else one.status or other.status,
        error=broken.error if broken else "",
        shared_with=frozenset().union(*shares) if shares else None,
        doubtful=doubtful,
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _shared(permissions: object, created_by: object, accounts: Accounts) -> frozenset[str] | None:
    """The deployers that may use a connection; its creator may, whatever the permissions say."""
    if not isinstance(permissions, list):
        return None
    shares = (_object(_object(entry).get("properties")).get("principal") for entry in permissions)
    return accounts.sharing([*shares]) | accounts.as_deployer(created_by)


def _status(value: object) -> tuple[Literal["connected", "broken", ""], str]:
    found = list(_statuses(value))
    broken = [entry for entry in found if _text(entry.get("status")).lower() in _BROKEN]
    if broken:
        return "broken", next(filter(None, map(_error, broken)), "")
    if any(_text(entry.get("status")).lower() in ("connected", "ready") for entry in found):
        return "connected", ""
    return "", ""


def _statuses(value: object) -> Iterator[Mapping[str, Any]]:
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, str):
            yield powershell_members(entry) if entry.startswith("@{") else {"status": entry}
        else:
            yield _object(entry)


def _error(status: Mapping[str, Any]) -> str:
    """The code of an error, and nothing else of it: messages name people, devices and requests."""
    error = status.get("error")
    if isinstance(error, str):
        error = powershell_members(error) if error.startswith("@{") else {"message": error}
    known = _object(error)
    found = _AADSTS.search(f"{_text(known.get('message'))} {_text(known.get('code'))}")
    code = _text(known.get("code"))
    return found[0] if found else code if re.fullmatch("[A-Za-z]{1,40}", code) else ""

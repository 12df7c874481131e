"""The items of exports: of what kind one is, and what it says.

The shapes are those of Microsoft's tools, seen in their public tests and documentation; each is described
in `data/inventory.schema.json`. Of an item only what rules ask for is taken: names, tokens and keys that
stand in it go no further. For an object that `ConvertTo-Json` found too deep, PowerShell's short text stands
there: `@{id=…; displayName=…; type=User; tenantId=…}`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache, partial
from typing import Any, Literal, NamedTuple

from crstandards.connector_id import connector_of
from crstandards.data import fits, load
from crstandards.environments import Account, AccountKind, Connection, Ownership, is_guid
from crstandards.policy.patterns import name_matches
from crstandards.source.text import SourceError

Item = Mapping[str, Any]

# Texts, compiled when exports are read: a commit that needs settings alone does not wait for them.
_BETWEEN_MEMBERS = r"; (?=\w+=)"
_KEY = r"(?<!\w)(\w+)="
_SIGN_IN_NAME = r"[^\s@]+@[^\s@]+"
_DAY = r"\d{4}-[01]\d-[0-3]\dT"
_AADSTS = r"AADSTS\d+"
_REFERENCE = "connectionreferencelogicalname"
_EDITING = ("canedit", "owner")
"""The roles that may edit a connection; `CanView` and `CanViewWithShare` may only use it.

Source: https://learn.microsoft.com/power-apps/maker/canvas-apps/share-app-resources
"""
_BROKEN = ("error", "failed", "unauthenticated", "unauthorized")
_ACCOUNT_KINDS: Mapping[str, AccountKind] = {
    "user": "user",
    "serviceprincipal": "service principal",
    "application": "service principal",
}


def members(value: object, plain: str = "") -> Item:
    """What an object says, or PowerShell's short text for one; other text stands under the name `plain`.

    >>> members("@{status=Error; target=token}")
    {'status': 'Error', 'target': 'token'}
    """
    if isinstance(value, str) and value.strip().startswith("@{"):
        *parts, last = re.split(_BETWEEN_MEMBERS, value.strip().removeprefix("@{"))
        # One that doesn't end has been cut off, and nobody knows where.
        parts += [last[:-1]] if last.endswith("}") else []
        return {key[1]: part[key.end() :].strip() for part in parts if (key := re.search(_KEY, part))}
    if isinstance(value, str):
        return {plain: value}
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


class _Named(NamedTuple):
    """An account that an export names: `ids` are what a configured pattern is held against."""

    account: Account
    ids: tuple[str, ...]
    display_name: str
    is_everybody: bool

    def fits(self, pattern: str) -> bool:
        return any(name_matches(pattern, name) for name in self.ids)


def _named(value: object) -> _Named:
    known = members(value, "id" if is_guid(_text(value)) else "userPrincipalName")

    def said(key: str) -> str:
        return _text(known.get(key))

    mail = said("email") or said("internalemailaddress")
    display_name = said("displayName") or said("fullname")
    sign_in = said("userPrincipalName") or said("domainname") or mail
    if not sign_in and re.fullmatch(_SIGN_IN_NAME, display_name):
        sign_in = display_name
    object_id = said("id") or said("azureactivedirectoryobjectid")
    application = said("applicationid")
    kind = said("type").lower() or ("application" if application else "")
    name = sign_in or display_name or object_id
    other_mail = "" if mail.lower() == name.lower() else mail
    return _Named(
        Account(name, object_id, other_mail, _ACCOUNT_KINDS.get(kind, "")),
        tuple(filter(None, (object_id, sign_in, mail, application))),
        display_name,
        # A share with everybody names the tenant itself, mostly without saying that it is one.
        kind == "tenant" or (bool(object_id) and object_id == said("tenantId")),
    )


def account(value: object, configured: Ownership) -> Account | None:
    """The account that an export's value names; None where it names none."""
    named = _named(value)
    is_service = any(map(named.fits, configured.service_accounts))
    return named.account._replace(is_service=is_service) if named.account.name else None


def signed_in(name: object, creator: object, configured: Ownership) -> Account | None:
    """The account that a connection's `accountName` names, given the value for its creator.

    A display name stands there too; if that is the creator's, it is the creator.
    """
    wanted, known = _text(name).lower(), _named(creator)
    is_creator = wanted in map(str.lower, (*known.ids, known.display_name))
    return account(creator if is_creator else name, configured) if wanted else None


def sharing(shares: Iterable[tuple[object, object]], deployers: Collection[str]) -> dict[str, Any]:
    """The configured deployers among the principals that a connection is shared with, by their roles.

    Who may edit it isn't known where a share doesn't name its role.
    """
    roles: dict[str, set[str]] = {}
    for principal, role in shares:
        named = _named(principal)
        for one in deployers:
            if named.is_everybody or named.fits(one):
                roles.setdefault(one, set()).add(_text(role).lower())
    may_edit = frozenset(one for one, held in roles.items() if not held.isdisjoint(_EDITING))
    return {"shared_with": frozenset(roles), "editable_by": None if {""} in roles.values() else may_edit}


_schema = cache(partial(load, "inventory.schema.json"))


class Kind(NamedTuple):
    """A kind of items: the name of its definition in the schema, what it speaks of, and what names that.

    An export's item is of a kind if it has the `members`, and an `id` that holds all of `path`.
    """

    name: str
    about: Literal["connection", "share", "reference", "account", "page"]
    key: str = ""
    members: frozenset[str] = frozenset()
    path: tuple[str, ...] = ()

    @property
    def is_committed(self) -> bool:
        """Whether `crstandards inventory` wrote it."""
        return self.name.startswith("committed")

    def id_of(self, item: Item) -> str:
        """The connection that an item speaks of, in lower case. Raises SourceError where it names none."""
        name = item.get(self.key)
        if self.name == "share":
            name = re.split("/connections/|/permissions/", str(name), flags=re.IGNORECASE)[1]
        if not isinstance(name, str) or not name:
            raise SourceError("it names no connection")
        return name.lower()

    def check(self, item: Item) -> None:
        """Check an item against the JSON Schema of its kind. Raises SourceError with what is wrong."""
        schema = {"$ref": f"#/$defs/{self.name}", "$defs": _schema()["$defs"]}
        if not fits(schema, item):
            from jsonschema import Draft202012Validator
            from jsonschema.exceptions import best_match

            if error := best_match(Draft202012Validator(schema).iter_errors(item)):
                raise SourceError(_wording(error))


def _wording(error: Any) -> str:
    """What is wrong. The library's own message would show the value, and with it what nobody must see."""
    route = [str(part) for part in error.absolute_path]
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return f'"{".".join((*route, missing))}" is missing'
    where = f'"{".".join(route)}"'
    if error.validator == "additionalProperties":
        return "a member is not known" + (f" in {where}" if route else "")
    return f"{where} is not what is expected there"


_REST = frozenset(("name", "properties"))
CONNECTION = Kind("connection", "connection", "name", _REST, ("/connections/",))
KINDS = (
    Kind("share", "share", "id", _REST, ("/connections/", "/permissions/")),
    CONNECTION,
    Kind("powershell-share", "share", "ConnectionName", frozenset(("ConnectionName", "RoleName"))),
    Kind("powershell-connection", "connection", "ConnectionName", frozenset(("ConnectionName",))),
    Kind("reference", "reference", _REFERENCE, frozenset((_REFERENCE,))),
    Kind("user", "account", "", frozenset(("systemuserid",))),
    Kind("user", "account", "", frozenset(("systemuserroles_association",))),
)
COMMITTED = Kind("committed", "page")
COMMITTED_CONNECTION = Kind("committed-connection", "connection", "id")
LISTS: Mapping[str | None, Kind] = {
    "connections": COMMITTED_CONNECTION,
    "references": Kind("committed-reference", "reference", "logicalName"),
    "serviceAccounts": Kind("committed-account", "account"),
}
"""The lists of a committed inventory, and the kind of their items."""


def kind_of(item: Any) -> Kind | None:
    """What an export's item is, told from its members; None for something else."""
    if not isinstance(item, dict):
        return None
    path = str(item.get("id")).lower()
    for kind in KINDS:
        if kind.members <= item.keys() and all(part in path for part in kind.path):
            return kind
    is_connection = item.keys() >= _REST and "apiId" in members(item["properties"])
    return CONNECTION if is_connection else None


def connection(kind: Kind, item: Item, configured: Ownership) -> Connection:
    """What an item says of a connection; a share says with whom it is shared, and no more."""
    if kind.is_committed:
        return _committed(item, configured.deployers)
    if kind.about == "share":
        names = {"id": "PrincipalObjectId", "email": "PrincipalEmail", "type": "PrincipalType"}
        principal = {name: item.get(member) for name, member in names.items()}
        properties = members(item.get("properties"))
        share = (properties.get("principal", principal), properties.get("roleName", item.get("RoleName")))
        return Connection(kind.id_of(item), **sharing([share], configured.deployers))
    properties = _properties(item)
    created_by = item.get("CreatedBy") or properties.get("createdBy")
    status, error = _status(item.get("Statuses") or properties.get("statuses"))
    permissions = properties.get("permissions")
    shared: dict[str, Any] = {}
    if isinstance(permissions, list):
        told = [members(members(entry).get("properties")) for entry in permissions]
        # Its creator may use and edit a connection, whatever the permissions say.
        shares = [(entry.get("principal"), entry.get("roleName")) for entry in told]
        shared = sharing([*shares, (created_by, "Owner")], configured.deployers)
    return Connection(
        id=item[kind.key],
        connector=connector_in(kind, item),
        signed_in=signed_in(properties.get("accountName"), created_by, configured),
        creator=account(created_by, configured),
        status=status,
        error=error,
        **shared,
    )


def environment_of(item: Item) -> str:
    """The id of a connection's environment, where it is named."""
    if item.get("EnvironmentName"):
        return _text(item["EnvironmentName"])
    known = members(_properties(item).get("environment"))
    return _text(known.get("name")) or _text(known.get("id")).rpartition("/")[2]


def newest_day(item: Item) -> str:
    """The last day that a connection names, as `2026-01-31`; "" where it names none."""
    rest = map(_properties(item).get, ("createdTime", "lastModifiedTime"))
    times = (*rest, *map(item.get, ("CreatedTime", "LastModifiedTime")))
    return max((time[:10] for time in times if isinstance(time, str) and re.match(_DAY, time)), default="")


def _properties(item: Item) -> Item:
    return members(item.get("properties") or members(item.get("Internal")).get("properties"))


def _committed(item: Item, deployers: Collection[str]) -> Connection:
    shared, editable = (
        None if item.get(key) is None else frozenset(item[key]).intersection(deployers)
        for key in ("sharedWith", "editableBy")
    )
    return Connection(
        id=item["id"],
        connector=item.get("connector", ""),
        signed_in=of_class(item.get("signedInAs")),
        creator=of_class(item.get("createdBy")),
        status=item.get("status", ""),
        error=item.get("error", ""),
        shared_with=shared,
        doubtful=item.get("doubtful", False),
        editable_by=editable,
    )


def class_of(owner: Account | None) -> str | None:
    """An account as the committed form tells it, without a name; None for none."""
    return owner and ("service account" if owner.is_service else owner.kind or "other")


@cache
def of_class(name: str | None) -> Account | None:
    """The account that the committed form tells of: one object, however many connections it has."""
    kind: Any = name if name in ("user", "service principal") else ""
    return Account(kind=kind, is_service=name == "service account") if name else None


def is_inactive(item: Item) -> bool:
    """Whether a reference is switched off: `statecode` 1, or its name."""
    return bool(item.get("inactive")) or str(item.get("statecode")).lower() in ("1", "inactive")


def connector_in(kind: Kind, item: Item) -> str:
    """The connector of a connection."""
    if kind.is_committed:
        return _text(item.get("connector"))
    named = _text(item.get("ConnectorName")) or _text(_properties(item).get("apiId"))
    return connector_of(named or _text(item.get("id")).partition("/connections/")[0])


def has_role(item: Item, role: str) -> bool:
    """Whether a user has a role; names are compared without letter case."""
    names = [_text(entry.get("name")).lower() for entry in item.get("systemuserroles_association", ())]
    return bool(item.get("hasRole", role.lower() in names))


def merged(one: Connection, other: Connection) -> Connection:
    """What two entries for one connection say together.

    What only one knows counts. Where they differ about an owner nothing is believed; a fault that one
    of them reports is one.
    """
    pairs = ((one.signed_in, other.signed_in), (one.creator, other.creator))
    signed_in, creator = (
        ours if theirs is None or (ours and ours.name) else theirs for ours, theirs in pairs
    )
    broken = next((item for item in (one, other) if item.status == "broken"), None)
    sharing = [item for item in (one, other) if item.shared_with is not None]
    shares, edits = ([getattr(item, name) for item in sharing] for name in ("shared_with", "editable_by"))
    return Connection(
        id=one.id,
        connector=one.connector or other.connector,
        signed_in=signed_in,
        creator=creator,
        status=broken.status if broken else one.status or other.status,
        error=broken.error if broken else "",
        shared_with=frozenset().union(*shares) if shares else None,
        doubtful=one.doubtful
        or other.doubtful
        or any(ours and theirs and ours.is_service != theirs.is_service for ours, theirs in pairs),
        editable_by=frozenset().union(*edits) if edits and None not in edits else None,
    )


def _status(value: object) -> tuple[Literal["connected", "broken", ""], str]:
    entries = [members(entry, "status") for entry in (value if isinstance(value, list) else [value])]
    told = [_text(entry.get("status")).lower() for entry in entries]
    broken = [entry for entry, status in zip(entries, told, strict=True) if status in _BROKEN]
    if broken:
        return "broken", next(filter(None, map(_error, broken)), "")
    return ("connected" if "connected" in told or "ready" in told else ""), ""


def _error(status: Item) -> str:
    """The code of an error, and nothing else of it: messages name people, devices and requests."""
    error = members(status.get("error"), "message")
    found = re.search(_AADSTS, f"{_text(error.get('message'))} {_text(error.get('code'))}")
    code = _text(error.get("code"))
    return found[0] if found else code if re.fullmatch("[A-Za-z]{1,40}", code) else ""

"""Reads the files of one inventory together, whatever they are, in memory that does not grow with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import IO, Any, NamedTuple

from crstandards.connector_id import connector_of
from crstandards.environments import Account, Connection, Inventory, InventoryFile, Ownership, is_guid
from crstandards.errors import NotVerified, UsageError
from crstandards.inventory import items
from crstandards.inventory.items import (
    COMMITTED,
    COMMITTED_CONNECTION,
    LISTS,
    Item,
    Kind,
    class_of,
    kind_of,
    of_class,
)
from crstandards.policy.configuration import Config, EnvironmentConfig
from crstandards.source.jsonstream import Text, pieces
from crstandards.source.text import SourceError

EXPECTED = (
    "expected are connections (Power Platform REST, Get-AdminPowerAppConnection, 'pac connection list'), "
    "their shares, connection references or users with roles (Dataverse Web API), or what "
    "'crstandards inventory' writes"
)

# The table of `pac connection list`. Names hold blanks, and a long one leaves a single blank before the next
# column: the connector's path is what holds a row together.
_HEADER = re.compile(r"\s*Id\s+Name\s+API Id\s+Status\s*", re.IGNORECASE)
_ROW = re.compile(r"\s*(\S+)\s++(?:.*\s)?(/providers/\S+/apis/\S+)\s*(\w*).*", re.IGNORECASE)
_BEFORE_HEADER = 20
"""The most lines, of greetings and warnings, before the header."""
_STATUSES = {"connected": {"status": "connected"}, "error": {"status": "broken"}}


class Source(NamedTuple):
    """A file of an inventory: its name for reports, and how to open it."""

    path: str
    open: Callable[[], IO[bytes]]

    @classmethod
    def on_disk(cls, path: str) -> Source:
        """A file that was named on the command line."""
        return cls(path.replace("\\", "/"), lambda: Path(path).open("rb"))


class Asked(NamedTuple):
    """What an inventory is read for.

    `environment` is the name that the team has given it, `others` are the names of its other
    environments. `environment_id` is the platform's id, where it is known: connections of others are
    left out. Kept are the connections that `bound` or an export of references names, by id in lower
    case; with `keep_all` all of them, where there is no such export. With `nameless`, only the class of
    each owner is kept.
    """

    ownership: Ownership = Ownership()
    environment: str = ""
    others: tuple[str, ...] = ()
    environment_id: str = ""
    bound: frozenset[str] = frozenset()
    connectors: frozenset[str] = frozenset()
    keep_all: bool = False
    keep_unbound: bool = False
    nameless: bool = False

    @classmethod
    def of(cls, config: Config, environment: EnvironmentConfig | None) -> Asked:
        """What is asked of an inventory of an environment, or of one for none in particular.

        A team may name an environment by its id.
        """
        name = environment.name if environment else ""
        return cls(
            ownership=config.ownership_in(environment),
            environment=name,
            others=tuple(other.name for other in config.environments),
            environment_id=name if is_guid(name.lower().removeprefix("default-")) else "",
        )


def read_inventory(sources: Sequence[Source], asked: Asked) -> Inventory:
    """Read the files of an inventory.

    Each is read up to its first connection; once it is known which connections matter, all are read to their
    end. Raises UsageError for a file that is no inventory, or not one of this environment, and NotVerified
    for one that cannot be read to its end.
    """
    reading = _Reading(asked, None)
    for source in sources:
        reading.read(source, to_first_connection=True)
    while True:
        wanted = reading.needed()
        reading = _Reading(asked, wanted)
        for source in sources:
            reading.read(source)
        # References may stand behind the connections that they name: then those are read once more.
        if reading.needed() == wanted:
            return reading.result([source.path for source in sources])


class _Reading:
    """What the files of an inventory say, of connections only those that are `wanted`: None for all."""

    def __init__(self, asked: Asked, wanted: frozenset[str] | None) -> None:
        self._asked = asked
        self._wanted = wanted
        self._bindings: dict[str, str] | None = None
        self._roles: dict[Account, bool] | None = None
        self._found: dict[str, dict[str, Connection]] = {"connection": {}, "share": {}}
        self._days: dict[str, str] = {}
        self._dated: set[str] = set()
        self._inactive: set[str] = set()
        self._of_bound: set[str] = set()
        self._elsewhere: dict[str, str] = {}
        self._last_pages: set[str] = set()
        self._other_pages: dict[str, str] = {}

    def read(self, source: Source, to_first_connection: bool = False) -> None:
        """Read a file, or what stands in it before its connections."""
        add = {
            "connection": self._add_connection,
            "share": self._add_connection,
            "reference": self._add_reference,
            "account": self._add_account,
            "page": self._end_page,
        }
        text: Text | None = None
        try:
            with source.open() as stream:
                text = Text(stream)
                for kind, item in _entries(text):
                    is_large = kind.about in self._found
                    if not (is_large and to_first_connection):
                        add[kind.about](source.path, kind, item)
                    elif not kind.is_committed:  # of what we write, references stand behind connections
                        break
            if source.path in self._elsewhere and source.path not in self._days:
                asked = self._asked.environment_id or self._asked.environment
                raise UsageError(f"is of the environment {self._elsewhere[source.path]}, not of {asked}")
        except UsageError as error:
            raise UsageError(f"{source.path} {error}") from None
        except SourceError as error:
            where = f" (item {text.items:,})" if text and text.items else ""
            reason = f"{source.path} cannot be read as an inventory{where}: {error.reason}"
            raise NotVerified(reason) from None
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            raise NotVerified(f"{source.path} cannot be read: {reason}") from None

    def needed(self) -> frozenset[str] | None:
        """The connections that matter, as far as it is known by now; None for all."""
        if self._asked.keep_unbound or (self._bindings is None and self._asked.keep_all):
            return None
        return self._asked.bound.union((self._bindings or {}).values())

    def result(self, paths: Sequence[str]) -> Inventory:
        """The inventory, once all files are read."""
        for kind, path in self._other_pages.items():
            if self._last_pages.isdisjoint((kind, "")):
                raise NotVerified(
                    f"{path} is one page of several (it names a nextLink), and the last page is missing: "
                    "fetch all pages"
                )
        connections, shares = self._found["connection"], self._found["share"]
        for key in shares.keys() & connections.keys():
            connections[key] = items.merged(connections[key], shares[key])
        return Inventory(
            files=tuple(
                InventoryFile(path, _day(self._days.get(path, "")), path in self._dated) for path in paths
            ),
            connections=connections,
            bindings=self._bindings,
            roles=self._roles,
            inactive=frozenset(self._inactive),
            is_of_all=not self._days.keys() <= self._of_bound,
        )

    def _add_connection(self, path: str, kind: Kind, item: Item) -> None:
        """Take what an item says of a connection, where that is one of this environment and wanted."""
        if kind.about == "connection":
            environment = items.environment_of(item)
            if self._is_elsewhere(environment.lower()):
                self._elsewhere[path] = environment
                return
            self._days[path] = max(self._days.get(path, ""), items.newest_day(item))
        key = kind.id_of(item)
        is_spare = bool(self._asked.connectors) and (
            items.connector_in(kind, item) in self._asked.connectors or key in self._found["connection"]
        )
        if self._wanted is None or key in self._wanted or is_spare:
            kind.check(item)
            found = items.connection(kind, item, self._asked.ownership)
            if self._asked.nameless:
                signed_in, creator = (of_class(class_of(owner)) for owner in (found.signed_in, found.creator))
                found = found._replace(signed_in=signed_in, creator=creator)
            known = self._found[kind.about].get(key)
            self._found[kind.about][key] = items.merged(known, found) if known else found

    def _is_elsewhere(self, environment: str) -> bool:
        if environment and self._asked.environment_id:
            return environment != self._asked.environment_id.lower()
        others = map(str.lower, self._asked.others)
        return environment != self._asked.environment.lower() and environment in others

    def _add_reference(self, path: str, kind: Kind, item: Item) -> None:
        kind.check(item)
        bound = item.get("connectionid") or item.get("connection") or ""
        self._bindings = self._bindings or {}
        self._bindings[item[kind.key].lower()] = bound.lower()
        if items.is_inactive(item):
            self._inactive.add(item[kind.key].lower())

    def _add_account(self, path: str, kind: Kind, item: Item) -> None:
        kind.check(item)
        self._roles = self._roles or {}
        configured = self._asked.ownership
        account = items.account(item, configured)
        if kind.is_committed:
            account = Account(item["account"], is_service=True)
        if account and account.is_service:
            has_role = items.has_role(item, configured.required_role)
            self._roles[account] = self._roles.get(account, True) and has_role

    def _end_page(self, path: str, kind: Kind, members: Item) -> None:
        """What a document says beside its items, which are of this kind."""
        context = str(members.get("@odata.context", "")).lower()
        if "#connectionreferences" in context or ("schema" in members and "references" in members):
            self._bindings = self._bindings or {}
        if "#systemusers" in context or ("schema" in members and "serviceAccounts" in members):
            self._roles = self._roles or {}
        if "schema" in members:
            self._add_header(path, members)
        elif members.get("nextLink") or members.get("@odata.nextLink"):
            self._other_pages[kind.name] = path
        else:
            self._last_pages.add(kind.name)

    def _add_header(self, path: str, members: Item) -> None:
        COMMITTED.check(members)
        asked, named = self._asked.environment, members.get("environment", "")
        if asked and named and named.lower() != asked.lower():
            raise UsageError(f"is the inventory of {named}, not of {asked}")
        if _day(members["taken"]) is None:
            raise SourceError(f"{members['taken']} is no date")
        self._days[path] = members["taken"]
        self._dated.add(path)
        # Where it tells what references are bound to, we have left out what nothing is bound to.
        if "references" in members and not members.get("all"):
            self._of_bound.add(path)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _entries(text: Text) -> Iterator[tuple[Kind, Item]]:
    """The items of a file with their kinds; behind those of a page, the page, with the kind of its items.

    Raises UsageError for what is no inventory, and SourceError for what cannot be read.
    """
    if text.peek() not in ("{", "["):
        yield from _rows(iter(text.rest().split("\n")))
        return
    last = ""
    for name, found in _flat(pieces(text, ("value", *LISTS))):
        kind = LISTS.get(name) or kind_of(found)
        if kind is not None:
            if not isinstance(found, dict):
                raise SourceError("it is not an object")
            last = kind.name
            yield kind, found
        elif name is None and ("schema" in found or isinstance(found.get("value"), list)):
            yield Kind(last, "page"), found
        else:
            raise _foreign(found if name is None else {})


def _flat(found: Iterable[tuple[str | None, Any]]) -> Iterator[tuple[str | None, Any]]:
    """The pieces of a file; in place of a page that stands in a list, those of the page."""
    for name, value in found:
        if name == "" and isinstance(value, dict) and isinstance(value.get("value"), list):
            yield from (("value", item) for item in value["value"])
            yield None, value
        else:
            yield name, value


def _foreign(members: Item) -> UsageError:
    """The error for a file that is no inventory."""
    what = "no inventory"
    if "ConnectionReferences" in members:
        what = "a file of deployment settings, which belongs under settings, and no inventory"
    elif "error" in members:
        what = "the service's answer that something went wrong, and no inventory"
    return UsageError(f"is {what}: {EXPECTED}")


def _rows(lines: Iterator[str]) -> Iterator[tuple[Kind, Item]]:
    """The connections of the table that `pac connection list` prints, in the form of committed ones."""
    if not any(_HEADER.fullmatch(line) for _, line in zip(range(_BEFORE_HEADER), lines, strict=False)):
        raise _foreign({})
    for number, line in enumerate(lines, start=1):
        row = _ROW.fullmatch(line)
        if row:
            status = _STATUSES.get(row[3].lower(), {})
            yield COMMITTED_CONNECTION, {"id": row[1], "connector": connector_of(row[2]), **status}
        elif line.strip():
            raise SourceError(f"row {number} of the table is not an id, a name, a connector and a status")

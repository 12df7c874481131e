"""Reads the files of one inventory together, whatever they are, in memory that does not grow with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, get_args

from crstandards.errors import NotVerified, UsageError
from crstandards.inventory import shapes
from crstandards.inventory.asked import Asked, Source
from crstandards.inventory.shapes import COMMITTED, CONNECTIONS, Kind
from crstandards.inventory.stream import Item, Rest, Text, form_of, pieces
from crstandards.inventory.table import read_table
from crstandards.ownership import (
    Account,
    AccountKind,
    Connection,
    Inventory,
    InventoryFile,
    RoleHolder,
)
from crstandards.source.text import SourceError

EXPECTED = (
    "expected are connections (Power Platform REST, Get-AdminPowerAppConnection, 'pac connection list'), "
    "their shares, connection references or users with roles (Dataverse Web API), or what "
    "'crstandards inventory' writes"
)
_NEXT = ("nextLink", "@odata.nextLink")
_CONTEXT = "@odata.context"


def read_inventory(sources: Sequence[Source], asked: Asked) -> Inventory:
    """Read the files of an inventory.

    Raises UsageError for a file that is no inventory, or not one of this environment, and NotVerified
    for one that cannot be read to its end.
    """
    reading = _Reading(asked)
    large = [source for source in sources if not reading.survey(source)]
    reading.settle()
    for source in large:
        reading.read_connections(source)
    return reading.result([source.path for source in sources])


class _Foreign(Exception):
    """What is read is no inventory; the message says what it is instead, where that can be told."""


class _Reading:
    """What the files have said so far."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._bindings: dict[str, str] | None = None
        self._roles: list[RoleHolder] | None = None
        self._connections: dict[str, Connection] = {}
        self._shares: dict[str, frozenset[str]] = {}
        self._taken: dict[str, InventoryFile] = {}
        self._last_pages: Counter[Kind | None] = Counter()
        self._other_pages: dict[Kind | None, str] = {}
        self._wanted: frozenset[str] | None = asked.bound

    def survey(self, source: Source) -> bool:
        """Read what is small and says which connections matter; True where that is all of the file."""
        with _reporting(source) as text:
            if form_of(text) == "text":
                return False
            kinds: set[Kind] = set()
            ends: list[tuple[Kind | None, Rest]] = []
            for kind, found in _entries(text):
                if isinstance(found, Rest):
                    ends.append((kind, found))
                    continue
                assert kind is not None
                kinds.add(kind)
                if kind in ("reference", "committed-reference"):
                    self._add_reference(kind, found)
                elif kind in ("user", "committed-account"):
                    self._add_user(kind, found)
                elif not kind.startswith("committed-"):
                    return False
            is_committed = any("schema" in rest.members for _, rest in ends)
            if is_committed:
                return False
            for kind, rest in ends:
                self._end_page(source, kind, rest)
        return True

    def settle(self) -> None:
        """Say which connections matter, once all that is small is read."""
        if self._bindings is not None:
            self._wanted = self._asked.bound | frozenset(self._bindings.values())
        elif self._asked.keep_all:
            self._wanted = None

    def read_connections(self, source: Source) -> None:
        """Read a file's connections, and whom they are shared with."""
        with _reporting(source) as text:
            if form_of(text) == "text":
                self._read_table(text)
                return
            here, elsewhere, newest = 0, "", ""
            for kind, found in _entries(text):
                if isinstance(found, Rest):
                    self._end_page(source, kind, found)
                elif kind in CONNECTIONS:
                    environment = shapes.environment_of(kind, found)
                    if self._is_elsewhere(environment):
                        elsewhere = environment
                        continue
                    here += 1
                    newest = max(newest, shapes.newest_day(kind, found))
                    if self._matters(shapes.id_of(kind, found)):
                        shapes.check(kind, found)
                        self._keep(shapes.connection(kind, found, self._asked.accounts))
                elif kind in ("share", "powershell-share") and self._matters(shapes.id_of(kind, found)):
                    self._add_share(kind, found)
        if elsewhere and not here:
            asked = self._asked.environment_id or self._asked.environment
            raise UsageError(f"{source.path} is of the environment {elsewhere}, not of {asked}")
        self._taken.setdefault(source.path, InventoryFile(source.path, _day(newest)))

    def result(self, paths: Sequence[str]) -> Inventory:
        """The inventory, once all files are read."""
        for kind, path in self._other_pages.items():
            if not (self._last_pages[kind] or self._last_pages[None]):
                raise NotVerified(
                    f"{path} is one page of several (it names a nextLink), and the last page is missing: "
                    "fetch all pages"
                )
        for identifier, shared in self._shares.items():
            known = self._connections.get(identifier)
            if known is not None:
                self._connections[identifier] = known._replace(
                    shared_with=shared | (known.shared_with or frozenset())
                )
        return Inventory(
            files=tuple(self._taken.get(path, InventoryFile(path)) for path in paths),
            connections=self._connections,
            bindings=self._bindings,
            roles=None if self._roles is None else tuple(self._roles),
        )

    def _matters(self, identifier: str) -> bool:
        return self._wanted is None or identifier in self._wanted

    def _is_elsewhere(self, environment: str) -> bool:
        name = environment.lower()
        if not name:
            return False
        if self._asked.environment_id:
            return name != self._asked.environment_id.lower()
        return name != self._asked.environment.lower() and name in map(str.lower, self._asked.others)

    def _keep(self, connection: Connection) -> None:
        key = connection.id.lower()
        if self._asked.nameless:
            connection = connection._replace(
                signed_in=_nameless(connection.signed_in), creator=_nameless(connection.creator)
            )
        known = self._connections.get(key)
        self._connections[key] = connection if known is None else shapes.merged(known, connection)

    def _add_share(self, kind: Kind, item: Any) -> None:
        shapes.check(kind, item)
        key = shapes.id_of(kind, item)
        found = shapes.shared_with(kind, item, self._asked.accounts)
        self._shares[key] = self._shares.get(key, frozenset()) | found

    def _add_reference(self, kind: Kind, item: Any) -> None:
        shapes.check(kind, item)
        if self._bindings is None:
            self._bindings = {}
        name, connection = (
            ("connectionreferencelogicalname", "connectionid")
            if kind == "reference"
            else ("logicalName", "connection")
        )
        self._bindings[item[name].lower()] = (item.get(connection) or "").lower()

    def _add_user(self, kind: Kind, item: Any) -> None:
        shapes.check(kind, item)
        if self._roles is None:
            self._roles = []
        if kind == "committed-account":
            account = Account(item["account"], is_service=True)
            self._roles.append(RoleHolder(account, item["hasRole"]))
            return
        found = self._asked.accounts.read(item)
        if found is not None and found.is_service:
            self._roles.append(RoleHolder(found, shapes.has_role(item, self._asked.required_role)))

    def _read_table(self, text: Text) -> None:
        rows = read_table(text)
        if rows is None:
            raise _Foreign
        for connection in rows:
            if self._matters(connection.id.lower()):
                self._keep(connection)

    def _end_page(self, source: Source, kind: Kind | None, rest: Rest) -> None:
        """What the rest of a document says, once its items are read."""
        members = rest.members
        if "schema" in members:
            self._header(source, members)
            return
        context = str(members.get(_CONTEXT, "")).lower()
        if "#connectionreferences" in context and self._bindings is None:
            self._bindings = {}
        if "#systemusers" in context and self._roles is None:
            self._roles = []
        if any(members.get(name) for name in _NEXT):
            self._other_pages[kind] = source.path
        else:
            self._last_pages[kind] += 1

    def _header(self, source: Source, members: dict[str, Any]) -> None:
        shapes.check("committed", members)
        asked = self._asked.environment
        named = members.get("environment", "")
        if asked and named and named.lower() != asked.lower():
            raise UsageError(f"{source.path} is the inventory of {named}, not of {asked}")
        if "references" in members and self._bindings is None:
            self._bindings = {}
        if "serviceAccounts" in members and self._roles is None:
            self._roles = []
        taken = _day(members["taken"])
        if taken is None:
            raise SourceError(f"{members['taken']} is no date")
        self._taken[source.path] = InventoryFile(source.path, taken, is_exact=True)


def _nameless(account: Account | None) -> Account | None:
    return account and _CLASSES[account.kind, account.is_service]


# One object for each class, however many connections there are.
_CLASSES = {
    (kind, is_service): Account(kind=kind, is_service=is_service)
    for kind in get_args(AccountKind)
    for is_service in (False, True)
}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@contextmanager
def _reporting(source: Source) -> Iterator[Text]:
    """Open a file; what is wrong with it is said with its name."""
    text: Text | None = None
    try:
        with source.open() as stream:
            text = Text(stream)
            yield text
    except _Foreign as error:
        raise UsageError(f"{source.path} is {str(error) or 'no inventory'}: {EXPECTED}") from None
    except SourceError as error:
        where = f" (item {text.items:,})" if text is not None and text.items else ""
        raise NotVerified(f"{source.path} cannot be read as an inventory{where}: {error.reason}") from None
    except OSError as error:
        raise NotVerified(
            f"{source.path} cannot be read: {(error.strerror or 'unknown reason').lower()}"
        ) from None


def _entries(text: Text) -> Iterator[tuple[Kind | None, Any]]:
    """The items of a file with their kinds, and the `Rest` of each object with the kind of its items.

    Raises _Foreign for what is no inventory.
    """
    last: Kind | None = None
    for piece in pieces(text, ("value", *COMMITTED)):
        if isinstance(piece, Rest):
            single = shapes.kind_of(piece.members)
            if single is not None:
                yield single, piece.members
            else:
                _refuse_foreign(piece.members)
                yield last, piece
            last = None
            continue
        for kind, item in _flat(piece):
            last = kind or last
            yield last, item


def _flat(piece: Item) -> Iterator[tuple[Kind | None, Any]]:
    """An item with its kind; of a page, its items and its rest."""
    if piece.list in COMMITTED:
        yield COMMITTED[piece.list], piece.value
        return
    kind = shapes.kind_of(piece.value)
    if kind is not None:
        yield kind, piece.value
        return
    if piece.list or not isinstance(piece.value, dict) or not isinstance(piece.value.get("value"), list):
        raise _Foreign
    for item in piece.value["value"]:
        inner = shapes.kind_of(item)
        if inner is None:
            raise _Foreign
        yield inner, item
    yield None, Rest({**piece.value, "value": []})


def _refuse_foreign(members: dict[str, Any]) -> None:
    if "schema" in members or isinstance(members.get("value"), list):
        return
    if "ConnectionReferences" in members:
        raise _Foreign("a file of deployment settings, which belongs under settings, and no inventory")
    if "error" in members:
        raise _Foreign("the service's answer that something went wrong, and no inventory")
    raise _Foreign

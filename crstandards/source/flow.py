"""A flow's JSON: its connection references, the operations that use them, literal connections.

Shapes: `properties.connectionReferences` maps an alias to an entry; `properties.definition` holds
triggers and actions, which nest. An exported raw connection is `"connection": {}`: Dataverse strips
the connection's name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from sys import intern
from typing import Any, Literal, NamedTuple

from crstandards.model import (
    ALIAS_KEYS,
    ConnectionEntry,
    EmbeddedConnection,
    HostForm,
    Operation,
    Route,
    connector_of,
)
from crstandards.source.aliases import QUOTED, named_elsewhere, unquoted, uses_expressions
from crstandards.source.json import Repeating, read, strings
from crstandards.source.plainflow import plain_entries
from crstandards.source.text import SourceError

MAX_BYTES = 32 * 1024 * 1024

_ENTRIES: Route = ("properties", "connectionReferences")
_DEFINITION: Route = ("properties", "definition")
_FOLDED = ("connectionreferences", "definition")
_REFERENCE = "connectionReferenceLogicalName"
_HOLDERS = frozenset(("actions", "cases", "default", "else"))
"""What operations hold other ones in; most have none of these."""
_PARAMETERS = re.compile(rf"@\{{?\s*parameters\s*\(\s*'\$connections'\s*\){QUOTED}", re.IGNORECASE)
_TOKENS = re.compile("x-ms-apim-tokens", re.IGNORECASE)
_CONNECTIONS = re.compile(rf"\[\s*'\$connections'\s*\](?={QUOTED})", re.IGNORECASE)
_GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4,12}"
_NAMED = rf"shared-[a-z0-9]+(?:-[a-z0-9]+)*?-{_GUID}(?:-[0-9a-f]+)?"
_LITERAL = re.compile(
    rf"(?:/apis/[^/'\"@{{}}\s]+/connections/(?P<bound>[a-z0-9][\w-]*)"
    rf"|/connections/(?P<known>[0-9a-f]{{32}}|{_NAMED}|{_GUID})(?![\w-])"
    # Not after a dot: some references are called prefix_bot.shared_x.shared-x-<guid>.
    rf"|(?<![\w.-])(?P<plain>{_NAMED})(?![\w-]))",
    re.IGNORECASE,
)


class FlowFacts(NamedTuple):
    """What one cloud flow's file says. `repeated` holds routes of keys that stand twice.

    `named_elsewhere` and `by_expression` are as in `Flow`. With `is_plain`, all operations use
    entries that are references, and what they are was not read.
    """

    entries: tuple[ConnectionEntry, ...]
    operations: tuple[Operation, ...]
    embedded: tuple[EmbeddedConnection, ...]
    repeated: tuple[Route, ...] = ()
    named_elsewhere: frozenset[str] = frozenset()
    by_expression: bool = False
    is_plain: bool = False


def skim_flow(data: bytes) -> FlowFacts | None:
    """As `read_flow`, but of a flow that is quickly proved plain only the entries."""
    found = plain_entries(data)
    if found is not None:
        entries = tuple(_entry(alias, entry, (*_ENTRIES, alias)) for alias, entry in found.items())
        # With a raw connection somebody will ask which operations use it.
        if all(entry.reference for entry in entries):
            return FlowFacts(entries, (), (), is_plain=True)
    return read_flow(data)


def read_flow(data: bytes) -> FlowFacts | None:
    """Read a flow file; None for valid JSON that is no cloud flow (a desktop flow, something else).

    Raises SourceError for what cannot be read.
    """
    text, document = read(data)
    if not isinstance(document, dict):
        return None
    spelled = _spelled_otherwise(document)
    if spelled:
        raise SourceError(f"the key {spelled[-1]!r} is written with other letters than flows are", spelled)
    walk = _Walk()
    walk.note(document, (), ("properties",))
    properties = document.get("properties")
    walk.note(properties, ("properties",), ("connectionReferences", "definition"))
    if not isinstance(properties, dict) or not isinstance(properties.get("definition"), dict):
        if walk.repeated:
            # What makes it a flow may be in the one that is lost.
            raise SourceError(lost(walk.repeated[0]), walk.repeated[0])
        if isinstance(properties, dict) and "connectionReferences" in properties:
            raise SourceError("a flow without a definition", ("properties",))
        return None
    definition = properties["definition"]
    entries = tuple(walk.entries(properties.get("connectionReferences")))
    operations = tuple(walk.operations(definition))
    return FlowFacts(
        entries,
        operations,
        tuple(_embedded(text, definition)),
        tuple(walk.repeated),
        named_elsewhere(text, definition, _DEFINITION, operations),
        uses_expressions(text, definition, operations),
    )


def _spelled_otherwise(document: dict[str, Any]) -> Route | None:
    """Where a flow's keys differ from those that are read by letter case: not every reader minds that."""
    for name, value in document.items():
        if name.lower() == "properties" and isinstance(value, dict):
            for key in value:
                route = (name, key)
                if route not in (_ENTRIES, _DEFINITION) and key.lower() in _FOLDED:
                    return route if name == "properties" else (name,)
    return None


def lost(route: Route) -> str:
    """What is wrong with a key that stands twice."""
    return f"the key {route[-1]!r} stands twice in one object, and the first one is lost"


class _Walk:
    """One pass over a flow, which collects repeated keys on the way to what is read."""

    def __init__(self) -> None:
        self.repeated: list[Route] = []

    def note(self, value: Any, route: Route, keys: Collection[str] = ()) -> None:
        """Note what stands twice in an object: of these keys, or of all."""
        if isinstance(value, Repeating):
            self.repeated.extend((*route, key) for key in value.repeated if not keys or key in keys)

    def note_all(self, value: Any, route: Route) -> None:
        """Note what stands twice in a value and everything inside it."""
        pending = [(value, route)]
        while pending:
            current, here = pending.pop()
            if isinstance(current, dict):
                self.note(current, here)
                pending.extend((item, (*here, key)) for key, item in reversed(current.items()))
            elif isinstance(current, list):
                pending.extend((item, (*here, str(index))) for index, item in enumerate(current))

    def entries(self, entries: Any) -> Iterator[ConnectionEntry]:
        if entries is None:
            return
        if not isinstance(entries, dict):
            raise SourceError("connectionReferences is not an object", _ENTRIES)
        self.note_all(entries, _ENTRIES)
        for alias, entry in entries.items():
            route = (*_ENTRIES, alias)
            if not isinstance(entry, dict):
                raise SourceError(f"the connection reference {alias!r} is not an object", route)
            yield _entry(alias, entry, route)

    def operations(self, definition: dict[str, Any]) -> Iterator[Operation]:
        # A stack in place of recursion: nesting is bounded by the JSON reader alone.
        parts = ("triggers", "actions", "parameters")
        self.note(definition, _DEFINITION, parts)
        self.note(definition.get("parameters"), (*_DEFINITION, "parameters"), ("$connections",))
        pending: list[tuple[Literal["trigger", "action"], Route, str, Any]] = []

        def push(kind: Literal["trigger", "action"], holder: dict[str, Any], route: Route, key: str) -> None:
            members = holder.get(key)
            if isinstance(members, dict):
                self.note(members, (*route, key))
                pending.extend((kind, (*route, key), name, members[name]) for name in reversed(members))

        push("action", definition, _DEFINITION, "actions")
        push("trigger", definition, _DEFINITION, "triggers")
        while pending:
            kind, parent, name, operation = pending.pop()
            if not isinstance(operation, dict):
                continue
            route = (*parent, name)
            self.note(operation, route, ("inputs", "actions", "else", "cases", "default"))
            for alias, connector, form in self._aliases(operation, route):
                yield Operation(name, kind, alias, connector, form, route)
            if _HOLDERS.isdisjoint(operation):
                continue
            default, cases, otherwise = (operation.get(key) for key in ("default", "cases", "else"))
            if isinstance(default, dict):
                self.note(default, (*route, "default"), ("actions",))
                push(kind, default, (*route, "default"), "actions")
            if isinstance(cases, dict):
                self.note(cases, (*route, "cases"))
                for case in reversed(cases):
                    if isinstance(cases[case], dict):
                        self.note(cases[case], (*route, "cases", case), ("actions",))
                        push(kind, cases[case], (*route, "cases", case), "actions")
            if isinstance(otherwise, dict):
                self.note(otherwise, (*route, "else"), ("actions",))
                push(kind, otherwise, (*route, "else"), "actions")
            push(kind, operation, route, "actions")

    def _aliases(self, operation: dict[str, Any], route: Route) -> Iterator[tuple[str, str, HostForm]]:
        """The aliases that an operation's host names, with the connector it speaks of; mostly one."""
        inputs = operation.get("inputs")
        if not isinstance(inputs, dict):
            return
        self.note(inputs, (*route, "inputs"), ("host",))
        host = inputs.get("host")
        if not isinstance(host, dict):
            return
        self.note(host, (*route, "inputs", "host"), (*ALIAS_KEYS.values(), "connection"))
        api = host.get("apiId")
        # A repository has few connectors and aliases, and names them in each of its operations.
        connector = intern(connector_of(api)) if isinstance(api, str) else ""
        named: set[str] = set()
        for form, key in ALIAS_KEYS.items():
            alias = host.get(key)
            if isinstance(alias, str) and alias and alias.lower() not in named:
                named.add(alias.lower())
                yield intern(alias), connector, form
        connection = host.get("connection")
        if isinstance(connection, dict) and not named:
            self.note(connection, (*route, "inputs", "host", "connection"), ("name",))
            found = alias_in(connection.get("name"))
            if found:
                yield found[0], connector, found[1]


def alias_in(expression: Any) -> tuple[str, HostForm] | None:
    """The alias that a host's `connection.name` expression points at, and in which form."""
    if not isinstance(expression, str):
        return None
    if found := _PARAMETERS.search(expression):
        return unquoted(found[1]), "parameters"
    if found := _of_token(expression):
        return unquoted(found[1]), "token"
    return None


def alias_span(expression: str) -> tuple[int, int] | None:
    """Where `alias_in` finds the alias in an expression, between the quotes."""
    found = _PARAMETERS.search(expression) or _of_token(expression)
    return found.span(1) if found else None


def _of_token(expression: str) -> re.Match[str] | None:
    """The last use of the connections that the caller's token holds, with its alias as group 1."""
    if not (token := _TOKENS.search(expression)):
        return None
    return max(_CONNECTIONS.finditer(expression, token.end()), key=re.Match.start, default=None)


def _entry(alias: str, entry: dict[str, Any], route: Route) -> ConnectionEntry:
    connection = entry.get("connection")
    inner = connection if isinstance(connection, dict) else {}
    reference = inner.get(_REFERENCE) or entry.get(_REFERENCE)
    impersonation = entry.get("impersonation")
    source = impersonation.get("source") if isinstance(impersonation, dict) else None
    return ConnectionEntry(
        alias=alias,
        connector=_connector(entry, inner),
        reference=reference if isinstance(reference, str) and reference.strip() else None,
        runtime_source=str(entry.get("runtimeSource") or ""),
        impersonation=str(source or ""),
        route=route,
        plain=_is_plain(entry),
    )


def _is_plain(entry: dict[str, Any]) -> bool:
    """Whether an entry has the exported shape, and keeps nothing that is not read here."""
    parts = {
        "connection": {_REFERENCE, "name", "id"},
        "api": {"name", "logicalName"},
        "impersonation": {"source"},
    }
    return (
        entry.keys() <= {"runtimeSource", *parts}
        and isinstance(entry.get("api"), dict)
        and isinstance(entry.get("runtimeSource", ""), str)
        and all(
            entry.get(key) is None or (isinstance(entry[key], dict) and entry[key].keys() <= known)
            for key, known in parts.items()
        )
    )


def _connector(entry: dict[str, Any], connection: dict[str, Any]) -> str:
    api = entry.get("api")
    named = api.get("name") or api.get("id") if isinstance(api, dict) else None
    for candidate in (named, entry.get("id"), entry.get("apiId"), connection.get("id")):
        if isinstance(candidate, str) and candidate:
            return connector_of(candidate.partition("/connections/")[0])
    return ""


def _embedded(text: str, definition: dict[str, Any]) -> Iterator[EmbeddedConnection]:
    parameters = definition.get("parameters")
    declared = parameters.get("$connections") if isinstance(parameters, dict) else None
    filled = declared.get("defaultValue") if isinstance(declared, dict) else None
    default: Route = (*_DEFINITION, "parameters", "$connections", "defaultValue")
    if isinstance(filled, dict):
        for alias, value in filled.items():
            yield EmbeddedConnection(_default_connection(value) or alias, (*default, alias))
    folded = text.lower()
    # Escapes can spell what we look for in other letters; then only the values themselves tell.
    if not any(mark in folded for mark in ("/connections/", "shared-", "\\/", "\\u")):
        return
    for route, value in strings(definition, _DEFINITION):
        if route[: len(default)] == default or _is_alias(route, value):
            continue
        for found in _LITERAL.finditer(value):
            yield EmbeddedConnection(found["bound"] or found["known"] or found["plain"], route)


def _is_alias(route: Route, value: str) -> bool:
    """Whether this is where an operation names its alias, which can look like a connection's name."""
    if route[-4:] == ("inputs", "host", "connection", "name"):
        return alias_in(value) is not None
    return route[-3:-1] == ("inputs", "host") and route[-1] in ALIAS_KEYS.values()


def _default_connection(value: Any) -> str:
    if isinstance(value, dict):
        for key in ("connectionId", "connectionName", "id"):
            if isinstance(value.get(key), str):
                return str(value[key]).rpartition("/")[2]
    return ""

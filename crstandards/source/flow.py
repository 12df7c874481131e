"""A flow's JSON: its connection references, the operations that use them, literal connections.

Shapes: `properties.connectionReferences` maps an alias to an entry; `properties.definition` holds
triggers and actions, which nest. An exported raw connection is `"connection": {}`: Dataverse strips
the connection's name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from sys import intern
from typing import Any, Literal, NamedTuple

from crstandards.connector_id import connector_of
from crstandards.model import ALIAS_KEYS, Call, ConnectionEntry, EmbeddedConnection, HostForm, Operation
from crstandards.places import Route
from crstandards.source.aliases import alias_in, embedded, named_elsewhere, uses_expressions
from crstandards.source.json import Repeating, read
from crstandards.source.plain import REFERENCE, Doubt, misspelt, plain_flow
from crstandards.source.text import SourceError

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]  # an extra, not a dependency

MAX_BYTES = 32 * 1024 * 1024

_ENTRIES: Route = ("properties", "connectionReferences")
_DEFINITION: Route = ("properties", "definition")
_FOLDED = ("connectionreferences", "definition")
_OTHERWISE = "the key {!r} is written with other letters than flows are"
_Kind = Literal["trigger", "action"]
_HOLDERS = frozenset(("actions", "cases", "default", "else"))
"""What operations hold other ones in; most have none of these."""

_CHILD = "workflowReferenceName"


class FlowFacts(NamedTuple):
    """What one cloud flow's file says. `repeated` holds routes of keys that stand twice.

    `named_elsewhere`, `by_expression` and `calls` are as in `Flow`. With `is_plain`, all operations use
    entries that are references, and what they are was not read; `calls` are None where there may be some.
    """

    entries: tuple[ConnectionEntry, ...]
    operations: tuple[Operation, ...]
    embedded: tuple[EmbeddedConnection, ...]
    repeated: tuple[Route, ...] = ()
    named_elsewhere: frozenset[str] = frozenset()
    by_expression: bool = False
    is_plain: bool = False
    calls: tuple[Call, ...] | None = ()


def skim_flow(data: bytes) -> FlowFacts | None:
    """As `read_flow`, but of a flow that is quickly proved plain only the entries."""
    try:
        plain, calls = plain_flow(data, orjson)
    except Doubt:
        return read_flow(data)
    entries = tuple(_entry(alias, entry, (*_ENTRIES, alias)) for alias, entry in plain.items())
    # With a raw connection somebody will ask which operations use it.
    if not all(entry.reference for entry in entries):
        return read_flow(data)
    return FlowFacts(entries, (), (), is_plain=True, calls=None if calls else ())


def read_flow(data: bytes) -> FlowFacts | None:
    """Read a flow file; None for valid JSON that is no cloud flow (a desktop flow, something else).

    Raises SourceError for what cannot be read.
    """
    text, document = read(data)
    if not isinstance(document, dict):
        return None
    spelled = _spelled_otherwise(document)
    if spelled:
        raise SourceError(_OTHERWISE.format(spelled[-1]), spelled)
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
        tuple(embedded(text, definition, _DEFINITION)),
        tuple(walk.repeated),
        named_elsewhere(text, definition, _DEFINITION, operations),
        uses_expressions(text, definition, operations),
        calls=tuple(walk.calls),
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
        self.calls: list[Call] = []

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
            spelled = misspelt(entry)
            if spelled:
                raise SourceError(_OTHERWISE.format(spelled[-1]), (*route, *spelled))
            yield _entry(alias, entry, route)

    def operations(self, definition: dict[str, Any]) -> Iterator[Operation]:
        # A stack in place of recursion: nesting is bounded by the JSON reader alone.
        parts = ("triggers", "actions", "parameters")
        self.note(definition, _DEFINITION, parts)
        self.note(definition.get("parameters"), (*_DEFINITION, "parameters"), ("$connections",))
        pending: list[tuple[_Kind, Route, str, Any]] = []

        def push(kind: _Kind, holder: dict[str, Any], route: Route, key: str) -> None:
            members = holder.get(key)
            if isinstance(members, dict):
                self.note(members, (*route, key))
                pending.extend((kind, (*route, key), name, members[name]) for name in reversed(members))

        def push_inner(kind: _Kind, holder: dict[str, Any], route: Route, key: str) -> None:
            branch = holder.get(key)
            if isinstance(branch, dict):
                self.note(branch, (*route, key), ("actions",))
                push(kind, branch, (*route, key), "actions")

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
            push_inner(kind, operation, route, "default")
            cases = operation.get("cases")
            if isinstance(cases, dict):
                self.note(cases, (*route, "cases"))
                for case in reversed(cases):
                    push_inner(kind, cases, (*route, "cases"), case)
            push_inner(kind, operation, route, "else")
            push(kind, operation, route, "actions")

    def _aliases(self, operation: dict[str, Any], route: Route) -> Iterator[tuple[str, str, HostForm]]:
        """The aliases that an operation's host names, with the connector it speaks of; mostly one.

        Notes the flow that it runs, too.
        """
        inputs = operation.get("inputs")
        if not isinstance(inputs, dict):
            return
        self.note(inputs, (*route, "inputs"), ("host",))
        host = inputs.get("host")
        if not isinstance(host, dict):
            return
        self.note(host, (*route, "inputs", "host"), (*ALIAS_KEYS.values(), "connection"))
        child = host.get(_CHILD)
        if isinstance(child, str) and child:
            self.calls.append(Call(route[-1], child.strip("{}").lower(), route))
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


def _entry(alias: str, entry: dict[str, Any], route: Route) -> ConnectionEntry:
    connection = entry.get("connection")
    inner = connection if isinstance(connection, dict) else {}
    reference = inner.get(REFERENCE) or entry.get(REFERENCE)
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
        "connection": {REFERENCE, "name", "id"},
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
            return connector_of(candidate)
    return ""

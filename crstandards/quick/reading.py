"""What the fast path understands of a file: one plain shape, and doubt about all others.

Stricter than the readers in `source`, of which each builds on the same text, JSON and XML.
"""

from __future__ import annotations

from crstandards.connector_id import connector_of, is_possible
from crstandards.source.json import decoder, is_too_deep, spelled_otherwise
from crstandards.source.text import SourceError, decode
from crstandards.source.xml import scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from crstandards.source.xml import Attributes, End, Start

# Where one of these stands, a value may hold a connection's id, perhaps spelled with escapes.
_MARKS = ("/connections/", "shared-", "\\/", "\\u")
# The keys that lead to what is read, in which other letters could hide it.
_KEYS = ("properties", "connectionReferences", "definition")
_FOLDED = tuple(map(str.lower, _KEYS))
_REFERENCE_KEYS = ("connectionReferenceLogicalName", "name", "id")
_ENTRY_KEYS = ("connection", "api", "runtimeSource", "impersonation", "connectionReferenceLogicalName")
_UNIQUE_NAME = ["ImportExportXml", "SolutionManifest", "UniqueName"]
_NAME = "connectionreferencelogicalname"


class Doubt(Exception):
    """Not proved clean: the whole check must look."""


class FlowFacts:
    """The `references` that a flow goes through, by logical name in lower case, with the connector of each;
    whether some are the connections of whoever runs it, and whether it runs other flows.
    """

    def __init__(self, references: frozenset[tuple[str, str]], is_invoked: bool, calls: bool) -> None:
        self.references, self.is_invoked, self.calls = references, is_invoked, calls


def flow_facts(data: bytes) -> FlowFacts:
    """What a flow uses. Raises Doubt where the flow could break a rule by itself."""
    named: list[Any] = []
    calls = False

    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal calls
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Doubt
        # More than the operations' hosts, perhaps; all must be known.
        if "connectionName" in found:
            named.append(found["connectionName"])
        if "connectionReferenceName" in found:
            raise Doubt
        # Of older operations an expression names the alias.
        if "connection" in found and "$" in str(found["connection"]):
            raise Doubt
        calls = calls or "workflowReferenceName" in found
        return found

    try:
        text = decode(data)
        document = decoder(read_object, _refuse)(text)
        if is_too_deep(text, document):
            raise Doubt
        folded = text.lower()
        if any(mark in folded for mark in _MARKS):
            raise Doubt
        if any(key.lower() in _FOLDED and key not in _KEYS for key in (*document, *document["properties"])):
            raise Doubt
        definition = document["properties"]["definition"]
        if definition.get("parameters", {}).get("$connections", {}).get("defaultValue"):
            raise Doubt
        entries = document["properties"].get("connectionReferences", {})
        aliases = {alias.lower() for alias in entries}
        if not all(alias.lower() in aliases for alias in named):
            raise Doubt
        is_invoked = any(entry.get("runtimeSource", "embedded") != "embedded" for entry in entries.values())
        return FlowFacts(frozenset(map(_reference, entries.values())), is_invoked, calls)
    except (SourceError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        # It is no text, no JSON, or not of this shape.
        raise Doubt from None


def _reference(entry: Any) -> tuple[str, str]:
    for value, keys in (
        (entry, _ENTRY_KEYS),
        (entry["connection"], _REFERENCE_KEYS),
        (entry["api"], ("name",)),
    ):
        if spelled_otherwise(value, keys):
            raise Doubt
    reference = entry["connection"]["connectionReferenceLogicalName"].lower()
    connector = connector_of(entry["api"]["name"])
    if not reference.strip() or not connector:
        raise Doubt
    return reference, connector


def _refuse(constant: str) -> NoReturn:
    raise Doubt


def unique_name(data: bytes) -> str:
    """The unique name in a solution's manifest. Raises Doubt where there is none."""
    path: list[str] = []
    found: list[str] = []

    def end(name: str, text: str) -> None:
        if path == _UNIQUE_NAME:
            found.append(text.strip())
        path.pop()

    _scan(data, lambda name, attributes, offset: path.append(name), end)
    if not found or not found[0]:
        raise Doubt
    return found[0]


def declared_references(data: bytes) -> dict[str, str]:
    """The connectors of declared references by logical name in lower case: each of another connector.

    Raises Doubt where the file could break a rule by itself.
    """
    path: list[str] = []
    found: list[list[str]] = []

    def start(name: str, attributes: Attributes, offset: int) -> None:
        path.append(name)
        # Which names a flow's file, that may not be there.
        if name == "JsonFileName":
            raise Doubt
        if _is_declaration(path):
            found.append([attributes[_NAME].strip().lower()])

    def end(name: str, text: str) -> None:
        if name == "connectorid" and len(path) == 4 and _is_declaration(path[:3]):
            found[-1].append(text.strip())
        path.pop()

    try:
        _scan(data, start, end)
        # Of an element that stands twice, the first one would count.
        declared = {name: connector_of(connector_id) for name, connector_id in found}
    except (KeyError, ValueError):
        raise Doubt from None
    if (
        "" in declared
        or not all(map(is_possible, declared.values()))
        or len(set(declared.values())) < len(found)
    ):
        raise Doubt
    return declared


def _is_declaration(path: list[str]) -> bool:
    return len(path) == 3 and path[1:] == ["connectionreferences", "connectionreference"]


def _scan(data: bytes, start: Start, end: End) -> None:
    try:
        scan(data, start, end)
    except SourceError:
        raise Doubt from None

"""A flow that few steps prove plain: then no rule asks for more than its connection references.

A flow is plain when each operation goes through an alias that its map has, and names it as today's exports
do; when nothing in it can be a literal connection; and when it is sound JSON. With any doubt (a key that
stands twice, an older operation, a word that may be a connection's id) `flow` reads it whole. Light to load:
a commit waits for it.
"""

from __future__ import annotations

from crstandards.source.json import decoder, is_too_deep, spelled_otherwise
from crstandards.source.text import SourceError, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType
    from typing import Any, NoReturn

    from crstandards.places import Route

    Read = tuple[str, Any, list[Any]]

REFERENCE = "connectionReferenceLogicalName"
ENTRY_KEYS = {
    "": ("connection", "api", "runtimeSource", "impersonation", REFERENCE),
    "connection": (REFERENCE, "name", "id"),
    "api": ("name", "id"),
}
"""The keys of an entry that are read, and of the objects in it."""

# The keys that lead to what is read, which other letters could hide from one reader and not from another.
_KEYS = ("properties", "connectionReferences", "definition")
_BOM = b"\xef\xbb\xbf"
_ALIAS, _OTHER_ALIAS, _CHILD = '"connectionName":', '"connectionReferenceName"', '"workflowReferenceName"'
# Where one of these stands, a value may hold a connection's id, perhaps spelled with escapes.
_MARKS = ("/connections/", "shared-")
_ESCAPES = ("\\/", "\\u")
# Letters that patterns without letter case take for an "s" and an "i".
_DOUBLES = ("\u017f", "\u0131", "\u0130")


class Doubt(Exception):
    """Not proved: whoever reads the whole must look."""


def plain_flow(data: bytes, orjson: ModuleType | None = None) -> tuple[Mapping[str, dict[str, Any]], bool]:
    """The entries of a plain flow's map, as they stand, and whether it runs other flows.

    Raises Doubt with any other, and for what is no flow.
    """
    try:
        text, document, named = _read_with(orjson, data) if orjson else _read(data)
        properties = document["properties"]
        entries, definition = properties.get("connectionReferences"), properties["definition"]
        entries = {} if entries is None else entries
        declared = definition.get("parameters", {}).get("$connections")
        aliases = {alias.lower() for alias in entries}
        folded = text.lower()
        if (
            any(spelled_otherwise(holder, _KEYS) for holder in (document, properties))
            or any(misspelt(entry) for entry in entries.values())
            or (declared is not None and declared.get("defaultValue"))
            or folded.count("$connections") != (declared is not None)
            or _OTHER_ALIAS in text
            or any(mark in folded for mark in _MARKS)
            # Looked for at once only what all escapes begin with: most flows have none.
            or ("\\" in folded and any(escape in folded for escape in _ESCAPES))
            or (not text.isascii() and any(letter in text for letter in _DOUBLES))
            or not all(alias.lower() in aliases for alias in named)
        ):
            raise Doubt
    except (SourceError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        # It is no text, no JSON, or not of this shape.
        raise Doubt from None
    return entries, _CHILD in text


def _read(data: bytes) -> Read:
    """A flow's text, its document and all aliases that are named anywhere."""
    named: list[Any] = []

    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Doubt
        if "connectionName" in found:
            named.append(found["connectionName"])
        return found

    text = decode(data)
    document = decoder(read_object, _refuse)(text)
    if is_too_deep(text, document):
        raise Doubt
    return text, document, named


def _refuse(constant: str) -> NoReturn:
    raise Doubt


def _read_with(orjson: ModuleType, data: bytes) -> Read:
    """As `_read`, much faster; it refuses what nests deeper than 254 levels, and so what nests too deep."""
    document = orjson.loads(data.removeprefix(_BOM))
    compact = orjson.dumps(document)
    # Of a key that stands twice, a reader keeps one.
    if _quotes(data) != _quotes(compact):
        raise Doubt
    text = compact.decode()
    named = [rest[: rest.find('"', 1)] for rest in text.split(_ALIAS)[1:]]
    if not all(alias.startswith('"') and "\\" not in alias for alias in named):
        raise Doubt
    return text, document, [alias[1:] for alias in named]


def _quotes(text: bytes) -> int:
    """The quotes around the strings in JSON."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return text.count(b'"')


def misspelt(entry: Any) -> Route | None:
    """Where a key of an entry is written with other letters than those that are read, within the entry."""
    for inner, keys in ENTRY_KEYS.items():
        found = spelled_otherwise(entry.get(inner) if inner else entry, keys)
        if found:
            return (inner, found) if inner else (found,)
    return None

"""The fast reader: proves most flows plain in a few passes of compiled code, where orjson is installed.

A flow is plain when each operation goes through an alias that its map has, and names it as today's
exports do; when nothing in it can be a literal connection; and when it is sound JSON. Of such a flow
no rule asks for more than the map. With any doubt (another encoding, a key that stands twice, an older
operation, a word that may be a connection's id) there is no answer, and the exact reader reads the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]  # an extra, not a dependency

# The keys that lead to what is read, which other letters could hide from one reader and not from another.
_KEYS = ("properties", "connectionReferences", "definition")
_FOLDED = tuple(map(str.lower, _KEYS))
_BOM = b"\xef\xbb\xbf"
_ALIAS = b'"connectionName":'
_OTHER_ALIAS = b'"connectionReferenceName":'
# Where one of these stands, a value may hold a connection's id.
_MARKS = (b"/connections/", b"shared-")
# Letters that patterns without letter case take for an "s" and an "i".
_DOUBLES = ("\u017f".encode(), "\u0131".encode(), "\u0130".encode())


def plain_entries(data: bytes) -> Mapping[str, dict[str, Any]] | None:
    """The `connectionReferences` of a flow that is proved plain; None with any doubt."""
    if orjson is None:
        return None
    try:
        document = orjson.loads(data.removeprefix(_BOM))
        # It refuses what nests deeper than 254 levels, and so what nests too deep.
        compact = orjson.dumps(document)
        properties = document["properties"]
        entries, definition = properties.get("connectionReferences"), properties["definition"]
        entries = {} if entries is None else entries
        declared = definition.get("parameters", {}).get("$connections")
        if any(key.lower() in _FOLDED and key not in _KEYS for key in (*document, *properties)):
            return None
        if (
            _strings(data) != _strings(compact)
            or not all(isinstance(entry, dict) for entry in entries.values())
            or (declared is not None and declared.get("defaultValue"))
        ):
            return None
    except (ValueError, KeyError, TypeError, AttributeError):
        # It is no JSON, or not of this shape.
        return None
    folded = compact.lower()
    marks = _MARKS if folded.isascii() else (*_MARKS, *_DOUBLES)
    if _OTHER_ALIAS in compact or any(mark in folded for mark in marks):
        return None
    if folded.count(b"$connections") != (declared is not None):
        return None
    named = {rest[: rest.find(b'"', 1)] for rest in compact.split(_ALIAS)[1:]}
    known = {b'"' + alias.lower().encode() for alias in entries}
    is_known = (b"\\" not in alias and alias.decode().lower().encode() in known for alias in named)
    return entries if all(is_known) else None


def _strings(text: bytes) -> int:
    """Twice the number of strings in JSON. Of a key that stands twice, a reader keeps one."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return text.count(b'"')

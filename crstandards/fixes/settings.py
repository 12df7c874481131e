"""Deployment settings, told by their content: what they bind, and how an entry is taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from crstandards.fixes.edits import CannotEdit, editable_text
from crstandards.fixes.jsonedit import Document
from crstandards.fixes.jsonverify import REMOVED, JsonChange
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.plan import FileChange, file_change
from crstandards.source.json import parse
from crstandards.source.text import SourceError

_LIST = "ConnectionReferences"
_LIMIT = 4 * 1024 * 1024
_LITERAL = re.compile(r"[0-9a-z-]{32,}")


class Settings(NamedTuple):
    """One settings file: the connection id bound to each reference, by key, in the file's order, and the
    references that it speaks of.
    """

    path: str
    bound: tuple[tuple[str, str], ...]
    names: frozenset[str]

    def connections(self, keys: frozenset[str]) -> frozenset[str]:
        """The literal connections that it binds these references to; tokens say nothing."""
        return frozenset(
            connection for key, connection in self.bound if key in keys and _LITERAL.fullmatch(connection)
        )


def settings_files(tree: Overlay, keys: frozenset[str]) -> Iterator[Settings]:
    """The deployment settings of the repository that speak of one of these references."""
    # No fix makes a file one of another kind, or lets it speak of more.
    paths = tree.remembered("settings", lambda: _paths(tree))
    named = dict.fromkeys(path for key in sorted(keys) for path in paths.get(key, ()))
    settings = (tree.made_of(path, _read) for path in sorted(named))
    return (item for item in settings if item and not item.names.isdisjoint(keys))


def _paths(tree: Overlay) -> dict[str, list[str]]:
    """The paths of deployment settings, by the keys of the references that they speak of."""
    paths: dict[str, list[str]] = {}
    for file in tree.files():
        if file.kind == "file" and file.path.lower().endswith(".json"):
            settings = tree.made_of(file.path, _read)
            for key in settings.names if settings else ():
                paths.setdefault(key, []).append(file.path)
    return paths


def _read(tree: Overlay, path: str) -> Settings | None:
    try:
        data = tree.data(path, _LIMIT)
        if b"LogicalName" not in data.replace(b"\0", b""):
            return None
        document = parse(editable_text(data))
    except (CannotEdit, SourceError):
        return None
    entries = document.get(_LIST) if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return None
    bound = tuple(_bound(entry) for entry in entries)
    return Settings(path, bound, frozenset(key for key, _ in bound))


def _bound(entry: object) -> tuple[str, str]:
    if not isinstance(entry, dict):
        return "", ""
    name, connection = entry.get("LogicalName"), entry.get("ConnectionId")
    return (
        name.lower() if isinstance(name, str) else "",
        connection.lower() if isinstance(connection, str) else "",
    )


def without(tree: Overlay, settings: Settings, keys: frozenset[str]) -> FileChange:
    """The change that takes references' entries out. Raises CannotEdit."""
    data = tree.data(settings.path)
    positions = [str(index) for index, (key, _) in enumerate(settings.bound) if key in keys]
    return file_change(
        settings.path,
        data,
        Document(editable_text(data)).remove_members((_LIST,), set(positions)),
        tuple(JsonChange((_LIST, position), REMOVED) for position in positions),
    )

"""Deployment settings, as `pac solution create-settings` makes them: which connection each reference
gets in one environment.

`{"EnvironmentVariables": […], "ConnectionReferences": [{"LogicalName", "ConnectionId", "ConnectorId"}]}`;
pipelines add `ConnectionOwner`, and other tools keys of their own. A JSON file of another form that
stands beside them, such as the list of pairs in `customDeploymentSettings.json`, is not such a file.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from crstandards.model import Route
from crstandards.source.facts import Reader
from crstandards.source.json import Repeating, read
from crstandards.source.text import SourceError

MAX_BYTES = 16 * 1024 * 1024
_LIST = "ConnectionReferences"


class RawEntry(NamedTuple):
    """An entry as it stands; what is not there is ""."""

    name: str
    connection: str
    connector_id: str
    owner: str
    route: Route


def read_settings(data: bytes) -> tuple[RawEntry, ...] | None:
    """The entries of a settings file; None where the file is something else.

    Raises SourceError for what is no JSON, and for an entry that cannot be understood.
    """
    document = read(data)[1]
    if not isinstance(document, dict):
        return None
    if isinstance(document, Repeating) and _LIST in document.repeated:
        raise SourceError(f"the key {_LIST!r} stands twice, and the first one is lost", (_LIST,))
    listed = document.get(_LIST)
    if listed is None:
        return () if "EnvironmentVariables" in document else None
    if not isinstance(listed, list) or any(isinstance(entry, list | str) for entry in listed):
        return None
    return tuple(_entry(entry, (_LIST, str(index))) for index, entry in enumerate(listed))


def _entry(entry: Any, route: Route) -> RawEntry:
    if not isinstance(entry, dict):
        raise SourceError("an entry of ConnectionReferences is not an object", route)
    if isinstance(entry, Repeating):
        raise SourceError(f"the key {entry.repeated[0]!r} stands twice in one entry", route)
    name = _text(entry, "LogicalName", route)
    if not name:
        raise SourceError("an entry of ConnectionReferences has no LogicalName", route)
    return RawEntry(
        name,
        _text(entry, "ConnectionId", route),
        _text(entry, "ConnectorId", route),
        _text(entry, "ConnectionOwner", route),
        route,
    )


def _text(entry: dict[str, Any], key: str, route: Route) -> str:
    value = entry.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SourceError(f"{key} is not a text", (*route, key))
    return value.strip()


SETTINGS = Reader(read_settings, MAX_BYTES)

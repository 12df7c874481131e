"""Deployment settings, as `pac solution create-settings` makes them: which connection each reference
gets in one environment.

`{"EnvironmentVariables": […], "ConnectionReferences": [{"LogicalName", "ConnectionId", "ConnectorId"}]}`;
pipelines add `ConnectionOwner`, and other tools keys of their own. JSON of another form often lies beside
them: the list of pairs in `customDeploymentSettings.json` of the ALM Accelerator, a canvas app's data source
`DeploymentSettings.json`.
"""

from __future__ import annotations

import re
from typing import Any

from crstandards.environments import Account, SettingsEntry
from crstandards.places import Route
from crstandards.source.facts import Reader
from crstandards.source.json import Repeating, read
from crstandards.source.text import SourceError

MAX_BYTES = 16 * 1024 * 1024
_LIST = "ConnectionReferences"
_OWN = re.compile(r"(?:.+\.)?deploymentsettings\.json")
_FOREIGN = re.compile(r"customdeploymentsettings.*\.json")


class NoSettings(SourceError):
    """JSON that is no deployment settings."""


def is_called_settings(path: str) -> bool:
    """Whether a file's name says that it holds deployment settings, as `prod.deploymentsettings.json` does.

    >>> is_called_settings("config/Test/deploymentSettings.json")
    True
    >>> is_called_settings("config/Test/customDeploymentSettings.json")
    False
    """
    *folders, name = path.lower().split("/")
    if _FOREIGN.match(name) or folders[-1:] == ["datasources"]:
        return False
    return "deployment-settings" in folders[-1:] or bool(_OWN.fullmatch(name))


def is_foreign(path: str) -> bool:
    """Whether a file is always another tool's, whatever it holds."""
    return bool(_FOREIGN.match(path.rpartition("/")[2].lower()))


def read_settings(data: bytes) -> tuple[SettingsEntry, ...]:
    """The entries of a settings file, as they stand; an empty object has none.

    Raises NoSettings for other JSON, and SourceError for what is no JSON, and for an entry that cannot be
    understood.
    """
    document = read(data)[1]
    if not isinstance(document, dict):
        raise NoSettings("it is no object with ConnectionReferences, as deployment settings are")
    if isinstance(document, Repeating) and _LIST in document.repeated:
        raise SourceError(f"the key {_LIST!r} stands twice, and the first one is lost", (_LIST,))
    listed = document.get(_LIST)
    if listed is None and document and not document.keys() & {_LIST, "EnvironmentVariables"}:
        raise NoSettings("it has neither ConnectionReferences nor EnvironmentVariables")
    if not isinstance(listed or [], list):
        raise NoSettings("its ConnectionReferences is no list", (_LIST,))
    if any(isinstance(entry, list | str) for entry in listed or ()):
        raise NoSettings(
            "its ConnectionReferences holds pairs or texts, as customDeploymentSettings.json does: an import "
            'wants objects, {"LogicalName", "ConnectionId", "ConnectorId"}',
            (_LIST,),
        )
    return tuple(_entry(entry, (_LIST, str(index))) for index, entry in enumerate(listed or ()))


def _entry(entry: Any, route: Route) -> SettingsEntry:
    if not isinstance(entry, dict):
        raise SourceError("an entry of ConnectionReferences is not an object", route)
    if isinstance(entry, Repeating):
        raise SourceError(f"the key {entry.repeated[0]!r} stands twice in one entry", route)
    name = _text(entry, "LogicalName", route)
    if not name:
        raise SourceError("an entry of ConnectionReferences has no LogicalName", route)
    connection, owner = _text(entry, "ConnectionId", route), _text(entry, "ConnectionOwner", route)
    return SettingsEntry(
        name,
        # A blank before or behind an id is part of it to whoever imports.
        entry["ConnectionId"] if connection else "",
        _text(entry, "ConnectorId", route) or None,
        Account(owner) if owner else None,
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

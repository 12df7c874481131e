"""Canvas apps: the connections that an app holds, and the references behind them.

The same data stands in three places, an object whose keys are GUIDs:

- `CanvasApps/<name>.meta.xml`: `<CanvasApp>` with a JSON string in `<ConnectionReferences>`;
- `customizations.xml` of a zip: the same `<CanvasApp>` elements inside `<CanvasApps>`;
- `Connections/Connections.json` of an unpacked app: each entry under `connectionRef`.

Most entries have neither a reference nor a shared connection: the app's users bring their own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from crstandards.model import Route, connector_of
from crstandards.source import jsontext
from crstandards.source.text import SourceError
from crstandards.source.xml import Attributes, first_tag, scan


class CanvasConnection(NamedTuple):
    """One connection of an app. `reference` is the logical name behind it, "" where there is none.

    `shared` says that the maker's own connection is shared with the app's users; `custom` that the
    connector is a custom one. `at` is as in `Place`.
    """

    reference: str
    connector: str
    shared: bool
    custom: bool
    at: Route | int | None


class CanvasFacts(NamedTuple):
    """An app by the name that its maker gave it, and its connections in document order."""

    name: str
    connections: tuple[CanvasConnection, ...]


class _Apps:
    """Collects `<CanvasApp>` elements: the document's root, or the children of a `<CanvasApps>`."""

    def __init__(self) -> None:
        self.found: list[CanvasFacts] = []
        self.path: list[str] = []
        self.depth = -1
        self.names: dict[str, str] = {}
        self.connections: list[CanvasConnection] = []
        self.offset = 0

    def start(self, name: str, attributes: Attributes, offset: int) -> None:
        self.path.append(name)
        if self.depth < 0:
            if name == "CanvasApp" and self.path[-2:-1] in ([], ["CanvasApps"]):
                self.depth = len(self.path)
                self.names, self.connections = {}, []
        elif name == "ConnectionReferences":
            self.offset = offset

    def end(self, name: str, text: str) -> None:
        if not self.path:  # opened before the scan's events began
            return
        if len(self.path) == self.depth:
            shown = self.names.get("DisplayName") or self.names.get("Name", "")
            self.found.append(CanvasFacts(shown, tuple(self.connections)))
            self.depth = -1
        elif len(self.path) == self.depth + 1:
            if name == "ConnectionReferences":
                self.connections += _embedded(text, self.offset)
            elif name in ("DisplayName", "Name"):
                self.names[name] = text.strip()
        self.path.pop()


def read_meta(data: bytes) -> CanvasFacts:
    """Read an app's `.meta.xml`. Raises SourceError for bad XML, and for bad JSON inside it."""
    apps = _Apps()
    scan(data, apps.start, apps.end)
    return apps.found[0] if apps.found else CanvasFacts("", ())


def read_canvas_apps(data: bytes) -> tuple[CanvasFacts, ...]:
    """Read the apps inside a flat layout's `customizations.xml`; raises as `read_meta` does."""
    apps = _Apps()
    scan(data, apps.start, apps.end, first_tag(data, "<CanvasApps"))
    return tuple(apps.found)


def read_connections(data: bytes) -> tuple[CanvasConnection, ...]:
    """Read an unpacked app's `Connections.json`. Raises SourceError for what is not such a file."""
    _, document = jsontext.read(data)
    entries = _object(document, ())
    found: list[CanvasConnection] = []
    for key, value in entries.items():
        route = (key, "connectionRef")
        entry = _object(_object(value, (key,)).get("connectionRef"), route)
        found.append(_connection(entry, route if entry else (key,)))
    return tuple(found)


def _embedded(text: str, offset: int) -> list[CanvasConnection]:
    """The connections in a `<ConnectionReferences>` element; it is empty where an app has none."""
    if not text.strip():
        return []
    try:
        entries = _object(jsontext.parse(text), ())
        return [_connection(_object(value, (key,)), offset) for key, value in entries.items()]
    except SourceError as error:
        raise SourceError(f"ConnectionReferences of a canvas app: {error.reason}", offset) from None


def _object(value: Any, route: Route) -> dict[str, Any]:
    """A JSON object; nothing at all (null, an empty list) is an empty one."""
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise SourceError(f"{route[-1] if route else 'the document'!r} is not an object", route)
    if isinstance(value, jsontext.Repeating):
        # The last one wins, so that an earlier one would go unseen.
        raise SourceError(f"the key {value.repeated[0]!r} stands twice", (*route, value.repeated[0]))
    return value


def _connection(entry: dict[str, Any], at: Route | int) -> CanvasConnection:
    connector_id = _text(entry, "id")
    connector = connector_of(connector_id)
    return CanvasConnection(
        reference=_text(entry, "xrmConnectionReferenceLogicalName"),
        connector=connector,
        shared=bool(_text(entry, "sharedConnectionId")),
        custom=(
            # Its id ends in a hash, which is what `connector` lacks.
            connector != connector_id.rstrip("/").rpartition("/")[2].lower()
            or bool(_text(entry, "customApiLogicalName"))
            or entry.get("isCustomApiConnection") is True
        ),
        at=at,
    )


def _text(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    return value.strip() if isinstance(value, str) else ""

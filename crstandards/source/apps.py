"""Who uses references beside flows: the canvas apps and agents of each solution.

The connections of a canvas app, and the references behind them, stand in four places, an object whose
keys are GUIDs:

- `CanvasApps/<name>.meta.xml`: `<CanvasApp>` with a JSON string in `<ConnectionReferences>`, and another one
  in `<CdsDependencies>`, which names references too; `canvasapps/<name>.meta.yml` in the YAML layout;
- `customizations.xml` of a zip: the same `<CanvasApp>` elements inside `<CanvasApps>`;
- `Connections/Connections.json` of an unpacked app: each entry under `connectionRef`;
- `power.config.json` of a code app, under `connectionReferences`.

Most entries have neither a reference nor a shared connection: the app's users bring their own.

The references that the components of an agent (Copilot Studio) use:

- `Assets/botcomponent_connectionreferenceset.xml`: one element for each component and reference;
- `connectionreferences.mcs.yml` of a cloned agent: a list of `connectionReferenceLogicalName` with
  `connectorId`, under `connectionReferences` or bare;
- `dvtablesearchs/<guid>/dvtablesearch.xml`: a source of knowledge, and the reference behind it;
- `botcomponents/*/data`: a tool's or topic's YAML dialect, with `connectionReference: <name>`;
- the YAML layout: a component's link to a reference is a folder, whose name says both.

The two YAML dialects hold Power Fx and prose of any kind, which a strict parser refuses; so they are
read line by line, and only a key with a plain name behind it counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from crstandards.model import Place, Route, Unreadable, Use, connector_of
from crstandards.snapshot import File, Snapshot
from crstandards.source import xml
from crstandards.source.facts import Facts, Reader
from crstandards.source.flow import MAX_BYTES
from crstandards.source.join import Reading
from crstandards.source.json import Repeating, parse, read
from crstandards.source.layout import Candidate
from crstandards.source.names import CODE_APP
from crstandards.source.text import MAX_YAML_BYTES, Offsets, SourceError, decode, is_empty
from crstandards.source.xml import Element, elements

if TYPE_CHECKING:
    from crstandards.source.xml import Texts


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


def read_meta(data: bytes) -> CanvasFacts:
    """Read an app's `.meta.xml`. Raises SourceError for bad XML, and for bad JSON inside it."""
    return next(iter(_apps_in(elements(data, "CanvasApp"))), CanvasFacts("", ()))


def read_yaml_meta(data: bytes) -> CanvasFacts:
    """Read an app's `.meta.yml`; raises as `read_meta` does."""
    # Imported here: most repositories hold no YAML source.
    from crstandards.source import yaml

    return _app(yaml.texts(data, "CanvasApp"))


def read_canvas_apps(data: bytes) -> tuple[CanvasFacts, ...]:
    """Read the apps inside a flat layout's `customizations.xml`; raises as `read_meta` does."""
    return tuple(_apps_in(elements(data, "CanvasApp", "<CanvasApps")))


def _apps_in(found: Iterable[Element]) -> list[CanvasFacts]:
    """The apps among elements: the document's root, or the children of a `<CanvasApps>`."""
    return [_app(app.texts) for app in found if app.parent in ("", "CanvasApps")]


def _app(texts: Texts) -> CanvasFacts:
    names = (name for name, _ in (*texts("DisplayName"), *texts("Name")) if name)
    connections = [item for held in texts("ConnectionReferences") for item in _embedded(*held)]
    known = {item.reference.lower() for item in connections}
    needed = [item for held in texts("CdsDependencies") for item in _needed(*held)]
    return CanvasFacts(
        next(names, ""),
        (*connections, *(item for item in needed if item.reference.lower() not in known)),
    )


def read_connections(data: bytes) -> tuple[CanvasConnection, ...]:
    """Read an unpacked app's `Connections.json`. Raises SourceError for what is not such a file."""
    _, document = read(data)
    entries = _object(document, ())
    found: list[CanvasConnection] = []
    for key, value in entries.items():
        route = (key, "connectionRef")
        entry = _object(_object(value, (key,)).get("connectionRef"), route)
        found.append(_connection(entry, route if entry else (key,)))
    return tuple(found)


def read_code_app(data: bytes) -> CanvasFacts:
    """Read a code app's `power.config.json`: its name, and entries like those of a canvas app."""
    _, document = read(data)
    app = _object(document, ())
    entries = _object(app.get(_REFERENCES), (_REFERENCES,))
    return CanvasFacts(
        _text(app, "appDisplayName"),
        tuple(
            _connection(_object(value, (_REFERENCES, key)), (_REFERENCES, key))
            for key, value in entries.items()
        ),
    )


def _embedded(text: str, offset: int) -> list[CanvasConnection]:
    """The connections in an app's ConnectionReferences, which are empty where it has none."""
    if not text:
        return []
    try:
        entries = _object(parse(text), ())
        return [_connection(_object(value, (key,)), offset) for key, value in entries.items()]
    except SourceError as error:
        raise SourceError(f"ConnectionReferences of a canvas app: {error.reason}", offset) from None


def _needed(text: str, offset: int) -> Iterator[CanvasConnection]:
    """The references that an app's CdsDependencies name, beside tables and all kinds of other things."""
    try:
        listed = _object(parse(text), ()).get("cdsdependencies") if text else None
    except SourceError as error:
        raise SourceError(f"CdsDependencies of a canvas app: {error.reason}", offset) from None
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and _text(item, "componenttypeplatformname").lower() == _COMPONENT:
            yield CanvasConnection(_text(item, "logicalname"), "", False, False, offset)


def _object(value: Any, route: Route) -> dict[str, Any]:
    """A JSON object; nothing at all (null, an empty list) is an empty one."""
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise SourceError(f"{route[-1] if route else 'the document'!r} is not an object", route)
    if isinstance(value, Repeating):
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


class AgentUse(NamedTuple):
    """A reference that an agent uses; `agent` is the component's schema name, "" where unknown."""

    reference: str
    agent: str
    at: Route | int | None


_REFERENCES = "connectionReferences"
_COMPONENT = "connectionreference"
_AGENT = "botcomponentid.schemaname"
_REFERENCE = "connectionreferenceid.connectionreferencelogicalname"
_LINK = re.compile(
    r"(?:^|/)botcomponent_connectionreferenceset/([^/]+)(?:/botcomponent_connectionreference\.ya?ml)?$",
    re.IGNORECASE,
)

_INDENT = r"[ \t]*(?:-[ \t]+)*"
_NAMED = (
    r"""(?P<key>["']?connectionReference(?:LogicalName)?["']?)[ \t]*:[ \t]*"""
    r"""(?P<quote>["']?)(?P<name>[\w.-]+)(?P=quote)"""
)
# Behind the name, nothing more: an expression (=Env.x), a template or a sentence is no name.
_LINE = re.compile(_INDENT + _NAMED + r"(?=,?[ \t]*$|,?[ \t]+#)")
_FLOW = re.compile(_INDENT + r"""(?:["']?[\w.$]+["']?[ \t]*:[ \t]+)?[\[{]""")
_INNER = re.compile(r"[{,][ \t]*" + _NAMED + r"(?=[ \t]*[,}\]])")
_BLOCK = re.compile(
    r"(?P<parent>" + _INDENT + r")(?:(?P<key>[^\s#-][^#]*:[ \t]+)|(?<=- ))"
    r"(?:!\S*[ \t]+)?[|>][0-9+-]{0,2}[ \t]*(?:#.*)?$"
)


def read_reference_set(data: bytes) -> tuple[AgentUse, ...]:
    """Read `botcomponent_connectionreferenceset.xml`. Raises SourceError for bad XML."""
    return tuple(
        AgentUse(reference, item.attributes.get(_AGENT, ""), item.offset)
        for item in elements(data, "botcomponent_connectionreference")
        if (reference := item.attributes.get(_REFERENCE))
    )


def read_search(data: bytes) -> tuple[AgentUse, ...]:
    """Read a `dvtablesearch.xml`, an agent's source of knowledge. Raises SourceError for bad XML."""
    return tuple(use for item in elements(data, "dvtablesearch") for use in _search(item.texts))


def read_yaml_search(data: bytes) -> tuple[AgentUse, ...]:
    """Read a `dvtablesearch.yml`; raises as `read_search` does."""
    # Imported here: most repositories hold no YAML source.
    from crstandards.source import yaml

    return tuple(_search(yaml.texts(data, "dvtablesearch")))


def _search(texts: Texts) -> Iterator[AgentUse]:
    name = next((name for name, _ in texts("name")), "")
    for reference, offset in texts("connectionreference", "connectionreferencelogicalname"):
        if reference:
            yield AgentUse(reference, name, offset)


def read_agent_uses(data: bytes) -> tuple[AgentUse, ...]:
    """Read `connectionreferences.mcs.yml` or a component's `data`. Raises SourceError for what is no text."""
    return tuple(_uses(data))


def uses_from_path(path: str) -> AgentUse | None:
    """The use that a link's file or folder in the YAML layout stands for; None for other paths."""
    link = _LINK.search(path)
    if not link:
        return None
    fields = {
        key.strip().lower(): value.strip()
        for key, _, value in (field.partition("=") for field in link[1].split(","))
    }
    reference = fields.get(_REFERENCE, "")
    return AgentUse(reference, fields.get(_AGENT, ""), None) if reference else None


def _uses(data: bytes) -> Iterator[AgentUse]:
    if is_empty(data):
        return  # an empty document is YAML all the same
    text = decode(data)
    offsets = Offsets(data, text)
    for start, line in _lines(text):
        if _FLOW.match(line):
            matches = list(_INNER.finditer(line))
        else:
            match = _LINE.match(line)
            matches = [match] if match else []
        for match in matches:
            yield AgentUse(match["name"], "", offsets.at(start + match.start("key")))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are YAML, with where they begin: not those inside block scalars."""
    block: int | None = None
    start = 0
    for ended in text.split("\n"):
        line = ended.rstrip("\r")
        if block is not None and line.strip():
            spaces = len(line) - len(line.lstrip(" "))
            # A tab is no indentation in YAML: such a line belongs to the text it stands in.
            if spaces <= block and not line.startswith("\t", spaces):
                block = None
        if block is None:
            yield start, line
            opened = _BLOCK.match(line)
            if opened:
                parent = opened["parent"]
                block = len(parent) if opened["key"] else parent.rindex("-")
        start += len(ended) + 1


APP = Reader(read_meta, xml.MAX_BYTES)
APPS = Reader(read_canvas_apps, xml.MAX_BYTES)
CONNECTIONS = Reader(read_connections, MAX_BYTES)
CODE_APPS = Reader(read_code_app, MAX_BYTES)
YAML_APP = Reader(read_yaml_meta, MAX_YAML_BYTES)
AGENTS = (
    ("_connectionreferenceset.xml", Reader(read_reference_set, xml.MAX_BYTES)),
    ("/dvtablesearch.xml", Reader(read_search, xml.MAX_BYTES)),
    ("/dvtablesearch.yml", Reader(read_yaml_search, MAX_YAML_BYTES)),
    (".mcs.yml", Reader(read_agent_uses, MAX_BYTES)),
    ("/data", Reader(read_agent_uses, MAX_BYTES)),
)
"""How the files that name an agent's references are read, by the end of their path."""


class Users(NamedTuple):
    """The uses in one solution, and what could not be read on the way."""

    uses: tuple[Use, ...]
    unreadable: tuple[Unreadable, ...]


def read_users(snapshot: Snapshot, candidate: Candidate, facts: Facts) -> Users:
    """Read one solution's apps and agents."""
    reading = Reading(snapshot, facts)
    uses = [*_apps(candidate, reading), *_agents(candidate, reading)]
    return Users(tuple(_distinct(uses)), tuple(reading.unreadable))


def _apps(candidate: Candidate, reading: Reading) -> Iterator[Use]:
    ending, reader = (".meta.yml", YAML_APP) if candidate.layout == "yaml" else (".meta.xml", APP)
    metas = _ending(candidate.apps, ending)
    names = {_stem(file.path): _stem(file.path) for file in metas}
    for path, app in reading.each(metas, reader):
        names[_stem(path)] = app.name or _stem(path)
        yield from _canvas_uses(path, names[_stem(path)], app.connections)
    named = {app.lower(): name for app, name in names.items()}
    for path, connections in reading.each(_ending(candidate.apps, "connections.json"), CONNECTIONS):
        yield from _canvas_uses(path, _unpacked_app(path, named), connections)
    for path, app in reading.each(_ending(candidate.apps, CODE_APP), CODE_APPS):
        name = app.name or path.rpartition("/")[0].rpartition("/")[2]
        yield from _canvas_uses(path, name, app.connections, "code app")
    if candidate.layout == "flat" and candidate.customizations:
        for path, apps in reading.each([candidate.customizations], APPS):
            for app in apps:
                yield from _canvas_uses(path, app.name, app.connections)


def _canvas_uses(
    path: str,
    name: str,
    connections: Iterable[CanvasConnection],
    kind: Literal["canvas app", "code app"] = "canvas app",
) -> Iterator[Use]:
    for item in connections:
        yield Use(item.reference, kind, name, item.connector, Place(path, item.at), item.shared, item.custom)


def _agents(candidate: Candidate, reading: Reading) -> Iterator[Use]:
    for file in candidate.agents:
        linked = uses_from_path(file.path)
        if linked:
            yield _agent_use(file.path, linked)
    for ending, reader in AGENTS:
        for path, found in reading.each(_ending(candidate.agents, ending), reader):
            yield from (_agent_use(path, use) for use in found)


def _agent_use(path: str, use: AgentUse) -> Use:
    # A component's own file lies in the folder of its name.
    name = use.agent or path.rpartition("/")[0].rpartition("/")[2]
    return Use(use.reference, "agent", name, "", Place(path, use.at))


def _distinct(uses: Iterable[Use]) -> Iterator[Use]:
    """One use for each reference of an app or agent: several files say the same of it."""
    seen: set[tuple[str, str, str, str, bool]] = set()
    for use in uses:
        key = (use.kind, use.name.lower(), use.key, use.connector, use.shared)
        if key not in seen:
            seen.add(key)
            yield use


def _ending(files: Iterable[File], ending: str) -> list[File]:
    return [file for file in files if file.path.lower().endswith(ending)]


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _unpacked_app(path: str, names: Mapping[str, str]) -> str:
    """The name of the app to which `…/<app>[_DocumentUri_msapp_src]/Connections/Connections.json` belongs.

    Of apps by which the folder's name begins, it is the one with the longest name, in lower case.
    """
    folder = path.split("/")[-3] if path.count("/") > 1 else ""
    beginnings = (folder[:end].lower() for end in range(len(folder), 0, -1))
    return next((names[app] for app in beginnings if app in names), folder)

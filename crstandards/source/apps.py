"""Who uses references beside flows: the canvas apps and agents of each solution.

The connections of a canvas app, and the references behind them, stand in four places, an object whose
keys are GUIDs:

- `CanvasApps/<name>.meta.xml`: `<CanvasApp>` with a JSON string in `<ConnectionReferences>`, and another one
  in `<CdsDependencies>`, which names references too; in the YAML layout `canvasapps/<name>/canvasapp.yml`,
  or `canvasapps/<name>.meta.yml`;
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
from typing import Any, Literal, NamedTuple

from crstandards.connector_id import connector_of
from crstandards.model import Use
from crstandards.places import Place, Route
from crstandards.snapshot import File
from crstandards.source import xml
from crstandards.source.facts import Reader, Reading, placed
from crstandards.source.flow import MAX_BYTES
from crstandards.source.json import Repeating, parse, read
from crstandards.source.layout import Candidate
from crstandards.source.names import CODE_APP
from crstandards.source.text import MAX_YAML_BYTES, Offsets, SourceError, decode, is_empty
from crstandards.source.xml import Element, Node, elements, first_tag

Kind = Literal["canvas app", "code app"]


class AppFacts(NamedTuple):
    """An app by the name that its maker gave it, and its connections in document order.

    These are uses without the app's name and path.
    """

    name: str = ""
    connections: tuple[Use, ...] = ()


def read_meta(data: bytes) -> AppFacts:
    """Read an app's `.meta.xml`. Raises SourceError for bad XML, and for bad JSON inside it."""
    return next(iter(_apps_in(elements(data, "CanvasApp"))), AppFacts())


def read_yaml_meta(data: bytes) -> AppFacts:
    """Read an app's `canvasapp.yml` or `.meta.yml`; raises as `read_meta` does."""
    return _app(_in_yaml(data, "CanvasApp"))


def read_canvas_apps(data: bytes) -> tuple[AppFacts, ...]:
    """Read the apps inside a flat `customizations.xml`; raises as `read_meta` does where it has some."""
    # Most have none; whether they are XML, whoever reads what they declare tells.
    has_apps = first_tag(data, "<CanvasApps") < len(data)
    return tuple(_apps_in(elements(data, "CanvasApp", "<CanvasApps"))) if has_apps else ()


def _in_yaml(data: bytes, name: str) -> Node:
    """The one element of a YAML document. Raises SourceError where it is another one."""
    # Imported here: most repositories hold no YAML source.
    from crstandards.source.yaml import parse

    root = parse(data)
    for element in root.called(name):
        return element
    raise SourceError(f"no {name} in it", root.offset)


def _apps_in(found: Iterable[Element]) -> list[AppFacts]:
    """The apps among elements: the document's root, or the children of a `<CanvasApps>`."""
    return [_app(app) for app in found if app.parent in ("", "CanvasApps")]


def _app(node: Node) -> AppFacts:
    names = (name for name, _ in (*node.texts("DisplayName"), *node.texts("Name")) if name)
    connections = [item for held in node.texts("ConnectionReferences") for item in _embedded(*held)]
    known = {item.key for item in connections}
    needed = [item for held in node.texts("CdsDependencies") for item in _needed(*held)]
    return AppFacts(next(names, ""), (*connections, *(item for item in needed if item.key not in known)))


def read_connections(data: bytes) -> tuple[Use, ...]:
    """Read an unpacked app's `Connections.json`. Raises SourceError for what is not such a file."""
    found: list[Use] = []
    for key, value in _object(read(data)[1], ()).items():
        route = (key, "connectionRef")
        entry = _object(_object(value, (key,)).get("connectionRef"), route)
        found.append(_connection(entry, route if entry else (key,)))
    return tuple(found)


def read_code_app(data: bytes) -> AppFacts:
    """Read a code app's `power.config.json`: its name, and entries like those of a canvas app."""
    app = _object(read(data)[1], ())
    entries = _object(app.get(_REFERENCES), (_REFERENCES,))
    return AppFacts(
        _text(app, "appDisplayName"),
        tuple(
            _connection(_object(value, (_REFERENCES, key)), (_REFERENCES, key), "code app")
            for key, value in entries.items()
        ),
    )


def _embedded(text: str, offset: int) -> list[Use]:
    """The connections in an app's ConnectionReferences, which are empty where it has none."""
    try:
        entries = _object(parse(text), ()) if text else {}
        return [_connection(_object(value, (key,)), offset) for key, value in entries.items()]
    except SourceError as error:
        raise SourceError(f"ConnectionReferences of a canvas app: {error.reason}", offset) from None


def _needed(text: str, offset: int) -> Iterator[Use]:
    """The references that an app's CdsDependencies name, beside tables and all kinds of other things."""
    try:
        listed = _object(parse(text), ()).get("cdsdependencies") if text else None
    except SourceError as error:
        raise SourceError(f"CdsDependencies of a canvas app: {error.reason}", offset) from None
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and _text(item, "componenttypeplatformname").lower() == _COMPONENT:
            yield Use(_text(item, "logicalname"), "canvas app", "", "", Place("", offset))


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


def _connection(entry: dict[str, Any], at: Route | int, kind: Kind = "canvas app") -> Use:
    connector_id = _text(entry, "id")
    connector = connector_of(connector_id)
    return Use(
        _text(entry, "xrmConnectionReferenceLogicalName"),
        kind,
        "",
        connector,
        Place("", at),
        shared=bool(_text(entry, "sharedConnectionId")),
        custom=(
            # Its id ends in a hash, which is what `connector` lacks.
            connector != connector_id.rstrip("/").rpartition("/")[2].lower()
            or bool(_text(entry, "customApiLogicalName"))
            or entry.get("isCustomApiConnection") is True
        ),
        shown=_text(entry, "displayName"),
    )


def _agent(reference: str, name: str, at: int | None) -> Use:
    """A reference that a component of an agent uses; the component's name is "" where that is unknown."""
    return Use(reference, "agent", name, "", Place("", at))


def _text(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    return value.strip() if isinstance(value, str) else ""


_REFERENCES = "connectionReferences"
_YAML_APP = "/canvasapp.yml"
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


def read_reference_set(data: bytes) -> tuple[Use, ...]:
    """Read `botcomponent_connectionreferenceset.xml`. Raises SourceError for bad XML."""
    return tuple(
        _agent(reference, item.attributes.get(_AGENT, ""), item.offset)
        for item in elements(data, "botcomponent_connectionreference")
        if (reference := item.attributes.get(_REFERENCE))
    )


def read_search(data: bytes) -> tuple[Use, ...]:
    """Read a `dvtablesearch.xml`, an agent's source of knowledge. Raises SourceError for bad XML."""
    return tuple(use for item in elements(data, "dvtablesearch") for use in _search(item))


def read_yaml_search(data: bytes) -> tuple[Use, ...]:
    """Read a `dvtablesearch.yml`; raises as `read_search` does."""
    return tuple(_search(_in_yaml(data, "dvtablesearch")))


def _search(node: Node) -> Iterator[Use]:
    for reference, offset in node.texts("connectionreference", "connectionreferencelogicalname"):
        if reference:
            yield _agent(reference, node.text_at("name"), offset)


def read_agent_uses(data: bytes) -> tuple[Use, ...]:
    """Read `connectionreferences.mcs.yml` or a component's `data`. Raises SourceError for what is no text."""
    return tuple(_uses(data))


def uses_from_path(path: str) -> Use | None:
    """The use that a link's file or folder in the YAML layout stands for; None for other paths."""
    link = _LINK.search(path)
    if not link:
        return None
    fields = {
        key.strip().lower(): value.strip()
        for key, _, value in (field.partition("=") for field in link[1].split(","))
    }
    reference = fields.get(_REFERENCE, "")
    return _agent(reference, fields.get(_AGENT, ""), None) if reference else None


def _uses(data: bytes) -> Iterator[Use]:
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
            yield _agent(match["name"], "", offsets.at(start + match.start("key")))


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


def read_users(reading: Reading, candidate: Candidate) -> tuple[Use, ...]:
    """What one solution's apps and agents use."""
    return tuple(_distinct([*_apps(reading, candidate), *_agents(reading, candidate)]))


def _apps(reading: Reading, candidate: Candidate) -> Iterator[Use]:
    is_yaml = candidate.layout == "yaml"
    metas = _ending(candidate.apps, *((".meta.yml", _YAML_APP) if is_yaml else (".meta.xml",)))
    names = {_stem(file.path): _stem(file.path) for file in metas}
    for path, app in reading.each(metas, YAML_APP if is_yaml else APP):
        names[_stem(path)] = app.name or _stem(path)
        yield from _named(app.connections, names[_stem(path)], path)
    named = {app.lower(): name for app, name in names.items()}
    for path, connections in reading.each(_ending(candidate.apps, "connections.json"), CONNECTIONS):
        yield from _named(connections, _unpacked_app(path, named), path)
    for path, app in reading.each(_ending(candidate.apps, CODE_APP), CODE_APPS):
        yield from _named(app.connections, app.name or _folder(path), path)
    if candidate.layout == "flat" and candidate.customizations:
        for path, apps in reading.each([candidate.customizations], APPS):
            for app in apps:
                yield from _named(app.connections, app.name, path)


def _agents(reading: Reading, candidate: Candidate) -> Iterator[Use]:
    for file in candidate.agents:
        if linked := uses_from_path(file.path):
            yield from _named([linked], linked.name or _folder(file.path), file.path)
    for ending, reader in AGENTS:
        for path, found in reading.each(_ending(candidate.agents, ending), reader):
            for use in found:
                # A component's own file lies in the folder of its name.
                yield from _named([use], use.name or _folder(path), path)


def _named(uses: Iterable[Use], name: str, path: str) -> Iterator[Use]:
    return (placed(use, path)._replace(name=name) for use in uses)


def _folder(path: str) -> str:
    """The name of the folder in which a file lies."""
    return path.rpartition("/")[0].rpartition("/")[2]


def _distinct(uses: Iterable[Use]) -> Iterator[Use]:
    """One use for each reference of an app or agent: several files say the same of it."""
    seen: set[tuple[str, str, str, str, bool]] = set()
    for use in uses:
        key = (use.kind, use.name.lower(), use.key, use.connector, use.shared)
        if key not in seen:
            seen.add(key)
            yield use


def _ending(files: Iterable[File], *endings: str) -> list[File]:
    return [file for file in files if file.path.lower().endswith(endings)]


def _stem(path: str) -> str:
    """What an app is called by its file, or by the folder that is its alone."""
    is_in_folder = path.lower().endswith(_YAML_APP)
    return _folder(path) if is_in_folder else path.rpartition("/")[2].partition(".")[0]


def _unpacked_app(path: str, names: Mapping[str, str]) -> str:
    """The name of the app to which `…/<app>[_DocumentUri_msapp_src]/Connections/Connections.json` belongs.

    Of apps by which the folder's name begins, it is the one with the longest name, in lower case.
    """
    folder = path.split("/")[-3] if path.count("/") > 1 else ""
    beginnings = (folder[:end].lower() for end in range(len(folder), 0, -1))
    return next((names[app] for app in beginnings if app in names), folder)

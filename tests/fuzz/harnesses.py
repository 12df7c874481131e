"""What is fuzzed: one harness for each reader, with what must hold for any bytes, and bytes to begin with.

A harness lets only the errors through that its readers document, and compares what was read with a
plain parser where there is one.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree
from xml.parsers.expat import ParserCreate

import orjson
import pytest
import yaml

from crstandards.commands.hook import _pushed
from crstandards.errors import FatalError, NotVerified, UsageError
from crstandards.fixes.edits import CannotEdit, Overlay
from crstandards.fixes.steps import FileChange, NewEntry, file_changes
from crstandards.fixes.verify import REMOVED, JsonChange
from crstandards.history.guards import read_updates
from crstandards.inventory.reader import Source, read_inventory
from crstandards.model import ConnectionReference
from crstandards.policy.configuration import Config, parse_config
from crstandards.snapshot import Zips
from crstandards.source import apps, yaml_layout
from crstandards.source.apps import read_canvas_apps, read_connections, read_meta
from crstandards.source.flow import read_flow
from crstandards.source.locator import Locator
from crstandards.source.plain import Doubt, plain_flow
from crstandards.source.settings import read_settings
from crstandards.source.solution import read_customizations, read_manifest, read_workflows
from crstandards.source.text import SourceError, decode
from tests.support import exports
from tests.support.builders import (
    customizations,
    flow,
    flow_metadata,
    manifest,
    raw_flow,
    to_json,
    yaml_files,
    zip_solution,
)
from tests.support.memory import Memory

OUTLOOK, TEAMS = "shared_office365", "shared_teams"
FOLDER = Path(tempfile.gettempdir()) / f"crstandards-fuzz-{os.getpid()}"


class Harness(NamedTuple):
    """Readers under test: what must hold for any bytes, bytes to begin with, and words worth trying.

    `check` returns the names of the readers that found something in the bytes.
    """

    check: Callable[[bytes], set[str]]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[str, ...] = ()


def _flow(data: bytes) -> set[str]:
    entries = None
    for engine in (None, orjson):
        with contextlib.suppress(Doubt):
            entries, _ = plain_flow(data, engine)
    try:
        facts = read_flow(data)
    except SourceError:
        assert entries is None
        return set()
    assert facts is None or isinstance(_json(data), dict)
    if facts is None:
        assert entries is None
        return set()
    if entries is not None:
        assert [*entries] == [item.alias for item in facts.entries]
        assert {item.alias.lower() for item in facts.operations} <= {alias.lower() for alias in entries}
        assert not facts.repeated
        assert not facts.embedded
    locator, lines = Locator("flow.json", data), decode(data).split("\n")
    for item in (*facts.entries, *facts.operations):
        span = locator.locate(item.route)
        # The whole line, of which the excerpt of a long one is a part.
        key, _ = json.JSONDecoder().raw_decode(lines[span.line - 1], span.column - 1)
        assert key == item.route[-1]
    return {"flow"} if facts.entries else set()


def _settings(data: bytes) -> set[str]:
    try:
        entries = read_settings(data)
    except SourceError:
        return set()
    document = _json(data)
    if not entries:
        return set()
    assert [entry.name for entry in entries] == [
        item["LogicalName"].strip() for item in document["ConnectionReferences"]
    ]
    return {"settings"}


def _customizations(data: bytes) -> set[str]:
    found: dict[str, object] = {}
    with suppress(SourceError):
        facts = read_customizations(data)
        root = _xml(data)
        names = [
            item.get("connectionreferencelogicalname", "").strip()
            for item in root.iter("connectionreference")
        ]
        assert {item.logical_name for item in facts.references} <= set(names)
        locator = Locator("Customizations.xml", data)
        for item in facts.references:
            assert "<connectionreference" in locator.locate(item.place.at).excerpt
        found["customizations"] = facts.references
    with suppress(SourceError):
        found["workflows"] = read_workflows(data)
    with suppress(SourceError):
        found["manifest"] = read_manifest(data)
    return {name for name, facts in found.items() if facts}


def _canvas(data: bytes) -> set[str]:
    found: set[str] = set()
    with suppress(SourceError):
        app = read_meta(data)
        assert read_meta(data) == app
        found |= {"app"} if app.connections else set()
    with suppress(SourceError):
        apps = read_canvas_apps(data)
        assert read_canvas_apps(data) == apps
        found |= {"apps"} if any(app.connections for app in apps) else set()
    with suppress(SourceError):
        connections = read_connections(data)
        assert read_connections(data) == connections
        found |= {"connections"} if any(one.connector for one in connections) else set()
    return found


def _settings_edit(data: bytes) -> set[str]:
    """Settings of which the first entry is dropped and to which one is added: no other entry is another."""
    try:
        before = read_settings(data)
        changes: list[FileChange] = [
            FileChange("a", JsonChange(entry.route, REMOVED)) for entry in before[:1]
        ]
        tree = Overlay(Memory({"a": data}))
        after = read_settings(file_changes([*changes, FileChange("a", NewEntry(_ADDED))], tree)["a"].after)
    except (SourceError, CannotEdit):
        return set()
    left = [entry[:2] for entry in before[1:]]
    assert sorted(entry[:2] for entry in after) == sorted([*left, (_ADDED["LogicalName"], "")])
    return {"edited"}


def _yaml(data: bytes) -> set[str]:
    """Every reader of the YAML layout; with the C library and without, they say the same."""
    found: set[str] = set()
    for name, read in _YAML_READERS.items():
        facts = _outcome(read, data)
        with pytest.MonkeyPatch.context() as patch:
            patch.delattr(yaml, "CSafeLoader", raising=False)
            assert _outcome(read, data) == facts
        if facts:
            found.add(name)
            placed = facts if isinstance(facts, tuple) else (facts,)
            offsets = (item.place.at for item in placed if isinstance(item, ConnectionReference))
            assert all(0 <= at < len(data) for at in offsets)
    return found


def _outcome(read: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        return read(data)
    except SourceError:
        return None


def _agents(data: bytes) -> set[str]:
    """What agents' files say, those of clones and of code apps."""
    found: set[str] = set()
    for name, read in _AGENT_READERS.items():
        with suppress(SourceError):
            facts = read(data)
            assert read(data) == facts
            found |= {name} if facts else set()
            for use in facts:
                at = use.place.at
                assert at is None or Locator("x", data).locate(at).line > 0
    return found


def _inventory(data: bytes) -> set[str]:
    try:
        inventory = read_inventory([Source("inventory.json", lambda: BytesIO(data))], exports.EVERYTHING)
    except (UsageError, NotVerified):
        return set()
    parts = {"connections": inventory.connections, "bindings": inventory.bindings, "roles": inventory.roles}
    return {name for name, part in parts.items() if part}


def _zip(data: bytes) -> set[str]:
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "solution.zip"
    path.write_bytes(data)
    archive = Zips([(path, "solution.zip")])
    found = set()
    with suppress(UsageError, NotVerified):
        files = archive.files()
        for content in archive.read(files, 1_000_000):
            assert len(content.data) <= 1_000_000
            assert content.problem or content.file.kind == "file"
            if not content.problem:
                found = {"zip"}
    return found


def _configuration(data: bytes) -> set[str]:
    path = "crstandards.toml"
    try:
        config = parse_config(data, path)
    except UsageError:
        return set()
    return {"configuration"} if config != Config(path) else set()


def _protocol(data: bytes) -> set[str]:
    found = set()
    with suppress(NotVerified):
        updates = read_updates(data)
        assert len(updates) == len(data.removesuffix(b"\n").split(b"\n") if data else b"")
        for update in updates:
            assert update.ref.startswith("refs/")
            assert {len(update.old), len(update.new)} <= {0, 40, 64}
            found.add("pre-receive")
    with suppress(FatalError):
        for ref, new, _ in _pushed(data):
            assert new
            assert "\n" not in ref
            found.add("pre-push")
    return found


def _json(data: bytes) -> Any:
    """What plain JSON makes of bytes that were read: it must be able to."""
    return json.loads(decode(data), parse_int=float)


def _xml(data: bytes) -> ElementTree.Element:
    """What a plain tree shows of bytes that were read; like the readers, it knows no namespaces."""
    tree, parser = ElementTree.TreeBuilder(), ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = tree.start, tree.end
    parser.Parse(data, True)
    return tree.close()


def _documents(*documents: Any) -> Iterable[bytes]:
    for document in documents:
        text = to_json(document)
        yield text.encode()
        yield text.replace("\n", "\r\n").encode("utf-8-sig")
        yield text.encode("utf-16")


def _flows() -> Iterable[bytes]:
    return _documents(flow({OUTLOOK: "con_outlook", TEAMS: "con_teams"}), raw_flow())


def _settings_files() -> Iterable[bytes]:
    entry = {
        "LogicalName": "con_outlook",
        "ConnectionId": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "ConnectorId": f"/providers/Microsoft.PowerApps/apis/{OUTLOOK}",
    }
    return _documents({"EnvironmentVariables": [], "ConnectionReferences": [entry, entry]})


def _yaml_files() -> Iterable[bytes]:
    files = yaml_files("ContosoHR", ["con_outlook", ("con_teams", TEAMS)], {"Welcome": flow()})
    yield from (data for path, data in files.items() if path.endswith(".yml"))
    yield b"Publisher:\n  CustomizationPrefix: con\n"
    yield b"RootComponents:\n  RootComponent:\n  - {'@type': 372, '@id': '{1f}'}\n"
    required = "'@type': connectionreference\n      '@id.connectionreferencelogicalname': con_x\n"
    yield f"MissingDependencies:\n  MissingDependency:\n  - Required:\n      {required}".encode("utf-16")


def _agents_files() -> Iterable[bytes]:
    yield b"\xef\xbb\xbfconnectionReferences:\n- connectionReferenceLogicalName: con_a\n  connectorId: x\n"
    yield "kind: Tool\nnote: |\n  text\nx: {connectionReference: 'con_b', y: 1}\r\n".encode("utf-16")
    link = "botcomponentid.schemaname='a' connectionreferenceid.connectionreferencelogicalname='con_a'"
    yield f"<x><botcomponent_connectionreference {link}/></x>".encode()
    used = "<connectionreference><connectionreferencelogicalname>con_a</connectionreferencelogicalname>"
    yield f"<dvtablesearch>{used}</connectionreference><name>n</name></dvtablesearch>".encode()
    entry = {"id": f"/apis/{OUTLOOK}", "xrmConnectionReferenceLogicalName": "con_a"}
    yield from _documents({"appDisplayName": "a", "connectionReferences": {"k": entry}})


def _xml_files() -> Iterable[bytes]:
    declared = customizations(["con_outlook", ("con_teams", TEAMS)], ["Welcome"])
    for text in (declared, manifest("ContosoHR"), flow_metadata("Welcome")):
        yield text.encode()
        yield text.replace("\n", "\r\n").encode("utf-8-sig")
        yield text.replace("utf-8", "utf-16").encode("utf-16")


def _apps() -> Iterable[bytes]:
    connection = {
        "id": f"/providers/microsoft.powerapps/apis/{OUTLOOK}",
        "displayName": "Outlook",
        "connectionInstanceId": "con_outlook",
        "xrmConnectionReferenceLogicalName": "con_outlook",
        "dataSources": ["Outlook"],
    }
    shared = connection | {"sharedConnectionId": "0a1b", "isCustomApiConnection": True}
    listed = {"b7f0": connection, "c8a1": shared}
    yield from _documents({key: {"connectionRef": entry} for key, entry in listed.items()})
    embedded = json.dumps(listed).replace('"', "&quot;")
    app = f"<Name>a</Name><ConnectionReferences>{embedded}</ConnectionReferences>"
    yield f"<CanvasApp>{app}</CanvasApp>".encode()
    yield f"<ImportExportXml><CanvasApps><CanvasApp>{app}</CanvasApp></CanvasApps></ImportExportXml>".encode()


def _inventories() -> Iterable[bytes]:
    mine = exports.rest(creator=exports.user(), statuses=exports.broken("no"))
    yield from _documents(
        exports.page(mine, exports.rest(exports.OTHER_ID), nextLink=None),
        [exports.powershell(), exports.powershell(exports.OTHER_ID)],
        exports.page(exports.reference("con_outlook"), exports.reference("con_teams", None, TEAMS)),
        exports.page(exports.system_user(exports.SVC, "System Administrator", object_id=exports.SVC_ID)),
    )
    yield exports.PAC_TABLE.encode()


def _archives() -> Iterable[bytes]:
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "seed.zip"
    zip_solution(path, "ContosoHR", ["con_outlook"], {"Welcome": flow({OUTLOOK: "con_outlook"})})
    yield path.read_bytes()


_CONFIGURATION = """\
locked = ["CR101"]
description-exceptions = false
baseline = "known.json"

[rules]
CR201 = "warning"

[source]
exclude = ["old/**"]
vendored = ["vendor/**"]
external-references = ["msdyn_*"]

[connectors]
own-endpoint = ["shared_contosoerp", "!shared_sql"]

[names]
logical-name = "{prefix}_{connector}(_[a-z]+)?"
display-name = "{solution} - .+"

[[environments]]
name = "prod"
solutions = ["Contoso*"]
sharing = "one-set"
reference-solution = "ContosoConnections"
settings = ["config/*.json"]
inventory = ["inventory/*.json"]
inventory-complete = true
service-accounts = ["svc-*@contoso.com"]
rules = { CR401 = "off" }

[ownership]
service-accounts = ["svc-power@contoso.com"]
deployers = ["0f4a1c2e-1111-4222-8333-444455556666"]
required-role = "System Administrator"
max-inventory-age = 30
tokens = ["#{*}#"]

[server]
enforce = ["refs/heads/main"]
strict = true
policy-changes = "forbid"
deadline = 2.5

[[exceptions]]
rule = "CR201"
solution = "ContosoHR"
connector = "shared_office365"
references = ["con_outlook_hr", "con_outlook_payroll"]
flow = "Welcome*"
alias = "shared_office365"
path = "src/HR/**"
environment = "prod"
connection = "0a1b*"
reason = "two mailboxes"
expires = 2027-01-31
"""


def _configurations() -> Iterable[bytes]:
    yield b'[rules]\nCR201 = "warning"\n\n[source]\nexclude = ["old/**"]\n'
    yield _CONFIGURATION.encode()
    yield _CONFIGURATION.replace("\n", "\r\n").encode()


def _pushes() -> Iterable[bytes]:
    one, none = b"1f" * 20, b"0" * 40
    yield b"%s %s refs/heads/main\n%s %s refs/tags/v1\n" % (one, none, none, one)
    yield b"%s %s refs/heads/main\n" % (b"ab" * 32, b"0" * 64)
    yield b"refs/heads/main %s refs/heads/main %s\n" % (one, none)


_FLOW_WORDS = (
    *("properties", "definition", "connectionReferences", "connectionName", "connection", "host", "inputs"),
    *(
        "api",
        "connectionReferenceName",
        "connectionReferenceLogicalName",
        "runtimeSource",
        "embedded",
        "invoker",
        "actions",
        "triggers",
    ),
    *(
        "@parameters('$connections')['",
        "OpenApiConnection",
        "parameters",
        "$connections",
        "null",
        "\\\\ud834",
    ),
)
_XML_WORDS = (
    *("<connectionreference ", "connectionreferencelogicalname=", "<connectorid>", "</connectionreference>"),
    *("<connectionreferences>", "<Workflow ", "JsonFileName", "<!DOCTYPE x>", "<![CDATA[", "&#x0;", "<!--"),
    *("ImportExportXml", "<SolutionManifest>", "<UniqueName>", "<MissingDependency>", "<Required ", "xmlns="),
)

_ADDED = {"LogicalName": "con_added", "ConnectionId": "", "ConnectorId": ""}
_YAML_READERS: dict[str, Callable[[bytes], Any]] = {
    "solution": yaml_layout.read_solution,
    "components": yaml_layout.read_components,
    "reference": yaml_layout.read_reference,
    "publisher": yaml_layout.read_publisher,
    "missing": yaml_layout.read_missing,
    "roots": yaml_layout.read_own_connectors,
    "workflow": lambda data: tuple(filter(any, yaml_layout.read_workflow(data))),
}
_AGENT_READERS: dict[str, Callable[[bytes], Any]] = {
    "mcs": apps.read_agent_uses,
    "set": apps.read_reference_set,
    "search": apps.read_search,
    "code app": lambda data: apps.read_code_app(data).connections,
}
_YAML_WORDS = (
    "'@path': ",
    "  - ",
    "Component:",
    "connectionreference:",
    "'@type': ",
    "{}",
    "\r\n  ",
    "&a ",
    "*a",
)
_AGENT_WORDS = ("connectionReference: ", "connectionReferenceLogicalName", "- ", "|\n  ", "{", "con_", "xrm")

HARNESSES: dict[str, Harness] = {
    "flow": Harness(_flow, _flows, _FLOW_WORDS),
    "customizations": Harness(_customizations, _xml_files, _XML_WORDS),
    "yaml": Harness(_yaml, _yaml_files, _YAML_WORDS),
    "canvas": Harness(_canvas, _apps, ("ConnectionReferences", "&quot;", "dataSources", "CanvasApp", "id")),
    "agents": Harness(_agents, _agents_files, _AGENT_WORDS),
    "settings": Harness(_settings, _settings_files, ("ConnectionReferences", "LogicalName", "ConnectionId")),
    "settings edit": Harness(_settings_edit, _settings_files, ("ConnectionReferences", "[]", "{", ",")),
    "inventory": Harness(_inventory, _inventories, ("value", "properties", "statuses", "nextLink", "apiId")),
    "zip": Harness(_zip, _archives, ("PK\1\2", "PK\3\4", "PK\5\6", "../", "Workflows/")),
    "configuration": Harness(
        _configuration, _configurations, ("[[exceptions]]", "[rules]", "expires", "locked")
    ),
    "protocol": Harness(_protocol, _pushes, ("refs/heads/", "refs/tags/", "0" * 40, "0" * 64)),
}

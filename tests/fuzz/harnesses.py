"""What is fuzzed: one harness for each reader, with what must hold for any bytes, and bytes to begin with.

A harness lets only the errors through that its reader documents, and compares what was read with a
plain parser where there is one.
"""

from __future__ import annotations

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

from crstandards.commands.hook_server import _pushed
from crstandards.errors import FatalError, NotVerified, UsageError
from crstandards.history.push import read_updates
from crstandards.inventory.asked import Asked, Source
from crstandards.inventory.reader import read_inventory
from crstandards.policy.config import parse_config
from crstandards.rules import BY_ID
from crstandards.snapshot import Zips
from crstandards.source.canvas import read_canvas_apps, read_connections, read_meta
from crstandards.source.customizations import read_customizations, read_flow_names
from crstandards.source.flow import read_flow
from crstandards.source.locator import Locator
from crstandards.source.manifest import read_manifest
from crstandards.source.plainflow import plain_entries
from crstandards.source.settings import read_settings
from crstandards.source.text import SourceError, decode
from tests.builders import customizations, flow, manifest, raw_flow, to_json, zip_solution

OUTLOOK, TEAMS = "shared_office365", "shared_teams"
FOLDER = Path(tempfile.gettempdir()) / f"crstandards-fuzz-{os.getpid()}"


class Harness(NamedTuple):
    """A reader under test: what must hold for any bytes, bytes to begin with, and words worth trying."""

    check: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[str, ...] = ()


def _flow(data: bytes) -> None:
    entries = plain_entries(data)
    try:
        facts = read_flow(data)
    except SourceError:
        assert entries is None
        return
    assert facts is None or isinstance(_json(data), dict)
    if facts is None:
        assert entries is None
        return
    if entries is not None:
        assert [*entries] == [item.alias for item in facts.entries]
        assert {item.alias.lower() for item in facts.operations} <= {alias.lower() for alias in entries}
        assert not facts.repeated
        assert not facts.embedded
    locator = Locator("flow.json", data)
    for item in (*facts.entries, *facts.operations):
        span = locator.locate(item.route)
        key, _ = json.JSONDecoder().raw_decode(span.excerpt, span.column - 1)
        assert key == item.route[-1]


def _settings(data: bytes) -> None:
    with suppress(SourceError):
        entries = read_settings(data)
        document = _json(data)
        if entries:
            assert [entry.name for entry in entries] == [
                item["LogicalName"].strip() for item in document["ConnectionReferences"]
            ]


def _customizations(data: bytes) -> None:
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
            assert "<connectionreference" in locator.locate(item.offset).excerpt
    with suppress(SourceError):
        read_flow_names(data)
    with suppress(SourceError):
        read_manifest(data)


def _canvas(data: bytes) -> None:
    for read in (read_meta, read_canvas_apps, read_connections):
        with suppress(SourceError):
            assert read(data) == read(data)


def _inventory(data: bytes) -> None:
    with suppress(UsageError, NotVerified):
        read_inventory([Source("inventory.json", lambda: BytesIO(data))], Asked(keep_all=True))


def _zip(data: bytes) -> None:
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "solution.zip"
    path.write_bytes(data)
    archive = Zips([(path, "solution.zip")])
    with suppress(UsageError, NotVerified):
        files = archive.files()
        for content in archive.read(files, 1_000_000):
            assert len(content.data) <= 1_000_000
            assert content.problem or content.file.kind == "file"


def _configuration(data: bytes) -> None:
    with suppress(UsageError):
        parse_config(data, "crstandards.toml", BY_ID)


def _protocol(data: bytes) -> None:
    with suppress(NotVerified):
        updates = read_updates(data)
        assert len(updates) == len(data.removesuffix(b"\n").split(b"\n") if data else b"")
        for update in updates:
            assert update.ref.startswith("refs/")
            assert {len(update.old), len(update.new)} <= {0, 40, 64}
    with suppress(FatalError):
        for ref, new, _ in _pushed(data):
            assert new
            assert "\n" not in ref


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
    return _documents({"EnvironmentVariables": [], "ConnectionReferences": [entry, entry]}, {"a": 1})


def _xml_files() -> Iterable[bytes]:
    for text in (customizations(["con_outlook", "con_teams"], ["Welcome"]), manifest("ContosoHR")):
        yield text.encode()
        yield text.replace("\n", "\r\n").encode("utf-8-sig")
        yield text.replace("utf-8", "utf-16").encode("utf-16")


def _apps() -> Iterable[bytes]:
    connection = {
        "id": f"/providers/microsoft.powerapps/apis/{OUTLOOK}",
        "displayName": "Outlook",
        "connectionInstanceId": "con_outlook",
        "dataSources": ["Outlook"],
    }
    listed = {"b7f0": connection, "c8a1": connection | {"connectionParameters": {"x": 1}}}
    embedded = json.dumps(listed).replace('"', "&quot;")
    yield from _documents(listed, {"LocalConnectionReferences": json.dumps(listed)})
    app = f"<Name>a</Name><ConnectionReferences>{embedded}</ConnectionReferences>"
    yield f"<CanvasApp>{app}</CanvasApp>".encode()


def _inventories() -> Iterable[bytes]:
    connection = {
        "name": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "id": f"/providers/Microsoft.PowerApps/apis/{OUTLOOK}/connections/0a1b",
        "type": "Microsoft.PowerApps/apis/connections",
        "properties": {
            "apiId": f"/providers/Microsoft.PowerApps/apis/{OUTLOOK}",
            "statuses": [{"status": "Error", "error": {"code": "Unauthorized", "message": "no"}}],
            "accountName": "svc-hr@contoso.com",
            "createdTime": "2026-01-02T03:04:05Z",
        },
    }
    yield from _documents({"value": [connection, connection]}, [connection])
    yield b"ConnectionId  Name  API Id  Status\n0a1b  svc@contoso.com  /apis/shared_teams  Connected\n"


def _archives() -> Iterable[bytes]:
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "seed.zip"
    zip_solution(path, "ContosoHR", ["con_outlook"], {"Welcome": flow({OUTLOOK: "con_outlook"})})
    yield path.read_bytes()


def _configurations() -> Iterable[bytes]:
    yield b'[rules]\nCR201 = "warning"\n\n[source]\nexclude = ["old/**"]\n'
    yield (
        b'[[environments]]\nname = "prod"\nsolutions = ["Contoso*"]\nsettings = ["config/*.json"]\n\n'
        b'[[exceptions]]\nrule = "CR201"\nreason = "two mailboxes"\nuntil = 2027-01-31\n'
    )


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

HARNESSES: dict[str, Harness] = {
    "flow": Harness(_flow, _flows, _FLOW_WORDS),
    "customizations": Harness(_customizations, _xml_files, _XML_WORDS),
    "canvas": Harness(_canvas, _apps, ("ConnectionReferences", "&quot;", "dataSources", "CanvasApp", "id")),
    "settings": Harness(_settings, _settings_files, ("ConnectionReferences", "LogicalName", "ConnectionId")),
    "inventory": Harness(_inventory, _inventories, ("value", "properties", "statuses", "nextLink", "apiId")),
    "zip": Harness(_zip, _archives, ("PK\1\2", "PK\3\4", "PK\5\6", "../", "Workflows/")),
    "configuration": Harness(
        _configuration, _configurations, ("[[exceptions]]", "[rules]", "until", "locked")
    ),
    "protocol": Harness(_protocol, _pushes, ("refs/heads/", "refs/tags/", "0" * 40, "0" * 64)),
}

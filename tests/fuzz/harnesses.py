"""What is fuzzed: one harness for each reader, with what must hold for any bytes.

A harness returns the names of the readers that found something in the bytes. It lets only the errors through
that they document, and compares what was read with a plain parser where there is one. As OSS-Fuzz has it,
`corpora/<harness>/` holds what it begins with, and `dictionaries/<harness>.dict` the words worth trying.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import runpy
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any
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
from crstandards.report.markdown_format import render
from crstandards.reported import Changes, FlowChange, History, Style, Used
from crstandards.snapshot import Zips
from crstandards.source import apps, yaml_layout
from crstandards.source.apps import read_canvas_apps, read_connections, read_meta
from crstandards.source.flow import read_flow
from crstandards.source.locator import Locator
from crstandards.source.plain import Doubt, plain_flow
from crstandards.source.settings import read_settings
from crstandards.source.solution import read_customizations, read_manifest, read_workflows
from crstandards.source.text import SourceError, decode
from tests.report.builders import hostile
from tests.support import exports
from tests.support.documents import ROOT
from tests.support.memory import Memory

ROOM = Path(__file__).parent
FOLDER = Path(tempfile.gettempdir()) / f"crstandards-fuzz-{os.getpid()}"


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


def _comment(data: bytes) -> set[str]:
    """A comment on a pull request in which a name stands wherever one can: the name is text, and no more."""
    name = data.decode("utf-8", "surrogateescape")
    used = (Used(name, name),)
    changes = Changes((FlowChange(name, name, name, "changed", used, ()),), used, used, (name,), (name,))
    link = "https://service.example/{commit}/{path}#L{line}"
    history = History("1" * 40, "2" * 40, 1, changes=changes, link=link)
    text = render(hostile(name)._replace(history=history), Style(verbose=True))
    assert len(f"<!-- crstandards -->\n{text}") < 65_536
    # A line that begins with a slash is an action to GitLab; the others are commands in logs.
    assert not re.search(r"(?m)^\s*(/|::|##vso|##\[)", text)
    assert set(re.findall("<[^>]*>?", text)) <= {f"<{tag}>" for tag in _TAGS}
    assert not re.search(r"(?<![0-9A-Za-z_])@[0-9A-Za-z_]", text)
    asked: list[Any] = []
    azure = _SCRIPT["AzureRepos"].__new__(_SCRIPT["AzureRepos"])
    azure.threads, azure.ask = "", lambda *request: asked.append(request)
    azure.write("", text, False)
    content = asked[0][2]["comments"][0]["content"]
    before, fence, drawn = text.partition("```mermaid\n")
    assert content == before + drawn.partition("```\n")[2]
    return {"comment"} if fence else set()


def _json(data: bytes) -> Any:
    """What plain JSON makes of bytes that were read: it must be able to."""
    return json.loads(decode(data), parse_int=float)


def _xml(data: bytes) -> ElementTree.Element:
    """What a plain tree shows of bytes that were read; like the readers, it knows no namespaces."""
    tree, parser = ElementTree.TreeBuilder(), ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = tree.start, tree.end
    parser.Parse(data, True)
    return tree.close()


_SCRIPT = runpy.run_path(str(ROOT / "hooks/ci/comment.py"))
_TAGS = ("details", "/details", "summary", "/summary", "br")
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

HARNESSES: dict[str, Callable[[bytes], set[str]]] = {
    "flow": _flow,
    "customizations": _customizations,
    "yaml": _yaml,
    "canvas": _canvas,
    "agents": _agents,
    "settings": _settings,
    "settings-edit": _settings_edit,
    "inventory": _inventory,
    "zip": _zip,
    "configuration": _configuration,
    "protocol": _protocol,
    "comment": _comment,
}


def seeds(name: str) -> Iterable[bytes]:
    """The bytes that a harness begins with, text also as Windows and its editors write it."""
    for path in sorted((ROOM / "corpora" / name).iterdir()):
        data = path.read_bytes()
        yield data
        if path.suffix in (".json", ".xml", ".yml", ".toml") and b"\0" not in data:
            yield data.replace(b"\n", b"\r\n")
        if path.suffix in (".json", ".xml"):
            yield data.decode("utf-8-sig").replace("utf-8", "utf-16").encode("utf-16")


def words(name: str) -> list[bytes]:
    """The words that are worth trying in a harness's bytes."""
    lines = (ROOM / "dictionaries" / f"{name}.dict").read_text("ascii").splitlines()
    return [line[1:-1].encode().decode("unicode_escape").encode("latin-1") for line in lines]

"""Who uses references beside flows: the canvas apps and agents of each solution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from crstandards.model import Place, Unreadable, Use
from crstandards.snapshot import File, Snapshot
from crstandards.source import xml
from crstandards.source.agents import (
    AgentUse,
    read_agent_data,
    read_mcs,
    read_reference_set,
    uses_from_path,
)
from crstandards.source.canvas import (
    CanvasConnection,
    read_canvas_apps,
    read_connections,
    read_meta,
)
from crstandards.source.facts import Facts, Reader
from crstandards.source.flow import MAX_BYTES
from crstandards.source.join import unreadable_at
from crstandards.source.layout import Candidate
from crstandards.source.text import SourceError

T = TypeVar("T")

APP = Reader(read_meta, xml.MAX_BYTES)
APPS = Reader(read_canvas_apps, xml.MAX_BYTES)
CONNECTIONS = Reader(read_connections, MAX_BYTES)
REFERENCE_SET = Reader(read_reference_set, xml.MAX_BYTES)
AGENT_REFERENCES = Reader(read_mcs, MAX_BYTES)
AGENT_DATA = Reader(read_agent_data, MAX_BYTES)


class Users(NamedTuple):
    """The uses in one solution, and what could not be read on the way."""

    uses: tuple[Use, ...]
    unreadable: tuple[Unreadable, ...]


def read_users(snapshot: Snapshot, candidate: Candidate, facts: Facts) -> Users:
    """Read one solution's apps and agents."""
    unreadable: list[Unreadable] = []

    def read(files: Sequence[File], reader: Reader[T]) -> Iterator[tuple[str, T]]:
        for path, found in facts.read(snapshot, files, reader).items():
            if isinstance(found, SourceError):
                unreadable.append(unreadable_at(path, found))
            else:
                yield path, found

    uses = [*_apps(candidate, read), *_agents(candidate, read)]
    return Users(tuple(_distinct(uses)), tuple(unreadable))


class _Read(Protocol):
    def __call__(self, files: Sequence[File], reader: Reader[T]) -> Iterator[tuple[str, T]]:
        """Read files with one reader; what cannot be read is noted and left out."""


def _apps(candidate: Candidate, read: _Read) -> Iterator[Use]:
    metas = _ending(candidate.apps, ".meta.xml")
    names = {_stem(file.path): _stem(file.path) for file in metas}
    for path, app in read(metas, APP):
        names[_stem(path)] = app.name or _stem(path)
        yield from _canvas_uses(path, names[_stem(path)], app.connections)
    for path, connections in read(_ending(candidate.apps, ".json"), CONNECTIONS):
        yield from _canvas_uses(path, _unpacked_app(path, names), connections)
    if candidate.layout == "flat" and candidate.customizations:
        for path, apps in read([candidate.customizations], APPS):
            for app in apps:
                yield from _canvas_uses(path, app.name, app.connections)


def _canvas_uses(path: str, name: str, connections: Iterable[CanvasConnection]) -> Iterator[Use]:
    for item in connections:
        yield Use(
            item.reference, "canvas app", name, item.connector, Place(path, item.at), item.shared, item.custom
        )


def _agents(candidate: Candidate, read: _Read) -> Iterator[Use]:
    for file in candidate.agents:
        linked = uses_from_path(file.path)
        if linked:
            yield _agent_use(file.path, linked)
    for ending, reader in (
        ("_connectionreferenceset.xml", REFERENCE_SET),
        (".mcs.yml", AGENT_REFERENCES),
        ("/data", AGENT_DATA),
    ):
        for path, found in read(_ending(candidate.agents, ending), reader):
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
    """The name of the app to which `…/<app>[_DocumentUri_msapp_src]/Connections/Connections.json` belongs."""
    folder = path.split("/")[-3] if path.count("/") > 1 else ""
    return next((name for app, name in names.items() if folder.lower().startswith(app.lower())), folder)

"""The custom connectors of a solution whose connections may carry an endpoint of their own."""

from __future__ import annotations

import re
from typing import NamedTuple

from crstandards.model import Unreadable
from crstandards.snapshot import Snapshot
from crstandards.source import xml
from crstandards.source.connector import read_connection_parameters
from crstandards.source.facts import Facts, Reader
from crstandards.source.flow import MAX_BYTES
from crstandards.source.join import unreadable_at
from crstandards.source.layout import Candidate
from crstandards.source.text import SourceError

# The second where a connector offers several ways to sign in.
_PARAMETERS = re.compile(r"_connectionparameters(?:ets)?\.json$", re.IGNORECASE)


class Endpoints(NamedTuple):
    """The ids (GUIDs, lower case) of such connectors, and what could not be read on the way."""

    connectors: frozenset[str]
    unreadable: tuple[Unreadable, ...]


def read_connectors(data: bytes) -> dict[str, str]:
    """The ids of custom connectors by their file's stem, both lower case.

    Read from a `Connectors/<name>.xml`, or from a flat layout's `customizations.xml`.
    """
    found: dict[str, str] = {}
    fields: dict[str, str] = {}
    path: list[str] = []

    def start(name: str, attributes: xml.Attributes, offset: int) -> None:
        path.append(name)
        if name == "Connector":
            fields.clear()

    def end(name: str, text: str) -> None:
        if path[-2:-1] == ["Connector"]:
            fields[name] = text.strip()
        elif name == "Connector" and fields.get("name"):
            found[fields["name"].lower()] = fields.get("connectorid", "").strip("{}").lower()
        del path[-1:]

    xml.scan(data, start, end, xml.first_tag(data, "<Connector"))
    return found


CONNECTORS = Reader(read_connectors, xml.MAX_BYTES)
PARAMETERS = Reader(read_connection_parameters, MAX_BYTES)


def read_endpoints(snapshot: Snapshot, candidate: Candidate, facts: Facts) -> Endpoints:
    """Read one solution's custom connectors; most solutions have none, and nothing is read."""
    parameters = [file for file in candidate.connectors if _PARAMETERS.search(file.path)]
    if not parameters:
        return Endpoints(frozenset(), ())
    unreadable: list[Unreadable] = []
    told: dict[str, set[bool]] = {}
    for path, asks in facts.read(snapshot, parameters, PARAMETERS).items():
        if isinstance(asks, SourceError):
            unreadable.append(unreadable_at(path, asks))
        else:
            said = told.setdefault(_PARAMETERS.sub("", path.rpartition("/")[2]).lower(), set())
            said.update(() if asks is None else (asks,))
    # Where none of a connector's files says anything, it may lead anywhere.
    asking = {name for name, said in told.items() if True in said or not said}
    described = [file for file in candidate.connectors if file.path.lower().endswith(".xml")]
    if candidate.layout == "flat" and candidate.customizations:
        described.append(candidate.customizations)
    connectors: set[str] = set()
    for path, ids in facts.read(snapshot, described, CONNECTORS).items():
        if not isinstance(ids, SourceError):
            connectors.update(ids[name] for name in asking & ids.keys())
        elif not candidate.customizations or path != candidate.customizations.path:
            unreadable.append(unreadable_at(path, ids))
    return Endpoints(frozenset(connectors) - {""}, tuple(unreadable))

"""The formats read once more, slowly and plainly: with `json` and `ElementTree`, as FORMATS are told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.etree import ElementTree

from tests.accuracy.formats import decode

_ALIAS = re.compile(r"(?:\['\$connections'\]|parameters\('\$connections'\))\['(.+?)'\]")


class Entry(NamedTuple):
    """An entry of a flow's map: the reference's name, None for a raw connection."""

    alias: str
    reference: str | None
    connector: str


def entries(data: bytes) -> list[Entry]:
    """A flow's entries, in document order."""
    found = []
    for alias, entry in json.loads(decode(data))["properties"].get("connectionReferences", {}).items():
        connection = entry.get("connection") or {}
        name = connection.get("connectionReferenceLogicalName") or entry.get("connectionReferenceLogicalName")
        connector = entry.get("api", {}).get("name") or entry.get("id") or connection["id"]
        plain = re.sub("/connections/.*", "", connector).split("/")[-1].lower()
        found.append(Entry(alias, name, re.sub("-5f[0-9a-f]{16}$", "", plain)))
    return found


def operations(data: bytes) -> dict[str, str]:
    """The aliases that a flow's triggers and actions name, each by the operation's name."""
    return dict(_operations(json.loads(decode(data))["properties"]["definition"]))


def _operations(value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        return
    for key, member in value.items():
        host = _host(member)
        named = host.get("connectionName") or host.get("connectionReferenceName")
        if named:
            yield key, named
        elif "connection" in host:
            said = _ALIAS.search(host["connection"]["name"])
            assert said
            yield key, said[1]
        yield from _operations(member)


def _host(value: Any) -> dict[str, Any]:
    inputs = value.get("inputs") if isinstance(value, dict) else None
    return inputs.get("host", {}) if isinstance(inputs, dict) else {}


def declarations(data: bytes) -> list[tuple[str, str, str]]:
    """Logical name, display name and connector of what a Customizations file declares."""
    return [
        (
            item.get("connectionreferencelogicalname", ""),
            item.findtext("connectionreferencedisplayname", "").strip(),
            re.sub("-5f[0-9a-f]{16}$", "", item.findtext("connectorid", "").split("/")[-1]),
        )
        for item in ElementTree.fromstring(data).findall("connectionreferences/connectionreference")
    ]


def missing(data: bytes) -> list[tuple[str, str]]:
    """Name and solution of the references that a manifest lists as missing."""
    found = ElementTree.fromstring(data).findall(".//MissingDependency/Required[@type='connectionreference']")
    name = "id.connectionreferencelogicalname"
    return [(item.get(name, ""), item.get("solution", "")) for item in found]


def place(text: str, index: int) -> tuple[int, int]:
    """Line and column of a character, counted one by one; lines end at LF."""
    line = column = 1
    for char in text[:index]:
        line, column = (line + 1, 1) if char == "\n" else (line, column + 1)
    return line, column

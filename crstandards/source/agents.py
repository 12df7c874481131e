"""Agents (Copilot Studio): the connection references that their components use.

- `Assets/botcomponent_connectionreferenceset.xml`: one element for each component and reference;
- `connectionreferences.mcs.yml` of a cloned agent: a list of `connectionReferenceLogicalName` with
  `connectorId`, under `connectionReferences` or bare;
- `botcomponents/*/data`: a tool's or topic's YAML dialect, with `connectionReference: <name>`;
- the YAML layout: a component's link to a reference is a folder, whose name says both.

The two YAML dialects hold Power Fx and prose of any kind, which a strict parser refuses; so they are
read line by line, and only a key with a plain name behind it counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from crstandards.model import Route
from crstandards.source.text import decode, is_empty
from crstandards.source.xml import Attributes, scan
from crstandards.source.yamltext import Offsets


class AgentUse(NamedTuple):
    """A reference that an agent uses; `agent` is the component's schema name, "" where unknown."""

    reference: str
    agent: str
    at: Route | int | None


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
    found: list[AgentUse] = []

    def start(name: str, attributes: Attributes, offset: int) -> None:
        if name == "botcomponent_connectionreference" and attributes.get(_REFERENCE):
            found.append(AgentUse(attributes[_REFERENCE], attributes.get(_AGENT, ""), offset))

    scan(data, start, lambda name, text: None)
    return tuple(found)


def read_mcs(data: bytes) -> tuple[AgentUse, ...]:
    """Read `connectionreferences.mcs.yml`. Raises SourceError for what is not text."""
    return tuple(_uses(data))


def read_agent_data(data: bytes) -> tuple[AgentUse, ...]:
    """Read a component's `data`. Raises SourceError for what is not text."""
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

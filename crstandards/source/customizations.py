"""`Customizations.xml`: the connection references that a solution declares, and its flows' names."""

from __future__ import annotations

from typing import NamedTuple

from crstandards.model import connector_of
from crstandards.source.text import SourceError
from crstandards.source.xml import Attributes, first_tag, scan


class Declared(NamedTuple):
    """One `<connectionreference>`; `offset` is the byte at which it begins, `content` all that it says."""

    logical_name: str
    display_name: str
    connector: str
    connector_id: str
    custom_connector: str
    description: str
    offset: int
    content: tuple[str, ...] = ()


class CustomizationsFacts(NamedTuple):
    """What the file declares, in document order."""

    references: tuple[Declared, ...]


_NAME = "connectionreferencelogicalname"
_FIELDS = {
    ("connectionreferencedisplayname",): "display_name",
    ("connectorid",): "connector_id",
    ("customconnectorid", "connectorid"): "custom_connector",
    ("description",): "description",
}


class _References:
    """Collects `<connectionreference>` elements.

    Only those in a `<connectionreferences>` directly under the root count. Events begin in the middle
    of the document, so depths are relative until the root ends, at depth `self.depth` after the scan.
    """

    def __init__(self) -> None:
        self.depth = 0
        self.found: list[tuple[int, Declared]] = []
        self.list_depth: int | None = None
        self.name = ""
        self.offset = 0
        self.path: list[str] = []
        self.fields: dict[str, str] = {}
        self.content: list[str] = []

    def start(self, name: str, attributes: Attributes, offset: int) -> None:
        self.depth += 1
        if self.list_depth is None:
            if name == "connectionreferences":
                self.list_depth = self.depth
        elif self.depth == self.list_depth + 1:
            self.name = attributes.get(_NAME, "").strip()
            self.offset = offset
            self.path, self.fields, self.content = [], {}, _others(attributes)
        else:
            self.path.append(name)
            self.content += (f"<{name}", *_others(attributes))

    def end(self, name: str, text: str) -> None:
        if self.list_depth is not None:
            if self.depth == self.list_depth:
                self.list_depth = None
            elif self.depth == self.list_depth + 1:
                if name == "connectionreference":
                    self.found.append((self.depth - 1, self._declared()))
            else:
                field = _FIELDS.get(tuple(self.path))
                if field:
                    self.fields.setdefault(field, text.strip())
                self.content += (text.strip(), ">")
                self.path.pop()
        self.depth -= 1

    def _declared(self) -> Declared:
        connector_id = self.fields.get("connector_id", "")
        return Declared(
            logical_name=self.name,
            display_name=self.fields.get("display_name", ""),
            connector=connector_of(connector_id),
            connector_id=connector_id,
            custom_connector=self.fields.get("custom_connector", ""),
            description=self.fields.get("description", ""),
            offset=self.offset,
            content=tuple(self.content),
        )


def _others(attributes: Attributes) -> list[str]:
    return [f"@{name}={value}" for name, value in sorted(attributes.items()) if name != _NAME]


def read_customizations(data: bytes) -> CustomizationsFacts:
    """Read the declared references. Raises SourceError for what is not well-formed XML."""
    references = _References()
    scan(data, references.start, references.end, first_tag(data, "<connectionreference"))
    root = references.depth
    found = tuple(declared for depth, declared in references.found if depth == root + 2)
    for declared in found:
        if not declared.logical_name:
            raise SourceError("a <connectionreference> without its logical name", declared.offset)
    return CustomizationsFacts(found)


def read_flow_names(data: bytes) -> dict[str, str]:
    """The display names of flows by workflow id (a GUID in lower case, without braces).

    Both shapes are read: the `<Workflow>` that is a `.data.xml`'s root, and those inside a flat
    layout's `customizations.xml`.
    """
    names: dict[str, str] = {}

    def start(name: str, attributes: Attributes, offset: int) -> None:
        if name == "Workflow" and "WorkflowId" in attributes:
            names[attributes["WorkflowId"].strip("{}").lower()] = attributes.get("Name", "")

    scan(data, start, lambda name, text: None, first_tag(data, "<Workflow"))
    return names

"""`Solution.xml` and `Customizations.xml`: what a solution is called, what it declares and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crstandards.model import connector_of
from crstandards.source.text import SourceError
from crstandards.source.xml import Attributes, Element, elements


class Missing(NamedTuple):
    """A connection reference listed under `<MissingDependencies>` as required."""

    logical_name: str
    solution: str
    offset: int


class ManifestFacts(NamedTuple):
    """What a solution's manifest says."""

    unique_name: str
    version: str
    managed: bool
    prefix: str
    missing: tuple[Missing, ...]


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


def read_manifest(data: bytes) -> ManifestFacts | None:
    """Read a manifest; None for XML that is something else, whatever its file is called.

    Raises SourceError for what is not well-formed XML.
    """
    root = next((item for item in elements(data, "ImportExportXml") if not item.depth), None)
    if root is None or not root.all("SolutionManifest"):
        return None
    required = [item for missing in root.named("MissingDependency") for item in missing.all("Required")]
    return ManifestFacts(
        unique_name=root.text_at("SolutionManifest", "UniqueName"),
        version=root.text_at("SolutionManifest", "Version"),
        # 0 unmanaged, 1 managed, 2 unpacked from both; only 1 is the managed copy.
        managed=root.text_at("SolutionManifest", "Managed") == "1",
        prefix=root.text_at("SolutionManifest", "Publisher", "CustomizationPrefix"),
        missing=tuple(
            Missing(reference, item.attributes.get("solution", ""), item.offset)
            for item in required
            # type="1" with this schema name is the *table* connectionreference.
            if item.attributes.get("type") == "connectionreference"
            and (reference := item.attributes.get(f"id.{_NAME}"))
        ),
    )


def read_customizations(data: bytes) -> CustomizationsFacts:
    """Read the declared references: those in a list directly under the root.

    Raises SourceError for what is not well-formed XML.
    """
    lists = elements(data, "connectionreferences", "<connectionreference")
    found = [item for listed in lists if listed.depth == 1 for item in listed.all("connectionreference")]
    return CustomizationsFacts(tuple(map(_declared, found)))


def _declared(element: Element) -> Declared:
    name = element.attributes.get(_NAME, "").strip()
    if not name:
        raise SourceError("a <connectionreference> without its logical name", element.offset)
    connector_id = element.text_at("connectorid")
    return Declared(
        logical_name=name,
        display_name=element.text_at("connectionreferencedisplayname"),
        connector=connector_of(connector_id),
        connector_id=connector_id,
        custom_connector=element.text_at("customconnectorid", "connectorid"),
        description=element.text_at("description"),
        offset=element.offset,
        content=(*_others(element.attributes), *_content(element)),
    )


def _others(attributes: Attributes) -> list[str]:
    return [f"@{name}={value}" for name, value in sorted(attributes.items()) if name != _NAME]


def _content(element: Element) -> Iterator[str]:
    # A stack in place of recursion, which is what deep nesting would break.
    pending: list[Element | str] = [*reversed(element.children)]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        else:
            yield f"<{item.name}"
            yield from _others(item.attributes)
            pending += [">", item.text.strip(), *reversed(item.children)]


def read_flow_names(data: bytes) -> dict[str, str]:
    """The display names of flows by workflow id (a GUID in lower case, without braces).

    Both shapes are read: the `<Workflow>` that is a `.data.xml`'s root, and those inside a flat
    layout's `customizations.xml`.
    """
    return {
        item.attributes["WorkflowId"].strip("{}").lower(): item.attributes.get("Name", "")
        for item in elements(data, "Workflow", "<Workflow")
        if "WorkflowId" in item.attributes
    }

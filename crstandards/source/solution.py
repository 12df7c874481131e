"""`Solution.xml` and `Customizations.xml`: what a solution is called, what it declares and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crstandards.model import connector_of
from crstandards.source.names import plain_path
from crstandards.source.text import SourceError
from crstandards.source.xml import Attributes, Element, elements, first_tag


class Missing(NamedTuple):
    """A connection reference listed under `<MissingDependencies>` as required."""

    logical_name: str
    solution: str
    offset: int


class ManifestFacts(NamedTuple):
    """What a solution's manifest says. `processes` holds the ids (GUIDs) or the schema names, in lower case,
    of the flows and other processes that it lists, `connectors` those of custom connectors.
    """

    unique_name: str
    version: str
    managed: bool
    prefix: str
    missing: tuple[Missing, ...]
    processes: frozenset[str] = frozenset()
    connectors: frozenset[str] = frozenset()


class Workflow(NamedTuple):
    """What is recorded of a flow beside its file: its GUID in lower case, its display name, its file as a
    path from the solution's root, and its kind; "" each where it isn't said.
    """

    guid: str
    name: str
    file: str
    category: str
    offset: int = 0

    @property
    def may_be_cloud_flow(self) -> bool:
        """Whether it is a cloud flow, or nobody says what it is."""
        return self.category in ("", "5")

    @property
    def is_desktop_flow(self) -> bool:
        """Whether it is a desktop flow, which is kept in the same folder."""
        return self.category == "6"


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
    """What the file declares, in document order; `workflows` where it says which files flows are in."""

    references: tuple[Declared, ...]
    workflows: tuple[Workflow, ...] = ()


_PROCESS, _CONNECTOR = "29", "372"
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
        processes=_components(root, _PROCESS),
        connectors=_components(root, _CONNECTOR),
    )


def _components(root: Element, kind: str) -> frozenset[str]:
    """The ids and schema names of the components of a kind."""
    found = (
        component.attributes.get(key, "").strip("{}").lower()
        for component in root.all("SolutionManifest", "RootComponents", "RootComponent")
        if component.attributes.get("type") == kind
        for key in ("id", "schemaName")
    )
    return frozenset(found) - {""}


def read_customizations(data: bytes) -> CustomizationsFacts:
    """Read the declared references, those in a list directly under the root, and which flows there are.

    Raises SourceError for what is not well-formed XML.
    """
    first = ["<connectionreference"]
    if first_tag(data, "<JsonFileName") < len(data):
        first.append("<Workflow")
    held = elements(data, ("connectionreferences", "Workflow"), *first)
    lists = [item for item in held if item.name == "connectionreferences" and item.depth == 1]
    found = [item for listed in lists for item in listed.all("connectionreference")]
    workflows = [item for item in held if item.name == "Workflow" and item.parent == "Workflows"]
    return CustomizationsFacts(tuple(map(_declared, found)), tuple(map(_workflow, workflows)))


def _declared(element: Element) -> Declared:
    name = element.attributes.get(_NAME, "").strip()
    if not name:
        raise SourceError("a <connectionreference> without its logical name", element.offset)
    connectors = element.all("connectorid")
    if len(connectors) > 1:
        raise SourceError(
            "a <connectorid> stands twice, and nobody knows which of them counts", connectors[1].offset
        )
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


def read_workflows(data: bytes) -> tuple[Workflow, ...]:
    """What is recorded of flows: in a `.data.xml`, whose root is one `<Workflow>`, or in Customizations."""
    return tuple(map(_workflow, elements(data, "Workflow", "<Workflow")))


def _workflow(element: Element) -> Workflow:
    file, offset = next(iter(element.texts("JsonFileName")), ("", element.offset))
    return Workflow(
        guid=element.attributes.get("WorkflowId", "").strip("{}").lower(),
        name=element.attributes.get("Name", ""),
        file=plain_path(file),
        category=element.text_at("Category"),
        offset=offset,
    )

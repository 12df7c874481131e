"""What a solution is called, what it declares and what it lacks: its manifest, its declarations, its flows'
metadata.

In XML these are `Solution.xml`, `Customizations.xml` and `.data.xml` files; the YAML layout says the same in
its own files, in which a member is what an attribute or an element is here (see `yaml_layout`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crstandards.connector_id import connector_of
from crstandards.model import ConnectionReference, MissingDependency, MissingFlow
from crstandards.places import Place
from crstandards.source.names import is_flow, plain_path
from crstandards.source.text import SourceError
from crstandards.source.xml import Attributes, Element, Node, elements, first_tag


class ManifestFacts(NamedTuple):
    """What a solution's manifest says. `processes` holds the ids (GUIDs) or the schema names, in lower case,
    of the flows and other processes that it lists, `connectors` those of custom connectors.
    """

    unique_name: str = ""
    version: str = ""
    managed: bool = False
    prefix: str = ""
    missing: tuple[MissingDependency, ...] = ()
    processes: frozenset[str] = frozenset()
    connectors: frozenset[str] = frozenset()


class Workflow(NamedTuple):
    """What is recorded of a flow beside its file: its GUID in lower case, its display name, its file as a
    path from the solution's root, and its kind; "" each where it isn't said.
    """

    guid: str = ""
    name: str = ""
    file: str = ""
    category: str = ""
    offset: int = 0

    @property
    def may_be_cloud_flow(self) -> bool:
        """Whether it is a cloud flow, or nobody says what it is."""
        return self.category in ("", "5")

    @property
    def is_desktop_flow(self) -> bool:
        """Whether it is a desktop flow, which is kept in the same folder."""
        return self.category == "6"

    def missing(self, name: str, path: str, place: Place) -> MissingFlow:
        """The flow, where its file is not there."""
        return MissingFlow(name, self.name, path, place, self.is_desktop_flow)


class CustomizationsFacts(NamedTuple):
    """What the file declares, in document order; `workflows` where it says which files flows are in.

    As in all facts, the path is missing from places: files with the same content say the same.
    """

    references: tuple[ConnectionReference, ...] = ()
    workflows: tuple[Workflow, ...] = ()


_PROCESS, _CONNECTOR = "29", "372"
_NAME = "connectionreferencelogicalname"


def read_manifest(data: bytes) -> ManifestFacts | None:
    """Read a manifest; None for XML that is something else, whatever its file is called.

    Raises SourceError for what is not well-formed XML.
    """
    roots = [item for item in elements(data, "ImportExportXml") if not item.depth]
    return manifest_in(roots[0]) if roots else None


def manifest_in(root: Node) -> ManifestFacts | None:
    """What the manifest in an `ImportExportXml` says; None where there is none in it."""
    manifest = next(iter(root.all("SolutionManifest")), None)
    if manifest is None:
        return None
    return ManifestFacts(
        unique_name=manifest.text_at("UniqueName"),
        version=manifest.text_at("Version"),
        # 0 unmanaged, 1 managed, 2 unpacked from both; only 1 is the managed copy.
        managed=manifest.text_at("Managed").lower() in ("1", "true"),
        prefix=manifest.text_at("Publisher", "CustomizationPrefix"),
        missing=missing_in(manifest.all("MissingDependencies", "MissingDependency")),
        processes=components_in(manifest, _PROCESS),
        connectors=components_in(manifest, _CONNECTOR),
    )


def missing_in(dependencies: Iterable[Node]) -> tuple[MissingDependency, ...]:
    """The connection references among what a solution requires from elsewhere."""
    return tuple(
        MissingDependency(name, required.attribute("solution"), Place("", required.offset))
        for dependency in dependencies
        for required in dependency.all("Required")
        # type="1" with this schema name is the *table* connectionreference.
        if required.attribute("type") == "connectionreference" and (name := required.attribute(f"id.{_NAME}"))
    )


def components_in(manifest: Node, kind: str = _CONNECTOR) -> frozenset[str]:
    """The ids and schema names of the components of a kind that a manifest lists."""
    found = (
        component.attribute(key).strip("{}").lower()
        for component in manifest.all("RootComponents", "RootComponent")
        if component.attribute("type") == kind
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
    workflows = [item for item in held if item.name == "Workflow" and item.parent == "Workflows"]
    return CustomizationsFacts(
        tuple(reference_in(node) for listed in lists for node in listed.all("connectionreference")),
        tuple(map(workflow_in, workflows)),
    )


def reference_in(node: Node) -> ConnectionReference:
    """The reference that a `connectionreference` declares."""
    name = node.attribute(_NAME).strip()
    if not name:
        raise SourceError("a <connectionreference> without its logical name", node.offset)
    connectors = node.all("connectorid")
    if len(connectors) > 1:
        raise SourceError(
            "a <connectorid> stands twice, and nobody knows which of them counts", connectors[1].offset
        )
    connector_id = node.text_at("connectorid")
    return ConnectionReference(
        logical_name=name,
        display_name=node.text_at("connectionreferencedisplayname"),
        connector=connector_of(connector_id),
        connector_id=connector_id,
        custom_connector=node.text_at("customconnectorid", "connectorid")
        or node.text_at("customconnectorid"),
        description=node.text_at("description"),
        place=Place("", node.offset),
        content=(*_others(node.attributes), *_content(node)) if isinstance(node, Element) else (),
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
    return tuple(map(workflow_in, elements(data, "Workflow", "<Workflow")))


def read_flow_file(data: bytes) -> str:
    """The file that a `.data.xml` names, as `Workflow.file`; of most it can be told without reading them.

    "" also where it cannot be read: then nothing is packed by it.
    """
    found = data.partition(b"<JsonFileName>")[2].partition(b"</JsonFileName>")[0]
    if data.count(b"JsonFileName") == 2 and found.isascii() and not any(sign in found for sign in b"<&"):
        return plain_path(found.decode("ascii"))
    try:
        return next((workflow.file for workflow in read_workflows(data)), "")
    except SourceError:
        return ""


def leads_elsewhere(prefix: str, file: str | SourceError) -> bool:
    """Whether metadata, as `read_flow_file` reads them, name a file in which nobody looks for a flow."""
    return isinstance(file, str) and file != "" and not is_flow(prefix + file)


def workflow_in(node: Node) -> Workflow:
    """What a `Workflow` says."""
    file, offset = next(iter(node.texts("JsonFileName")), ("", node.offset))
    return Workflow(
        guid=node.attribute("WorkflowId").strip("{}").lower(),
        name=node.attribute("Name"),
        file=plain_path(file),
        category=node.text_at("Category"),
        offset=offset,
    )

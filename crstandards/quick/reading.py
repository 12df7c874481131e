"""What the fast path takes from a file, or doubts: stricter than the readers in `source`, on their ground."""

from __future__ import annotations

from crstandards.connector_id import connector_of, is_possible
from crstandards.source.plain import REFERENCE, Doubt, plain_flow
from crstandards.source.xml import elements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NAME = "connectionreferencelogicalname"


class FlowFacts:
    """The `references` that a flow goes through, by logical name in lower case, with the connector of each;
    whether some are the connections of whoever runs it, and whether it runs other flows.
    """

    def __init__(self, references: frozenset[tuple[str, str]], is_invoked: bool, calls: bool) -> None:
        self.references, self.is_invoked, self.calls = references, is_invoked, calls


def flow_facts(data: bytes) -> FlowFacts:
    """What a flow uses. Raises Doubt where the flow could break a rule by itself."""
    plain = plain_flow(data)
    entries = plain.entries.values()
    is_invoked = any(entry.get("runtimeSource", "embedded") != "embedded" for entry in entries)
    return FlowFacts(frozenset(map(_reference, entries)), is_invoked, plain.calls)


def _reference(entry: Any) -> tuple[str, str]:
    try:
        reference, connector = entry["connection"][REFERENCE].lower(), connector_of(entry["api"]["name"])
    except (KeyError, TypeError, AttributeError):
        raise Doubt from None
    if not reference.strip() or not connector:
        raise Doubt
    return reference, connector


def unique_name(data: bytes) -> str:
    """The unique name in a solution's manifest. Raises Doubt where there is none; SourceError as `scan`."""
    for root in elements(data, "ImportExportXml"):
        name = root.text_at("SolutionManifest", "UniqueName")
        if name and not root.depth:
            return name
    raise Doubt


def declared_references(data: bytes) -> dict[str, str]:
    """The connectors of declared references by logical name in lower case: each of another connector.

    Raises Doubt where the file could break a rule by itself; SourceError as `scan`.
    """
    declared: dict[str, str] = {}
    listed = elements(data, ("connectionreferences", "JsonFileName"), "<connectionreference", "<JsonFileName")
    # Which names a flow's file, that may not be there.
    if any(item.name == "JsonFileName" for item in listed):
        raise Doubt
    for node in (node for item in listed if item.depth == 1 for node in item.called("connectionreference")):
        name = node.attribute(_NAME).strip().lower()
        connectors = [connector_of(text) for text, _ in node.texts("connectorid")]
        # Of an element that stands twice, the first one would count.
        if len(connectors) != 1 or not is_possible(connectors[0]) or connectors[0] in declared.values():
            raise Doubt
        if not name or name in declared:
            raise Doubt
        declared[name] = connectors[0]
    return declared

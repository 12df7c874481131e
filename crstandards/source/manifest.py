"""`Solution.xml`: the solution's name, version and publisher, and the references it lacks."""

from __future__ import annotations

from typing import NamedTuple

from crstandards.source.xml import Attributes, scan


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


_ROOT = ["ImportExportXml", "SolutionManifest"]


def read_manifest(data: bytes) -> ManifestFacts | None:
    """Read a manifest; None for XML that is something else, whatever its file is called.

    Raises SourceError for what is not well-formed XML.
    """
    path: list[str] = []
    fields: dict[tuple[str, ...], str] = {}
    missing: list[Missing] = []
    is_manifest = False

    def start(name: str, attributes: Attributes, offset: int) -> None:
        nonlocal is_manifest
        path.append(name)
        if path == _ROOT:
            is_manifest = True
        elif path[-2:] == ["MissingDependency", "Required"]:
            reference = attributes.get("id.connectionreferencelogicalname")
            # type="1" with this schema name is the *table* connectionreference.
            if reference and attributes.get("type") == "connectionreference":
                missing.append(Missing(reference, attributes.get("solution", ""), offset))

    def end(name: str, text: str) -> None:
        if len(path) <= 4 and path[:2] == _ROOT:
            fields.setdefault(tuple(path[2:]), text.strip())
        path.pop()

    scan(data, start, end)
    if not is_manifest:
        return None
    return ManifestFacts(
        unique_name=fields.get(("UniqueName",), ""),
        version=fields.get(("Version",), ""),
        # 0 unmanaged, 1 managed, 2 unpacked from both; only 1 is the managed copy.
        managed=fields.get(("Managed",)) == "1",
        prefix=fields.get(("Publisher", "CustomizationPrefix"), ""),
        missing=tuple(missing),
    )

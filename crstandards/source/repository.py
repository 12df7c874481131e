"""Joins the facts of single files into solutions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from crstandards.model import (
    ConnectionReference,
    Flow,
    MissingDependency,
    Place,
    Solution,
    Unreadable,
)
from crstandards.snapshot import File, Snapshot
from crstandards.source import xml
from crstandards.source.customizations import (
    CustomizationsFacts,
    Declared,
    read_customizations,
    read_flow_names,
)
from crstandards.source.facts import Facts, Reader
from crstandards.source.flow import MAX_BYTES, FlowFacts, read_flow
from crstandards.source.layout import Candidate, flow_guid
from crstandards.source.manifest import ManifestFacts, Missing, read_manifest
from crstandards.source.text import SourceError

T = TypeVar("T")

FLOW = Reader("flow", read_flow, MAX_BYTES)
MANIFEST = Reader("manifest", read_manifest, xml.MAX_BYTES)
CUSTOMIZATIONS = Reader("customizations", read_customizations, xml.MAX_BYTES)
FLOW_NAMES = Reader("flow names", read_flow_names, xml.MAX_BYTES)


def read_solutions(
    snapshot: Snapshot,
    candidates: Sequence[Candidate],
    facts: Facts,
    vendored: Callable[[str], bool] = lambda path: False,
) -> tuple[Solution, ...]:
    """Read candidates and keep those that are solutions, or hold flows without one, sorted by folder."""
    manifests = facts.read(snapshot, _files(candidate.manifest for candidate in candidates), MANIFEST)
    chosen = [_settled(candidate, manifests) for candidate in candidates]
    present = [candidate for candidate in chosen if candidate is not None]
    customizations = facts.read(
        snapshot,
        _files(
            file
            for candidate in present
            for file in (candidate.customizations, candidate.other_customizations)
        ),
        CUSTOMIZATIONS,
    )
    flows = facts.read(
        snapshot,
        [file for candidate in present if candidate.layout != "package" for file in candidate.flows],
        FLOW,
    )
    joined = (
        _join(candidate, manifests, customizations, flows, FlowNames(snapshot, candidate, facts))
        for candidate in present
    )
    return tuple(
        solution._replace(vendored=vendored(solution.folder)) for solution in joined if solution is not None
    )


def _files(files: Iterable[File | None]) -> list[File]:
    return [file for file in files if file is not None]


def _settled(
    candidate: Candidate, manifests: Mapping[str, ManifestFacts | SourceError | None]
) -> Candidate | None:
    """The candidate as its manifest's content shows it to be; None where nothing is left of it."""
    if candidate.manifest is None:
        return candidate
    manifest = manifests[candidate.manifest.path]
    if isinstance(manifest, ManifestFacts):
        return candidate
    if isinstance(manifest, SourceError) and (candidate.customizations or candidate.flows):
        return candidate
    if isinstance(manifest, SourceError) and candidate.layout == "unpacked":
        return candidate
    return candidate._replace(layout="loose", manifest=None) if candidate.flows else None


class FlowNames(Mapping[str, str]):
    """The display names of one solution's flows by path, read when the first one is asked for.

    Only findings need them, and most checks find nothing.
    """

    def __init__(self, snapshot: Snapshot, candidate: Candidate, facts: Facts) -> None:
        self._snapshot = snapshot
        self._candidate = candidate
        self._facts = facts
        self._names: dict[str, str] | None = None

    def _read(self) -> dict[str, str]:
        if self._names is None:
            candidate = self._candidate
            files = list(candidate.flow_metadata)
            if candidate.layout == "flat":
                files += _files([candidate.customizations])
            by_guid: dict[str, str] = {}
            for names in self._facts.read(self._snapshot, files, FLOW_NAMES).values():
                if not isinstance(names, SourceError):
                    by_guid.update(names)
            self._names = {
                file.path: name for file in candidate.flows if (name := by_guid.get(flow_guid(file.path)))
            }
        return self._names

    def __getitem__(self, path: str) -> str:
        return self._read()[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def _join(
    candidate: Candidate,
    manifests: Mapping[str, ManifestFacts | SourceError | None],
    customizations: Mapping[str, CustomizationsFacts | SourceError],
    flow_facts: Mapping[str, FlowFacts | SourceError | None],
    names: Mapping[str, str],
) -> Solution | None:
    if candidate.layout == "package":
        return Solution(candidate.folder, "package", manifest=candidate.flows[0].path)
    unreadable: list[Unreadable] = []
    manifest = _readable(candidate.manifest, manifests, unreadable) or ManifestFacts("", "", False, "", ())
    declared = _readable(candidate.customizations, customizations, unreadable)
    flows = tuple(_flows(candidate, flow_facts, unreadable))
    if candidate.layout == "loose":
        if not flows and not unreadable:
            return None
        if flows and candidate.customizations:
            reason = "customizations and flows stand here, but no Solution.xml says which solution they are"
            unreadable.append(Unreadable(Place(candidate.customizations.path), reason))
        return Solution(
            candidate.folder, "loose", flows=flows, unreadable=tuple(unreadable), flow_names=names
        )
    if candidate.manifest and not manifest.unique_name and not unreadable:
        unreadable.append(Unreadable(Place(candidate.manifest.path), "the manifest has no UniqueName"))
    unreadable += _other_layout(candidate, customizations)
    return Solution(
        folder=candidate.folder,
        layout=candidate.layout,
        unique_name=manifest.unique_name,
        version=manifest.version,
        managed=manifest.managed,
        prefix=manifest.prefix,
        manifest=candidate.manifest.path if candidate.manifest else "",
        customizations=candidate.customizations.path if candidate.customizations else "",
        references=tuple(_references(candidate.customizations, declared)),
        missing=tuple(_missing(candidate.manifest, manifest.missing)),
        flows=flows,
        unreadable=tuple(unreadable),
        references_known=not _declarations_unreadable(candidate, manifests, customizations),
        flow_names=names,
    )


def _declarations_unreadable(
    candidate: Candidate,
    manifests: Mapping[str, ManifestFacts | SourceError | None],
    customizations: Mapping[str, CustomizationsFacts | SourceError],
) -> bool:
    """Whether it cannot be told what the solution declares or lists as missing."""
    return any(
        file is not None and isinstance(facts.get(file.path), SourceError)
        for file, facts in ((candidate.manifest, manifests), (candidate.customizations, customizations))
    )


def _readable(
    file: File | None, facts: Mapping[str, T | SourceError], unreadable: list[Unreadable]
) -> T | None:
    if file is None:
        return None
    found = facts[file.path]
    if isinstance(found, SourceError):
        unreadable.append(Unreadable(Place(file.path, found.at), found.reason))
        return None
    return found


def _flows(
    candidate: Candidate,
    flow_facts: Mapping[str, FlowFacts | SourceError | None],
    unreadable: list[Unreadable],
) -> Iterator[Flow]:
    for file in candidate.flows:
        guid = flow_guid(file.path)
        facts = flow_facts[file.path]
        if isinstance(facts, SourceError):
            # Without a solution around it, only a name like an exported flow's makes it one.
            if guid or candidate.layout != "loose":
                unreadable.append(Unreadable(Place(file.path, facts.at), facts.reason))
        elif facts is not None:
            for route in facts.repeated:
                reason = f"the key {route[-1]!r} stands twice in one object, and the first one is lost"
                unreadable.append(Unreadable(Place(file.path, route), reason))
            yield Flow(file.path, guid, facts.entries, facts.operations, facts.embedded)


def _references(file: File | None, facts: CustomizationsFacts | None) -> Iterator[ConnectionReference]:
    if file is None or facts is None:
        return
    for declared in facts.references:
        yield _reference(declared, file.path)


def _reference(declared: Declared, path: str) -> ConnectionReference:
    return ConnectionReference(
        logical_name=declared.logical_name,
        display_name=declared.display_name,
        connector=declared.connector,
        connector_id=declared.connector_id,
        custom_connector=declared.custom_connector,
        description=declared.description,
        place=Place(path, declared.offset),
    )


def _missing(file: File | None, missing: Iterable[Missing]) -> Iterator[MissingDependency]:
    if file is None:
        return
    for dependency in missing:
        place = Place(file.path, dependency.offset)
        yield MissingDependency(dependency.logical_name, dependency.solution, place)


def _other_layout(
    candidate: Candidate, customizations: Mapping[str, CustomizationsFacts | SourceError]
) -> Iterator[Unreadable]:
    """What is said where one folder holds two layouts of a solution that do not agree."""
    first, second = candidate.customizations, candidate.other_customizations
    if first is None or second is None:
        return
    here, there = customizations[first.path], customizations[second.path]
    if isinstance(here, CustomizationsFacts) and isinstance(there, CustomizationsFacts):
        ours = {(item.logical_name.lower(), item.connector) for item in here.references}
        theirs = {(item.logical_name.lower(), item.connector) for item in there.references}
        if ours != theirs:
            reason = f"it declares other connection references than {first.path}, which is read"
            yield Unreadable(Place(second.path), reason)

"""Joins the facts of single files into solutions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from crstandards.model import Deferred, Solution, Unreadable
from crstandards.places import Place
from crstandards.snapshot import File, Snapshot
from crstandards.source import xml
from crstandards.source.apps import read_users
from crstandards.source.connector import own_connectors, read_endpoints
from crstandards.source.facts import Facts, Reader, Reading, placed
from crstandards.source.join import FLOW, Recorded, left_over, missing_flows, read_flows
from crstandards.source.layout import Candidate
from crstandards.source.solution import (
    CustomizationsFacts,
    ManifestFacts,
    read_customizations,
    read_manifest,
)
from crstandards.source.text import SourceError

MANIFEST = Reader(read_manifest, xml.MAX_BYTES)
CUSTOMIZATIONS = Reader(read_customizations, xml.MAX_BYTES)


def read_solutions(
    snapshot: Snapshot,
    candidates: Sequence[Candidate],
    facts: Facts,
    vendored: Callable[[str], bool] = lambda path: False,
) -> tuple[Solution, ...]:
    """Read candidates and keep those that are solutions, or hold flows without one, sorted by folder."""
    reading = Reading(snapshot, facts)
    # The files of a kind are read together: git is asked once for all.
    reading.raw(_files((c.manifest, *c.other_manifests) for c in candidates if not c.yaml), MANIFEST)
    settled = (_settled(candidate, reading) for candidate in candidates)
    present = [candidate for candidate in settled if candidate is not None]
    reading.raw(_files((c.customizations, *c.other_customizations) for c in present), CUSTOMIZATIONS)
    reading.raw(_files(c.flows for c in present if c.layout != "package"), FLOW)
    with_endpoint: set[str] = set()
    found: list[Solution] = []
    for candidate in present:
        own = reading.anew()
        solution = _solution(candidate, own, with_endpoint)
        if solution is not None:
            # One file may be read for its references and for its apps: its fault is said once.
            unreadable = tuple(dict.fromkeys(own.unreadable))
            found.append(solution._replace(unreadable=unreadable, vendored=vendored(solution.folder)))
    # A custom connector often lies in a solution of its own, beside those that hold references to it.
    custom = Deferred(lambda: [each for one in present for each in own_connectors(reading.anew(), one)])
    return tuple(
        solution._replace(
            custom_connectors=custom,
            own_endpoint=frozenset(
                reference.connector
                for reference in solution.references
                # The id of a custom connector ends in a hash, which one of Microsoft's never does.
                if not reference.connector_id.rstrip("/").lower().endswith(reference.connector)
                and reference.custom_connector.strip("{}").lower() in with_endpoint
            ),
        )
        for solution in sorted(found, key=lambda solution: solution.folder)
    )


def _files(groups: Iterable[Iterable[File | None]]) -> list[File]:
    return [file for group in groups for file in group if file is not None]


def _settled(candidate: Candidate, reading: Reading) -> Candidate | None:
    """The candidate as its manifest's content shows it to be; None where nothing is left of it."""
    reader: Reader[ManifestFacts | None] = MANIFEST
    if candidate.yaml or candidate.listings:
        # Imported here: most repositories hold no YAML source.
        from crstandards.source import yaml_layout

        if candidate.listings:
            return yaml_layout.without_listed(reading, candidate)
        reader = yaml_layout.MANIFEST
    if candidate.manifest is None:
        return candidate
    manifests = reading.raw((candidate.manifest, *candidate.other_manifests), reader)
    listed = (candidate.manifest, *candidate.other_manifests)
    sound = [file for file in listed if manifests[file.path] is not None]
    if sound:
        candidate = candidate._replace(manifest=sound[0], other_manifests=tuple(sound[1:]))
    if candidate.yaml:
        return yaml_layout.with_members(reading, candidate) if sound else None
    manifest = manifests[sound[0].path] if sound else None
    if isinstance(manifest, ManifestFacts):
        return candidate
    if isinstance(manifest, SourceError) and (
        candidate.customizations
        or candidate.flows
        or (candidate.layout == "unpacked" and not _is_stray(sound[0]))
    ):
        return candidate
    return candidate._replace(layout="loose", manifest=None, other_manifests=()) if candidate.flows else None


def _is_stray(manifest: File) -> bool:
    """Whether this is but a link, say, that happens to be called like the folder of a manifest."""
    return manifest.kind != "closed" and not manifest.path.lower().endswith("solution.xml")


def _solution(candidate: Candidate, reading: Reading, with_endpoint: set[str]) -> Solution | None:
    """A candidate joined; what of it cannot be read is noted, and `with_endpoint` is added to."""
    if candidate.layout == "package":
        return Solution(candidate.folder, "package", manifest=candidate.flows[0].path)
    manifest, declared = _declarations(candidate, reading)
    # What cannot be read may declare references, or list them as missing.
    known = not reading.unreadable
    recorded = Recorded(candidate, reading.anew())
    flows = tuple(read_flows(reading, candidate, recorded.guid, recorded.is_cloud_flow))
    solution = Solution(
        candidate.folder, candidate.layout, flows=flows, beside=candidate.beside, flow_names=recorded
    )
    if candidate.layout == "loose":
        if candidate.customizations and (flows or declared.references):
            # On some disks they would take the place of those in a folder called so but for letter case.
            beside = "flows" if flows else "connection references"
            reason = (
                f"customizations and {beside} stand here, but no Solution.xml says which solution they are"
            )
            _note(reading, candidate.customizations, reason)
        left = [flow.path for flow in flows] if candidate.is_left_over else ()
        return solution._replace(left_over=left) if flows or reading.unreadable else None
    if candidate.manifest:
        if not manifest.unique_name and not reading.unreadable:
            _note(reading, candidate.manifest, "the manifest has no UniqueName")
        if candidate.yaml:
            from crstandards.source import yaml_layout

            yaml_layout.note_listed(reading, candidate)
            missing = yaml_layout.missing_flows(reading, candidate)
        else:
            reading.unreadable += _other_layout(candidate, reading.anew())
            missing = missing_flows(reading, candidate, declared.workflows)
        solution = solution._replace(
            unique_name=manifest.unique_name,
            version=manifest.version,
            managed=manifest.managed,
            prefix=manifest.prefix,
            manifest=candidate.manifest.path,
            customizations=candidate.customizations.path if candidate.customizations else "",
            references=declared.references,
            missing=manifest.missing,
            missing_flows=tuple(missing),
            references_known=known,
            left_over=()
            if candidate.yaml or "_patch_" in manifest.unique_name.lower()
            else Deferred(lambda: left_over(manifest.processes, flows, recorded)),
            own_connectors=Deferred(
                lambda: [
                    *sorted(manifest.connectors),
                    *(connector.guid for connector in own_connectors(reading.anew(), candidate)),
                ]
            ),
        )
    with_endpoint |= read_endpoints(reading, candidate)
    return solution._replace(uses=read_users(reading, candidate))


def _note(reading: Reading, file: File, reason: str) -> None:
    reading.unreadable.append(Unreadable(Place(file.path), reason, file.key))


def _declarations(candidate: Candidate, reading: Reading) -> tuple[ManifestFacts, CustomizationsFacts]:
    """What a candidate's manifest says, and what it declares, with places."""
    if candidate.yaml:
        from crstandards.source import yaml_layout

        return yaml_layout.declarations(reading, candidate)
    manifest = reading.one(candidate.manifest, MANIFEST) or ManifestFacts()
    declared = reading.one(candidate.customizations, CUSTOMIZATIONS) or CustomizationsFacts()
    if candidate.manifest:
        missing = (placed(item, candidate.manifest.path) for item in manifest.missing)
        manifest = manifest._replace(missing=tuple(missing))
    if candidate.customizations:
        references = (placed(item, candidate.customizations.path) for item in declared.references)
        declared = declared._replace(references=tuple(references))
    return manifest, declared


def _other_layout(candidate: Candidate, reading: Reading) -> list[Unreadable]:
    """What is said where one folder holds two layouts of a solution that do not agree."""
    kinds: list[tuple[File | None, Sequence[File], Reader[Any], str]] = [
        (candidate.manifest, candidate.other_manifests, MANIFEST, "is the manifest of another solution"),
        (
            candidate.customizations,
            candidate.other_customizations,
            CUSTOMIZATIONS,
            "declares other connection references",
        ),
    ]
    for first, others, reader, differs in kinds:
        ours = reading.raw([first], reader)[first.path] if first and others else None
        for path, theirs in reading.each(others if first else (), reader):
            if (
                first
                and ours
                and theirs
                and not isinstance(ours, SourceError)
                and _gist(ours) != _gist(theirs)
            ):
                inside = first.path.removeprefix(f"{candidate.folder}/")
                (second,) = (file for file in others if file.path == path)
                _note(reading, second, f"it {differs} than {inside}, which is read")
    return reading.unreadable


def _gist(facts: ManifestFacts | CustomizationsFacts) -> object:
    """What has to be the same in both layouts."""
    if isinstance(facts, ManifestFacts):
        return facts.unique_name.lower()
    return sorted((item.key, item.connector) for item in facts.references)

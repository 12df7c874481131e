"""Joins the facts of single files into solutions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

from crstandards.model import Flow, MissingFlow, Place, Solution, Unreadable
from crstandards.snapshot import File, Snapshot
from crstandards.source import xml
from crstandards.source.apps import read_users
from crstandards.source.connector import own_connectors, read_endpoints
from crstandards.source.facts import Facts, Reader
from crstandards.source.join import (
    FLOW,
    Later,
    Recorded,
    join_flows,
    join_missing,
    join_reference,
    left_over,
    missing_flows,
    readable,
    unreadable_at,
    whole_flows,
)
from crstandards.source.layout import Candidate
from crstandards.source.solution import (
    CustomizationsFacts,
    ManifestFacts,
    Workflow,
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
    found, in_xml = _read_yaml(snapshot, candidates, facts)
    manifests = facts.read(
        snapshot,
        _files(file for item in in_xml for file in (item.manifest, *item.other_manifests)),
        MANIFEST,
    )
    chosen = [_settled(candidate, manifests) for candidate in in_xml]
    present = [candidate for candidate in chosen if candidate is not None]
    customizations = facts.read(
        snapshot,
        _files(
            file
            for candidate in present
            for file in (candidate.customizations, *candidate.other_customizations)
        ),
        CUSTOMIZATIONS,
    )
    flows = facts.read(
        snapshot,
        [file for candidate in present if candidate.layout != "package" for file in candidate.flows],
        FLOW,
    )
    with_endpoint: set[str] = set()
    for candidate in present:
        recorded = Recorded(snapshot, candidate, facts)
        joined = partial(
            join_flows, candidate, flows, whole=whole_flows(snapshot, facts), guid_of=recorded.guid
        )
        missing = partial(missing_flows, snapshot, candidate, facts=facts)
        solution = _join(candidate, manifests, customizations, joined, missing, recorded)
        if solution is not None:
            found.append(_with_users(snapshot, candidate, facts, solution, with_endpoint))
    return tuple(
        solution._replace(
            vendored=vendored(solution.folder), own_endpoint=own_endpoint(solution, with_endpoint)
        )
        for solution in sorted(found, key=lambda solution: solution.folder)
    )


def _read_yaml(
    snapshot: Snapshot, candidates: Sequence[Candidate], facts: Facts
) -> tuple[list[Solution], Sequence[Candidate]]:
    """The solutions of the YAML layout, and the other candidates, without the flows of those."""
    if not any(candidate.yaml or candidate.listings for candidate in candidates):
        return [], candidates
    # Imported here: most repositories hold no YAML source.
    from crstandards.source.yaml_layout import read_yaml_solutions, without_listed

    others = [
        kept
        for candidate in candidates
        if not candidate.yaml
        and (kept := without_listed(snapshot, candidate, facts) if candidate.listings else candidate)
    ]
    return list(read_yaml_solutions(snapshot, candidates, facts)), others


def _with_users(
    snapshot: Snapshot, candidate: Candidate, facts: Facts, solution: Solution, with_endpoint: set[str]
) -> Solution:
    if solution.layout in ("loose", "package"):
        return solution
    users = read_users(snapshot, candidate, facts)
    endpoints = read_endpoints(snapshot, candidate, facts)
    listed = solution.own_connectors
    with_endpoint |= endpoints.connectors
    # One file may be read for its references and for its apps: its fault is said once.
    unreadable = dict.fromkeys((*solution.unreadable, *users.unreadable, *endpoints.unreadable))
    return solution._replace(
        uses=users.uses,
        unreadable=tuple(unreadable),
        own_connectors=Later(lambda: [*listed, *own_connectors(snapshot, candidate, facts)]),
    )


def own_endpoint(solution: Solution, custom_connectors: Collection[str]) -> frozenset[str]:
    """The connectors of a solution's references among custom connectors, given by their ids.

    A custom connector often lies in a solution of its own, beside those that hold references to it.
    """
    return frozenset(
        reference.connector
        for reference in solution.references
        if reference.custom_connector.strip("{}").lower() in custom_connectors
    )


def _files(files: Iterable[File | None]) -> list[File]:
    return [file for file in files if file is not None]


def _settled(
    candidate: Candidate, manifests: Mapping[str, ManifestFacts | SourceError | None]
) -> Candidate | None:
    """The candidate as its manifest's content shows it to be; None where nothing is left of it."""
    if candidate.manifest is None:
        return candidate
    listed = (candidate.manifest, *candidate.other_manifests)
    sound = [file for file in listed if manifests[file.path] is not None]
    if sound:
        candidate = candidate._replace(manifest=sound[0], other_manifests=tuple(sound[1:]))
    manifest = manifests[sound[0].path] if sound else None
    if isinstance(manifest, ManifestFacts):
        return candidate
    if isinstance(manifest, SourceError) and (candidate.customizations or candidate.flows):
        return candidate
    if isinstance(manifest, SourceError) and candidate.layout == "unpacked" and not _is_stray(sound[0]):
        return candidate
    if not candidate.flows:
        return None
    return candidate._replace(layout="loose", manifest=None, other_manifests=())


def _is_stray(manifest: File) -> bool:
    """Whether this is but a link, say, that happens to be called like the folder of a manifest."""
    return manifest.kind != "closed" and not manifest.path.lower().endswith("solution.xml")


def _join(
    candidate: Candidate,
    manifests: Mapping[str, ManifestFacts | SourceError | None],
    customizations: Mapping[str, CustomizationsFacts | SourceError],
    join: Callable[[list[Unreadable]], Iterable[Flow]],
    missing: Callable[[Iterable[Workflow]], Iterable[MissingFlow]],
    recorded: Recorded,
) -> Solution | None:
    if candidate.layout == "package":
        return Solution(candidate.folder, "package", manifest=candidate.flows[0].path)
    unreadable: list[Unreadable] = []
    manifest = readable(candidate.manifest, manifests, unreadable) or ManifestFacts("", "", False, "", ())
    declared = readable(candidate.customizations, customizations, unreadable)
    # What cannot be read may declare references, or list them as missing.
    known = not unreadable
    flows = tuple(join(unreadable))
    if candidate.layout in ("clone", "code app"):
        return Solution(
            candidate.folder,
            candidate.layout,
            flows=flows,
            unreadable=tuple(unreadable),
            flow_names=recorded,
        )
    if candidate.layout == "loose":
        if not flows and not unreadable:
            return None
        if flows and candidate.customizations:
            reason = "customizations and flows stand here, but no Solution.xml says which solution they are"
            unreadable.append(
                Unreadable(Place(candidate.customizations.path), reason, candidate.customizations.key)
            )
        return Solution(
            candidate.folder,
            "loose",
            flows=flows,
            beside=candidate.beside,
            unreadable=tuple(unreadable),
            flow_names=recorded,
        )
    if candidate.manifest and not manifest.unique_name and not unreadable:
        reason = "the manifest has no UniqueName"
        unreadable.append(Unreadable(Place(candidate.manifest.path), reason, candidate.manifest.key))
    unreadable += _other_layout(candidate, {**manifests, **customizations})
    path = candidate.customizations.path if candidate.customizations else ""
    is_patch = "_patch_" in manifest.unique_name.lower()
    return Solution(
        folder=candidate.folder,
        layout=candidate.layout,
        unique_name=manifest.unique_name,
        version=manifest.version,
        managed=manifest.managed,
        prefix=manifest.prefix,
        manifest=candidate.manifest.path if candidate.manifest else "",
        customizations=path,
        references=tuple(join_reference(item, path) for item in (declared.references if declared else ())),
        missing=tuple(join_missing(candidate.manifest, manifest.missing)),
        flows=flows,
        missing_flows=tuple(missing(declared.workflows if declared else ())),
        own_connectors=sorted(manifest.connectors),
        left_over=() if is_patch else Later(lambda: left_over(manifest.processes, flows, recorded)),
        unreadable=tuple(unreadable),
        references_known=known,
        flow_names=recorded,
    )


def _other_layout(
    candidate: Candidate, read: Mapping[str, ManifestFacts | CustomizationsFacts | SourceError | None]
) -> Iterator[Unreadable]:
    """What is said where one folder holds two layouts of a solution that do not agree."""
    for first, others, differs in (
        (candidate.manifest, candidate.other_manifests, "is the manifest of another solution"),
        (candidate.customizations, candidate.other_customizations, "declares other connection references"),
    ):
        for second in others if first else ():
            assert first is not None
            ours, theirs = read[first.path], read[second.path]
            if isinstance(theirs, SourceError):
                yield unreadable_at(second.path, theirs)
            elif ours and theirs and not isinstance(ours, SourceError) and _gist(ours) != _gist(theirs):
                inside = first.path.removeprefix(f"{candidate.folder}/")
                reason = f"it {differs} than {inside}, which is read"
                yield Unreadable(Place(second.path), reason, second.key)


def _gist(facts: ManifestFacts | CustomizationsFacts) -> object:
    """What has to be the same in both layouts."""
    if isinstance(facts, ManifestFacts):
        return facts.unique_name.lower()
    return sorted((item.logical_name.lower(), item.connector) for item in facts.references)

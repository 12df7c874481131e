"""Solutions in the YAML layout of Dataverse git integration. Experimental.

Component files are shared by all solutions of a repository; which of them a solution has stands in
its `solutioncomponents.yml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from crstandards.model import Place, Solution, Unreadable
from crstandards.snapshot import File, Snapshot
from crstandards.source.dataverse_yaml import (
    read_components,
    read_missing,
    read_publisher,
    read_reference,
    read_solution,
)
from crstandards.source.facts import Facts, Reader
from crstandards.source.join import (
    FLOW,
    FlowNames,
    join_flows,
    join_missing,
    join_reference,
    readable,
    whole_flows,
)
from crstandards.source.layout import Candidate, YamlParts
from crstandards.source.text import SourceError
from crstandards.source.users import read_users
from crstandards.source.yamltext import MAX_BYTES

T = TypeVar("T")

_DOUBLE = "another file has the same name but for letter case, and nobody knows which of them counts"
MANIFEST = Reader(read_solution, MAX_BYTES)
COMPONENTS = Reader(read_components, MAX_BYTES)
MISSING = Reader(read_missing, MAX_BYTES)
REFERENCE = Reader(read_reference, MAX_BYTES)
PUBLISHER = Reader(read_publisher, MAX_BYTES)


def read_yaml_solutions(
    snapshot: Snapshot, candidates: Sequence[Candidate], facts: Facts
) -> Iterator[Solution]:
    """Read the candidates of the YAML layout among others; where the manifest is something else, none is."""
    for candidate in candidates:
        if candidate.yaml and candidate.manifest:
            listed = (candidate.manifest, *candidate.other_manifests)
            found = facts.read(snapshot, listed, MANIFEST)
            sound = [file for file in listed if found[file.path] is not None]
            if sound:
                doubles = (*sound[1:], *candidate.yaml.doubles)
                parts = candidate.yaml._replace(doubles=doubles)
                yield _read(snapshot, candidate, parts, sound[0], facts)


def _read(
    snapshot: Snapshot, candidate: Candidate, parts: YamlParts, manifest_file: File, facts: Facts
) -> Solution:
    unreadable = [Unreadable(Place(file.path), _DOUBLE, file.key) for file in parts.doubles]

    def one(file: File | None, reader: Reader[T]) -> T | None:
        found: dict[str, T | SourceError] = facts.read(snapshot, [file] if file else [], reader)
        return readable(file, found, unreadable)

    manifest = one(manifest_file, MANIFEST)
    listed = tuple(path.lower() for path in one(parts.components, COMPONENTS) or ())
    missing = one(parts.missing, MISSING) or ()
    known = not unreadable
    members = candidate._replace(
        flows=_members(candidate.flows, parts.root, listed),
        flow_metadata=_members(candidate.flow_metadata, parts.root, listed),
        agents=_members(candidate.agents, parts.root, listed),
    )
    references = [
        join_reference(declared, file.path)
        for file in _members(parts.references, parts.root, listed)
        if (declared := one(file, REFERENCE)) is not None
    ]
    prefixes = [one(file, PUBLISHER) for file in parts.publishers] if len(parts.publishers) == 1 else []
    flow_facts = facts.read(snapshot, members.flows, FLOW)
    flows = tuple(join_flows(members, flow_facts, unreadable, whole_flows(snapshot, facts)))
    users = read_users(snapshot, members, facts)
    return Solution(
        folder=candidate.folder,
        layout="yaml",
        unique_name=manifest.unique_name if manifest else "",
        version=manifest.version if manifest else "",
        managed=bool(manifest and manifest.managed),
        prefix=(manifest.prefix if manifest else "") or next(filter(None, prefixes), ""),
        manifest=manifest_file.path,
        references=tuple(references),
        missing=(
            *join_missing(manifest_file, manifest.missing if manifest else ()),
            *join_missing(parts.missing, missing),
        ),
        flows=flows,
        uses=users.uses,
        unreadable=(*unreadable, *users.unreadable),
        references_known=known and not any(item.place.path.endswith(".yml") for item in unreadable),
        flow_names=FlowNames(snapshot, members, facts),
    )


def _members(files: Sequence[File], root: str, listed: Sequence[str]) -> tuple[File, ...]:
    """The files that are, or lie in, one of the components listed; those may lack a file's ending."""
    prefix = f"{root}/".lower() if root else ""

    def is_member(file: File) -> bool:
        path = file.path.lower().removeprefix(prefix)
        return any(path == item or path.startswith((item + "/", item + ".")) for item in listed)

    return tuple(filter(is_member, files))

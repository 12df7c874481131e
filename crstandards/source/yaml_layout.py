"""Solutions in the YAML layout of Dataverse git integration. Experimental.

Component files are shared by all solutions of a root; which of them a solution has stands in its
`solutioncomponents.yml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crstandards.model import MissingFlow, Place, Solution, Unreadable
from crstandards.snapshot import File, Snapshot
from crstandards.source.apps import read_users
from crstandards.source.facts import Facts, Reader
from crstandards.source.join import (
    FLOW,
    Later,
    Reading,
    Recorded,
    join_flows,
    join_missing,
    join_reference,
    missing_flow,
    whole_flows,
)
from crstandards.source.layout import Candidate, Listing, YamlParts
from crstandards.source.names import CODE_APP, YAML_FLOWS, flow_folder, folders_above
from crstandards.source.solution import Workflow
from crstandards.source.text import SourceError
from crstandards.source.yaml import (
    MAX_BYTES,
    Component,
    read_components,
    read_missing,
    read_own_connectors,
    read_publisher,
    read_reference,
    read_solution,
    read_workflow,
)

_DOUBLE = "another file has the same name but for letter case, and nobody knows which of them counts"
MANIFEST = Reader(read_solution, MAX_BYTES)
COMPONENTS = Reader(read_components, MAX_BYTES)
MISSING = Reader(read_missing, MAX_BYTES)
REFERENCE = Reader(read_reference, MAX_BYTES)
PUBLISHER = Reader(read_publisher, MAX_BYTES)
ROOTS = Reader(read_own_connectors, MAX_BYTES)
WORKFLOW = Reader(read_workflow, MAX_BYTES)
_ENDINGS = (".json", ".data.xml", ".json.data.xml", ".yml", ".meta.yml")
_METADATA = "workflow.yml"


def without_listed(snapshot: Snapshot, candidate: Candidate, facts: Facts) -> Candidate | None:
    """A folder of loose flows without those that a solution of the YAML layout around them lists.

    None where no flow is left, or where nobody knows which: a list that cannot be read is said with its
    solution.
    """
    beside: list[str] = []
    flows = set(candidate.flows)
    for listing in candidate.listings:
        names = _names(snapshot, listing, facts)
        if names:
            beside += names
            for listed in facts.read(snapshot, listing.components, COMPONENTS).values():
                if isinstance(listed, SourceError):
                    return None
                flows.difference_update(Members(candidate.folder, listed).of(candidate.flows))
    if not flows:
        return None
    kept = tuple(file for file in candidate.flows if file in flows)
    return candidate._replace(flows=kept, beside=tuple(beside))


def _names(snapshot: Snapshot, listing: Listing, facts: Facts) -> list[str]:
    """What the solutions are called whose manifest this is; nothing where it is something else.

    Of one that cannot be read, its folder's name.
    """
    found = facts.read(snapshot, listing.manifests, MANIFEST).items()
    return [
        path.split("/")[-2] if isinstance(manifest, SourceError) else manifest.unique_name
        for path, manifest in found
        if manifest is not None
    ]


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
    reading = Reading(snapshot, facts)
    unreadable = reading.unreadable
    unreadable += [Unreadable(Place(file.path), _DOUBLE, file.key) for file in parts.doubles]
    manifest = reading.one(manifest_file, MANIFEST)
    listed = reading.one(parts.components, COMPONENTS)
    components = Members(parts.root, listed or ())
    missing = reading.one(parts.missing, MISSING) or ()
    known = not unreadable
    members = candidate._replace(
        flows=components.of(candidate.flows),
        flow_metadata=components.of(candidate.flow_metadata),
        apps=(
            *components.of(candidate.apps),
            *(file for file in candidate.apps if file.path.lower().endswith(CODE_APP)),
        ),
        agents=components.of(candidate.agents),
    )
    references = [
        join_reference(declared, file.path)
        for file in components.of(parts.references)
        if (declared := reading.one(file, REFERENCE)) is not None
    ]
    prefix = reading.one(parts.publishers[0], PUBLISHER) if len(parts.publishers) == 1 else ""
    flow_facts = facts.read(snapshot, members.flows, FLOW)
    recorded = Recorded(snapshot, members, facts)
    flows = tuple(join_flows(members, flow_facts, unreadable, whole_flows(snapshot, facts), recorded.guid))
    users = read_users(snapshot, members, facts)
    return Solution(
        folder=candidate.folder,
        layout="yaml",
        unique_name=manifest.unique_name if manifest else "",
        version=manifest.version if manifest else "",
        managed=bool(manifest and manifest.managed),
        prefix=(manifest.prefix if manifest else "") or prefix or "",
        manifest=manifest_file.path,
        references=tuple(references),
        missing=(
            *join_missing(manifest_file, manifest.missing if manifest else ()),
            *join_missing(parts.missing, missing),
        ),
        flows=flows,
        missing_flows=tuple(_missing_flows(snapshot, members, components, facts)),
        own_connectors=Later(lambda: Reading(snapshot, facts).one(parts.roots, ROOTS) or ()),
        uses=users.uses,
        unreadable=(*unreadable, *users.unreadable),
        references_known=known and not any(item.place.path.endswith(".yml") for item in unreadable),
        flow_names=recorded,
    )


def _missing_flows(
    snapshot: Snapshot, candidate: Candidate, components: Members, facts: Facts
) -> Iterator[MissingFlow]:
    """The flows that a solution lists and that are not there; packing leaves them out with a mere warning.

    Source: https://learn.microsoft.com/power-platform/alm/solution-source-control-yaml-format
    """
    assert candidate.yaml is not None
    missing = list(components.without_flow(candidate.flows)) if candidate.is_whole else []
    if not missing or candidate.yaml.components is None:
        return
    known = facts.read(
        snapshot, [file for file in candidate.flow_metadata if flow_folder(file.path)], WORKFLOW
    )
    prefix = f"{candidate.yaml.root}/" if candidate.yaml.root else ""
    described = {
        flow_folder(path).removeprefix(prefix).lower(): workflow
        for path, workflow in known.items()
        if isinstance(workflow, Workflow)
    }
    for component in missing:
        workflow = described.get(unit(component.path.lower()), Workflow("", "", "", ""))
        if workflow.may_be_cloud_flow or workflow.is_desktop_flow:
            path = prefix + (workflow.file or _file_in(component.path))
            place = Place(candidate.yaml.components.path, component.offset)
            yield missing_flow(component.path, workflow, path, place)


def _file_in(component: str) -> str:
    """Where a flow's file would be: components are mostly folders, and what it is called isn't known."""
    is_file = component.lower().endswith(".json")
    return component if is_file else f"{component}/{component.rpartition('/')[2]}.json"


class Members:
    """Which files of the YAML layout are a solution's: those of the components that it lists.

    A component is a folder (`/modernflows/<guid>`), as the service writes it, or a file, with or without its
    ending. Letter case doesn't matter. The files lie below a root, which several solutions may share.
    """

    def __init__(self, root: str, components: Iterable[Component]) -> None:
        self._prefix = f"{root}/".lower() if root else ""
        self._components = tuple(components)
        self._listed = {unit(component.path.lower()) for component in self._components}
        self._above = {folder for path in self._listed for folder in folders_above(path)}

    def of(self, files: Iterable[File]) -> tuple[File, ...]:
        """Those of the files that are, or lie in, a component."""
        return tuple(file for file in files if self._has(self._inner(file)))

    def without_flow(self, flows: Iterable[File]) -> Iterator[Component]:
        """The components in the flows' folder of which no file is among these flows, each once."""
        paths = {self._inner(file) for file in flows}
        there = {name for path in paths for name in _called(path)}
        for component in self._components:
            named = _without_metadata(component.path)
            path = named.lower()
            is_flow = path.startswith(f"{YAML_FLOWS}/")
            if is_flow and path not in there and paths.isdisjoint(folders_above(path)):
                there.add(path)
                yield component._replace(path=named)

    def _has(self, path: str) -> bool:
        # What is no folder although components are listed below it is a link, say, and stands for them.
        return path in self._above or not self._listed.isdisjoint(_called(path))

    def _inner(self, file: File) -> str:
        return file.path.lower().removeprefix(self._prefix)


def _called(path: str) -> Iterator[str]:
    """What a component may be called that a file is, or lies in."""
    yield path
    yield from (path.removesuffix(ending) for ending in _ENDINGS)
    yield from folders_above(path)


def unit(path: str) -> str:
    """The component of which a path from the root is a part: a flow's folder is that flow's alone."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == YAML_FLOWS else path


def _without_metadata(path: str) -> str:
    """The flow's folder, where a component is called by the file that describes the flow."""
    folder, _, name = path.rpartition("/")
    is_metadata = flow_folder(path) and name.lower() in (_METADATA, _METADATA.removesuffix(".yml"))
    return folder if is_metadata else path

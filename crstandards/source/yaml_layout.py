"""Solutions in the YAML layout of Dataverse git integration and of `pac solution clone`.

Component files are shared by all solutions of a root; which of them a solution has stands in its
`solutioncomponents.yml`. It is the XML layout's data, an attribute being a key with `@` before it:

- `connectionreferences/<name>/connectionreference.yml`: one reference, `connectionreference: {…}`;
- `solutions/<Name>/solution.yml`: `ImportExportXml: SolutionManifest: {…}`;
- `solutions/<Name>/solutioncomponents.yml`: `SolutionComponents: Component: [{'@path': …}]` (Microsoft's
  page: a list of `Path: …`);
- `solutions/<Name>/rootcomponents.yml`: `RootComponents: RootComponent: [{'@type': 29, '@id': …}]`;
- `solutions/<Name>/missingdependencies.yml`: `MissingDependencies: MissingDependency: […]`;
- `publishers/<Name>/publisher.yml`: `Publisher: {…}`, which holds the prefix;
- `modernflows/<guid>/workflow.yml`: what is known of the flow beside it, `Workflow: {'@Name': …}`;
- `canvasapps/<name>/canvasapp.yml` and `dvtablesearchs/<guid>/dvtablesearch.yml`: see `apps`.

Known from Microsoft's page "Solution YAML source control format reference" and from few public examples,
which differ from it; so shapes are read tolerantly. What is something else altogether raises SourceError with
its byte offset: nothing is silently read as empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import NamedTuple

from crstandards.data import load
from crstandards.model import ConnectionReference, MissingDependency, MissingFlow, Unreadable
from crstandards.places import Place
from crstandards.snapshot import File
from crstandards.source.facts import Reader, Reading, placed
from crstandards.source.layout import Candidate, Listing, YamlParts
from crstandards.source.names import CODE_APP, YAML_FLOWS, flow_folder, folders_above, plain_path
from crstandards.source.solution import (
    CustomizationsFacts,
    ManifestFacts,
    Workflow,
    components_in,
    leads_elsewhere,
    manifest_in,
    missing_in,
    reference_in,
    workflow_in,
)
from crstandards.source.text import SourceError, is_empty
from crstandards.source.yaml import MAX_BYTES, Yaml, parse

_DOUBLE = "another file has the same name but for letter case, and nobody knows which of them counts"
_GONE = "it lists {}, but its {} is not there; packing leaves it out without an error"
_UNKNOWN = "it lists {}, but its {} is not there, so nobody can tell which references it uses"
_FOREIGN = "it lists {}, and nobody knows what {!r} holds: it may be flows, or what else uses references"
_REFERENCES = "connectionreferences"
_USERS = {
    "canvasapps": "canvasapp.yml",
    "dvtablesearchs": "dvtablesearch.yml",
    "botcomponents": "botcomponent.yml",
    "environmentvariabledefinitions": "environmentvariabledefinition.yml",
}
"""The components beside flows that use references, and a file of each."""
_PARTS = {
    "botcomponent_connectionreferenceset": "botcomponent_connectionreference.yml",
    "connectors": "connector.yml",
}
"""Other components of which something is read."""
_READ = (YAML_FLOWS, _REFERENCES, "publishers", *_USERS, *_PARTS)
_ENDINGS = ("_connectionparameters.json", ".json", ".data.xml", ".json.data.xml", ".yml", ".meta.yml")
_METADATA = "workflow.yml"


class Component(NamedTuple):
    """A component that a solution lists: a folder or a file, as a path from the root that all share."""

    path: str
    offset: int


def read_reference(data: bytes) -> ConnectionReference:
    """Read the one connection reference of a `connectionreference.yml`."""
    root = parse(data)
    found = root.called("connectionreference")
    if len(found) != 1:
        raise SourceError("not one connection reference", root.offset)
    return reference_in(found[0])._replace(place=Place("", root.offset))


def read_solution(data: bytes) -> ManifestFacts | None:
    """Read a `solution.yml`; None for YAML that is something else, whatever its file is called.

    The prefix is empty where it stands in the publisher's own file.
    """
    return next(filter(None, map(manifest_in, parse(data).called("ImportExportXml"))), None)


def read_publisher(data: bytes) -> str:
    """Read the customization prefix from a `publisher.yml`; "" where there is none."""
    return parse(data).text_at("Publisher", "CustomizationPrefix")


def read_workflow(data: bytes) -> tuple[Workflow, ...]:
    """Read a flow's `workflow.yml`, or the `metadata.yml` of a cloned agent's flow, which says it at once."""
    root = parse(data)
    return (workflow_in(next(iter(root.called("Workflow")), root)),)


def read_flow_file(data: bytes) -> str:
    """The file that a `workflow.yml` names; mostly a line tells. "" where nobody can read which."""
    found = data.partition(b"JsonFileName: /")[2].partition(b"\n")[0].strip()
    is_plain = found.translate(None, b"/-_.").isalnum() and b"\\" not in data
    if is_plain and data.lower().count(b"jsonfilename") == 1:
        return plain_path(found.decode("ascii"))
    try:
        return read_workflow(data)[0].file
    except SourceError:
        return ""


def read_components(data: bytes) -> tuple[Component, ...]:
    """Read a solution's components."""
    root = parse(data)
    listed = _listed(root, "SolutionComponents") if not isinstance(root.value, tuple) else root.elements()
    found = [
        inner for item in listed for inner in (item.called("Component") if item.has("Component") else (item,))
    ]
    return tuple(Component(_path(component), component.offset) for component in found)


def read_own_connectors(data: bytes) -> frozenset[str]:
    """Read the ids of custom connectors from a `rootcomponents.yml`."""
    return components_in(parse(data))


def read_missing(data: bytes) -> tuple[MissingDependency, ...]:
    """Read the connection references that a `missingdependencies.yml` lists as required.

    Nothing may stand in it: where none are missing, the file may be left out as well.
    """
    if is_empty(data):
        return ()
    listed = _listed(parse(data), "MissingDependencies")
    return missing_in(inner for item in listed for inner in _listed(item, "MissingDependency"))


def _listed(node: Yaml, name: str) -> Sequence[Yaml]:
    """The elements under a name, which must be there where anything is."""
    found = node.called(name)
    if not node.is_nothing() and not node.has(name):
        raise SourceError(f"no {name} in it", node.offset)
    return found


def _path(component: Yaml) -> str:
    path = plain_path(component.text.strip() or component.text_at("path"))
    if not path:
        raise SourceError("a component without a path", component.offset)
    return path


MANIFEST = Reader(read_solution, MAX_BYTES)
COMPONENTS = Reader(read_components, MAX_BYTES)
MISSING = Reader(read_missing, MAX_BYTES)
REFERENCE = Reader(read_reference, MAX_BYTES)
PUBLISHER = Reader(read_publisher, MAX_BYTES)
ROOTS = Reader(read_own_connectors, MAX_BYTES)
WORKFLOW = Reader(read_workflow, MAX_BYTES)
_FLOW_FILES = Reader(read_flow_file, MAX_BYTES)


def without_listed(reading: Reading, candidate: Candidate) -> Candidate | None:
    """A folder of loose flows without those that a solution of the YAML layout around them lists.

    None where no flow is left, or where nobody knows which: a list that cannot be read is said with its
    solution.
    """
    beside: list[str] = []
    flows = set(candidate.flows)
    for listing in candidate.listings:
        names = _names(reading, listing)
        beside += names
        for listed in reading.raw(listing.components if names else (), COMPONENTS).values():
            if isinstance(listed, SourceError):
                return None
            flows.difference_update(Members(candidate.folder, listed).of(candidate.flows))
    kept = tuple(file for file in candidate.flows if file in flows)
    is_left_over = len(kept) < len(candidate.flows)
    return candidate._replace(flows=kept, beside=tuple(beside), is_left_over=is_left_over) if kept else None


def _names(reading: Reading, listing: Listing) -> list[str]:
    """What the solutions are called whose manifest this is; nothing where it is something else.

    Of one that cannot be read, its folder's name.
    """
    return [
        path.split("/")[-2] if isinstance(manifest, SourceError) else manifest.unique_name
        for path, manifest in reading.raw(listing.manifests, MANIFEST).items()
        if manifest is not None
    ]


def with_members(reading: Reading, candidate: Candidate) -> Candidate:
    """A solution with those of the files below its root that are its own."""
    members = _members(reading, candidate)
    code_apps = [file for file in candidate.apps if file.path.lower().endswith(CODE_APP)]
    return candidate._replace(
        flows=members.of(candidate.flows),
        flow_metadata=members.of(candidate.flow_metadata),
        apps=(*members.of(candidate.apps), *code_apps),
        agents=members.of(candidate.agents),
        connectors=members.of(candidate.connectors),
    )


def _members(reading: Reading, candidate: Candidate) -> Members:
    assert candidate.yaml is not None
    file = candidate.yaml.components
    listed = reading.raw([file], COMPONENTS)[file.path] if file else ()
    return Members(candidate.yaml.root, () if isinstance(listed, SourceError) else listed)


def declarations(reading: Reading, candidate: Candidate) -> tuple[ManifestFacts, CustomizationsFacts]:
    """What a solution's manifest and the files beside it say, and what it declares, with places."""
    parts = candidate.yaml
    assert parts is not None
    assert candidate.manifest is not None
    doubles = (*candidate.other_manifests, *parts.doubles)
    reading.unreadable += [Unreadable(Place(file.path), _DOUBLE, file.key) for file in doubles]
    manifest = reading.one(candidate.manifest, MANIFEST) or ManifestFacts()
    missing = [placed(item, candidate.manifest.path) for item in manifest.missing]
    reading.one(parts.components, COMPONENTS)
    for path, found in reading.each([parts.missing] if parts.missing else [], MISSING):
        missing += [placed(item, path) for item in found]
    members = _members(reading, candidate)
    _note_absent(reading, candidate, _GONE, parts.references, {_REFERENCES: "connectionreference.yml"})
    files = members.of(parts.references)
    references = tuple(placed(item, path) for path, item in reading.each(files, REFERENCE))
    prefix = reading.one(parts.publishers[0], PUBLISHER) if len(parts.publishers) == 1 else ""
    roots = reading.anew().one(parts.roots, ROOTS)
    return (
        manifest._replace(
            prefix=manifest.prefix or prefix or "", missing=tuple(missing), connectors=roots or frozenset()
        ),
        CustomizationsFacts(references),
    )


@cache
def _folders_of_others() -> frozenset[str]:
    return frozenset(load("components.json")["without references"])


def note_listed(reading: Reading, candidate: Candidate) -> None:
    """Note what a solution lists beside flows and references, and nobody can look into.

    That is what isn't there, though something is read of such components, and what is of no known kind.
    """
    parts = candidate.yaml
    if parts is None or not candidate.is_whole:
        return
    files = [*candidate.apps, *candidate.agents, *candidate.connectors, *parts.variables]
    _note_absent(reading, candidate, _UNKNOWN, files, _USERS)
    _note_absent(reading, candidate, _GONE, files, _PARTS)
    for component, kind in _members(reading, candidate).of_no_kind():
        _note(reading, parts, component, _FOREIGN.format(component.path, kind), kind)


def _note_absent(
    reading: Reading, candidate: Candidate, reason: str, files: Sequence[File], kinds: Mapping[str, str]
) -> None:
    parts = candidate.yaml
    assert parts is not None
    for folder, name in kinds.items():
        for component in _members(reading, candidate).without(folder, files):
            path = component.path
            _note(reading, parts, component, reason.format(path, name), f"{path}/{name}")


def _note(reading: Reading, parts: YamlParts, component: Component, reason: str, absent: str) -> None:
    assert parts.components is not None
    prefix = f"{parts.root}/" if parts.root else ""
    reading.note(parts.components.path, SourceError(reason, component.offset), prefix + absent)


def missing_flows(reading: Reading, candidate: Candidate) -> Iterator[MissingFlow]:
    """The flows that a solution lists and that are not there; packing leaves them out with a mere warning.

    Source: https://learn.microsoft.com/power-platform/alm/solution-source-control-yaml-format
    """
    assert candidate.yaml is not None
    listing = candidate.yaml.components
    if listing is None or not candidate.is_whole:
        return
    prefix = f"{candidate.yaml.root}/" if candidate.yaml.root else ""
    described: dict[str, Workflow] = {}
    files = [file for file in candidate.flow_metadata if flow_folder(file.path)]
    for component in _members(reading, candidate).without(YAML_FLOWS, candidate.flows):
        if not described:
            described = {
                flow_folder(path).removeprefix(prefix).lower(): found[0]
                for path, found in reading.raw(files, WORKFLOW).items()
                if not isinstance(found, SourceError)
            }
        workflow = described.get(unit(component.path.lower()), Workflow())
        if workflow.may_be_cloud_flow or workflow.is_desktop_flow:
            path = prefix + (workflow.file or _file_in(component.path))
            yield workflow.missing(component.path, path, Place(listing.path, component.offset))
    folders = {flow_folder(file.path).lower() for file in candidate.flows}
    beside = [file for file in files if flow_folder(file.path).lower() in folders]
    for path, inner in reading.raw(beside, _FLOW_FILES).items():
        if leads_elsewhere(prefix, inner):
            yield Workflow().missing(str(inner), f"{prefix}{inner}", Place(path))


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

    @cached_property
    def _listed(self) -> set[str]:
        return {unit(component.path.lower()) for component in self._components}

    @cached_property
    def _above(self) -> set[str]:
        return {folder for path in self._listed for folder in folders_above(path)}

    def of(self, files: Iterable[File]) -> tuple[File, ...]:
        """Those of the files that are, or lie in, a component."""
        return tuple(file for file in files if self._has(self._inner(file)))

    def without(self, collection: str, files: Iterable[File]) -> Iterator[Component]:
        """The components in a folder of which no file is among these, each once."""
        paths = {self._inner(file) for file in files}
        there = {name for path in paths for name in _called(path)}
        for component in self._components:
            if not component.path.lower().startswith(f"{collection}/"):
                continue
            named = _without_metadata(component.path)
            path = named.lower()
            if path not in there and paths.isdisjoint(folders_above(path)):
                there.add(path)
                yield component._replace(path=named)

    def of_no_kind(self) -> Iterator[tuple[Component, str]]:
        """The components of which nobody knows what they are, and their folders: neither what the tools are
        known to write, nor what lies in a publisher's own table (`con_order`).
        """
        for component in self._components:
            folder, _, inner = component.path.partition("/")
            kind = folder.lower()
            prefix, _, name = kind.partition("_")
            is_own_table = inner and name and prefix.isalnum() and kind.replace("_", "") not in _READ
            if kind not in _READ and not is_own_table and kind not in _folders_of_others():
                yield component, folder

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

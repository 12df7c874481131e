"""Facts of files become parts of a solution: what both the XML and the YAML layout need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, TypeVar

from crstandards.errors import NotVerified
from crstandards.model import (
    ConnectionReference,
    Flow,
    MissingDependency,
    MissingFlow,
    Operation,
    Place,
    Unreadable,
)
from crstandards.snapshot import File, Snapshot
from crstandards.source import xml
from crstandards.source.facts import Facts, Reader
from crstandards.source.flow import MAX_BYTES, FlowFacts, lost, read_flow, skim_flow
from crstandards.source.layout import Candidate
from crstandards.source.names import flow_folder, flow_guid
from crstandards.source.solution import Declared, Missing, Workflow, read_workflows
from crstandards.source.text import SourceError

T = TypeVar("T")

FLOW = Reader(skim_flow, MAX_BYTES)
_WHOLE_FLOW = Reader(read_flow, MAX_BYTES)
WORKFLOWS = Reader(read_workflows, xml.MAX_BYTES)
_METADATA = ".data.xml"


class Recorded(Mapping[str, str]):
    """What is recorded of one solution's flows beside their files; as a mapping, their display names by path.

    It is read when it is first asked for: mostly only findings need it, and most checks find nothing.
    """

    def __init__(self, snapshot: Snapshot, candidate: Candidate, facts: Facts) -> None:
        self._snapshot = snapshot
        self._candidate = candidate
        self._facts = facts

    def guid(self, path: str) -> str:
        """The GUID of a flow, lower case: the one in its path, or else the one that is recorded; or "".

        Without a solution around it, only a path like an exported flow's makes a file a flow.
        """
        found = flow_guid(path)
        recorded = None if found or self._candidate.layout == "loose" else self._of(path)
        return recorded.guid if recorded else found

    def is_customized(self, path: str) -> bool:
        """Whether Customizations.xml lists a flow."""
        file, guid = path.removeprefix(f"{self._candidate.folder}/").lower(), self.guid(path)
        return any(
            file == item.file.lower() or (guid and guid == item.guid) for item in self._in_customizations
        )

    def _of(self, path: str) -> Workflow | None:
        keys = (path.lower(), flow_folder(path).lower(), flow_guid(path))
        beside = next((self._described[key] for key in keys if key in self._described), None)
        return beside or next((self._listed[key] for key in keys if key in self._listed), None)

    @cached_property
    def _described(self) -> dict[str, Workflow]:
        return self._by_key(self._metadata())

    @cached_property
    def _listed(self) -> dict[str, Workflow]:
        return self._by_key(("", workflow) for workflow in self._in_customizations)

    def _by_key(self, recorded: Iterable[tuple[str, Workflow]]) -> dict[str, Workflow]:
        """What is recorded by a flow's path or folder, in lower case, and by its GUID."""
        root = self._candidate.yaml.root if self._candidate.yaml else self._candidate.folder
        found: dict[str, Workflow] = {}
        for path, workflow in recorded:
            beside = flow_folder(path) or path.removesuffix(_METADATA)
            file = f"{root}/{workflow.file}".lstrip("/") if workflow.file else ""
            for key in (beside.lower(), file.lower(), workflow.guid):
                if key:
                    found.setdefault(key, workflow)
        return found

    def _metadata(self) -> Iterator[tuple[str, Workflow]]:
        files = [file for file in self._candidate.flow_metadata if not flow_folder(file.path)]
        for path, workflows in self._readable(files, WORKFLOWS):
            yield from ((path, workflow) for workflow in workflows)
        in_yaml = [file for file in self._candidate.flow_metadata if flow_folder(file.path)]
        if in_yaml:
            # Imported here: most repositories hold no YAML source.
            from crstandards.source import yaml

            yield from self._readable(in_yaml, Reader(yaml.read_workflow, yaml.MAX_BYTES))

    @cached_property
    def _in_customizations(self) -> tuple[Workflow, ...]:
        file = self._candidate.customizations
        found = self._readable([file] if file else [], WORKFLOWS)
        return next((workflows for _, workflows in found), ())

    def _readable(self, files: Sequence[File], reader: Reader[T]) -> Iterator[tuple[str, T]]:
        for path, found in self._facts.read(self._snapshot, files, reader).items():
            if not isinstance(found, SourceError):
                yield path, found

    @cached_property
    def _names(self) -> dict[str, str]:
        recorded = {file.path: self._of(file.path) for file in self._candidate.flows}
        return {path: workflow.name for path, workflow in recorded.items() if workflow and workflow.name}

    def __getitem__(self, path: str) -> str:
        return self._names[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def missing_flows(
    snapshot: Snapshot, candidate: Candidate, listed: Iterable[Workflow], facts: Facts
) -> Iterator[MissingFlow]:
    """The flows whose files are not there, although Customizations or the metadata beside them name these.

    Of the YAML layout, see `yaml_layout`. Packing leaves them out without an error.
    """
    there = {file.path.lower() for file in candidate.flows}
    # A folder that is none, a link, say, holds nobody knows which files: it is said in its own words.
    if not candidate.is_whole or not all(path.endswith(".json") for path in there):
        return
    prefix = f"{candidate.folder}/" if candidate.folder else ""
    listing = candidate.customizations.path if candidate.customizations else ""
    named = [
        (Place(listing, workflow.offset), workflow, prefix + workflow.file)
        for workflow in listed
        if workflow.category and workflow.file.lower().endswith(".json")
    ]
    alone = [file for file in candidate.flow_metadata if file.path[: -len(_METADATA)].lower() not in there]
    for path, found in facts.read(snapshot, alone, WORKFLOWS).items():
        workflow = Workflow("", "", "", "") if isinstance(found, SourceError) or not found else found[0]
        named.append((Place(path), workflow, prefix + (workflow.file or path[len(prefix) : -len(_METADATA)])))
    for place, workflow, path in named:
        if path.lower() not in there and (workflow.may_be_cloud_flow or workflow.is_desktop_flow):
            there.add(path.lower())
            yield missing_flow(path[len(prefix) :], workflow, path, place)


def missing_flow(name: str, workflow: Workflow, path: str, place: Place) -> MissingFlow:
    """A flow that is not there, from what is recorded of it."""
    return MissingFlow(name, workflow.name, path, place, workflow.is_desktop_flow)


def left_over(listed: frozenset[str], flows: Iterable[Flow], recorded: Recorded) -> list[str]:
    """The paths of a solution's flows that neither its manifest lists nor Customizations.

    Where the manifest lists none at all of those that are there, that says nothing. `listed` are the ids and
    schema names of the processes in the manifest.
    """
    paths = [flow.path for flow in flows]
    unknown = [path for path in paths if listed.isdisjoint((recorded.guid(path), _stem(path)))]
    if len(unknown) == len(paths):
        return []
    return [path for path in unknown if not recorded.is_customized(path)]


def _stem(path: str) -> str:
    return path.rpartition("/")[2].lower().removesuffix(".json")


class Reading:
    """Reads files of one solution; `unreadable` notes those that cannot be read."""

    def __init__(self, snapshot: Snapshot, facts: Facts) -> None:
        self._snapshot = snapshot
        self._facts = facts
        self.unreadable: list[Unreadable] = []

    def each(self, files: Sequence[File], reader: Reader[T]) -> Iterator[tuple[str, T]]:
        """The facts of each file that can be read, with its path."""
        for path, found in self._facts.read(self._snapshot, files, reader).items():
            if isinstance(found, SourceError):
                self.unreadable.append(unreadable_at(path, found))
            else:
                yield path, found

    def one(self, file: File | None, reader: Reader[T]) -> T | None:
        """A file's facts; None where there is no file, or where it cannot be read."""
        return next((found for _, found in self.each([file] if file else [], reader)), None)


def readable(
    file: File | None, facts: Mapping[str, T | SourceError], unreadable: list[Unreadable]
) -> T | None:
    """A file's facts; None where there is no file, or where it was unreadable, which is noted."""
    if file is None:
        return None
    found = facts[file.path]
    if isinstance(found, SourceError):
        unreadable.append(unreadable_at(file.path, found))
        return None
    return found


def unreadable_at(path: str, error: SourceError) -> Unreadable:
    """The note of a file that cannot be read."""
    return Unreadable(Place(path, error.at), error.reason, error.content)


class Later(Sequence[T]):
    """A part of a plain flow that is read only when somebody asks: few findings need it."""

    __slots__ = ("_known", "_read")

    def __init__(self, read: Callable[[], Iterable[T]]) -> None:
        self._read = read
        self._known: tuple[T, ...] | None = None

    def _all(self) -> tuple[T, ...]:
        if self._known is None:
            self._known = tuple(self._read())
        return self._known

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())


WholeFlow = Callable[[File], FlowFacts]
"""Reads all of a plain flow."""


def whole_flows(snapshot: Snapshot, facts: Facts) -> WholeFlow:
    """How the plain flows of a snapshot are read whole."""
    return partial(_read_whole, snapshot, facts)


def _read_whole(snapshot: Snapshot, facts: Facts, file: File) -> FlowFacts:
    found = facts.read(snapshot, [file], _WHOLE_FLOW)[file.path]
    if not isinstance(found, FlowFacts):
        raise NotVerified(f"{file.path} was changed while it was checked")
    return found


def join_flows(
    candidate: Candidate,
    flow_facts: Mapping[str, FlowFacts | SourceError | None],
    unreadable: list[Unreadable],
    whole: WholeFlow,
    guid_of: Callable[[str], str],
) -> Iterator[Flow]:
    """A candidate's flows; what is no cloud flow is left out, what cannot be read is noted."""
    times: Counter[str] = Counter()
    for file in candidate.flows:
        guid = guid_of(file.path)
        facts = flow_facts[file.path]
        if isinstance(facts, SourceError):
            # Without a solution around it, only a name like an exported flow's makes it one.
            if guid or candidate.layout != "loose" or file.kind == "closed":
                unreadable.append(unreadable_at(file.path, facts))
        elif facts is not None:
            unreadable.extend(
                Unreadable(Place(file.path, route), lost(route), file.key) for route in facts.repeated
            )
            known_as = guid or file.path.rpartition("/")[2]
            times[known_as] += 1
            # What was recorded of a flow counts for one file.
            yield join_flow(
                file, facts, whole, guid if times[known_as] == 1 else f"{known_as} {times[known_as]}"
            )


def join_flow(file: File, facts: FlowFacts, whole: WholeFlow, guid: str) -> Flow:
    """A flow with its place."""
    operations: Sequence[Operation] = facts.operations
    named: Collection[str] = facts.named_elsewhere
    if facts.is_plain:
        operations = Later(lambda: whole(file).operations)
        named = Later(lambda: sorted(whole(file).named_elsewhere))
    return Flow(
        file.path,
        guid,
        facts.entries,
        operations,
        facts.embedded,
        named,
        facts.by_expression,
        facts.is_plain,
        facts.calls if facts.calls is not None else Later(lambda: whole(file).calls or ()),
    )


def join_reference(declared: Declared, path: str) -> ConnectionReference:
    """A declared reference with its place."""
    return ConnectionReference(
        logical_name=declared.logical_name,
        display_name=declared.display_name,
        connector=declared.connector,
        connector_id=declared.connector_id,
        custom_connector=declared.custom_connector,
        description=declared.description,
        place=Place(path, declared.offset),
        content=declared.content,
    )


def join_missing(file: File | None, missing: Iterable[Missing]) -> Iterator[MissingDependency]:
    """Missing dependencies with their places."""
    for dependency in missing if file else ():
        assert file is not None
        place = Place(file.path, dependency.offset)
        yield MissingDependency(dependency.logical_name, dependency.solution, place)

"""Facts of files become parts of a solution: what both the XML and the YAML layout need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from crstandards.errors import NotVerified
from crstandards.model import ConnectionReference, Flow, MissingDependency, Operation, Place, Unreadable
from crstandards.snapshot import File, Snapshot
from crstandards.source import xml
from crstandards.source.facts import Facts, Reader
from crstandards.source.flow import MAX_BYTES, FlowFacts, lost, read_flow, skim_flow
from crstandards.source.layout import Candidate
from crstandards.source.names import flow_folder, flow_guid
from crstandards.source.solution import Declared, Missing, read_flow_names
from crstandards.source.text import SourceError

T = TypeVar("T")

FLOW = Reader(skim_flow, MAX_BYTES)
_WHOLE_FLOW = Reader(read_flow, MAX_BYTES)
FLOW_NAMES = Reader(read_flow_names, xml.MAX_BYTES)


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
            by_guid, by_folder = self._by_guid(), self._by_folder()
            self._names = {
                file.path: name
                for file in self._candidate.flows
                if (name := by_folder.get(flow_folder(file.path)) or by_guid.get(flow_guid(file.path)))
            }
        return self._names

    def _by_guid(self) -> dict[str, str]:
        candidate = self._candidate
        files = [file for file in candidate.flow_metadata if not flow_folder(file.path)]
        if candidate.layout == "flat" and candidate.customizations:
            files.append(candidate.customizations)
        found: dict[str, str] = {}
        for names in self._facts.read(self._snapshot, files, FLOW_NAMES).values():
            if not isinstance(names, SourceError):
                found.update(names)
        return found

    def _by_folder(self) -> dict[str, str]:
        files = [file for file in self._candidate.flow_metadata if flow_folder(file.path)]
        if not files:
            return {}
        # Imported here: most repositories hold no YAML source.
        from crstandards.source import yaml

        workflows = self._facts.read(self._snapshot, files, Reader(yaml.read_workflow, yaml.MAX_BYTES))
        return {
            flow_folder(path): workflow.name
            for path, workflow in workflows.items()
            if not isinstance(workflow, SourceError)
        }

    def __getitem__(self, path: str) -> str:
        return self._read()[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


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
) -> Iterator[Flow]:
    """A candidate's flows; what is no cloud flow is left out, what cannot be read is noted."""
    times: Counter[str] = Counter()
    for file in candidate.flows:
        guid = flow_guid(file.path)
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

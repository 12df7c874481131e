"""The flows of a solution: what their files say, and what is recorded of them elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from crstandards.errors import NotVerified
from crstandards.model import Deferred, Flow, MissingFlow, Unreadable
from crstandards.places import Place
from crstandards.snapshot import File
from crstandards.source import xml
from crstandards.source.facts import Reader, Reading
from crstandards.source.flow import MAX_BYTES, FlowFacts, lost, read_flow, skim_flow
from crstandards.source.layout import Candidate
from crstandards.source.names import flow_folder, flow_guid
from crstandards.source.solution import Workflow, leads_elsewhere, read_flow_file, read_workflows
from crstandards.source.text import SourceError

FLOW = Reader(skim_flow, MAX_BYTES)
_WHOLE_FLOW = Reader(read_flow, MAX_BYTES)
WORKFLOWS = Reader(read_workflows, xml.MAX_BYTES)
_FLOW_FILES = Reader(read_flow_file, xml.MAX_BYTES)
_METADATA = ".data.xml"


class Recorded(Mapping[str, str]):
    """What is recorded of one solution's flows beside their files; as a mapping, their display names by path.

    It is read when it is first asked for: mostly only findings need it, and most checks find nothing. What
    cannot be read is not said.
    """

    def __init__(self, candidate: Candidate, reading: Reading) -> None:
        self._candidate = candidate
        self._reading = reading

    def guid(self, path: str) -> str:
        """The GUID of a flow, lower case: the one in its path, or else the one that is recorded; or "".

        Without a solution around it, only a path like an exported flow's makes a file a flow.
        """
        found = flow_guid(path)
        recorded = None if found or self._candidate.layout == "loose" else self._of(path)
        return recorded.guid if recorded else found

    def is_cloud_flow(self, path: str) -> bool:
        """Whether a file is recorded as a cloud flow's."""
        recorded = None if self._candidate.layout == "loose" else self._of(path)
        return recorded is not None and recorded.category == "5"

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
        files = self._candidate.flow_metadata
        yield from self._readable([file for file in files if not flow_folder(file.path)], WORKFLOWS)
        in_yaml = [file for file in files if flow_folder(file.path)]
        if in_yaml:
            # Imported here: most repositories hold no YAML source.
            from crstandards.source.yaml_layout import WORKFLOW

            yield from self._readable(in_yaml, WORKFLOW)

    @cached_property
    def _in_customizations(self) -> list[Workflow]:
        file = self._candidate.customizations
        return [workflow for _, workflow in self._readable([file] if file else [], WORKFLOWS)]

    def _readable(
        self, files: Sequence[File], reader: Reader[tuple[Workflow, ...]]
    ) -> Iterator[tuple[str, Workflow]]:
        for path, found in self._reading.raw(files, reader).items():
            yield from ((path, item) for item in (() if isinstance(found, SourceError) else found))

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
    reading: Reading, candidate: Candidate, listed: Iterable[Workflow]
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
    inner = reading.raw(candidate.flow_metadata, _FLOW_FILES)
    alone = [
        file
        for file in candidate.flow_metadata
        if file.path[: -len(_METADATA)].lower() not in there or leads_elsewhere(prefix, inner[file.path])
    ]
    for path, found in reading.raw(alone, WORKFLOWS).items():
        workflow = Workflow() if isinstance(found, SourceError) or not found else found[0]
        named.append((Place(path), workflow, prefix + (workflow.file or path[len(prefix) : -len(_METADATA)])))
    for place, workflow, path in named:
        if path.lower() not in there and (workflow.may_be_cloud_flow or workflow.is_desktop_flow):
            there.add(path.lower())
            yield workflow.missing(path[len(prefix) :], path, place)


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


def read_flows(
    reading: Reading,
    candidate: Candidate,
    guid_of: Callable[[str], str],
    is_cloud_flow: Callable[[str], bool] = lambda path: False,
) -> Iterator[Flow]:
    """A candidate's flows; what is no cloud flow is left out, what cannot be read is noted."""
    times: Counter[str] = Counter()
    files = {file.path: file for file in candidate.flows}
    for path, facts in reading.raw(candidate.flows, FLOW).items():
        guid, file = guid_of(path), files[path]
        if isinstance(facts, SourceError):
            # Without a solution around it, only a name like an exported flow's makes it one.
            if guid or candidate.layout != "loose" or file.kind == "closed":
                reading.note(path, facts)
        elif facts is None:
            if is_cloud_flow(path):
                reading.note(path, SourceError("its solution calls it a cloud flow, but it is none"))
        else:
            reading.unreadable += [
                Unreadable(Place(path, route), lost(route), file.key) for route in facts.repeated
            ]
            known_as = guid or path.rpartition("/")[2]
            times[known_as] += 1
            # What was recorded of a flow counts for one file.
            number = "" if times[known_as] == 1 else f" {times[known_as]}"
            yield _flow(reading, file, facts, f"{known_as}{number}" if number else guid)


def _flow(reading: Reading, file: File, facts: FlowFacts, guid: str) -> Flow:
    """A flow with its place; of a plain one, what few findings need is read when somebody asks."""

    def whole() -> FlowFacts:
        found = reading.raw([file], _WHOLE_FLOW)[file.path]
        if not isinstance(found, FlowFacts):
            raise NotVerified(f"{file.path} was changed while it was checked")
        return found

    return Flow(
        file.path,
        guid,
        facts.entries,
        Deferred(lambda: whole().operations) if facts.is_plain else facts.operations,
        facts.embedded,
        Deferred(lambda: sorted(whole().named_elsewhere)) if facts.is_plain else facts.named_elsewhere,
        facts.by_expression,
        facts.is_plain,
        facts.calls if facts.calls is not None else Deferred(lambda: whole().calls or ()),
    )

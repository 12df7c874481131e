"""What a plan's steps change in files, put together file by file.

However many fixes share a file, it is read once, its edits are made at once, and they are verified at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

from crstandards.environments import SettingsEntry, SettingsFile, World
from crstandards.findings import Do, Finding, Step
from crstandards.fixes.edits import (
    CannotEdit,
    Overlay,
    TextEdit,
    Versions,
    editable_text,
    remove_elements,
    spliced,
)
from crstandards.fixes.jsonedit import Document, additions
from crstandards.fixes.verify import (
    REMOVED,
    JsonChange,
    Kind,
    XmlRemoval,
    json_as_announced,
    xml_as_announced,
)
from crstandards.model import Flow, Solution
from crstandards.rules.settings_files import token_like
from crstandards.source.aliases import alias_span
from crstandards.source.settings import read_settings
from crstandards.source.solution import read_customizations
from crstandards.source.text import SourceError, encoding_of
from crstandards.source.xml import Attributes, scan

T = TypeVar("T")

_NAME = "connectionReferenceLogicalName"
_NOBODY = Solution("", "loose")
_LIMIT = 4 * 1024 * 1024
_DEPENDENCY = "id.connectionreferencelogicalname"
_AROUND_A_DEPENDENCY = ["SolutionManifest", "MissingDependencies", "MissingDependency"]


class NewEntry(NamedTuple):
    """A new entry in a list of deployment settings."""

    entry: Mapping[str, str]
    name: str = "ConnectionReferences"


class FileChange(NamedTuple):
    """What becomes another one in a file, goes from it, or comes to it."""

    path: str
    change: JsonChange | NewEntry | XmlRemoval


Elements = Mapping[str, Sequence[int]]
"""Where elements begin in a file's text, in their order, by the name in lower case that they are about."""
Meaning = list[JsonChange] | list[XmlRemoval]
"""The whole of the difference that edits of a file make."""


class Round:
    """A world before some fixes, and the bytes of its files: looked at once, however many fixes there are.

    `unused` is the rule under which references that nothing uses any more are removed in the same run, "" for
    none. With `keep_declarations`, no reference is removed. `removed` are those that other fixes of this
    round take out, by the solution's folder and the key.
    """

    def __init__(
        self, world: World, tree: Overlay, unused: str = "", *, keep_declarations: bool = False
    ) -> None:
        self.world = world
        self.tree = tree
        self.unused = unused
        self.keep_declarations = keep_declarations
        self.removed: set[tuple[str, str]] = set()
        self._known: dict[tuple[object, str], Any] = {}

    def of(self, tell: Callable[..., T], solution: Solution, *more: object) -> T:
        """What is told of a solution, worked out once."""
        key = (tell, solution.folder)
        if key not in self._known:
            self._known[key] = tell(solution, *more)
        return cast(T, self._known[key])

    @cached_property
    def flows(self) -> Mapping[str, Flow]:
        """All flows by their paths."""
        return {flow.path: flow for solution in self.world.solutions for flow in solution.flows}

    def owner(self, finding: Finding) -> Solution:
        """The solution in one of whose files a finding is placed; settings are nobody's."""
        return self._owners.get(finding.place.path, _NOBODY)

    @cached_property
    def _owners(self) -> Mapping[str, Solution]:
        found: dict[str, Solution] = {}
        for solution in reversed(self.world.solutions):
            places = (item.place.path for item in solution.references)
            flows = (flow.path for flow in solution.flows)
            paths = (*places, *flows, solution.customizations, solution.manifest)
            found.update(dict.fromkeys(paths, solution))
        return found

    @cached_property
    def binding(self) -> Mapping[str, Sequence[str]]:
        """The deployment settings of the repository that give a reference a connection, by key."""
        found: dict[str, list[str]] = {}
        for file in self.tree.files():
            is_json = file.kind == "file" and file.path.lower().endswith(".json")
            is_read = is_json and not self.world.is_excluded(file.path)
            for key in self.tree.made_of(file.path, bound_in) if is_read else ():
                found.setdefault(key, []).append(file.path)
        return found

    @cached_property
    def settings(self) -> Mapping[tuple[str, str], SettingsFile]:
        """The settings files of environments, by the environment's name and the path."""
        return {(one.name, file.path): file for one in self.world.environments for file in one.settings()}


def bound_in(tree: Overlay, path: str) -> Mapping[str, str]:
    """The names that deployment settings give connections to, by key; none for another file."""
    try:
        data = tree.data(path, _LIMIT)
        if b'"ConnectionReferences"' not in data.replace(b"\0", b""):
            return {}
        return {entry.name.lower(): entry.name for entry in read_settings(data)}
    except (CannotEdit, SourceError):
        return {}


# From steps to changes


def changes_of(steps: Iterable[Step], around: Round) -> tuple[FileChange, ...]:
    """What steps change. Raises CannotEdit where one cannot be done by editing."""
    return tuple(change for step in steps for change in _carried_out(step, around))


def _carried_out(step: Step, around: Round) -> Iterable[FileChange]:
    if step.flow:
        return _IN_FLOWS[step.do](step, around.flows[step.flow], around)
    if step.path.lower().endswith(".json"):
        return _in_settings(step, around)
    solution = next(one for one in around.world.solutions if one.folder == step.folder)
    if step.do == "add":
        raise CannotEdit(f"{step.to} is declared in another solution")
    return _in_xml(step, solution, around.tree)


def _use(step: Step, flow: Flow, around: Round) -> Iterator[FileChange]:
    document = document_of(around.tree, flow.path)
    for entry in flow.called(step.alias):
        if entry.alias == step.alias and not entry.reference:
            before = "" if document.container(entry.route).member("connection") else "api"
            change = JsonChange((*entry.route, "connection"), {_NAME: step.to}, before)
            yield FileChange(flow.path, change)


def _move(step: Step, flow: Flow, around: Round) -> Iterator[FileChange]:
    document = document_of(around.tree, flow.path)
    for entry in flow.called(step.alias):
        for route in ((*entry.route, "connection", _NAME), (*entry.route, _NAME)):
            named = document.string(route)
            if entry.alias == step.alias and named is not None and named.lower() == step.from_.lower():
                yield FileChange(flow.path, JsonChange(route, step.to))


def _rename(step: Step, flow: Flow, around: Round) -> Iterator[FileChange]:
    document = document_of(around.tree, flow.path)
    for operation in flow.users(step.alias):
        alias = step.to
        if operation.is_by_expression:
            expression = document.string(operation.alias_route) or ""
            found = alias_span(expression)
            # Where it holds no alias, the operation has none either.
            assert found is not None
            alias = expression[: found[0]] + step.to.replace("'", "''") + expression[found[1] :]
        yield FileChange(flow.path, JsonChange(operation.alias_route, alias))


def _drop(step: Step, flow: Flow, around: Round) -> Iterator[FileChange]:
    for entry in flow.called(step.alias):
        if entry.alias == step.alias:
            yield FileChange(flow.path, JsonChange(entry.route, REMOVED))


_IN_FLOWS: Mapping[Do, Callable[[Step, Flow, Round], Iterable[FileChange]]] = {
    "use": _use,
    "move": _move,
    "rename": _rename,
    "drop": _drop,
}


def _in_settings(step: Step, around: Round) -> Iterator[FileChange]:
    file = around.settings.get((step.environment, step.path))
    if file is None:
        raise CannotEdit(f"{step.path} is not there")
    if step.do == "bind":
        yield FileChange(file.path, NewEntry(_bound(step, file)))
        return
    for entry in _alike(step, file):
        if step.do == "drop":
            yield FileChange(file.path, JsonChange(entry.route, REMOVED))
        else:
            yield FileChange(file.path, JsonChange((*entry.route, "LogicalName"), step.to))


def _alike(step: Step, file: SettingsFile) -> Sequence[SettingsEntry]:
    """The entries of settings that a step is about."""
    key = (step.from_ or step.reference).lower()
    found = [entry for entry in file.entries if entry.key == key]
    return found[step.number - 1 : step.number] if step.number else found


def _bound(step: Step, file: SettingsFile) -> Mapping[str, str]:
    """An entry for a reference, where the tokens of the others tell what stands in it."""
    token = token_like(file.entries, step.reference)
    if not token:
        raise CannotEdit(
            f"nothing in {file.path} tells the connection of {step.reference}; 'crstandards settings "
            f"--environment {step.environment}' looks for one in the inventory"
        )
    return {"LogicalName": step.reference, "ConnectionId": token, "ConnectorId": step.connector}


def _in_xml(step: Step, solution: Solution, tree: Overlay) -> Iterator[FileChange]:
    key = step.reference.lower()
    if step.path != solution.manifest:
        kind: Kind = "repetitions" if step.number else "declarations"
        yield FileChange(step.path, XmlRemoval(kind, key))
    if not step.number and key in tree.made_of(solution.manifest, dependencies):
        yield FileChange(solution.manifest, XmlRemoval("dependencies", key))


# From changes to files


def document_of(tree: Overlay, path: str) -> Document:
    """A file to be edited, decoded once for all of its fixes; in JSON, places are looked for once.

    Raises CannotEdit.
    """
    return tree.made_of(path, _document)


def _document(tree: Overlay, path: str) -> Document:
    return Document(editable_text(tree.data(path)))


def file_changes(changes: Iterable[FileChange], tree: Overlay) -> dict[str, Versions]:
    """Changes put together file by file, each file verified. Raises CannotEdit."""
    by_path: dict[str, list[FileChange]] = {}
    for change in changes:
        by_path.setdefault(change.path, []).append(change)
    made: dict[str, Versions] = {}
    for path, items in by_path.items():
        try:
            made[path] = verified(path, tree, *text_edits(path, items, tree))
        except CannotEdit as error:
            error.path = path
            raise
    return made


def text_edits(path: str, changes: Sequence[FileChange], tree: Overlay) -> tuple[list[TextEdit], Meaning]:
    """The edits of one file's text that make all of its changes, and what they mean. Raises CannotEdit."""
    removals = [item.change for item in changes if isinstance(item.change, XmlRemoval)]
    if removals:
        return _of_xml(path, removals, tree), removals
    # What is to be done twice is done once; what stands in something that goes needs no other value.
    made = {item.change.route: item.change for item in changes if isinstance(item.change, JsonChange)}
    gone = frozenset(route for route, change in made.items() if change.value is REMOVED)
    left = [
        item
        for route, item in made.items()
        if not any(route[:length] in gone for length in range(len(route)))
    ]
    added: dict[str, dict[object, Mapping[str, str]]] = {}
    for item in changes:
        if isinstance(item.change, NewEntry):
            entry, name = item.change
            added.setdefault(name, {})[tuple(entry.items())] = entry
    document = document_of(tree, path)
    lists = {name: list(entries.values()) for name, entries in added.items()}
    edits, meaning = additions(document, lists, gone) if lists else ([], [])
    # Of a list that is written anew, nothing else is to be said.
    anew = {change.route for change in meaning}
    left = [item for item in left if item.route[:1] not in anew]
    return [*document.edits(left), *edits], [*left, *meaning]


def _of_xml(path: str, removals: Iterable[XmlRemoval], tree: Overlay) -> list[TextEdit]:
    starts: set[int] = set()
    for kind, name in removals:
        places = tree.made_of(path, dependencies if kind == "dependencies" else declarations)
        starts.update(places.get(name, ())[1 if kind == "repetitions" else 0 :])
    return list(remove_elements(document_of(tree, path).text, sorted(starts)))


def verified(path: str, tree: Overlay, edits: Iterable[TextEdit], meaning: Meaning) -> Versions:
    """A file before and after edits. Raises CannotEdit where it would not differ exactly as announced."""
    data, text = tree.data(path), document_of(tree, path).text
    after = spliced(data, text, edits)
    in_json = [item for item in meaning if isinstance(item, JsonChange)]
    in_xml = [item for item in meaning if isinstance(item, XmlRemoval)]
    is_so = (
        xml_as_announced(data, after, in_xml)
        if in_xml
        else json_as_announced(text, editable_text(after), in_json)
    )
    if not is_so:
        raise CannotEdit(f"{path} would not say exactly what it should after the edit")
    return Versions(data, after)


# Where elements of XML begin


def declarations(tree: Overlay, path: str) -> Elements:
    """The declarations of a Customizations file."""
    data = tree.data(path)
    places = ((item.key, item.place.at) for item in read_customizations(data).references)
    found = [(key, at) for key, at in places if isinstance(at, int)]
    return _in_text(data, found)


def dependencies(tree: Overlay, path: str) -> Elements:
    """The `<MissingDependency>` of a manifest, by the references that they require, or serve."""
    data = tree.data(path)
    found: dict[tuple[str, int], None] = {}
    way: list[tuple[str, int]] = []

    def start(name: str, attributes: Attributes, offset: int) -> None:
        around = way[1:]
        way.append((name, offset))
        if [holder for holder, _ in around] == _AROUND_A_DEPENDENCY and _DEPENDENCY in attributes:
            found[attributes[_DEPENDENCY].lower(), around[-1][1]] = None

    def end(name: str, text: str) -> None:
        way.pop()

    scan(data, start, end)
    return _in_text(data, found)


def _in_text(data: bytes, found: Iterable[tuple[str, int]]) -> Elements:
    """Names with the bytes at which their elements begin, as places in the text."""
    encoding, mark = encoding_of(data)
    elements: dict[str, list[int]] = {}
    position = 0
    for name, offset in found:
        position += len(data[mark:offset].decode(encoding))
        mark = offset
        elements.setdefault(name, []).append(position)
    return elements

"""What a fix is going to do: changes of values and elements, which are put together file by file.

However many fixes share a file, it is read once, its edits are made at once, and they are verified at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from crstandards.findings import Finding
from crstandards.fixes.edits import (
    CannotEdit,
    Edit,
    TextEdit,
    declarations,
    dependencies,
    editable_text,
    remove_elements,
    splice,
    to_bytes,
)
from crstandards.fixes.jsonedit import Document
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.verify import (
    REMOVED,
    JsonChange,
    Kind,
    XmlRemoval,
    json_as_announced,
    xml_as_announced,
)
from crstandards.model import Route


class Put(NamedTuple):
    """Another value in a JSON file: the edit of its text, and what it changes in meaning."""

    path: str
    edit: TextEdit
    change: JsonChange


class Drop(NamedTuple):
    """A member of an object, or an element of a list, that goes from a JSON file, with all that is in it."""

    path: str
    holder: Route
    key: str


class Remove(NamedTuple):
    """The elements of an XML file that go for a name in lower case: of a kind that `XmlRemoval` knows."""

    path: str
    kind: Kind
    name: str


Change = Put | Drop | Remove


class Plan(NamedTuple):
    """The fix of one finding. It is made whole or not at all.

    `does` says what it does, a clause; `cautions` are what to look at afterwards. `safe` fixes need no word.
    One that is `half` leaves the finding. `brings` holds the cures (`Rule.cure`) of findings that it may
    bring to light: they were hidden by the one that it fixes. `removed` holds the references that it takes
    out of the solution: nothing there may name them any more. `kept` holds those that it says are kept, and
    that it leads something to.
    """

    finding: Finding
    does: str
    changes: tuple[Change, ...]
    safe: bool
    half: bool = False
    brings: frozenset[str] = frozenset()
    cautions: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def gone(self) -> frozenset[str]:
        """The removed references, for comparing."""
        return frozenset(name.lower() for name in self.removed)

    @property
    def moves(self) -> bool:
        """Whether it gives anything another reference."""
        return any(isinstance(change, Put) for change in self.changes)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it edits."""
        return tuple(dict.fromkeys(change.path for change in self.changes))


class Refusal(NamedTuple):
    """A finding that is left alone, and why: a clause without a full stop.

    `in_portal`: its source is not for editing by hand at all.
    """

    finding: Finding
    reason: str
    in_portal: bool = False


Meaning = tuple[JsonChange, ...] | tuple[XmlRemoval, ...]
"""The whole of the difference that edits of a file make: of a JSON file changes, of an XML file removals."""


class FileChange(NamedTuple):
    """Edits of one file, in the order of their places."""

    path: str
    before: bytes
    edits: tuple[Edit, ...]
    meaning: Meaning

    def after(self) -> bytes:
        """The file's bytes with the edits made."""
        return splice(self.before, self.edits)


def text_of(tree: Overlay, path: str) -> str:
    """A file's text, decoded once for all of its fixes. Raises CannotEdit."""
    return tree.made_of(path, _text)


def _text(tree: Overlay, path: str) -> str:
    return editable_text(tree.data(path))


def document_of(tree: Overlay, path: str) -> Document:
    """A JSON file to be edited, in which places are looked for once. Raises CannotEdit."""
    return tree.made_of(path, _document)


def _document(tree: Overlay, path: str) -> Document:
    return Document(text_of(tree, path))


def file_changes(changes: Iterable[Change], tree: Overlay) -> list[FileChange]:
    """Changes put together file by file, each file verified. Raises CannotEdit."""
    by_path: dict[str, list[Change]] = {}
    for change in changes:
        by_path.setdefault(change.path, []).append(change)
    made = [file_change(path, tree, *text_edits(path, items, tree)) for path, items in by_path.items()]
    for item in made:
        verify(item)
    return made


def file_change(path: str, tree: Overlay, edits: Iterable[TextEdit], meaning: Meaning) -> FileChange:
    """Edits of a file's text as a change of the file. Raises CannotEdit."""
    data = tree.data(path)
    return FileChange(path, data, to_bytes(data, text_of(tree, path), edits), meaning)


def text_edits(path: str, changes: Sequence[Change], tree: Overlay) -> tuple[list[TextEdit], Meaning]:
    """The edits of one file's text that make all of its changes, and what they mean. Raises CannotEdit."""
    removals = [item for item in changes if isinstance(item, Remove)]
    if removals:
        return _of_xml(path, removals, tree)
    document = document_of(tree, path)
    holders: dict[Route, dict[str, None]] = {}
    for item in changes:
        if isinstance(item, Drop):
            holders.setdefault(item.holder, {})[item.key] = None
    dropped = [(*holder, key) for holder, keys in holders.items() for key in keys]
    # What stands in something that goes needs no other value; and one value is given once.
    inside = frozenset(dropped)
    put = {
        item.change.route: item
        for item in changes
        if isinstance(item, Put) and inside.isdisjoint(_around(item.change.route))
    }
    edits = [item.edit for item in put.values()]
    edits += (edit for holder, keys in holders.items() for edit in document.remove_members(holder, keys))
    return edits, (
        *(item.change for item in put.values()),
        *(JsonChange(route, REMOVED) for route in dropped),
    )


def _around(route: Route) -> Iterator[Route]:
    """The routes of all that something stands in, and its own."""
    return (route[:length] for length in range(len(route) + 1))


def _of_xml(path: str, removals: Iterable[Remove], tree: Overlay) -> tuple[list[TextEdit], Meaning]:
    kinds: dict[Kind, set[str]] = {}
    for item in removals:
        kinds.setdefault(item.kind, set()).add(item.name)
    # What goes altogether is not left once.
    kinds.get("repetitions", set()).difference_update(kinds.get("declarations", ()))
    starts: set[int] = set()
    for kind, names in kinds.items():
        elements = dependencies if kind == "dependencies" else declarations
        places = tree.made_of(path, elements)
        first = 1 if kind == "repetitions" else 0
        starts.update(start for name in names for start in places.get(name, ())[first:])
    meaning = tuple(XmlRemoval(kind, frozenset(names)) for kind, names in sorted(kinds.items()) if names)
    return remove_elements(text_of(tree, path), starts), meaning


def verify(change: FileChange) -> None:
    """Raise CannotEdit where a file would not differ exactly as announced after an edit."""
    before, after = change.before, change.after()
    in_json = [item for item in change.meaning if isinstance(item, JsonChange)]
    kinds: dict[Kind, set[str]] = {}
    for item in change.meaning:
        if isinstance(item, XmlRemoval):
            kinds.setdefault(item.kind, set()).update(item.names)
    in_xml = [XmlRemoval(kind, frozenset(names)) for kind, names in kinds.items()]
    if in_json:
        is_so = json_as_announced(editable_text(before), editable_text(after), in_json)
    else:
        is_so = bool(in_xml) and xml_as_announced(before, after, in_xml)
    if not is_so:
        raise CannotEdit(f"{change.path} would not say exactly what it should after the edit")

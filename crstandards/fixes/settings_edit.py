"""Edits of deployment settings that leave all else as it stands, byte for byte: values, order, indentation,
encoding, line ends.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from crstandards.fixes.edits import CannotEdit, TextEdit, editable_text, splice, to_bytes
from crstandards.fixes.jsonedit import Container, Document, Member, quoted

REFERENCES = "ConnectionReferences"
VARIABLES = "EnvironmentVariables"
EMPTY = b'{\n  "EnvironmentVariables": [],\n  "ConnectionReferences": []\n}\n'
"""A new file, as `pac solution create-settings` lays one out."""

Entry = Mapping[str, str]
"""The members of an entry that is added, in their order."""


class Wanted(NamedTuple):
    """What a file is to hold: entries to add to its two lists, by position those to drop from
    ConnectionReferences, and ids for those that have none.
    """

    references: Sequence[Entry] = ()
    variables: Sequence[Entry] = ()
    drop: Collection[int] = ()
    bind: Mapping[int, str] = {}


def edited(data: bytes, wanted: Wanted) -> bytes:
    """A file's bytes with what is wanted. Raises CannotEdit where that cannot be done, or went wrong."""
    document = Document(editable_text(data))
    bound = [
        (document.container((REFERENCES, str(position))).member("ConnectionId"), connection)
        for position, connection in wanted.bind.items()
    ]
    after = _with(data, [TextEdit(one.value, one.end, quoted(text)) for one, text in bound if one])
    if wanted.drop:
        gone = set(map(str, wanted.drop))
        after = _with(after, Document(editable_text(after)).remove_members((REFERENCES,), gone))
    for name, entries in ((REFERENCES, wanted.references), (VARIABLES, wanted.variables)):
        if entries:
            after = _with(after, [addition(editable_text(after), name, entries)])
    if _pairs(after) != _expected(data, wanted):
        raise CannotEdit("the edit would change more than it says")
    return after


def absent(data: bytes, variables: Collection[str]) -> list[str]:
    """The environment variables that a file has no entry for. Raises CannotEdit for what is no JSON."""
    try:
        document = json.loads(editable_text(data))
    except ValueError as error:
        raise CannotEdit(f"it is no JSON: {error}") from None
    entries = document.get(VARIABLES) or []
    known = {str(entry.get("SchemaName")).lower() for entry in entries if isinstance(entry, dict)}
    return [name for name in variables if name.lower() not in known]


def length(text: str, name: str) -> int:
    """How many entries one of the lists has. Raises CannotEdit where the document has no such list."""
    return len(Document(text).container((name,)).members)


def _with(data: bytes, edits: list[TextEdit]) -> bytes:
    return splice(data, to_bytes(data, editable_text(data), edits))


def _pairs(data: bytes) -> Any:
    """A document with its members in order."""
    return json.loads(editable_text(data), object_pairs_hook=list)


def _expected(data: bytes, wanted: Wanted) -> Any:
    document = _pairs(data)
    lists = {key: value for key, value in document if key in (REFERENCES, VARIABLES)}
    for name, entries in ((REFERENCES, wanted.references), (VARIABLES, wanted.variables)):
        kept = list(lists.get(name) or [])
        if name == REFERENCES:
            for position, connection in wanted.bind.items():
                kept[position] = [
                    (key, connection if key == "ConnectionId" else value) for key, value in kept[position]
                ]
            kept = [entry for position, entry in enumerate(kept) if position not in wanted.drop]
        added = [list(entry.items()) for entry in entries]
        model = next((entry for entry in reversed(kept) if _is_model(entry, entries)), None)
        lists[name] = kept + [_in_order_of(entry, model) for entry in added]
    known = {key for key, _ in document}
    more = [(name, lists[name]) for name in (REFERENCES, VARIABLES) if lists[name] and name not in known]
    changed = {REFERENCES: wanted.references or wanted.drop or wanted.bind, VARIABLES: wanted.variables}
    return [*((key, lists[key] if changed.get(key) else value) for key, value in document), *more]


def _is_model(entry: Any, entries: Sequence[Entry]) -> bool:
    """Whether an entry that is there has all the members of those that are added."""
    return bool(entries) and {*entries[0]} <= {key for key, _ in entry}


def _in_order_of(entry: list[tuple[str, str]], model: Any) -> list[tuple[str, str]]:
    if model is None:
        return entry
    order = [key for key, _ in model]
    return sorted(entry, key=lambda pair: order.index(pair[0]))


def addition(text: str, name: str, entries: Sequence[Entry]) -> TextEdit:
    """The edit that adds entries to a list of the document, or the list itself."""
    document = Document(text)
    root = document.container(())
    member = root.member(name)
    if member is None:
        style = _Style.of(text, root)
        new = f"{quoted(name)}{style.colon}{style.listed(entries)}"
        if root.members:
            end = root.members[-1].end
            return TextEdit(end, end, f",{style.gap}{new}")
        return TextEdit(root.start, root.end, f"{{{style.gap}{new}{style.newline}}}")
    if text[member.value] != "[" or not (found := document.container((name,))).members:
        return TextEdit(member.value, member.end, _Style.of(text, root).listed(entries))
    holders = [document.container((name, element.key)) for element in found.members]
    model = next((one for one in reversed(holders) if _fits(one, entries[0])), None)
    last = found.members[-1]
    style, between = _Style.of(text, root), _between(text, found)
    if not found.members[1:] and not style.newline:
        between = f",{style.gap}"
    told = (_like(text, model, entry) if model else style.one(entry) for entry in entries)
    return TextEdit(last.end, last.end, "".join(f"{between}{entry}" for entry in told))


def _fits(model: Container, entry: Entry) -> bool:
    return {*entry} <= {member.key for member in model.members}


def _between(text: str, holder: Container) -> str:
    """What stands between two members or elements; told from the first one where it is alone."""
    first, *others = holder.members
    if others:
        return text[first.end : others[0].start]
    return f",{text[holder.start + 1 : first.start]}"


def _like(text: str, model: Container, entry: Entry) -> str:
    """An entry that looks like one that is there."""
    keys = [member for member in model.members if member.key in entry]
    shown = [f"{text[one.start : one.value]}{quoted(entry[one.key])}" for one in keys]
    before = text[model.start + 1 : model.members[0].start]
    after = text[model.members[-1].end : model.end - 1]
    return f"{{{before}{_between(text, model).join(shown)}{after}}}"


class _Style(NamedTuple):
    """How a document is laid out: what stands before a member of its root, and after a key; the line end,
    "" in one that is a single line.
    """

    gap: str
    colon: str
    newline: str

    @classmethod
    def of(cls, text: str, root: Container) -> _Style:
        if not root.members:
            newline = "\r\n" if "\r\n" in text else "\n"
            return cls(f"{newline}  ", ": ", newline)
        first: Member = root.members[0]
        gap = text[root.start + 1 : first.start]
        line_end, line, _ = gap.rpartition("\n")
        newline = "" if not line else "\r\n" if line_end.endswith("\r") else "\n"
        if not newline and root.members[1:]:
            gap = text[root.members[0].end : root.members[1].start].partition(",")[2]
        return cls(
            f"\n{gap.rpartition(chr(10))[2]}".replace("\n", newline) if newline else gap,
            text[first.key_end : first.value],
            newline,
        )

    def _lines(self, depth: int) -> str:
        """A line end and the indentation, or in a single line what stands between members."""
        unit = self.gap.removeprefix(self.newline)
        return f"{self.newline}{unit * depth}" if self.newline else ""

    def one(self, entry: Entry) -> str:
        """An entry of one of the root's lists."""
        members = [f"{quoted(key)}{self.colon}{quoted(value)}" for key, value in entry.items()]
        comma = f",{self._lines(3)}" if self.newline else f",{self.gap}"
        return f"{{{self._lines(3)}{comma.join(members)}{self._lines(2)}}}"

    def listed(self, entries: Sequence[Entry]) -> str:
        """One of the root's lists."""
        comma = f",{self._lines(2)}" if self.newline else f",{self.gap}"
        return f"[{self._lines(2)}{comma.join(map(self.one, entries))}{self._lines(1)}]"

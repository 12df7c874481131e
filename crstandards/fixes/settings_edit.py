"""Edits of deployment settings that leave all else as it stands, byte for byte: values, order, indentation,
encoding, line ends.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from crstandards.fixes.edits import CannotEdit, TextEdit, editable_text, spliced
from crstandards.fixes.jsonedit import Container, Document, quoted
from crstandards.fixes.verify import REMOVED, JsonChange, json_as_announced

REFERENCES = "ConnectionReferences"
VARIABLES = "EnvironmentVariables"
EMPTY = b'{\n  "EnvironmentVariables": [],\n  "ConnectionReferences": []\n}\n'
"""A new file, as `pac solution create-settings` lays one out."""

Entry = Mapping[str, str]
"""The members of an entry that is added, in their order."""


class Wanted(NamedTuple):
    """What a file is to hold: entries to add to its two lists, by position those to drop from
    ConnectionReferences, and by position and key what members of the others are to be.
    """

    references: Sequence[Entry] = ()
    variables: Sequence[Entry] = ()
    drop: Collection[int] = ()
    change: Mapping[tuple[int, str], str] = {}


def edited(data: bytes, wanted: Wanted) -> bytes:
    """A file's bytes with what is wanted. Raises CannotEdit where that cannot be done, or went wrong."""
    document = Document(editable_text(data))
    changes = [
        *(
            JsonChange((REFERENCES, str(position), key), text)
            for (position, key), text in wanted.change.items()
            if document.container((REFERENCES, str(position))).member(key)
        ),
        *(JsonChange((REFERENCES, str(position)), REMOVED) for position in wanted.drop),
    ]
    after = _verified(data, [*document.edits(changes)], changes)
    for name, entries in ((REFERENCES, wanted.references), (VARIABLES, wanted.variables)):
        if entries:
            edit, changes = addition(editable_text(after), name, entries)
            after = _verified(after, [edit], changes)
    return after


def _verified(data: bytes, edits: list[TextEdit], changes: list[JsonChange]) -> bytes:
    text = editable_text(data)
    after = spliced(data, text, edits)
    if not json_as_announced(text, editable_text(after), changes):
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


def addition(text: str, name: str, entries: Sequence[Entry]) -> tuple[TextEdit, list[JsonChange]]:
    """The edit that adds entries to a list of the document, or the list itself; and what it changes."""
    document = Document(text)
    root = document.container(())
    member, style = root.member(name), _Style.of(text, root)
    listed = [dict(entry) for entry in entries]
    whole = [JsonChange((name,), listed)]
    if member is None:
        new = f"{quoted(name)}{style.colon}{style.shown(listed, 1)}"
        if root.members:
            end = root.members[-1].end
            return TextEdit(end, end, f",{style.gap}{new}"), whole
        return TextEdit(root.start, root.end, f"{{{style.gap}{new}{style.newline}}}"), whole
    if text[member.value] != "[" or not (found := document.container((name,))).members:
        return TextEdit(member.value, member.end, style.shown(listed, 1)), whole
    holders = [document.container((name, element.key)) for element in found.members]
    model = next((one for one in reversed(holders) if _fits(one, entries[0])), None)
    last = found.members[-1]
    between = _between(text, found)
    if not found.members[1:] and not style.newline:
        between = f",{style.gap}"
    order = [member.key for member in model.members] if model else list(entries[0])
    ordered = [dict(sorted(entry.items(), key=lambda item: order.index(item[0]))) for entry in entries]
    told = (_like(text, model, entry) if model else style.shown(entry, 2) for entry in ordered)
    return TextEdit(last.end, last.end, "".join(f"{between}{entry}" for entry in told)), [
        JsonChange((name, str(number)), entry) for number, entry in enumerate(ordered, len(holders))
    ]


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
        first = root.members[0]
        gap, colon = text[root.start + 1 : first.start], text[first.key_end : first.value]
        line_end, newline, unit = gap.rpartition("\n")
        if newline:
            newline = "\r\n" if line_end.endswith("\r") else "\n"
            return cls(newline + unit, colon, newline)
        if root.members[1:]:
            gap = text[first.end : root.members[1].start].partition(",")[2]
        return cls(gap, colon, "")

    def shown(self, value: Any, depth: int) -> str:
        """A value that stands so deep in the document."""
        comma, unit = ("," if self.newline else f",{self.gap}"), self.gap.removeprefix(self.newline)
        indent = unit if self.newline else None
        text = json.dumps(value, ensure_ascii=False, indent=indent, separators=(comma, self.colon))
        return text.replace("\n", f"{self.newline}{unit * depth}")

"""Edits of deployment settings that leave all else as it stands, byte for byte: values, order, indentation,
encoding, line ends.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from crstandards.fixes.edits import CannotEdit, TextEdit, editable_text
from crstandards.fixes.jsonedit import Container, Document, quoted
from crstandards.fixes.verify import JsonChange
from crstandards.places import Route

REFERENCES = "ConnectionReferences"
VARIABLES = "EnvironmentVariables"
EMPTY = b'{\n  "EnvironmentVariables": [],\n  "ConnectionReferences": []\n}\n'
"""A new file, as `pac solution create-settings` lays one out."""

Entry = Mapping[str, str]
"""The members of an entry that is added, in their order."""


def absent(data: bytes, variables: Collection[str]) -> list[str]:
    """The environment variables that a file has no entry for. Raises CannotEdit for what is no JSON."""
    try:
        document = json.loads(editable_text(data))
    except ValueError as error:
        raise CannotEdit(f"it is no JSON: {error}") from None
    entries = document.get(VARIABLES) or []
    known = {str(entry.get("SchemaName")).lower() for entry in entries if isinstance(entry, dict)}
    return [name for name in variables if name.lower() not in known]


def additions(
    document: Document, lists: Mapping[str, Sequence[Entry]], gone: Collection[Route]
) -> tuple[list[TextEdit], list[JsonChange]]:
    """The edits that add entries to lists of the document, or the lists; and what they change.

    A list of which all elements are `gone` is written anew.
    """
    text, root = document.text, document.container(())
    style = _Style.of(text, root)
    edits: list[TextEdit] = []
    changes: list[JsonChange] = []
    missing: list[str] = []
    for name, entries in lists.items():
        member, listed = root.member(name), [dict(entry) for entry in entries]
        if member is None:
            missing.append(f"{quoted(name)}{style.colon}{style.shown(listed, 1)}")
        elif text[member.value] == "[" and any(
            (name, one.key) not in gone for one in document.container((name,)).members
        ):
            edit, more = _addition(document, name, entries, style)
            edits.append(edit)
            changes += more
            continue
        else:
            edits.append(TextEdit(member.value, member.end, style.shown(listed, 1)))
        changes.append(JsonChange((name,), listed))
    new = f",{style.gap}".join(missing)
    if new and root.members:
        end = root.members[-1].end
        edits.append(TextEdit(end, end, f",{style.gap}{new}"))
    elif new:
        edits.append(TextEdit(root.start, root.end, f"{{{style.gap}{new}{style.newline}}}"))
    return edits, changes


def _addition(
    document: Document, name: str, entries: Sequence[Entry], style: _Style
) -> tuple[TextEdit, list[JsonChange]]:
    """The edit that adds entries behind those that a list has."""
    text, found = document.text, document.container((name,))
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

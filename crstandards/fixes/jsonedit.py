"""Edits of JSON text that look like what stands around them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count, groupby
from typing import Any, NamedTuple

from crstandards.fixes.edits import CannotEdit, TextEdit
from crstandards.fixes.verify import REMOVED, JsonChange
from crstandards.places import Route
from crstandards.source.json import Places, members, parse


class Member(NamedTuple):
    """A member of an object, or an element of a list (whose key is its position).

    Positions in the text: `start` of the member, `key_end` behind its key, `value` where its value begins,
    `end` behind it.
    """

    key: str
    start: int
    key_end: int
    value: int
    end: int


class Container:
    """An object or a list: where it begins and ends (brackets included), and its members."""

    def __init__(self, start: int, end: int, members: Sequence[Member]) -> None:
        self.start = start
        self.end = end
        self.members = members
        self._numbers: dict[str, list[int]] = {}
        for number, member in enumerate(members):
            self._numbers.setdefault(member.key, []).append(number)

    def numbers(self, keys: Iterable[str]) -> list[int]:
        """Which members have these keys, in order."""
        return sorted(number for key in keys for number in self._numbers.get(key, ()))

    def member(self, key: str) -> Member | None:
        """The member of a key; of a repeated one the last, as when the document is read."""
        numbers = self._numbers.get(key)
        return self.members[numbers[-1]] if numbers else None


def quoted(value: str) -> str:
    """A string as JSON, with no more escapes than it needs."""
    return json.dumps(value, ensure_ascii=False)


class Document:
    """JSON text to be edited: what was walked to find one place is remembered for the others."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._places = Places(text)
        self._containers: dict[int, Container] = {}

    def edits(self, changes: Iterable[JsonChange]) -> Iterator[TextEdit]:
        """What makes these changes, for places that are there. Raises CannotEdit."""
        gone: dict[Route, list[str]] = {}
        for change in changes:
            if change.value is REMOVED:
                gone.setdefault(change.route[:-1], []).append(change.route[-1])
            elif isinstance(change.value, str):
                span = self._places.find_value(change.route)
                if span is None:
                    raise CannotEdit(f"nothing stands at {'/'.join(change.route)}")
                yield TextEdit(*span, quoted(change.value))
            else:
                yield self._with_object(change)
        for holder, keys in gone.items():
            yield from self._without(holder, keys)

    def string(self, route: Route) -> str | None:
        """The string at a route; None where something else stands there, or nothing."""
        start, end = self._places.find_value(route) or (0, 0)
        return str(parse(self.text[start:end])) if self.text[start:end].startswith('"') else None

    def container(self, route: Route) -> Container:
        """The object or list at a route. Raises CannotEdit where none stands there."""
        start, end = self._places.find_value(route) or (0, 0)
        if self.text[start:end][:1] not in ("{", "["):
            raise CannotEdit(f"no object stands at {'/'.join(route)}")
        if start not in self._containers:
            found = tuple(Member(*member) for member in members(self.text, start))
            self._containers[start] = Container(start, end, found)
        return self._containers[start]

    def _without(self, route: Route, keys: Collection[str]) -> Iterator[TextEdit]:
        """Remove members of an object (by key) or elements of a list (by position), with their commas."""
        holder = self.container(route)
        gone = holder.numbers(keys)
        if gone and len(gone) == len(holder.members):
            yield TextEdit(holder.start + 1, holder.end - 1, "")
            return
        # Neighbours go together: among those that go, they are as far apart as in the whole.
        places = count()
        for _, run in groupby(gone, lambda number: number - next(places)):
            numbers = list(run)
            first, last = numbers[0], numbers[-1]
            if last + 1 < len(holder.members):
                yield TextEdit(holder.members[first].start, holder.members[last + 1].start, "")
            else:
                yield TextEdit(holder.members[first - 1].end, holder.members[-1].end, "")

    def _with_object(self, change: JsonChange) -> TextEdit:
        """Make a member an object of one string member; where it is new, in front of another one."""
        text, (*around, key) = self.text, change.route
        holder = self.container(tuple(around))
        model = holder.member(change.before or key)
        if model is None:
            raise CannotEdit(f"there is no place for {key!r} at {'/'.join(around)}")
        gap = _gap_before(text, model.start)
        new = _object(text, holder, model, gap, change.value)
        if not change.before:
            return TextEdit(model.value, model.end, new)
        return TextEdit(model.start, model.start, f"{quoted(key)}{_colon(text, model)}{new},{gap}")


def _object(text: str, holder: Container, model: Member, gap: str, inner: dict[str, str]) -> str:
    [(key, value)] = inner.items()
    member = f"{quoted(key)}{_colon(text, model)}{quoted(value)}"
    line_end, newline, indent = gap.rpartition("\n")
    if not newline:
        pad = _gap_before(text, holder.members[0].start)
        return f"{{{pad}{member}{pad}}}"
    line_end = "\r\n" if line_end.endswith("\r") else "\n"
    outer = _gap_before(text, holder.end - 1).rpartition("\n")[2]
    unit = indent[len(outer) :] if indent.startswith(outer) and indent != outer else "  "
    return f"{{{line_end}{indent}{unit}{member}{line_end}{indent}}}"


def _gap_before(text: str, position: int) -> str:
    start = position
    while text[start - 1].isspace():
        start -= 1
    return text[start:position]


def _colon(text: str, member: Member) -> str:
    """The colon between a member's key and its value, with the blanks around it."""
    return text[member.key_end : member.value]


# New entries in lists


def additions(
    document: Document, lists: Mapping[str, Sequence[Mapping[str, str]]], gone: Collection[Route]
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
    document: Document, name: str, entries: Sequence[Mapping[str, str]], style: _Style
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


def _fits(model: Container, entry: Mapping[str, str]) -> bool:
    return {*entry} <= {member.key for member in model.members}


def _between(text: str, holder: Container) -> str:
    """What stands between two members or elements; told from the first one where it is alone."""
    first, *others = holder.members
    if others:
        return text[first.end : others[0].start]
    return f",{text[holder.start + 1 : first.start]}"


def _like(text: str, model: Container, entry: Mapping[str, str]) -> str:
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

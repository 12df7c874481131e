"""Edits of JSON text that look like what stands around them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

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
        for first, last in _runs(gone):
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


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers in order as runs of neighbours: the first and the last of each."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


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

"""Edits of JSON text that look like what stands around them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from crstandards.fixes.edits import CannotEdit, TextEdit
from crstandards.model import Route
from crstandards.source.json import Places, members, parse

# One decoded character: a pair of escaped surrogates is one, too.
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)


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

    def span(self, route: Route) -> tuple[int, int]:
        """Where the value at a route stands. Raises CannotEdit without one."""
        found = self._places.find_value(route)
        if found is None:
            raise CannotEdit(f"nothing stands at {'/'.join(route)}")
        return found

    def string(self, route: Route) -> str | None:
        """The string at a route; None where something else stands there, or nothing."""
        start, end = self._places.find_value(route) or (0, 0)
        return str(parse(self.text[start:end])) if self.text[start:end].startswith('"') else None

    def container(self, route: Route) -> Container:
        """The object or list at a route. Raises CannotEdit where none stands there."""
        start, end = self.span(route)
        if self.text[start] not in ("{", "["):
            raise CannotEdit(f"no object stands at {'/'.join(route)}")
        if start not in self._containers:
            found = tuple(Member(*member) for member in members(self.text, start))
            self._containers[start] = Container(start, end, found)
        return self._containers[start]

    def replace_value(self, route: Route, new: str) -> TextEdit:
        """Put other JSON in place of the value at a route."""
        return TextEdit(*self.span(route), new)

    def replace_in_string(self, route: Route, first: int, last: int, new: str) -> TextEdit:
        """Replace the characters from `first` to `last` (exclusive) of the string at a route."""
        start, end = self.span(route)
        # The quote at the end counts as one more, which nobody asks for.
        places = [start + 1, *(found.end() for found in _CHARACTER.finditer(self.text, start + 1, end))]
        return TextEdit(places[first], places[last], quoted(new)[1:-1])

    def remove_members(self, route: Route, keys: Collection[str]) -> list[TextEdit]:
        """Remove members of an object (by key) or elements of a list (by position), with their commas."""
        holder = self.container(route)
        gone = holder.numbers(keys)
        if len(gone) == len(holder.members):
            return [TextEdit(holder.start + 1, holder.end - 1, "")] if gone else []
        return list(_removals(holder.members, gone))

    def set_object(self, route: Route, key: str, inner: tuple[str, str], before: str) -> TextEdit:
        """Make the member `key` of the object at a route an object of one string member.

        Where there is no such member yet, it is put in front of the member `before`.
        """
        text, holder = self.text, self.container(route)
        present = holder.member(key)
        model = present or holder.member(before)
        if model is None:
            raise CannotEdit(f"there is no place for {key!r} at {'/'.join(route)}")
        gap = _gap_before(text, model.start)
        new = _object(text, holder, model, gap, inner)
        if present:
            return TextEdit(present.value, present.end, new)
        return TextEdit(model.start, model.start, f"{quoted(key)}{_colon(text, model)}{new},{gap}")


def _removals(members: Sequence[Member], gone: Sequence[int]) -> Iterator[TextEdit]:
    """One edit for each run of members that go."""
    for place, first in enumerate(gone):
        if place and gone[place - 1] == first - 1:
            continue
        after = first + 1
        while place + after - first < len(gone) and gone[place + after - first] == after:
            after += 1
        if after < len(members):
            yield TextEdit(members[first].start, members[after].start, "")
        else:
            yield TextEdit(members[first - 1].end, members[-1].end, "")


def _object(text: str, holder: Container, model: Member, gap: str, inner: tuple[str, str]) -> str:
    member = f"{quoted(inner[0])}{_colon(text, model)}{quoted(inner[1])}"
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

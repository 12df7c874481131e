"""Whether two JSON texts differ in exactly what was announced, and in nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from crstandards.model import Route

REMOVED: Final = object()
"""Stands for "no longer there" in a change."""


class JsonChange(NamedTuple):
    """What stands at a route after the fix: a string, an object of strings, or REMOVED.

    A list's elements are named by their positions before the fix. A member that was not there before
    is put in front of the member `before`.
    """

    route: Route
    value: Any
    before: str = ""


class _Object(list[tuple[str, Any]]):
    """An object's members in their order, repeated ones included."""

    _positions: dict[str, int] | None = None

    def position(self, key: str) -> int:
        """Where a member stands; of a repeated key, the last one. Raises LookupError."""
        if self._positions is None:
            self._positions = {name: index for index, (name, _) in enumerate(self)}
        return self._positions[key]

    def put_before(self, key: str, member: tuple[str, Any]) -> None:
        """Put a member in front of another. Raises LookupError."""
        self.insert(self.position(key), member)
        self._positions = None


class _Number(str):
    """A number as it is written: 1.0 is not 1, and no digit is lost."""


def as_announced(before: str, after: str, changes: Iterable[JsonChange]) -> bool:
    """Whether `after` says what `before` says, but for the changes.

    Members are compared with their order, keys that stand twice are kept, and numbers are compared
    as they are written.
    """
    try:
        expected = _read(before)
        for change in changes:
            _change(expected, change)
        return _equal(_swept(expected), _read(after))
    except (ValueError, RecursionError, LookupError):
        return False


def _read(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_Object, parse_float=_Number, parse_int=_Number)


def _change(document: Any, change: JsonChange) -> None:
    """Make one change. Raises LookupError where its route leads nowhere."""
    holder = document
    for key in change.route[:-1]:
        position = _position(holder, key)
        holder = holder[position][1] if type(holder) is _Object else holder[position]
    key = change.route[-1]
    value = _made(change.value)
    if change.before:
        if type(holder) is not _Object:
            raise LookupError(change.before)
        holder.put_before(change.before, (key, value))
    elif type(holder) is _Object:
        holder[_position(holder, key)] = (key, value)
    else:
        holder[_position(holder, key)] = value


def _position(holder: Any, key: str) -> int:
    """Where a member or an element stands. Raises LookupError."""
    if type(holder) is list:
        return int(key)
    if type(holder) is not _Object:
        raise LookupError(key)
    return holder.position(key)


def _made(value: Any) -> Any:
    return _Object(value.items()) if isinstance(value, dict) else value


def _swept(value: Any) -> Any:
    """A document without what has been removed."""
    if type(value) is _Object:
        return _Object([(key, _swept(member)) for key, member in value if member is not REMOVED])
    if type(value) is list:
        return [_swept(item) for item in value if item is not REMOVED]
    return value


def _equal(one: Any, other: Any) -> bool:
    # An empty object and an empty list, a number and its text are equal to Python, and not to us.
    if type(one) is not type(other):
        return False
    # What an object holds are pairs of a key and its value.
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)

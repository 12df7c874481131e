"""Whether two versions of a file differ in exactly what was announced, and in nothing else.

JSON is read by a reader that keeps order, repeated keys and the digits of numbers. Of XML, lxml builds the
trees and writes canonical XML to compare them by; no file is ever written that way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from crstandards.model import Route

if TYPE_CHECKING:
    from lxml.etree import _Element

Kind = Literal["declarations", "repetitions", "dependencies"]
_REFERENCE = "connectionreferencelogicalname"
_HOLDERS = {
    "declarations": "connectionreferences",
    "repetitions": "connectionreferences",
    "dependencies": "SolutionManifest/MissingDependencies",
}
_DEPENDENCY = "id.connectionreferencelogicalname"

REMOVED: Final = object()
"""Stands for "no longer there" in a change."""


class JsonChange(NamedTuple):
    """What stands at a route after the fix: a string, an object of strings, or REMOVED.

    A list's elements are named by their positions before the fix; one is added behind the last. A member that
    was not there before is put in front of the member `before`.
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


def json_as_announced(before: str, after: str, changes: Iterable[JsonChange]) -> bool:
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
    elif type(holder) is list and int(key) == len(holder):
        holder.append(value)
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


class XmlRemoval(NamedTuple):
    """What is no longer there after the fix.

    `declarations`: the `<connectionreference>` of these names (in lower case); `repetitions`: all but
    the first of each; `dependencies`: the `<MissingDependency>` that speak of them.
    """

    kind: Kind
    names: frozenset[str]


def xml_as_announced(before: bytes, after: bytes, removals: Iterable[XmlRemoval]) -> bool:
    """Whether `after` is `before` without what is removed; blanks beside that may differ."""
    from lxml import etree

    try:
        expected, found = (_parse(data) for data in (before, after))
        for removal in removals:
            for element in _removed(expected, removal):
                _detach(element)
            for root in (expected, found):
                for holder in root.iterfind(_HOLDERS[removal.kind]):
                    _ignore_blanks(holder)
        return _canonical(expected) == _canonical(found)
    except etree.LxmlError:
        return False


def _parse(data: bytes) -> _Element:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(data, parser)


def _canonical(root: _Element) -> bytes:
    from lxml import etree

    return etree.tostring(root.getroottree(), method="c14n", with_comments=True)


def _removed(root: _Element, removal: XmlRemoval) -> list[_Element]:
    if removal.kind == "dependencies":
        return [
            element
            for element in root.iterfind(_HOLDERS["dependencies"] + "/MissingDependency")
            if any(_named(part, _DEPENDENCY) in removal.names for part in element)
        ]
    declared = list(root.iterfind(_HOLDERS["declarations"] + "/connectionreference"))
    if removal.kind == "declarations":
        return [element for element in declared if _named(element, _REFERENCE) in removal.names]
    seen: set[str | None] = set()
    repeated = []
    for element in declared:
        name = _named(element, _REFERENCE)
        if name in seen and name in removal.names:
            repeated.append(element)
        seen.add(name)
    return repeated


def _named(element: _Element, attribute: str) -> str | None:
    name = element.get(attribute)
    return None if name is None else name.lower()


def _detach(element: _Element) -> None:
    """Remove an element, but not the text behind it."""
    holder = element.getparent()
    assert holder is not None
    tail = element.tail or ""
    previous = element.getprevious()
    if previous is not None:
        previous.tail = (previous.tail or "") + tail
    else:
        holder.text = (holder.text or "") + tail
    holder.remove(element)


def _ignore_blanks(element: _Element) -> None:
    """Forget the blanks between an element's children."""
    if element.text and element.text.isspace():
        element.text = None
    for child in element:
        if child.tail and child.tail.isspace():
            child.tail = None

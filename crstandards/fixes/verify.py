"""Whether two versions of a file differ in exactly what was announced, and in nothing else.

JSON is read by a reader that keeps order, repeated keys and the digits of numbers. Of XML, lxml builds the
trees and writes canonical XML to compare them by; no file is ever written that way.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from crstandards.places import Route

if TYPE_CHECKING:
    from lxml.etree import _Element

Kind = Literal["declarations", "repetitions", "dependencies"]
_DECLARED, _DEPENDING = "connectionreferences", "SolutionManifest/MissingDependencies"
_NAME = "connectionreferencelogicalname"
_GONE = "{crstandards}gone"

REMOVED: Final = object()
"""Stands for "no longer there" in a change."""


class JsonChange(NamedTuple):
    """What stands at a route after the fix: a string, an object of strings, a list of those, or REMOVED.

    A list's elements are named by their positions before the fix; new ones are added behind the last. A new
    member is put in front of the member `before`; or it is the document's last one.
    """

    route: Route
    value: Any
    before: str = ""


def json_as_announced(before: str, after: str, changes: Collection[JsonChange]) -> bool:
    """Whether `after` says what `before` says, but for the changes.

    Members are compared with their order, keys that stand twice are kept, and numbers are compared
    as they are written.
    """
    left = {(*change.route[:-1], change.before or change.route[-1]): change for change in changes}
    around = {change.route[:length] for change in changes for length in range(len(change.route))}
    try:
        return bool(_after(_read(before), (), left, around) == _read(after)) and not left
    except (ValueError, RecursionError):
        return False


def _read(text: str) -> Any:
    """A document: objects as tuples of pairs, lists as lists, numbers as the bytes of their digits."""
    return json.loads(text, object_pairs_hook=tuple, parse_float=str.encode, parse_int=str.encode)


def _after(value: Any, route: Route, left: dict[Route, JsonChange], around: Collection[Route]) -> Any:
    """What should stand where a value stands. Changes that are made are left no more."""
    if route in left:
        return _made(left.pop(route))
    if route not in around:
        return value
    if isinstance(value, list):
        items = [_after(item, (*route, str(index)), left, around) for index, item in enumerate(value)]
        while added := left.pop((*route, str(len(items))), None):
            items.append(_made(added))
        return [item for item in items if item is not REMOVED]
    if not isinstance(value, tuple):
        return value
    # Of a repeated key, the last one is meant.
    last = {key: index for index, (key, _) in enumerate(value)}
    members: list[tuple[str, Any]] = []
    for index, (key, member) in enumerate(value):
        place = (*route, key) if last[key] == index else ()
        if place in left and left[place].before:
            members.append((left[place].route[-1], _made(left.pop(place))))
        members.append((key, _after(member, place, left, around) if place else member))
    if not route:
        # Only to the document itself members are added behind the last one: lists.
        new = [place for place, change in left.items() if len(place) == 1 and isinstance(change.value, list)]
        members += ((*place, _made(left.pop(place))) for place in new)
    return tuple(item for item in members if item[1] is not REMOVED)


def _made(change: JsonChange) -> Any:
    return REMOVED if change.value is REMOVED else _read(json.dumps(change.value))


class XmlRemoval(NamedTuple):
    """What is no longer there after the fix, of a name in lower case.

    `declarations`: its `<connectionreference>`; `repetitions`: all but the first of these;
    `dependencies`: the `<MissingDependency>` that speak of it.
    """

    kind: Kind
    name: str


def xml_as_announced(before: bytes, after: bytes, removals: Iterable[XmlRemoval]) -> bool:
    """Whether `after` is `before` without what is removed; blanks beside that may differ."""
    from lxml import etree

    names: dict[Kind, set[str | None]] = {}
    for kind, name in removals:
        names.setdefault(kind, set()).add(name)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        expected, found = (etree.fromstring(data, parser) for data in (before, after))
        for element in [element for kind in names for element in _removed(expected, kind, names[kind])]:
            element.tag = _GONE
        # The text behind an element stays.
        etree.strip_elements(expected, _GONE, with_tail=False)
        return _canonical(expected) == _canonical(found)
    except etree.LxmlError:
        return False


def _canonical(root: _Element) -> bytes:
    """A document as canonical XML, without the blanks in the lists of which elements go."""
    from lxml import etree

    for holder in (*root.iterfind(_DECLARED), *root.iterfind(_DEPENDING)):
        if holder.text and holder.text.isspace():
            holder.text = None
        for child in holder:
            if child.tail and child.tail.isspace():
                child.tail = None
    return etree.tostring(root.getroottree(), method="c14n", with_comments=True)


def _removed(root: _Element, kind: Kind, names: Collection[str | None]) -> list[_Element]:
    if kind == "dependencies":
        return [
            element
            for element in root.iterfind(_DEPENDING + "/MissingDependency")
            if any(_named(part, f"id.{_NAME}") in names for part in element)
        ]
    declared = [
        element
        for element in root.iterfind(_DECLARED + "/connectionreference")
        if _named(element, _NAME) in names
    ]
    firsts = {_named(element, _NAME): element for element in reversed(declared)}
    kept = set(firsts.values()) if kind == "repetitions" else set()
    return [element for element in declared if element not in kept]


def _named(element: _Element, attribute: str) -> str | None:
    name = element.get(attribute)
    return None if name is None else name.lower()

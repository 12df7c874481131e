"""Whether two XML documents differ in exactly the elements that were announced as removed.

lxml builds the trees and writes canonical XML to compare them by; no file is ever written that way.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from lxml.etree import _Element

_REFERENCE = "connectionreferencelogicalname"
_HOLDERS = {
    "declarations": "connectionreferences",
    "repetitions": "connectionreferences",
    "dependencies": "SolutionManifest/MissingDependencies",
}
_DEPENDENCY = "id.connectionreferencelogicalname"


class XmlRemoval(NamedTuple):
    """What is no longer there after the fix.

    `declarations`: the `<connectionreference>` of these names (in lower case); `repetitions`: all but
    the first of each; `dependencies`: the `<MissingDependency>` that speak of them.
    """

    kind: Literal["declarations", "repetitions", "dependencies"]
    names: frozenset[str]


def as_announced(before: bytes, after: bytes, removals: Iterable[XmlRemoval]) -> bool:
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

"""JSON read strictly, and values found in its text by walking down their keys.

The reader keeps what Python's own hides: a key that stands twice in one object (the last one wins in
silence) comes back as a `Repeating` dict. It is Python's own scanner, without the package around it: that
brings `re` along, takes longer to load than a commit's flows to be read, and is wanted for faults alone.
"""

from __future__ import annotations

from crstandards.source.text import CONFLICT, Offsets, SourceError, conflict_at, decode

# Not from typing, which takes longer to load than a commit's flows to read.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from json import JSONDecodeError
    from typing import Any

    from crstandards.places import Route

    Pairs = list[tuple[str, Any]]
    Decode = Callable[[str], Any]

MAX_DEPTH = 500
"""How deep objects and lists may nest. Flows nest actions 8 deep, which are some 40 levels of JSON."""

_BLANK = " \t\r\n"
_TOO_DEEP = f"nested too deep to be read: more than {MAX_DEPTH} levels"
_COMMA = "a comma stands before the end of an object or a list"
_STRING_OR_CONSTANT = r'(?s)"(?:[^"\\]|\\.)*"|(?P<constant>NaN|-?Infinity)'


class _Settings:
    """What the scanner asks of the decoder that it is made for."""

    strict = True
    object_hook = None
    parse_float = float

    def __init__(
        self,
        object_pairs_hook: Callable[[Pairs], Any] | None,
        parse_constant: Callable[[str], Any],
        parse_int: Callable[[str], Any],
    ) -> None:
        self.object_pairs_hook = object_pairs_hook
        self.parse_constant = parse_constant
        self.parse_int = parse_int


def _scanner(settings: _Settings) -> Callable[[str, int], tuple[Any, int]]:
    """A function that reads the value at a position; StopIteration where none stands there."""
    try:
        from _json import make_scanner
    except ImportError:
        # Another Python than CPython.
        from json import JSONDecoder

        return JSONDecoder(**vars(settings)).scan_once  # type: ignore[attr-defined,no-any-return]  # missing there
    return make_scanner(settings)  # type: ignore[arg-type]  # as typeshed has it


def decoder(object_pairs_hook: Callable[[Pairs], Any], parse_constant: Callable[[str], Any]) -> Decode:
    """A function that reads a JSON document as `json.loads` does with these hooks.

    It raises ValueError where the text is not JSON, and RecursionError.
    """
    scan = _scanner(_Settings(object_pairs_hook, parse_constant, int))

    def decode(text: str) -> Any:
        text = text.strip(_BLANK)
        try:
            document, end = scan(text, 0)
        except (StopIteration, SystemError):
            # CPython 3.11 looks for the class of its error in `json`, and fails so where that is not loaded.
            raise ValueError from None
        if end != len(text):
            # More than one value.
            raise ValueError
        return document

    return decode


class Repeating(dict[str, "Any"]):
    """A JSON object in which keys stand more than once; the last value of each is kept."""

    repeated: tuple[str, ...]


def _object(pairs: Pairs) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    repeated = Repeating(found)
    again: dict[str, None] = {}
    for key, _ in pairs:
        if key in seen:
            again[key] = None
        seen.add(key)
    repeated.repeated = tuple(again)
    return repeated


class _NoValueError(Exception):
    """NaN or an infinity, which Python reads and JSON does not know."""


def _constant(name: str) -> Any:
    raise _NoValueError(name)


_decode = decoder(_object, _constant)
# Of numbers only the length matters here, and no integer is too long for a float.
_scan_once = _scanner(_Settings(None, str, float))


def parse(text: str) -> Any:
    """Read a JSON document. Raises SourceError; its `at` is an index into `text`, where that is known."""
    try:
        try:
            document = _decode(text)
        except ValueError:
            document = _read_leniently(text)
    except _NoValueError as error:
        raise SourceError(f"not JSON: {error} is no JSON value", _constant_at(text)) from None
    except RecursionError:
        raise SourceError(_TOO_DEEP) from None
    # Where Python gives up depends on its version and on who called; so the limit is ours.
    if is_too_deep(text, document):
        raise SourceError(_TOO_DEEP)
    return document


def _read_leniently(text: str) -> Any:
    """Read again what was refused. Raises SourceError that says what is wrong, and where.

    Python refuses integers of more than 4,300 digits; they are JSON all the same, and never looked at.
    """
    import json

    settings = _Settings(_object, _constant, lambda digits: 0)
    try:
        return json.JSONDecoder(**vars(settings)).decode(text)
    except json.JSONDecodeError as error:
        reason, position = _fault(error)
        raise SourceError(f"not JSON: {reason}", position) from None


def _fault(error: JSONDecodeError) -> tuple[str, int]:
    """What is wrong with a document, and where, in words that are the same with every Python."""
    text, position = error.doc, error.pos
    before, after = text[:position].rstrip(_BLANK), text[position:]
    if before.endswith(",") and after[:1] in ("}", "]"):
        return _COMMA, len(before) - 1
    if after.startswith(",") and after[1:].lstrip(_BLANK)[:1] in ("}", "]"):
        return _COMMA, len(text) - len(after)
    if not after:
        return "it breaks off", position
    mark = conflict_at(text, position)
    if mark is not None:
        return CONFLICT, mark
    return error.msg[:1].lower() + error.msg[1:], position


def _constant_at(text: str) -> int | None:
    import re

    found = re.finditer(_STRING_OR_CONSTANT, text)
    return next((match.start() for match in found if match["constant"]), None)


def spelled_otherwise(value: Any, keys: Collection[str]) -> str | None:
    """The first key of an object that is one of these but for letter case: not every reader minds that."""
    if not isinstance(value, dict):
        return None
    folded = {key.lower() for key in keys}
    return next((key for key in value if key not in keys and key.lower() in folded), None)


def is_too_deep(text: str, document: Any) -> bool:
    """Whether a document nests deeper than it may. `text` is what it was read from."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return False
    level: list[Any] = [[document]]
    for _ in range(MAX_DEPTH + 1):
        level = [
            item
            for holder in level
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return False
    return True


def read(data: bytes) -> tuple[str, Any]:
    """Read a JSON file: its text and its document. Raises SourceError with the byte of the fault."""
    text = decode(data)
    try:
        return text, parse(text)
    except SourceError as error:
        at = Offsets(data, text).at(error.at) if isinstance(error.at, int) else error.at
        raise SourceError(error.reason, at) from None


class Places:
    """Finds places in one document. What was walked for one of them is remembered for the others."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[int, dict[str, Member]] = {}

    def find(self, route: Route) -> tuple[int, int] | None:
        """Where the last key of a route stands: start and end in the text, quotes included.

        For a list's element it is the element itself. Of a repeated key, the last one counts, as it
        does when the document is read. None where the route leads nowhere.
        """
        member = self._member(route)
        return member[1:3] if member else None

    def find_value(self, route: Route) -> tuple[int, int] | None:
        """Where the value at a route stands: start and end in the text. None as for `find`."""
        member = self._member(route)
        return member[3:] if member else None

    def _member(self, route: Route) -> Member | None:
        try:
            start = _skip(self._text, 0)
            member = "", start, 0, start, 0
            for key in route:
                if member[3] not in self._known:
                    self._known[member[3]] = {found[0]: found for found in members(self._text, member[3])}
                member = self._known[member[3]][key]
            if not route:
                end = _value_at(self._text, start)[1]
                member = "", start, end, start, end
        except (KeyError, ValueError, IndexError, RecursionError):
            return None
        return member


def _skip(text: str, position: int) -> int:
    while text[position] in _BLANK:
        position += 1
    return position


def _value_at(text: str, position: int) -> tuple[Any, int]:
    try:
        return _scan_once(text, position)
    except (StopIteration, SystemError):
        raise ValueError from None


Member = tuple[str, int, int, int, int]
"""A member of an object, or an element of a list: its key (a list's element has its position), where the
key begins and ends (a list's element itself), and where the value does.
"""


def members(text: str, position: int) -> Iterator[Member]:
    """The members of the object, or elements of the list, that begins at `position`.

    Raises KeyError where neither does.
    """
    close = {"{": "}", "[": "]"}[text[position]]
    index = 0
    position = _skip(text, position + 1)
    while text[position] != close:
        start, key, key_end = position, str(index), 0
        if close == "}":
            key, key_end = _value_at(text, position)
            position = _skip(text, _skip(text, key_end) + 1)
        end = _value_at(text, position)[1]
        yield key, start, key_end or end, position, end
        index += 1
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)


def strings(value: Any, route: Route) -> Iterator[tuple[Route, str]]:
    """Every string inside a value with its route, in document order; keys are not values."""
    if isinstance(value, str):
        yield route, value
    path = list(route)
    # Iterators in place of recursion, and no route is made before it is wanted.
    pending = [_items(value)]
    while pending:
        for key, item in pending[-1]:
            if isinstance(item, str):
                yield (*path, key), item
            elif isinstance(item, (dict, list)):
                path.append(key)
                pending.append(_items(item))
                break
        else:
            pending.pop()
            del path[-1:]


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        return iter(value.items())
    return ((str(index), item) for index, item in enumerate(value if isinstance(value, list) else ()))

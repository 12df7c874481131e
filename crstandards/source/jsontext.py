"""JSON read strictly, and the position of a value found by walking down its keys.

The reader keeps what Python's own hides: a key that stands twice in one object (the last one wins in
silence) comes back as a `Repeating` dict.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json import scanner
from json.decoder import scanstring  # type: ignore[attr-defined]  # missing in typeshed

from crstandards.source.jsonscan import MAX_DEPTH, is_too_deep
from crstandards.source.text import SourceError, byte_offset, decode

# Not from typing, which takes longer to load than a commit's flows to read.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crstandards.model import Route

_BLANK = " \t\r\n"
_TOO_DEEP = f"nested too deep to be read: more than {MAX_DEPTH} levels"
_COMMA = "a comma stands before the end of an object or a list"
_STRING_OR_CONSTANT = r'(?s)"(?:[^"\\]|\\.)*"|(?P<constant>NaN|-?Infinity)'


class Repeating(dict[str, "Any"]):
    """A JSON object in which keys stand more than once; the last value of each is kept."""

    repeated: tuple[str, ...]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
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


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
# Of numbers only the length matters here, and no integer is too long for a float.
_scan_once = scanner.make_scanner(json.JSONDecoder(parse_int=float))  # type: ignore[arg-type]  # as typeshed has it
# Python refuses integers of more than 4,300 digits; they are JSON all the same, and never looked at.
_LENIENT = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_int=lambda digits: 0)


def parse(text: str) -> Any:
    """Read a JSON document. Raises SourceError; its `at` is an index into `text`, where that is known."""
    try:
        try:
            document = _DECODER.decode(text)
        except json.JSONDecodeError:
            raise
        except ValueError:
            document = _LENIENT.decode(text)
    except json.JSONDecodeError as error:
        reason, position = _fault(error)
        raise SourceError(f"not JSON: {reason}", position) from None
    except _NoValueError as error:
        raise SourceError(f"not JSON: {error} is no JSON value", _constant_at(text)) from None
    except RecursionError:
        raise SourceError(_TOO_DEEP) from None
    # Where Python gives up depends on its version and on who called; so the limit is ours.
    if is_too_deep(text, document):
        raise SourceError(_TOO_DEEP)
    return document


def _fault(error: json.JSONDecodeError) -> tuple[str, int]:
    """What is wrong with a document, and where, in words that are the same with every Python."""
    text, position = error.doc, error.pos
    before, after = text[:position].rstrip(_BLANK), text[position:]
    if before.endswith(",") and after[:1] in ("}", "]"):
        return _COMMA, len(before) - 1
    if after.startswith(",") and after[1:].lstrip(_BLANK)[:1] in ("}", "]"):
        return _COMMA, len(text) - len(after)
    if not after:
        return "it breaks off", position
    line = text.rfind("\n", 0, position) + 1
    if text.startswith(("<<<<<<<", "=======", ">>>>>>>"), line):
        return "the marks of a merge conflict stand in it", line
    return error.msg[:1].lower() + error.msg[1:], position


def _constant_at(text: str) -> int | None:
    found = re.finditer(_STRING_OR_CONSTANT, text)
    return next((match.start() for match in found if match["constant"]), None)


def read(data: bytes) -> tuple[str, Any]:
    """Read a JSON file: its text and its document. Raises SourceError with the byte of the fault."""
    text = decode(data)
    try:
        return text, parse(text)
    except SourceError as error:
        at = byte_offset(data, error.at) if isinstance(error.at, int) else error.at
        raise SourceError(error.reason, at) from None


class Places:
    """Finds places in one document. What was walked for one of them is remembered for the others."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._steps: dict[int, dict[str, _Step]] = {}

    def find(self, route: Route) -> tuple[int, int] | None:
        """Where the last key of a route stands: start and end in the text, quotes included.

        For a list's element it is the element itself. Of a repeated key, the last one counts, as it
        does when the document is read. None where the route leads nowhere.
        """
        try:
            if not route:
                return self._value((), 0)
            return self._step(route, 0)[0]
        except _NOWHERE:
            return None

    def find_value(self, route: Route, position: int = 0) -> tuple[int, int] | None:
        """Where the value at a route stands: start and end in the text. None as for `find`.

        The route begins at the value at `position`.
        """
        try:
            return self._value(route, position)
        except _NOWHERE:
            return None

    def _value(self, route: Route, position: int) -> tuple[int, int]:
        start = self._step(route, position)[1] if route else _skip(self._text, position)
        return start, _value_end(self._text, start)

    def _step(self, route: Route, position: int) -> _Step:
        position = _skip(self._text, position)
        for key in route:
            if position not in self._steps:
                self._steps[position] = dict(_steps(self._text, position))
            step = self._steps[position][key]
            position = step[1]
        return step


_Step = tuple[tuple[int, int], int]
"""One key down: the key's own place (of a list's element, its value's), and where its value begins."""
_NOWHERE = (KeyError, ValueError, IndexError, RecursionError)


def find(text: str, route: Route) -> tuple[int, int] | None:
    """One place in a document; see `Places.find`."""
    return Places(text).find(route)


def value_span(text: str, route: Route, position: int = 0) -> tuple[int, int] | None:
    """One value's place in a document; see `Places.find_value`."""
    return Places(text).find_value(route, position)


def _skip(text: str, position: int) -> int:
    while text[position] in _BLANK:
        position += 1
    return position


def _value_end(text: str, position: int) -> int:
    try:
        return int(_scan_once(text, position)[1])
    except StopIteration:
        raise ValueError from None


def _steps(text: str, position: int) -> Iterator[tuple[str, _Step]]:
    """The members of the object, or elements of the list, that begins at `position`.

    Raises KeyError where neither does.
    """
    close = {"{": "}", "[": "]"}[text[position]]
    index = 0
    position = _skip(text, position + 1)
    while text[position] != close:
        if close == "}":
            name, name_end = scanstring(text, position + 1, True)
            value = _skip(text, _skip(text, name_end) + 1)
            end = _value_end(text, value)
            yield name, ((position, name_end), value)
        else:
            end = _value_end(text, position)
            yield str(index), ((position, end), position)
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
    pending = [_members(value)]
    while pending:
        for key, item in pending[-1]:
            if isinstance(item, str):
                yield (*path, key), item
            elif isinstance(item, (dict, list)):
                path.append(key)
                pending.append(_members(item))
                break
        else:
            pending.pop()
            del path[-1:]


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        return iter(value.items())
    return ((str(index), item) for index, item in enumerate(value if isinstance(value, list) else ()))

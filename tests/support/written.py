"""Writes JSON and XML documents of any formatting and remembers where each part stands.

What a reader must find is known from the writing, not from another reader.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from crstandards.places import REACH, Route, Span

Draw = Callable[[st.SearchStrategy[Any]], Any]

ENCODINGS = {
    "utf-8": (b"", "utf-8"),
    "utf-8 with BOM": (b"\xef\xbb\xbf", "utf-8"),
    "utf-16-le with BOM": (b"\xff\xfe", "utf-16-le"),
    "utf-16-be with BOM": (b"\xfe\xff", "utf-16-be"),
    "utf-16-le": (b"", "utf-16-le"),
    "utf-16-be": (b"", "utf-16-be"),
}

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]) | st.sampled_from("\"\\/'\t\n\r{}[]:,😀éß"),
    max_size=8,
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)
BLANKS = st.sampled_from(["", "", " ", "\n", "\r\n", "\t", "\r\n  \t", "\n    "])


class Written(NamedTuple):
    """A document's text, and where the last key of each route (or the list's element) stands."""

    text: str
    places: dict[Route, tuple[int, int]]


def encode(text: str, encoding: str) -> bytes:
    """A text in one of `ENCODINGS`."""
    mark, codec = ENCODINGS[encoding]
    return mark + text.encode(codec)


def write_json(document: Any, draw: Draw) -> Written:
    """Write a document with blanks and escapes drawn at random."""
    pieces: list[str] = []
    length = 0
    places: dict[Route, tuple[int, int]] = {}

    def put(text: str) -> None:
        nonlocal length
        pieces.append(text)
        length += len(text)

    def blank() -> None:
        put(draw(BLANKS))

    def value(item: Any, route: Route) -> None:
        if isinstance(item, dict):
            put("{")
            blank()
            for index, (key, member) in enumerate(item.items()):
                if index:
                    put(",")
                    blank()
                start = length
                put(written_string(key, draw))
                places[(*route, key)] = start, length
                blank()
                put(":")
                blank()
                value(member, (*route, key))
                blank()
            put("}")
        elif isinstance(item, list):
            put("[")
            blank()
            for index, member in enumerate(item):
                if index:
                    put(",")
                    blank()
                start = length
                value(member, (*route, str(index)))
                places[(*route, str(index))] = start, length
                blank()
            put("]")
        else:
            put(written_scalar(item, draw))

    blank()
    value(document, ())
    blank()
    return Written("".join(pieces), places)


def written_scalar(item: Any, draw: Draw) -> str:
    """One scalar as JSON."""
    if isinstance(item, str):
        return written_string(item, draw)
    if item is None or isinstance(item, bool):
        return {None: "null", True: "true", False: "false"}[item]
    return repr(item)


def written_string(text: str, draw: Draw) -> str:
    r"""A JSON string, in which any character may stand as `\uXXXX`."""
    short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    written = []
    for char in text:
        if char in short:
            written.append(short[char])
        elif ord(char) < 0x20 or draw(st.integers(0, 7)) == 0:
            units = char.encode("utf-16-be")
            written += [f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2)]
        elif char == "/" and draw(st.booleans()):
            written.append("\\/")
        else:
            written.append(char)
    return f'"{"".join(written)}"'


def span(path: str, text: str, start: int, end: int) -> Span:
    """The span of a piece of text, counted character by character."""

    def position(index: int) -> tuple[int, int]:
        line, column = 1, 1
        for char in text[:index]:
            line, column = (line + 1, 1) if char == "\n" else (line, column + 1)
        return line, column

    line, column = position(start)
    end_line, end_column = position(end)
    whole = text.split("\n")[line - 1].rstrip("\r")
    cut = max(0, column - 1 - REACH)
    return Span(path, line, column, end_line, end_column, whole[cut : column - 1 + REACH], cut + 1)

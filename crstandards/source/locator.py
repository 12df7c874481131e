"""Places in a file to lines and columns.

Lines end at LF and count from 1; columns count code points from 1, a byte order mark not counted.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from crstandards.model import Span
from crstandards.source.jsontext import Places
from crstandards.source.text import encoding_of

_TAG = re.compile(r"""<(?:[^"'<>]|"[^"]*"|'[^']*')*>""")


class Locator:
    """Works out where places stand in one file.

    A route in a JSON file spans the last key of the route; an offset in an XML file spans the start
    tag that begins there, in other files the rest of its line. A place that is not there, and None,
    are the file's start.
    """

    def __init__(self, path: str, data: bytes) -> None:
        self._path = path
        self._encoding, self._mark = encoding_of(data)
        self._data = data
        self._text = data[self._mark :].decode(self._encoding, "replace")
        self._line_starts: list[int] = []
        self._places: Places | None = None

    def locate(self, at: tuple[str, ...] | int | None) -> Span:
        """Lines, columns and the source line of a place in this file, as `Place.at` names it."""
        if at is None:
            return Span(self._path)
        if isinstance(at, int):
            start = len(self._data[self._mark : max(at, self._mark)].decode(self._encoding, "replace"))
            return self._span(min(start, len(self._text)), None)
        if self._places is None:
            self._places = Places(self._text)
        found = self._places.find(at)
        return self._span(*found) if found else Span(self._path)

    def _span(self, start: int, end: int | None) -> Span:
        line, column = self._position(start)
        first = start - column + 1
        last = self._text.find("\n", start)
        excerpt = self._text[first : last if last >= 0 else len(self._text)].rstrip("\r")
        end_line, end_column = self._position(_tag_end(self._text, start) if end is None else end)
        return Span(self._path, line, column, end_line, end_column, excerpt)

    def _position(self, index: int) -> tuple[int, int]:
        if not self._line_starts:
            self._line_starts = [0, *(found.end() for found in re.finditer("\n", self._text))]
        line = bisect_right(self._line_starts, index)
        return line, index - self._line_starts[line - 1] + 1


def _tag_end(text: str, start: int) -> int:
    """The end of the XML tag at `start`, or of its line where no tag begins there."""
    found = _TAG.match(text, start)
    if found:
        return found.end()
    line_end = text.find("\n", start)
    line = text[start : line_end if line_end >= 0 else len(text)].rstrip("\r")
    return start + len(line)

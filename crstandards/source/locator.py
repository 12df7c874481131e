"""Places in a file to lines and columns.

Lines end at LF and count from 1; columns count code points from 1, a byte order mark not counted.

However many places are asked for in a file, and however long its lines are, what is worked out for one of
them costs the same: positions of lines and characters are kept, and of a line only a part is copied.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from codecs import getincrementaldecoder
from collections.abc import Iterator

from crstandards.places import REACH, Span
from crstandards.source.json import Places
from crstandards.source.text import encoding_of

_TAG = re.compile(r"""<(?:[^"'<>]|"[^"]*"|'[^']*')*>""")
_PIECE = 4096
"""So many bytes are decoded at most to find the character at which one of them stands."""


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
        self._line_ends: dict[int, int] = {}
        self._pieces: list[tuple[int, int]] = []
        self._places: Places | None = None

    def locate(self, at: tuple[str, ...] | int | None) -> Span:
        """Lines, columns and the source line of a place in this file, as `Place.at` names it."""
        if at is None:
            return Span(self._path)
        if isinstance(at, int):
            return self._span(min(self._index(at), len(self._text)), None)
        if self._places is None:
            self._places = Places(self._text)
        found = self._places.find(at)
        return self._span(*found) if found else Span(self._path)

    def _span(self, start: int, end: int | None) -> Span:
        line, column = self.position(start)
        first, last = start - column + 1, self._line_end(line)
        if end is None:
            tag = _TAG.match(self._text, start)
            end = tag.end() if tag else max(last, start)
        end_line, end_column = self.position(end)
        low = max(first, start - REACH)
        excerpt = self._text[low : min(last, start + REACH)]
        return Span(self._path, line, column, end_line, end_column, excerpt, low - first + 1)

    def position(self, index: int) -> tuple[int, int]:
        """The line and column of a character of the text."""
        if not self._line_starts:
            self._line_starts = [0, *(found.end() for found in re.finditer("\n", self._text))]
        line = bisect_right(self._line_starts, index)
        return line, index - self._line_starts[line - 1] + 1

    def _line_end(self, line: int) -> int:
        """Where a line ends, its line end not counted."""
        if line not in self._line_ends:
            is_last = line == len(self._line_starts)
            end = len(self._text) if is_last else self._line_starts[line] - 1
            while self._text.startswith("\r", end - 1) and end > self._line_starts[line - 1]:
                end -= 1
            self._line_ends[line] = end
        return self._line_ends[line]

    def _index(self, at: int) -> int:
        """The character that stands at a byte of the file."""
        if not self._pieces:
            self._pieces = list(_pieces(self._data, self._mark, self._encoding))
        byte, index = self._pieces[bisect_right(self._pieces, (at, len(self._text))) - 1]
        return index + len(self._data[byte:at].decode(self._encoding, "replace"))


def _pieces(data: bytes, start: int, encoding: str) -> Iterator[tuple[int, int]]:
    """The bytes at which pieces of a text begin, each with the number of characters before it."""
    decoder = getincrementaldecoder(encoding)("replace")
    characters = 0
    for byte in range(start, len(data) + 1, _PIECE):
        # Of a character that began in the piece before, the decoder holds back the first bytes.
        yield byte - len(decoder.getstate()[0]), characters
        characters += len(decoder.decode(data[byte : byte + _PIECE]))

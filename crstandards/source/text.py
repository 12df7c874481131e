"""Bytes to text, and places in a file to lines and columns.

Lines end at LF and count from 1; columns count code points from 1, a byte order mark not counted.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from crstandards.model import Span

if TYPE_CHECKING:
    from crstandards.source.jsontext import Places

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_LFS = b"version https://git-lfs.github.com/spec/"
_XML_ENCODING = re.compile(rb"""<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# Not all of Python's codecs are character sets: some pack, some escape, one is for host names.
_CHARSET = re.compile(r"(?:us-|)ascii|(?:iso|latin|windows|cp|koi8|mac)[a-z0-9_-]*", re.IGNORECASE)
_ASCII = bytes(range(128))

_TAG = re.compile(r"""<(?:[^"'<>]|"[^"]*"|'[^']*')*>""")


class SourceError(Exception):
    """A file that cannot be read as what it is. `at` is as in `Place`; None means the whole file."""

    def __init__(self, reason: str, at: tuple[str, ...] | int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


def refuse_placeholder(data: bytes) -> None:
    """Refuse what stands in a file's place: nothing at all, or a Git LFS pointer."""
    if not data.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise SourceError("the file is empty")
    if data.startswith(_LFS):
        raise SourceError("a Git LFS pointer stands here instead of the file; fetch it with 'git lfs pull'")


def encoding_of(data: bytes) -> tuple[str, int]:
    """The encoding that a file's first bytes announce, and the length of its byte order mark."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, len(mark)
    head = data[:4]
    if len(head) >= 2 and head[0] and not head[1]:
        return "utf-16-le", 0
    if len(head) >= 2 and not head[0] and head[1]:
        return "utf-16-be", 0
    declared = _XML_ENCODING.match(data[:200])
    return (_sound(declared.group(1).decode("ascii")) if declared else "utf-8"), 0


def _sound(encoding: str) -> str:
    """A declared encoding, if the declaration itself can be in it: `utf-16` in ASCII is a lie."""
    try:
        if _CHARSET.fullmatch(encoding) and _ASCII.decode(encoding) == _ASCII.decode("ascii"):
            return encoding
    except (LookupError, ValueError):
        pass
    return "utf-8"


def decode(data: bytes) -> str:
    """A file's text without its byte order mark. Raises SourceError where the bytes are not text."""
    refuse_placeholder(data)
    encoding, mark = encoding_of(data)
    try:
        return data[mark:].decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(f"not {encoding.upper()} text: {error.reason}", mark + error.start) from None


def byte_offset(data: bytes, index: int) -> int:
    """The byte at which the character `index` of a decoded file stands."""
    encoding, mark = encoding_of(data)
    return mark + len(data[mark:].decode(encoding)[:index].encode(encoding))


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
            from crstandards.source.jsontext import Places

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

"""Byte edits: the only way in which a fix changes a file.

What an edit does not name stays as it is, byte for byte: encoding, byte order mark, line ends,
indentation, key order, escapes, the end of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crstandards.source.text import Offsets, SourceError, decode, encoding_of

_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?P<tag>/?)(?:[^\"'<>]|\"[^\"]*\"|'[^']*')*>", re.DOTALL
)
_REST_OF_LINE = re.compile(r"[ \t\r]*\n")
_LOST = "its XML cannot be followed"
_NO_LINE_END = "\\ No newline at end of file"


class TextEdit(NamedTuple):
    """Replace the characters from `start` to `end` (exclusive) of a decoded file by `new`."""

    start: int
    end: int
    new: str


class CannotEdit(Exception):
    """An edit that would not do what it says; `reason` completes "left alone: ".

    `path` is the file that cannot be edited, where that is known.
    """

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path


def editable_text(data: bytes) -> str:
    """A file's text, in which positions stand for positions in its bytes. Raises CannotEdit."""
    try:
        text = decode(data)
    except SourceError as error:
        raise CannotEdit(error.reason) from None
    encoding, mark = encoding_of(data)
    if text.encode(encoding) != data[mark:]:
        raise CannotEdit(f"its {encoding} text cannot be written back as it stands")
    return text


def spliced(data: bytes, text: str, edits: Iterable[TextEdit]) -> bytes:
    """A file's bytes with edits of its text made.

    Raises CannotEdit where two of them overlap, or the file's encoding has no way to write the new text.
    """
    encoding, _ = encoding_of(data)
    offsets = Offsets(data, text)
    pieces: list[bytes] = []
    place = position = 0
    for edit in sorted(edits):
        if edit.start < position:
            raise CannotEdit("two edits overlap")
        try:
            pieces += [data[place : offsets.at(edit.start)], edit.new.encode(encoding)]
        except UnicodeEncodeError:
            raise CannotEdit(f"{edit.new!r} cannot be written in {encoding}") from None
        place, position = offsets.at(edit.end), edit.end
    return b"".join((*pieces, data[place:]))


def unified(path: str, before: bytes, after: bytes) -> str:
    """The difference of two versions of a file, by their text; a new one has no bytes before.

    Line ends are kept as they are.
    """
    from difflib import unified_diff

    old, new = ((editable_text(data) if data else "").split("\n") for data in (before, after))
    came_from = _name(f"a/{path}") if before else "/dev/null"
    lines = unified_diff(_ended(old), _ended(new), came_from, _name(f"b/{path}"))
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_LINE_END}\n" for line in lines)


def _name(path: str) -> str:
    """A file's name as git reads it: in quotes where it has odd characters, with a tab behind blanks."""
    if all(char.isprintable() and char not in '"\\' for char in path):
        return path + "\t" if " " in path else path
    bytes_ = path.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in bytes_) + '"'


def _ended(lines: list[str]) -> list[str]:
    *whole, rest = lines
    return [*(line + "\n" for line in whole), *([rest] if rest else [])]


def element_end(text: str, start: int) -> int:
    """Where the element that begins at `start` ends. Raises CannotEdit where none begins there."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token["tag"] is None:
            continue
        if token.start() > start and not depth:
            break
        if token["tag"]:
            depth -= 1
        elif not token[0].endswith("/>"):
            depth += 1
        if not depth:
            return token.end()
    raise CannotEdit(_LOST)


def remove_elements(text: str, starts: Iterable[int]) -> Iterator[TextEdit]:
    """Remove the elements that begin at these positions, each with its lines if it has them for itself."""
    for start in starts:
        end, line = element_end(text, start), start
        while line and text[line - 1] in " \t":
            line -= 1
        rest = _REST_OF_LINE.match(text, end)
        has_lines = rest and (not line or text[line - 1] == "\n")
        yield TextEdit(line, rest.end(), "") if rest and has_lines else TextEdit(start, end, "")

"""Byte edits: the only way in which a fix changes a file.

What an edit does not name stays as it is, byte for byte: encoding, byte order mark, line ends,
indentation, key order, escapes, the end of the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from crstandards.source.text import SourceError, decode, encoding_of


class Edit(NamedTuple):
    """Replace the bytes from `start` to `end` (exclusive) by `new`."""

    start: int
    end: int
    new: bytes


class TextEdit(NamedTuple):
    """Replace the characters from `start` to `end` (exclusive) of a decoded file by `new`."""

    start: int
    end: int
    new: str


class CannotEdit(Exception):
    """An edit that would not do what it says; `reason` completes "left alone: "."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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


def to_bytes(data: bytes, text: str, edits: Iterable[TextEdit]) -> tuple[Edit, ...]:
    """Edits of a file's text, as edits of its bytes in the order of their places.

    Raises CannotEdit where the file's encoding has no way to write the new text.
    """
    encoding, mark = encoding_of(data)
    found: list[Edit] = []
    place, position = mark, 0
    for edit in sorted(edits):
        if edit.start < position:
            raise CannotEdit("two edits overlap")
        start = place + len(text[position : edit.start].encode(encoding))
        end = start + len(text[edit.start : edit.end].encode(encoding))
        try:
            found.append(Edit(start, end, edit.new.encode(encoding)))
        except UnicodeEncodeError:
            raise CannotEdit(f"{edit.new!r} cannot be written in {encoding}") from None
        place, position = end, edit.end
    return tuple(found)


def splice(data: bytes, edits: Iterable[Edit]) -> bytes:
    """A file's bytes with edits made; they are in order and don't overlap."""
    pieces: list[bytes] = []
    position = 0
    for edit in edits:
        if edit.start < position or edit.end < edit.start or edit.end > len(data):
            raise CannotEdit("two edits overlap")
        pieces += [data[position : edit.start], edit.new]
        position = edit.end
    pieces.append(data[position:])
    return b"".join(pieces)

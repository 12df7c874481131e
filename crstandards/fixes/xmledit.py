"""Edits of XML text: elements are removed with the lines that hold nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crstandards.fixes.edits import CannotEdit, TextEdit
from crstandards.source.text import encoding_of

_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?P<tag>/?)(?:[^\"'<>]|\"[^\"]*\"|'[^']*')*>", re.DOTALL
)
_REST_OF_LINE = re.compile(r"[ \t\r]*\n")
_LOST = "its XML cannot be followed"


def element_end(text: str, start: int) -> int:
    """Where the element that begins at `start` ends. Raises CannotEdit where none begins there."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token["tag"] is None:
            continue
        if token.start() > start and not depth:
            raise CannotEdit(_LOST)
        if token["tag"]:
            depth -= 1
        elif not token[0].endswith("/>"):
            depth += 1
        if not depth:
            return token.end()
    raise CannotEdit(_LOST)


def remove_elements(text: str, starts: Iterable[int]) -> list[TextEdit]:
    """Remove the elements that begin at these positions, each with its lines if it has them for itself."""
    return [_with_lines(text, start, element_end(text, start)) for start in sorted(starts)]


def _with_lines(text: str, start: int, end: int) -> TextEdit:
    line = start
    while line and text[line - 1] in " \t":
        line -= 1
    rest = _REST_OF_LINE.match(text, end)
    if rest is None or (line and text[line - 1] != "\n"):
        return TextEdit(start, end, "")
    return TextEdit(line, rest.end(), "")


def characters(data: bytes, offsets: Iterable[int]) -> list[int]:
    """The characters of a file's text that stand at bytes of the file, which come in their order."""
    encoding, mark = encoding_of(data)
    found: list[int] = []
    position = 0
    for offset in offsets:
        position += len(data[mark:offset].decode(encoding))
        found.append(position)
        mark = offset
    return found

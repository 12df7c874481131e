"""Byte edits: the only way in which a fix changes a file. And the elements of XML that one removes.

What an edit does not name stays as it is, byte for byte: encoding, byte order mark, line ends,
indentation, key order, escapes, the end of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from crstandards.source.solution import read_customizations
from crstandards.source.text import Offsets, SourceError, decode, encoding_of
from crstandards.source.xml import Attributes, scan

if TYPE_CHECKING:
    from crstandards.fixes.overlay import Overlay

Elements = Mapping[str, Sequence[int]]
"""Where elements begin in a file's text, in their order, by the name in lower case that they are about."""

_DEPENDENCY = "id.connectionreferencelogicalname"
_AROUND_A_DEPENDENCY = ["SolutionManifest", "MissingDependencies", "MissingDependency"]

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


def declarations(tree: Overlay, path: str) -> Elements:
    """The declarations of a Customizations file."""
    data = tree.data(path)
    places = ((item.key, item.place.at) for item in read_customizations(data).references)
    found = [(key, at) for key, at in places if isinstance(at, int)]
    return _in_text(data, found)


def dependencies(tree: Overlay, path: str) -> Elements:
    """The `<MissingDependency>` of a manifest, by the references that they require, or serve."""
    data = tree.data(path)
    found: dict[tuple[str, int], None] = {}
    way: list[tuple[str, int]] = []

    def start(name: str, attributes: Attributes, offset: int) -> None:
        around = way[1:]
        way.append((name, offset))
        if [holder for holder, _ in around] == _AROUND_A_DEPENDENCY and _DEPENDENCY in attributes:
            found[attributes[_DEPENDENCY].lower(), around[-1][1]] = None

    def end(name: str, text: str) -> None:
        way.pop()

    scan(data, start, end)
    return _in_text(data, found)


def _in_text(data: bytes, found: Iterable[tuple[str, int]]) -> Elements:
    """Names with the bytes at which their elements begin, as places in the text."""
    encoding, mark = encoding_of(data)
    elements: dict[str, list[int]] = {}
    position = 0
    for name, offset in found:
        position += len(data[mark:offset].decode(encoding))
        mark = offset
        elements.setdefault(name, []).append(position)
    return elements

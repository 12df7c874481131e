"""Byte edits, the only way in which a fix changes a file; and snapshots with edits laid over them, so that a
fix can be checked before a byte is written.

What an edit does not name stays as it is, byte for byte: encoding, byte order mark, line ends,
indentation, key order, escapes, the end of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from crstandards.git.repository import Git
from crstandards.snapshot import Content, File, Index, Origin, Snapshot, Worktree
from crstandards.source.text import Offsets, SourceError, decode, encoding_of
from crstandards.source.xml import MAX_BYTES

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


# A snapshot with edits over it

T = TypeVar("T")


class Versions(NamedTuple):
    """A file's bytes before all edits, and after them."""

    before: bytes
    after: bytes


class Overlay:
    """A snapshot as it was when it was listed, with other bytes in place of some files.

    Contents are taken not to change during a run, so what was read once need not be read again; before
    a file is written, its bytes are compared with those that the fix was made for.
    """

    origin: Origin = "worktree"

    def __init__(
        self,
        base: Snapshot,
        files: Mapping[str, File] | None = None,
        edited: Mapping[str, Versions] | None = None,
    ) -> None:
        self._base = base
        self._files = {file.path: file for file in base.files()} if files is None else files
        self.edited = dict(edited or {})
        self._made: dict[tuple[str, object], tuple[bytes | None, Any]] = {}

    def with_edits(self, edited: Mapping[str, Versions]) -> Overlay:
        """The same snapshot with more edits made; of a file edited again, the first version is kept."""
        edited_tree = Overlay(self._base, self._files, self.edited)
        edited_tree._made = self._made
        for path, versions in edited.items():
            edited_tree.edited[path] = Versions(self.edited.get(path, versions).before, versions.after)
        return edited_tree

    def made_of(self, path: str, make: Callable[[Overlay, str], T]) -> T:
        """What is made of a file, once as long as it is not edited."""
        version = self.edited[path].after if path in self.edited else None
        made = self._made.get((path, make))
        if made is None or made[0] is not version:
            made = self._made[path, make] = version, make(self, path)
        return cast(T, made[1])

    def files(self) -> Sequence[File]:
        return [self._shown(file) for file in self._files.values()]

    def _shown(self, file: File) -> File:
        if file.path in self.edited:
            from hashlib import sha256

            return file._replace(key="edited:" + sha256(self.edited[file.path].after).hexdigest())
        return file if file.key else file._replace(key="path:" + file.path)

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        wanted = list(files)
        others = [self._files[file.path] for file in wanted if file.path not in self.edited]
        unedited = self._base.read(others, limit)
        for file in wanted:
            if file.path in self.edited:
                yield Content(file, self.edited[file.path].after)
            else:
                yield next(unedited)._replace(file=file)

    def data(self, path: str, limit: int = MAX_BYTES) -> bytes:
        """A file's bytes. Raises CannotEdit where it cannot be read, or holds more than `limit`."""
        if path in self.edited:
            return self.edited[path].after
        content = next(iter(self._base.read([self._files[path]], limit)))
        if content.problem:
            raise CannotEdit(f"{path}: {content.problem}")
        return content.data


class Staged:
    """The index's files: read from the working tree, but those with unstaged changes from the index.

    So a fix is judged by what will be committed, and edits the files that a person sees.
    """

    origin: Origin = "worktree"

    def __init__(self, git: Git, unstaged: Collection[str]) -> None:
        self._git = git
        self._unstaged = unstaged

    def files(self) -> Sequence[File]:
        return [
            file if file.path in self._unstaged or file.kind != "file" else file._replace(key="")
            for file in Index(self._git).files()
        ]

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        return Worktree(self._git).read(files, limit)

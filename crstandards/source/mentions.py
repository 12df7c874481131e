"""Which names stand in a solution's files, whatever those files are: a search for words.

A use of a reference can lie in a place that nobody reads as such: an environment variable, a virtual
table, a desktop flow, a packed app. So before a reference is called unused, its name is looked for in
every file of its solution, inside packed files too. Only the declarations themselves don't count, nor
deployment settings, which list all references there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from crstandards.model import Mentions, Solution
from crstandards.snapshot import File, Snapshot, unpacking_errors
from crstandards.source.facts import Facts
from crstandards.source.names import yaml_root
from crstandards.source.text import LFS_POINTER

if TYPE_CHECKING:
    from zipfile import ZipFile

MAX_FILE = 64 * 1024 * 1024
MAX_SOLUTION = 512 * 1024 * 1024
_MAX_NESTING = 2
_NOT_TEXT = (
    *(".avi", ".bmp", ".cur", ".gif", ".ico", ".jpeg", ".jpg", ".mov", ".mp3", ".mp4", ".png", ".tif"),
    *(".tiff", ".wav", ".webm", ".webp", ".eot", ".otf", ".ttf", ".woff", ".woff2"),
    *(".dll", ".exe", ".pdb", ".snk", ".docx", ".pdf", ".pptx", ".xlsx"),
)
_DECLARATIONS = re.compile(rb"<connectionreferences[\s>].*?</connectionreferences>", re.DOTALL)
_ZIP = b"PK\x03\x04"


class Searcher:
    """Searches the files of one snapshot, solution by solution, when it is asked."""

    def __init__(
        self,
        snapshot: Snapshot,
        files: Collection[File],
        solutions: Sequence[Solution],
        left_out: Callable[[str], bool],
        facts: Facts | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._files = files
        self._solutions = [solution for solution in solutions if solution.is_solution]
        self._left_out = left_out
        self._facts = facts or Facts()
        self._by_folder: dict[str, list[File]] = {}
        self._known: frozenset[str] = frozenset()
        self._known_words = b""

    def search(self, solution: Solution, names: frozenset[str]) -> Mentions:
        """Which of the names, in lower case, the files of a solution hold."""
        if not self._by_folder:
            self._sort_out()
        files = self._by_folder.get(_home(solution), [])
        return self._facts.together(files, (names, self._known), lambda: self._search(files, names))

    def _search(self, files: Sequence[File], names: frozenset[str]) -> Mentions:
        words = _Words(names, self._known_words)
        read = unread = size = 0
        for content in self._snapshot.read(files, MAX_FILE):
            size += len(content.data)
            if content.problem or content.data.startswith(LFS_POINTER) or size > MAX_SOLUTION:
                unread += 1
                continue
            read += 1
            try:
                words.look_in(content.file.path, content.data)
            except _TooMuch:
                unread += 1
            if words.all_found:
                break
        # Names are ASCII; of another one, nothing is known.
        foreign = frozenset(name for name in names if not name.isascii())
        return Mentions(words.found | foreign, read, unread)

    def _sort_out(self) -> None:
        self._known = frozenset(key for solution in self._solutions for key in solution.declared())
        self._known_words = b"\n".join(sorted(name.encode() for name in self._known if name.isascii()))
        homes = {_home(solution): solution.layout == "yaml" for solution in self._solutions}
        self._by_folder = {home: [] for home in homes}
        for file in self._files:
            if file.kind != "file" or _is_no_text(file.path) or self._left_out(file.path):
                continue
            home = next((folder for folder in _folders_above(file.path) if folder in homes), None)
            if home is not None and not (homes[home] and _is_yaml_declaration(file.path, home)):
                self._by_folder[home].append(file)


def _home(solution: Solution) -> str:
    """The folder in which a solution's files lie: in the YAML layout, one that several share."""
    return yaml_root(solution.folder) if solution.layout == "yaml" else solution.folder


def _folders_above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path


def _is_yaml_declaration(path: str, home: str) -> bool:
    inner = path[len(home) :].lstrip("/").lower()
    return inner.startswith(("connectionreferences/", "solutions/"))


def _is_no_text(path: str) -> bool:
    return path.lower().endswith(_NOT_TEXT)


class _TooMuch(Exception):
    """More lies in a packed file than is read, or it cannot be unpacked."""


class _Words:
    """Looks for names as whole words.

    A word that is itself a longer known name (`con_sql-old`) is no mention of a shorter one in it; the
    known ones are given as lines.
    """

    def __init__(self, names: frozenset[str], known: bytes) -> None:
        self._wanted = {name.encode(): name for name in names if name.isascii()}
        self._known = known
        self.found: frozenset[str] = frozenset()

    @property
    def all_found(self) -> bool:
        return not self._wanted

    def look_in(self, path: str, data: bytes, nesting: int = 0) -> None:
        """Look into a file, and into the files that are packed in it."""
        if data.startswith(_ZIP) and nesting < _MAX_NESTING:
            self._look_inside(data, nesting)
            return
        if b"\0" in data:
            data = self._narrowed(data)
        if path.lower().endswith("customizations.xml"):
            data = _DECLARATIONS.sub(b"", data)
        data = data.lower()
        if path.lower().endswith(".json") and b'"connectionid"' in data and b'"logicalname"' in data:
            return  # deployment settings
        candidates = [name for name in self._wanted if name in data]
        if not candidates:
            return
        longer = (line for part in candidates for line in _lines_with(part, self._known))
        words = sorted({*candidates, *longer}, key=len, reverse=True)
        pattern = rb"(?<![0-9a-z_])(?:" + b"|".join(map(re.escape, words)) + rb")(?![0-9a-z_])"
        for match in re.finditer(pattern, data):
            name = self._wanted.pop(match.group(), None)
            if name is not None:
                self.found |= {name}

    def _narrowed(self, data: bytes) -> bytes:
        """UTF-16, or binary with such text inside, so that ASCII names stand in it byte by byte."""
        narrow = data.replace(b"\0", b"")
        folded = narrow.lower()
        if not any(name in folded for name in self._wanted):
            return narrow
        # Half of a neighbouring character can look like a letter that belongs to the name.
        texts = (data.decode(codec, "replace") for codec in ("utf-16-le", "utf-16-be"))
        return b"\n".join([narrow, *(text.encode() for text in texts)])

    def _look_inside(self, data: bytes, nesting: int) -> None:
        from io import BytesIO
        from zipfile import ZipFile

        try:
            with ZipFile(BytesIO(data)) as archive:
                left = MAX_FILE
                for path, member in _members(archive):
                    left -= len(member)
                    if left < 0:
                        raise _TooMuch
                    self.look_in(path, member, nesting + 1)
        except unpacking_errors():
            raise _TooMuch from None


def _lines_with(part: bytes, lines: bytes) -> Iterator[bytes]:
    at = lines.find(part)
    while at >= 0:
        start, end = lines.rfind(b"\n", 0, at) + 1, lines.find(b"\n", at)
        if end < 0:
            end = len(lines)
        yield lines[start:end]
        at = lines.find(part, end)


def _members(archive: ZipFile) -> Iterator[tuple[str, bytes]]:
    for member in archive.infolist():
        if not member.is_dir() and not _is_no_text(member.filename):
            with archive.open(member) as stream:
                # What the archive says of sizes is a claim.
                yield member.filename, stream.read(MAX_FILE + 1)

"""Which names stand in a solution's files, whatever those files are: a search for words.

A use of a reference can lie in a place that nobody reads as such: an environment variable, a virtual
table, a desktop flow, a packed app. So before a reference is called unused, its name is looked for in
every file of its solution, inside packed files too. Only the declarations themselves don't count, nor
deployment settings, which list all references there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress

from crstandards.model import Mentions, Solution
from crstandards.snapshot import File, Snapshot, unpacking_errors
from crstandards.source.facts import Facts
from crstandards.source.names import folders_above
from crstandards.source.text import LFS_POINTER

MAX_FILE = 64 * 1024 * 1024
MAX_SOLUTION = 512 * 1024 * 1024
_MAX_NESTING = 2
_NOT_TEXT = (
    *(".avi", ".bmp", ".cur", ".gif", ".ico", ".jpeg", ".jpg", ".mov", ".mp3", ".mp4", ".png", ".tif"),
    *(".tiff", ".wav", ".webm", ".webp", ".eot", ".otf", ".ttf", ".woff", ".woff2"),
    *(".dll", ".exe", ".pdb", ".snk", ".docx", ".pdf", ".pptx", ".xlsx"),
)
_END = b"</connectionreferences>"
_DECLARATIONS = re.compile(rb"<connectionreferences[\s>].*?" + _END, re.DOTALL)
_LETTER = re.compile(rb"[0-9a-z_]")
_ZIP = b"PK\x03\x04"
_UNIQUE_NAME = re.compile(rb"<UniqueName>\s*([^<\s]+)\s*</UniqueName>")


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
        self._names: dict[str, set[str]] = {}
        self._known: frozenset[str] = frozenset()
        self._found: dict[tuple[str, frozenset[str]], Mentions] = {}
        self._words = Words(frozenset())

    def search(self, solution: Solution, names: frozenset[str]) -> Mentions:
        """Which of the names, in lower case, the files of a solution hold.

        All names that any solution declares are looked for at once, so that each file is read once.
        """
        if not self._by_folder:
            self._sort_out()
        home, known = solution.home, self._known | names
        files = self._by_folder.get(home, [])
        if (home, known) not in self._found:
            own = frozenset(self._names.get(home, ()))
            asked = self._facts.together(files, known, lambda: self._search(files, known, own))
            self._found[home, known] = asked
        found = self._found[home, known]
        # Names are ASCII; of another one, nothing is known.
        foreign = {name for name in names if not name.isascii()}
        return found._replace(names=(found.names & names) | foreign)

    def _search(self, files: Sequence[File], names: frozenset[str], own: frozenset[str]) -> Mentions:
        """`own` are the unique names of the solutions whose files these are."""
        if names != self._words.names:
            self._words = Words(names)
        words = self._words
        found: dict[str, list[str]] = {}
        copies: list[str] = []
        read = unread = size = 0
        for content in self._snapshot.read(files, MAX_FILE):
            size += len(content.data)
            if content.problem or content.data.startswith(LFS_POINTER) or size > MAX_SOLUTION:
                unread += 1
                continue
            if content.data.startswith(_ZIP) and _is_copy(content.data, own):
                copies.append(content.file.path)
                continue
            read += 1
            try:
                texts = _texts(content.file.path, content.data, words)
                for name in {name for data in texts for name in words.found_in(data)}:
                    found.setdefault(name, []).append(content.file.path)
            except _TooMuch:
                unread += 1
        return Mentions(frozenset(found), read, unread, tuple(copies), found)

    def _sort_out(self) -> None:
        self._known = frozenset(key for solution in self._solutions for key in solution.declared())
        homes = {solution.home: solution.layout == "yaml" for solution in self._solutions}
        for solution in self._solutions:
            self._names.setdefault(solution.home, set()).add(solution.unique_name.lower())
        self._by_folder = {home: [] for home in homes}
        for file in self._files:
            if file.kind != "file" or _is_no_text(file.path) or self._left_out(file.path):
                continue
            home = next((folder for folder in (*folders_above(file.path), "") if folder in homes), None)
            inner = file.path[len(home or "") :].lstrip("/").lower()
            is_declaration = inner.startswith("connectionreferences/") or inner.endswith(
                "/solutioncomponents.yml"
            )
            if home is not None and not (homes[home] and is_declaration):
                self._by_folder[home].append(file)


def _is_no_text(path: str) -> bool:
    return path.lower().endswith(_NOT_TEXT)


class _TooMuch(Exception):
    """More lies in a packed file than is read, or it cannot be unpacked."""


class Words:
    """Looks for names as whole words.

    A word that is itself a longer name (`con_sql-old`) is no mention of a shorter one in it. However many
    names there are, a text is gone through once: at each word with which a name begins, only texts as long
    as such names are looked up.
    """

    def __init__(self, names: Collection[str]) -> None:
        self.names = frozenset(names)
        self._names = frozenset(name.encode() for name in names if name and name.isascii())
        lengths: dict[bytes, set[int]] = {}
        for name in self._names:
            # The letters, digits and underscores with which it begins, or else its first sign.
            word = re.split(rb"[^0-9a-z_]", name, maxsplit=1)[0] or name[:1]
            lengths.setdefault(word, set()).add(len(name))
        self._lengths = {word: sorted(found, reverse=True) for word, found in lengths.items()}
        first = b"".join(sorted({re.escape(name[:1]) for name in self._names}))
        # Of a word, only its beginning is one; other signs stand for themselves.
        begins = rb"[%s](?<![0-9a-z_](?s:.))(?:(?<=[0-9a-z_])[0-9a-z_]*)?"
        self._begins = re.compile(begins % first if first else rb"(?!)")

    def found_in(self, text: bytes) -> set[str]:
        """The names that stand in a text of small letters."""
        found: set[str] = set()
        covered = 0
        for word in self._begins.finditer(text):
            start = word.start()
            for length in self._lengths.get(word[0], ()):
                end = start + length
                # What a longer name covers is a part of that.
                if end <= covered:
                    break
                name = text[start:end]
                if name in self._names and not _LETTER.match(text, end):
                    found.add(name.decode())
                    covered = end
                    break
        return found

    def may_stand_in(self, text: bytes) -> bool:
        """Whether one may stand in a text, be it as a part of other words."""
        beginnings = {name[:4] for name in self._names}
        # With very many of them, looking takes longer than what it may save.
        return len(beginnings) > 50 or any(beginning in text for beginning in beginnings)


def _texts(path: str, data: bytes, words: Words, nesting: int = 0) -> Iterator[bytes]:
    """What names are looked for in: a file, or the files that are packed in it, in small letters."""
    if data.startswith(_ZIP) and nesting < _MAX_NESTING:
        for inner, content in _packed(data):
            yield from _texts(inner, content, words, nesting + 1)
        return
    if b"\0" in data:
        data = _narrowed(data, words)
    if path.lower().endswith("customizations.xml"):
        data = _without_declarations(data)
    data = data.lower()
    is_settings = path.lower().endswith(".json") and b'"connectionid"' in data and b'"logicalname"' in data
    if not is_settings:
        yield data


def _narrowed(data: bytes, words: Words) -> bytes:
    """UTF-16, or binary with such text inside, so that ASCII names stand in it byte by byte."""
    narrow = data.replace(b"\0", b"")
    if not words.may_stand_in(narrow.lower()):
        return narrow
    # Half of a neighbouring character can look like a letter that belongs to the name.
    texts = (data.decode(codec, "replace") for codec in ("utf-16-le", "utf-16-be"))
    return b"\n".join([narrow, *(text.encode() for text in texts)])


def _without_declarations(data: bytes) -> bytes:
    # Behind the last end, a search for one more would go to the end of the file each time.
    end = data.rfind(_END) + len(_END)
    return _DECLARATIONS.sub(b"", data[:end]) + data[end:] if end >= len(_END) else data


def _is_copy(data: bytes, own: Collection[str]) -> bool:
    """Whether a zip holds a solution of one of these unique names, in lower case."""
    with suppress(_TooMuch):
        for path, content in _packed(data):
            if path.lower() == "solution.xml":
                found = _UNIQUE_NAME.search(content)
                return found is not None and found[1].decode("utf-8", "replace").lower() in own
    return False


def _packed(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The files in a zip, a manifest first. Raises _TooMuch where there is more than is read."""
    from io import BytesIO
    from zipfile import ZipFile

    left = MAX_FILE
    try:
        with ZipFile(BytesIO(data)) as archive:
            for member in sorted(
                archive.infolist(), key=lambda member: member.filename.lower() != "solution.xml"
            ):
                if not member.is_dir() and not _is_no_text(member.filename):
                    with archive.open(member) as stream:
                        # What the archive says of sizes is a claim.
                        content = stream.read(MAX_FILE + 1)
                    left -= len(content)
                    if left < 0:
                        raise _TooMuch
                    yield member.filename, content
    except unpacking_errors():
        raise _TooMuch from None

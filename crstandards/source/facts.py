"""Facts kept by content: the same bytes are parsed once, whatever they are called and wherever
they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, cast

from crstandards.model import ConnectionReference, MissingDependency, Unreadable, Use
from crstandards.places import Place
from crstandards.snapshot import Content, File, Snapshot
from crstandards.source.text import SourceError

T = TypeVar("T")
P = TypeVar("P", ConnectionReference, MissingDependency, Use)
Watch = Callable[[Iterator[Content], int], Iterator[Content]]


class Reader(NamedTuple, Generic[T]):
    """How one kind of file is read: the function, and the most bytes that a file may have."""

    read: Callable[[bytes], T]
    limit: int


class Facts:
    """What has been read so far. `parsed` counts the documents that were really parsed.

    `watch` passes contents on, of which there will be so many, and may show how far it is. With `again`, what
    is read from disk is known when it is read once more: else it is not worth a digest.
    """

    def __init__(self, watch: Watch | None = None, again: bool = False) -> None:
        self.watch = watch
        self._again = again
        self._known: dict[tuple[Callable[[bytes], object], str], object] = {}
        self._joined: dict[Hashable, object] = {}
        self.parsed = 0

    def read(
        self, snapshot: Snapshot, files: Sequence[File], reader: Reader[T]
    ) -> dict[str, T | SourceError]:
        """The facts of each file by its path, or what is wrong with it.

        One file's bytes are alive at a time.
        """
        found: dict[str, T | SourceError] = {}
        wanted: dict[str, File] = {}
        for file in files:
            key = _key(file)
            if not key or (reader.read, key) not in self._known:
                wanted.setdefault(key or file.path, file)
        contents = snapshot.read(wanted.values(), reader.limit)
        for content in self.watch(contents, len(wanted)) if self.watch else contents:
            found[content.file.path] = cast("T | SourceError", self._parse(content, reader))
        for file in files:
            if file.path not in found:
                found[file.path] = cast("T | SourceError", self._known[reader.read, _key(file)])
        return found

    def together(self, files: Sequence[File], asked: Hashable, read: Callable[[], T]) -> T:
        """What files say together, in answer to a question; read again only for other contents.

        Files whose contents are not known without reading them are read each time.
        """
        key = asked, tuple((file.path, _key(file)) for file in files)
        if key in self._joined:
            return cast("T", self._joined[key])
        found = read()
        if all(map(_key, files)):
            self._joined[key] = found
        return found

    def _parse(self, content: Content, reader: Reader[T]) -> object:
        if content.problem:
            problem = SourceError(content.problem, content=content.file.key)
            if _key(content.file):
                self._known[reader.read, _key(content.file)] = problem
            return problem
        name = _key(content.file) or (_digest(content.data) if self._again else "")
        if not name or (reader.read, name) not in self._known:
            self.parsed += 1
            found: object
            try:
                found = reader.read(content.data)
            except SourceError as error:
                error.content = _key(content.file)
                found = error.with_traceback(None)
            if not name:
                return found
            self._known[reader.read, name] = found
        return self._known[reader.read, name]


def _key(file: File) -> str:
    # A link can hold the very bytes that a file elsewhere has; only the file's are read.
    return file.key if file.kind == "file" else ""


def _digest(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()


class Reading:
    """Reads files of one snapshot, each once; `unreadable` notes those that cannot be read."""

    def __init__(self, snapshot: Snapshot, facts: Facts, known: dict[Any, Any] | None = None) -> None:
        self._snapshot = snapshot
        self._facts = facts
        self._known = {} if known is None else known
        self.unreadable: list[Unreadable] = []

    def anew(self) -> Reading:
        """The same files, as far as they were read, without the notes."""
        return Reading(self._snapshot, self._facts, self._known)

    def raw(self, files: Sequence[File], reader: Reader[T]) -> dict[str, T | SourceError]:
        """The facts of each file by its path, or what is wrong with it, which is not noted."""
        wanted = [file for file in files if (reader.read, file.path) not in self._known]
        if wanted:
            found = self._facts.read(self._snapshot, wanted, reader)
            self._known |= {(reader.read, path): facts for path, facts in found.items()}
        return {file.path: self._known[reader.read, file.path] for file in files}

    def each(self, files: Sequence[File], reader: Reader[T]) -> Iterator[tuple[str, T]]:
        """The facts of each file that can be read, with its path."""
        for path, found in self.raw(files, reader).items():
            if isinstance(found, SourceError):
                self.note(path, found)
            else:
                yield path, found

    def one(self, file: File | None, reader: Reader[T]) -> T | None:
        """A file's facts; None where there is no file, or where it cannot be read."""
        return next((found for _, found in self.each([file] if file else [], reader)), None)

    def note(self, path: str, error: SourceError, absent: str = "") -> None:
        """Note that a file cannot be read, or lists what is not there."""
        self.unreadable.append(Unreadable(Place(path, error.at), error.reason, error.content, absent))


def placed(item: P, path: str) -> P:
    """What a file says, with that file's path."""
    return item._replace(place=Place(path, item.place.at))

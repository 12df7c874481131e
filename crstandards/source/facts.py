"""Facts kept by content: the same bytes are parsed once, whatever they are called and wherever
they stand.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar, cast

from crstandards.snapshot import Content, File, Snapshot
from crstandards.source.text import SourceError

T = TypeVar("T")
Watch = Callable[[Iterator[Content], int], Iterator[Content]]


class Reader(NamedTuple, Generic[T]):
    """How one kind of file is read: the function, and the most bytes that a file may have."""

    read: Callable[[bytes], T]
    limit: int


class Facts:
    """What has been read so far. `parsed` counts the documents that were really parsed.

    `watch` passes contents on, of which there will be so many, and may show how far it is.
    """

    def __init__(self, watch: Watch | None = None) -> None:
        self._watch = watch
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
        for content in self._watch(contents, len(wanted)) if self._watch else contents:
            found[content.file.path] = cast("T | SourceError", self._parse(content, reader))
            # Facts stay to the end and hold no cycles: walking through all of them again and again, to
            # collect garbage, takes longer the more of them there are.
            gc.freeze()
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
        key = (reader.read, _key(content.file) or _digest(content.data))
        if key not in self._known:
            self.parsed += 1
            try:
                self._known[key] = reader.read(content.data)
            except SourceError as error:
                error.content = _key(content.file)
                self._known[key] = error.with_traceback(None)
        return self._known[key]


def _key(file: File) -> str:
    # A link can hold the very bytes that a file elsewhere has; only the file's are read.
    return file.key if file.kind == "file" else ""


def _digest(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()

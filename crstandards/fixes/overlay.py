"""Snapshots for a fix: one with edits laid over it, so that it can be checked before a byte is written, and
one of what the next commit will hold, as the working tree has it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from crstandards.fixes.edits import CannotEdit
from crstandards.git.repository import Git
from crstandards.snapshot import Content, File, Index, Origin, Snapshot, Worktree
from crstandards.source.xml import MAX_BYTES

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

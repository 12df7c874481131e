"""A snapshot with edits laid over it, so that rules can judge a fix before a byte is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from crstandards.fixes.edits import CannotEdit
from crstandards.snapshot import Content, File, Origin, Snapshot
from crstandards.source.xml import MAX_BYTES


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
        self._remembered: dict[str, list[str]] = {}

    def with_edits(self, edited: Mapping[str, Versions]) -> Overlay:
        """The same snapshot with more edits made; of a file edited again, the first version is kept."""
        more = {
            path: Versions(self.edited.get(path, versions).before, versions.after)
            for path, versions in edited.items()
        }
        edited_tree = Overlay(self._base, self._files, {**self.edited, **more})
        edited_tree._remembered = self._remembered
        return edited_tree

    def remembered(self, kind: str, find: Callable[[], list[str]]) -> list[str]:
        """The paths of one kind of file, looked for once: no fix makes a file one of another kind."""
        if kind not in self._remembered:
            self._remembered[kind] = find()
        return self._remembered[kind]

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
        content = next(iter(self.read([self._shown(self._files[path])], limit)))
        if content.problem:
            raise CannotEdit(f"{path}: {content.problem}")
        return content.data

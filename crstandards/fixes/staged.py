"""The files that the next commit will hold, as the working tree has them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from crstandards.git.repository import Git
from crstandards.snapshot import Content, File, Index, Origin, Worktree


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

"""git for ranges of commits and for servers, through GitPython, with trees read where blobs are."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from crstandards.errors import UsageError
from crstandards.git.output import complete, failure, not_started
from crstandards.git.process import command_line, decode_path, environment
from crstandards.git.repository import LINK, SUBMODULE, Git, ListedFile, MalformedTree, refuse_malformed_names

_FOLDER = "40000"
_MOST_FILES = 2_000_000
# As git itself has it by default: https://git-scm.com/docs/git-config (core.maxTreeDepth)
_MOST_LEVELS = 4096
_BIGGEST_TREE = 256 * 1024 * 1024
_MOST_MEMORY = 2 * 1024 * 1024 * 1024


T = TypeVar("T")

Make = Callable[[str, str, str], T | None]
"""Makes something of a file that git lists: of its path, mode and id. Of the same, it makes the same."""


class _Tree(NamedTuple):
    """A tree object: its bytes, how many files it lists itself, and the trees in it by name."""

    data: bytes
    files: int
    folders: tuple[tuple[str, str], ...]


class RangeGit(Git):
    """git for ranges of commits and for servers, started through GitPython; bare repositories are fine.

    Trees are read through the `cat-file` process that reads blobs. Each is read once, and what a folder
    lists is sorted out once: commits that follow one another share most of their trees.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._trees: dict[str, _Tree | MalformedTree] = {}
        self._made: dict[tuple[Make[Any], str, str], list[Any]] = {}

    def _start_to_end(
        self, arguments: Sequence[str], stdin: bytes | None
    ) -> subprocess.CompletedProcess[bytes]:
        return complete(self._start(arguments), stdin)

    def _start_batch(self) -> subprocess.Popen[bytes]:
        return self._until_the_end(self._start(("cat-file", "--batch")))

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        # Imported here: it costs more than a commit's whole check.
        with _untried():
            from git import Git as GitPython
            from git.exc import GitCommandNotFound
        program, *rest = command_line(arguments)
        # The folder as an option: GitPython would resolve `~` and `$` in its name.
        command = [program, "-C", os.fspath(self.root), *rest]
        try:
            started: Any = GitPython().execute(
                command, istream=subprocess.PIPE, as_process=True, env=environment()
            )
        except (GitCommandNotFound, OSError):
            raise not_started(FileNotFoundError(), self.root) from None
        # The process itself: GitPython's shell around it raises errors of its own, and ends it.
        process = cast("subprocess.Popen[bytes]", started.proc)
        started.proc = None
        _bound(process.pid)
        return process

    def commit(self, revision: str) -> tuple[str, bytes]:
        """The id and content of the commit that a revision names. Raises UsageError where it names none."""
        process = self._batch or self._start_batch()
        self._batch = None
        assert process.stdin
        assert process.stdout
        assert process.stderr
        unknown = UsageError(f"no commit is called {revision!r} in this repository")
        if not revision or "\n" in revision or "\0" in revision:
            raise unknown
        with suppress(OSError):
            process.stdin.write(os.fsencode(revision) + b"^{commit}\n")
            process.stdin.flush()
        line = process.stdout.readline()
        if not line.endswith(b"\n"):
            # What is still there of a git that was killed, ends with its input.
            with suppress(OSError):
                process.stdin.close()
            said = process.stderr.read().decode("utf-8", "replace")
            if "not a git repository" in said:
                raise UsageError(f"{os.path.abspath(self.root)} is in no git repository")
            raise failure("cat-file", said)
        header = line.split()
        if len(header) != 3 or header[1] != b"commit":
            self._batch = process
            raise unknown
        size = int(header[2])
        data = process.stdout.read(size + 1)
        if len(data) != size + 1:
            raise failure("cat-file", "it was stopped before its answer was whole")
        self._batch = process
        return header[0].decode("ascii"), data[:-1]

    def tree_files(self, revision: str, paths: Sequence[str] = ()) -> list[ListedFile]:
        """The files of a commit or tree, given by its id, in no order."""
        return super().tree_files(revision, paths) if paths else self.tree_as(revision, ListedFile)

    def tree_as(self, revision: str, make: Make[T]) -> list[T]:
        """What is made of the files of a commit or tree, given by its id, in no order.

        It is made once for each folder: of a second tree that shares most of them, little is left to do.
        """
        self._read_below(revision)
        found: list[T] = []
        pending = [("", root_of(revision))]
        while pending:
            folder, tree = pending.pop()
            found += self._folder_as(folder, tree, make)
            pending += [(f"{folder}{name}/", held) for name, held in self._tree(tree).folders]
        return found

    def find(self, revision: str, path: str) -> ListedFile | None:
        """The file at a path of a commit, given by its id. Only the trees on the way there are read."""
        tree = root_of(revision)
        *folders, name = path.split("/")
        for folder in folders:
            tree = dict(self._tree(tree).folders).get(folder, "")
            if not tree:
                return None
        for mode, found, held in _entries(tree, self._tree(tree).data):
            if decode_path(found) == name and _mode(mode) != _FOLDER:
                return ListedFile(path, _mode(mode), held.hex())
        return None

    def _folder_as(self, folder: str, tree: str, make: Make[T]) -> list[T]:
        """What is made of the files that lie directly in a folder, which has been read."""
        key = (make, folder, tree)
        if key not in self._made:
            made = (
                make(folder + decode_path(name), _mode(mode), held.hex())
                for mode, name, held in _entries(tree, self._tree(tree).data)
                if _mode(mode) != _FOLDER
            )
            self._made[key] = [item for item in made if item is not None]
        return self._made[key]

    def _read_below(self, revision: str) -> None:
        """Read all trees of a commit, each once, and count what they list before anything is made of it.

        Raises MalformedTree for one of more files than can be looked at: a few objects that name one
        another again and again make more than any disk holds.
        """
        level = Counter([root_of(revision)])
        count = depth = 0
        while level:
            self.read_trees(level)
            below: Counter[str] = Counter()
            for tree, times in level.items():
                count += times * self._tree(tree).files
                for _, held in self._tree(tree).folders:
                    below[held] += times
            depth += 1
            if count + below.total() > _MOST_FILES:
                raise MalformedTree(f"{revision[:12]} holds more than {_MOST_FILES} files")
            if depth > _MOST_LEVELS:
                raise MalformedTree(f"{revision[:12]} holds folders more than {_MOST_LEVELS} levels deep")
            level = below

    def _tree(self, tree: str) -> _Tree:
        """A tree, read at the latest now. Raises MalformedTree for what is none."""
        if tree not in self._trees:
            self.read_trees([tree])
        found = self._trees[tree]
        if isinstance(found, MalformedTree):
            raise found
        return found

    def read_trees(self, wanted: Iterable[str]) -> None:
        """Read trees by what names them, many at once. What is wrong with one is told when it is used."""
        unread = [tree for tree in wanted if tree not in self._trees]
        for tree, data in zip(unread, self.blobs(unread, _BIGGEST_TREE), strict=True):
            try:
                self._trees[tree] = _parsed(tree, data)
            except MalformedTree as error:
                self._trees[tree] = error


def _parsed(tree: str, data: bytes | None) -> _Tree:
    if data is None:
        raise MalformedTree(f"the tree {tree[:12]} is too big to be read")
    entries = _entries(tree, data)
    names = [decode_path(name) for _, name, _ in entries]
    refuse_malformed_names(names)
    folders = tuple(
        (name, held.hex())
        for name, (mode, _, held) in zip(names, entries, strict=True)
        if _mode(mode) == _FOLDER
    )
    return _Tree(data, len(entries) - len(folders), folders)


def root_of(revision: str) -> str:
    """What names the tree of a commit."""
    return revision + "^{tree}"


def _bound(pid: int) -> None:
    """Keep a git from taking a server's memory: it lists what commits change before it says the first.

    Only Linux can bound a process that runs; git ends there, as when there is no more.
    """
    if sys.platform == "linux":
        import resource

        with suppress(OSError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))


@contextmanager
def _untried() -> Iterator[None]:
    """Keep GitPython from starting git twice when it is imported, to see whether that is there.

    It is told of a program that isn't; what it starts later is named in full each time.
    """
    told = {"GIT_PYTHON_GIT_EXECUTABLE": "no-git-to-try", "GIT_PYTHON_REFRESH": "quiet"}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# Mode, space, name, NUL and the bytes of the id, again and again; what is none of that, to the end.
_ENTRIES = {length: re.compile(rb"(?s)([0-7]+) ([^\0]*)\0(.{%d})|.+" % (length // 2)) for length in (40, 64)}


def _entries(tree: str, data: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """What the tree object of an id (or of a commit's) lists: modes, names and the bytes of ids.

    Raises MalformedTree for what is no tree.
    """
    found: list[tuple[bytes, bytes, bytes]] = _ENTRIES[len(tree.partition("^")[0])].findall(data)
    if found and not found[-1][0]:
        raise MalformedTree(f"the tree {tree[:12]} is damaged")
    return found


@lru_cache(maxsize=64)
def _mode(written: bytes) -> str:
    """A mode as git understands it, which is not always how it stands in a tree: `040000`, `100664`."""
    bits = int(written, 8)
    kind = stat.S_IFMT(bits)
    if kind == stat.S_IFREG:
        return "100755" if bits & stat.S_IXUSR else "100644"
    return {stat.S_IFDIR: _FOLDER, stat.S_IFLNK: LINK}.get(kind, SUBMODULE)

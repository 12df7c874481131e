"""Blobs, and the files of commits, told from their tree objects, each of which is read once.

What a folder lists is sorted out once too: commits that follow one another share most of their trees.
"""

from __future__ import annotations

import re
import stat
import subprocess
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

from crstandards.errors import NotVerified
from crstandards.git.answers import end, not_started
from crstandards.git.process import command_line, converse, decode_path, environment

LINK = "120000"
SUBMODULE = "160000"
_FOLDER = "40000"
_MOST_FILES = 2_000_000
# As git itself has it by default: https://git-scm.com/docs/git-config (core.maxTreeDepth)
_MOST_LEVELS = 4096
_BIGGEST_TREE = 256 * 1024 * 1024
# Parts of a path that are empty, or that lead to the same folder or out of it.
_ODD = {"", ".", ".."}
# Mode, space, name, NUL and the bytes of the id, again and again; what is none of that, to the end.
_ENTRIES = {length: rb"(?s)([0-7]+) ([^\0]*)\0(.{%d})|.+" % (length // 2) for length in (40, 64)}

T = TypeVar("T")

Make = Callable[[str, str, str], T | None]
"""Makes something of a file that git lists: of its path, mode and id. Of the same, it makes the same."""

Skips = Callable[[str, str], bool]
"""Whether nothing is made of any file in a folder, told by its path and the names in it, as in `_Tree`."""


class ListedFile(NamedTuple):
    """A file as git lists it; `blob` is empty for an untracked one, `mode` is git's, octal digits."""

    path: str
    mode: str
    blob: str
    in_worktree: bool = True


class MalformedTree(NotVerified):
    """A tree that nobody can look at: one that no git makes, or one of more files than any disk holds.

    It was pushed by somebody, and is no sign that the repository is damaged.
    """


class _Tree(NamedTuple):
    """A tree object: its bytes, the names in it in lower case between NULs, how many files it lists itself,
    and the trees in it by name.
    """

    data: bytes
    names: str
    files: int
    folders: dict[str, str]


class Objects:
    """Blobs and trees of one repository, given by its root. Leaving its `with` ends what it has started."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._batch: subprocess.Popen[bytes] | None = None
        self._endings: list[weakref.finalize[..., Objects]] = []
        self._trees: dict[str, _Tree | MalformedTree] = {}
        self._made: dict[tuple[Make[Any], str, str], list[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        for ending in self._endings:
            ending()

    def blobs(self, ids: Iterable[str], limit: int) -> Iterator[bytes | None]:
        """Read blobs, in order; None for one of more than `limit` bytes.

        One `cat-file` process serves all calls on this object, one call at a time. Raises NotVerified
        for an object that is not there.
        """
        process = self._batch or self._start_batch()
        # Set again only after the last answer: a reader that stops half-way leaves a pipe that is
        # out of step.
        self._batch = None
        yield from converse(process, iter(ids), limit)
        self._batch = process

    def _start_batch(self) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(
                command_line(("cat-file", "--batch")),
                cwd=self.root,
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise not_started(error, self.root) from None
        return self._until_the_end(process)

    def _until_the_end(self, process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        """A process that ends when this does, be there a `with` or not."""
        self._endings.append(weakref.finalize(self, end, process))
        return process

    def tree_files(self, revision: str) -> list[ListedFile]:
        """The files of a commit or tree, given by its id, in no order."""
        return self.tree_as(revision, ListedFile)

    def tree_as(self, revision: str, make: Make[T], skips: Skips = lambda folder, names: False) -> list[T]:
        """What is made of the files of a commit or tree, given by its id, in no order.

        It is made once for each folder: of a second tree that shares most of them, little is left to do.
        """
        self._read_below(revision)
        found: list[T] = []
        pending = [("", root_of(revision))]
        while pending:
            folder, tree = pending.pop()
            key = (make, folder, tree)
            if key not in self._made and skips(folder, self._tree(tree).names):
                self._made[key] = []
            elif key not in self._made:
                made = (make(folder + name, mode, blob) for name, mode, blob in self._files(tree))
                self._made[key] = [item for item in made if item is not None]
            found += self._made[key]
            pending += [(f"{folder}{name}/", held) for name, held in self._tree(tree).folders.items()]
        return found

    def find(self, revision: str, path: str) -> ListedFile | None:
        """The file at a path of a commit, given by its id. Only the trees on the way there are read."""
        tree = root_of(revision)
        *folders, name = path.split("/")
        for folder in folders:
            tree = self._tree(tree).folders.get(folder, "")
            if not tree:
                return None
        files = (ListedFile(path, mode, blob) for found, mode, blob in self._files(tree) if found == name)
        return next(files, None)

    def _files(self, tree: str) -> Iterator[tuple[str, str, str]]:
        """The files that lie directly in a folder: name, mode and id."""
        for written, name, held in _entries(tree, self._tree(tree).data):
            mode = _mode(written)
            if mode != _FOLDER:
                yield decode_path(name), mode, held.hex()

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
                for held in self._tree(tree).folders.values():
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
    # All at once: a tree can list very many files, and of most nothing else is looked at.
    joined = decode_path(b"\0".join(name for _, name, _ in entries))
    names = joined.split("\0") if entries else []
    refuse_malformed(names)
    # A name that holds a slash is a path for whoever checks it out, and perhaps that of another file.
    if "/" in joined:
        raise _no_name(next(name for name in names if "/" in name))
    of_folders = {mode for mode in {mode for mode, _, _ in entries} if _mode(mode) == _FOLDER}
    folders = {
        name: held.hex()
        for name, (mode, _, held) in zip(names if of_folders else (), entries, strict=False)
        if mode in of_folders
    }
    return _Tree(data, f"\0{joined}\0".lower(), len(entries) - len(folders), folders)


def root_of(revision: str) -> str:
    """What names the tree of a commit."""
    return revision + "^{tree}"


def _entries(tree: str, data: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """What the tree object of an id (or of a commit's) lists: modes, names and the bytes of ids.

    Raises MalformedTree for what is no tree.
    """
    found: list[tuple[bytes, bytes, bytes]] = re.findall(_ENTRIES[len(tree.partition("^")[0])], data)
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


def refuse_malformed(paths: Sequence[str]) -> None:
    """Refuse paths of a tree, or of what changes between trees, that no sound tree has.

    A name that stands twice in a tree holds what one of its readers takes for its content, and another
    one doesn't; `.` and `..` lead elsewhere. git makes no such trees, but a server takes them unless
    `receive.fsckObjects` is set. Raises MalformedTree.
    """
    if len(set(paths)) < len(paths):
        [(twice, _)] = Counter(paths).most_common(1)
        raise MalformedTree(f"a tree holds {twice} twice; 'git fsck' tells which")
    if paths and not _ODD.isdisjoint("/".join(paths).split("/")):
        raise _no_name(next(path for path in paths if not _ODD.isdisjoint(path.split("/"))))


def _no_name(name: str) -> MalformedTree:
    return MalformedTree(f"a tree holds a name that no file can have: {name or 'none at all'}")

"""git for ranges of commits and for servers, through GitPython, with trees read where blobs are."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from crstandards.errors import NotVerified, UsageError
from crstandards.git import LINK, SUBMODULE, Git, ListedFile, refuse_malformed_names
from crstandards.git_answer import end, failure, hear_out, not_started
from crstandards.git_process import command_line, decode_path, environment

_FOLDER = "40000"
_MOST_FILES = 2_000_000
_BIGGEST_TREE = 256 * 1024 * 1024
_MOST_MEMORY = 2 * 1024 * 1024 * 1024


class RangeGit(Git):
    """git for ranges of commits and for servers, started through GitPython; bare repositories are fine.

    Trees are read through the `cat-file` process that reads blobs, and each of them once: commits that
    follow one another share most of theirs.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._trees: dict[str, tuple[ListedFile, ...]] = {}

    def _start_to_end(
        self, arguments: Sequence[str], stdin: bytes | None
    ) -> subprocess.CompletedProcess[bytes]:
        return hear_out(self._start(arguments), stdin)

    def _start_batch(self) -> subprocess.Popen[bytes]:
        process = self._start(("cat-file", "--batch"))
        weakref.finalize(self, end, process)
        return process

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
        """The files of a commit or tree."""
        if paths:
            return super().tree_files(revision, paths)
        found: list[ListedFile] = []
        pending = [("", revision + "^{tree}")]
        while pending:
            self._read_trees({tree for _, tree in pending})
            inner = []
            for folder, tree in pending:
                for path, mode, held, _ in self._trees[tree]:
                    if mode == _FOLDER:
                        inner.append((f"{folder}{path}/", held))
                    else:
                        found.append(ListedFile(folder + path, mode, held))
                if len(found) + len(inner) > _MOST_FILES:
                    raise NotVerified(f"{revision[:12]} holds more than {_MOST_FILES} files")
            pending = inner
        return found

    def _read_trees(self, wanted: Iterable[str]) -> None:
        unread = [tree for tree in wanted if tree not in self._trees]
        for tree, data in zip(unread, self.blobs(unread, _BIGGEST_TREE), strict=True):
            if data is None:
                raise NotVerified(f"the tree {tree[:12]} is too big to be read")
            try:
                entries = tuple(_entries(data, len(tree.partition("^")[0]) // 2))
            except ValueError:
                raise NotVerified(f"the tree {tree[:12]} is damaged") from None
            refuse_malformed_names([entry.path for entry in entries])
            self._trees[tree] = entries


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


def _entries(tree: bytes, id_bytes: int) -> Iterator[ListedFile]:
    """What a tree object lists: mode, space, name, NUL and the bytes of the id, again and again.

    Raises ValueError for what is no tree.
    """
    at = 0
    while at < len(tree):
        space = tree.index(b" ", at)
        end = tree.index(b"\0", space)
        mode, name = _mode(tree[at:space]), decode_path(tree[space + 1 : end])
        at = end + 1 + id_bytes
        if at > len(tree):
            raise ValueError("the last id is cut short")
        yield ListedFile(name, mode, tree[end + 1 : at].hex())


@lru_cache(maxsize=64)
def _mode(written: bytes) -> str:
    """A mode as git understands it, which is not always how it stands in a tree: `040000`, `100664`."""
    bits = int(written, 8)
    kind = stat.S_IFMT(bits)
    if kind == stat.S_IFREG:
        return "100755" if bits & stat.S_IXUSR else "100644"
    return {stat.S_IFDIR: _FOLDER, stat.S_IFLNK: LINK}.get(kind, SUBMODULE)

"""git for ranges of commits and for servers, through GitPython."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, cast

from crstandards.errors import NotVerified, UsageError
from crstandards.git.answers import complete, failure, not_started
from crstandards.git.process import command_line, environment, receive
from crstandards.git.repository import Git

_MOST_MEMORY = 2 * 1024 * 1024 * 1024
_PIPE = 1024 * 1024


class RangeGit(Git):
    """git for ranges of commits and for servers, started through GitPython; bare repositories are fine."""

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
        _bound(process)
        return process

    def commit(self, revision: str) -> tuple[str, bytes]:
        """The id and content of the commit that a revision names. Raises UsageError where it names none."""
        unknown = UsageError(f"no commit is called {revision!r} in this repository")
        if not revision or "\n" in revision or "\0" in revision:
            raise unknown
        process = self._batch or self._start_batch()
        self._batch = None
        assert process.stdin
        assert process.stderr
        with suppress(OSError):
            process.stdin.write(os.fsencode(revision) + b"^{commit}\n")
            process.stdin.flush()
        try:
            header, data = receive(process, sys.maxsize)
        except NotVerified:
            # What is still there of a git that was killed, ends with its input.
            with suppress(OSError):
                process.stdin.close()
            said = process.stderr.read().decode("utf-8", "replace")
            if "not a git repository" in said:
                raise UsageError(f"{os.path.abspath(self.root)} is in no git repository") from None
            raise failure("cat-file", said or "it was stopped before its answer was whole") from None
        self._batch = process
        if not header:
            raise unknown
        return header[0].decode("ascii"), data or b""


def _bound(process: subprocess.Popen[bytes]) -> None:
    """Keep a git from taking a server's memory: it lists what commits change before it says the first.

    Only Linux can bound a process that runs; git ends there, as when there is no more. And there a pipe may
    hold several flows, so that git reads on while one is looked at.
    """
    if sys.platform == "linux":
        import fcntl
        import resource

        with suppress(OSError, ValueError):
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))
            fcntl.fcntl(cast("IO[bytes]", process.stdout), fcntl.F_SETPIPE_SZ, _PIPE)


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

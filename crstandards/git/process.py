"""How git is started, so that nobody's configuration changes its answer, and how one process is asked
for many objects.

A commit waits for this: nothing is imported here that Python has not loaded by itself. `subprocess`
alone takes as long to import as half of Python's own start; the system's own call does the same.
"""

import os

from crstandards.errors import MissingObject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO, Protocol

    class Process(Protocol):
        """A started git: its standard input and output, and its end."""

        @property
        def stdin(self) -> IO[bytes] | None: ...
        @property
        def stdout(self) -> IO[bytes] | None: ...
        def wait(self) -> int:
            """Wait for its end and return its exit status."""

        def kill(self) -> None:
            """End it, whatever it is at."""


_SAFE = (
    "--no-optional-locks",
    "--no-replace-objects",
    "-c", "core.quotePath=false",
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=" + os.devnull,
)  # fmt: skip
# In a partial clone git would fetch what is missing; versions before 2.39.4 know only the second of
# these. Grafts, as replacements, would show another history than the one that others have.
_ALONE = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_GRAFT_FILE": os.path.join(os.devnull, "none"),
}
# How many requests may be on their way to `cat-file`: their bytes fit the smallest pipe (4 KB).
_WINDOW = 32
_STOPPED = (
    "git stopped while it was reading objects; a partial clone lacks some of them: "
    "'git sparse-checkout disable' gets what is checked out, "
    "'git fetch --refetch --no-filter' (from git 2.36 on) gets all"
)

_KILL = 9

if os.name == "nt":
    # Windows looks for a program in the current folder first, and that is the repository.
    os.environ.setdefault("NoDefaultCurrentDirectoryInExePath", "1")


def command_line(arguments: "Sequence[str]") -> list[str]:
    """A git command with the switches that make its answer independent of anybody's configuration."""
    return ["git", *_SAFE, *arguments]


def environment() -> dict[str, str]:
    """The process's environment, with git's messages in English and paths understood as usual.

    What is relative to the current folder is made absolute, since git is started in another.
    `GIT_INDEX_FILE` is not: git reads it from the root.
    """
    environ = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "0"}
    environ.update(_ALONE)
    for name in ("GIT_DIR", "GIT_WORK_TREE"):
        if environ.get(name):
            environ[name] = os.path.abspath(environ[name])
    return environ


def start(*arguments: str) -> "Process":
    """Start git in the current folder. Raises OSError where it cannot be.

    What it says on standard error is lost.
    """
    if not hasattr(os, "posix_spawnp"):
        from subprocess import DEVNULL, PIPE, Popen

        return Popen(
            command_line(arguments), env=environment(), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )  # fmt: skip
    return _Spawned(command_line(arguments), environment())


class _Spawned:
    """A process by `posix_spawn`, with pipes to and from it."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self.stdin = os.fdopen(ours_out, "wb")
        self.stdout = os.fdopen(ours_in, "rb")
        try:
            if min(theirs_in, theirs_out) <= 2:
                # With our own streams closed, the pipes have the numbers that they are to get there.
                raise OSError("standard streams are closed")
            self._pid = os.posix_spawnp(
                command[0],
                command,
                environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, theirs_in, 0),
                    (os.POSIX_SPAWN_DUP2, theirs_out, 1),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
            )
        except OSError:
            self.stdin.close()
            self.stdout.close()
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def kill(self) -> None:
        os.kill(self._pid, _KILL)


def finish(process: "Process") -> bytes | None:
    """What a process that is told nothing says until its end; None where it fails."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.close()
    except OSError:
        # It listens no more; what it has said tells how far it came.
        process.kill()
    try:
        with process.stdout as stream:
            said = stream.read()
    except BaseException:
        process.kill()
        process.wait()
        raise
    return None if process.wait() else said


def converse(process: "Process", wanted: "Iterator[str]", limit: int) -> "Iterator[bytes | None]":
    """Ask a `cat-file --batch` for objects by id, in order; None for one of more than `limit` bytes.

    Raises MissingObject for one that is not there.
    """
    assert process.stdin is not None
    asked: list[str] = []
    while True:
        # A write that fails means that git is gone; then the next answer says so.
        try:
            while len(asked) < _WINDOW and (blob := next(wanted, None)) is not None:
                asked.append(blob)
                process.stdin.write(blob.encode("ascii") + b"\n")
            process.stdin.flush()
        except OSError:
            pass
        if not asked:
            return
        name = asked.pop(0)
        header, data = receive(process, limit)
        if not header:
            raise MissingObject(f"git has no object {name[:12]} here; 'git fsck' tells what else is missing")
        yield data


def receive(process: "Process", limit: int) -> "tuple[list[bytes], bytes | None]":
    """An answer of a `cat-file --batch`: what it says of an object, nothing where that is not there; and its
    bytes, None where they are more than `limit`.
    """
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.endswith(b"\n"):
        raise MissingObject(_STOPPED)
    header = line.split()
    if len(header) != 3 or not header[2].isdigit():
        return [], None
    size = int(header[2])
    left = size if size > limit else 0
    while left and (piece := process.stdout.read(min(left, 1 << 20))):
        left -= len(piece)
    data = None if size > limit else process.stdout.read(size)
    is_cut = left if data is None else len(data) != size
    if is_cut or not process.stdout.read(1):
        raise MissingObject(_STOPPED)
    return header, data


def decode_path(name: bytes) -> str:
    """A path as git prints it, as a `str` that keeps every byte."""
    return name.decode("utf-8", "surrogateescape")

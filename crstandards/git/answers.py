"""What git prints, read to its end and within bounds, and the errors where it fails."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

from crstandards.errors import FatalError, NotVerified, UsageError

# What one command may print: a list of more than a million files.
MOST_BYTES = 256 * 1024 * 1024
# `log --diff-merges=first-parent` came last of all that git is asked.
OLDEST = (2, 31)


def failure(command: str, output: str) -> FatalError:
    """What ends a run in which git failed: that it is too old, if it is, or else what it said."""
    if found := re.search(r"dubious ownership in repository at '(.+?)'", output):
        return NotVerified(
            f"{found[1]} belongs to another user, so git does not open it; "
            f"'git config --global --add safe.directory {found[1]}' allows it"
        )
    said = output.strip().splitlines()
    return too_old() or NotVerified(f"git {command} failed: {said[0] if said else 'no reason given'}")


def too_old() -> UsageError | None:
    """The reason for all else that failed, where git is older than what it is asked.

    Only whoever has failed asks: a commit does not wait for the answer.
    """
    try:
        done = subprocess.run(["git", "version"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError:
        return None
    found = re.match(rb"git version (\d+)\.(\d+)", done.stdout)
    if not found or tuple(map(int, found.groups())) >= OLDEST:
        return None
    version, oldest = ".".join(map(bytes.decode, found.groups())), ".".join(map(str, OLDEST))
    return UsageError(f"git {version} is too old: version {oldest} or newer is needed")


def run(
    command: Sequence[str], folder: Path, environ: dict[str, str], stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run one command in a folder, to its end."""
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise not_started(error, folder) from None
    return complete(process, stdin)


def complete(
    process: subprocess.Popen[bytes], stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Tell a process what it is to be told, and hear it to its end.

    Raises NotVerified where something has stopped it, and where it says more than `MOST_BYTES` bytes: a
    few objects that name one another again and again list more files than there is memory for.
    """
    assert process.stdout
    errors = bytearray()
    beside = Thread(target=_serve, args=(process, stdin, errors), daemon=True)
    try:
        beside.start()
        with process.stdout as stream:
            output = stream.read(MOST_BYTES + 1)
        beside.join()
        status = process.wait()
    except BaseException:
        # Ctrl-C, say, which not every terminal tells git too.
        process.kill()
        process.wait()
        raise
    if status < 0:
        raise NotVerified(f"git was stopped by signal {-status} before its answer was whole")
    if len(output) > MOST_BYTES:
        raise NotVerified(f"git lists more than {MOST_BYTES >> 20} MB of files or changes")
    return subprocess.CompletedProcess(process.args, status, output, bytes(errors))


def _serve(process: subprocess.Popen[bytes], stdin: bytes | None, errors: bytearray) -> None:
    """Write and read beside whoever reads the answer, so that nobody waits for a full pipe."""
    if process.stdin:
        # Where git listens no more, its exit status says why.
        with contextlib.suppress(OSError), process.stdin:
            process.stdin.write(stdin or b"")
    assert process.stderr
    with process.stderr as stream:
        errors += stream.read()


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, whatever it is at."""
    process.kill()
    for stream in (process.stdin, process.stdout, process.stderr):
        # What was still to be written can no longer be.
        with contextlib.suppress(OSError, ValueError):
            if stream:
                stream.close()
    process.wait()


def not_started(error: OSError, folder: Path) -> FatalError:
    """What ends a run in which git could not be started in a folder."""
    if not os.path.isdir(folder):
        return UsageError(f"there is no folder {folder} (any more)")
    if isinstance(error, FileNotFoundError):
        return UsageError("git is not installed, or not on the PATH")
    return NotVerified(f"git could not be started: {(error.strerror or 'unknown reason').lower()}")

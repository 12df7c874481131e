"""One fix at a time in a repository."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from crstandards.errors import NotVerified
from crstandards.fixes.transaction import reason_of


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; the system lets go of it when the process ends, however it ends.

    Raises NotVerified where another process holds it, or it cannot be made.
    """
    try:
        # Not through a link, which may lead anywhere.
        descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o666)
    except OSError as error:
        raise NotVerified(f"{path} cannot be written: {reason_of(error)}") from None
    with open(descriptor, "ab") as stream:
        try:
            _lock(descriptor)
        except OSError:
            raise NotVerified("another 'crstandards fix' is running in this repository") from None
        try:
            yield
        finally:
            if sys.platform == "win32":
                # What is open cannot be removed there, by whomever it was opened.
                stream.close()
            with contextlib.suppress(PermissionError):
                path.unlink(missing_ok=True)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

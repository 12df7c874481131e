"""What a fix asks of the system: one process at a time, and files that change names, on the disk for sure."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep

from crstandards.errors import NotVerified

# In seconds: how long one waits, again and again, where a scanner looks into a file that was just written.
_WAITS = (0.01, 0.05, 0.1, 0.2, 0.4) if sys.platform == "win32" else ()
# The system's numbers: in the current folder; RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS.
_HERE, _EXCHANGE = -100, 2


def unwritable(path: Path) -> str:
    """Why a file must not be written, "" where it may: a read-only one is left alone, even by root, and one
    with several names, of which the others would go on holding what it held.
    """
    try:
        status = os.lstat(path)
    except OSError as error:
        return f"cannot be opened: {reason_of(error)}"
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_nlink > 1:
        return "has several names (hard links), of which only one would get what is new"
    if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        return "is read-only"
    return "" if os.access(path.parent, os.W_OK) else "stands in a folder that is read-only"


def write_beside(path: Path, new: Path, data: bytes) -> None:
    """Write a new file with all else that the system knows of another one: its owner, mode and attributes."""
    import shutil

    write_synced(new, data)
    status, made = os.stat(path), os.stat(new)
    # Windows has no owners of this kind. A change of the owner takes bits of the mode away.
    if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
        os.chown(new, status.st_uid, status.st_gid)
    shutil.copystat(path, new)
    os.utime(new)


def exchange(path: Path, beside: Path, free: Path) -> None:
    """Let two files change names: in one step where the system can, else by way of a name that is free.

    Raises FileExistsError where somebody makes a file of the first name meanwhile.
    """
    if not exchange_names(path, beside):
        rename(path, free)
        put(beside, path)
        rename(free, beside)


def exchange_names(one: Path, other: Path) -> bool:
    """Whether two files could change names in one step, which not every system can, nor every disk.

    Linux has renameat2 (https://man7.org/linux/man-pages/man2/rename.2.html), macOS renamex_np.
    """
    if sys.platform == "win32":
        return False
    names = os.fsencode(one), os.fsencode(other)
    try:
        from ctypes import CDLL

        system = CDLL(None)
        if sys.platform == "darwin":
            return not system.renamex_np(*names, _EXCHANGE)
        return not system.renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE)
    except (ImportError, OSError, AttributeError):
        return False


def put(source: Path, target: Path) -> None:
    """Give a file another name. Raises FileExistsError where that is taken."""
    try:
        # Windows refuses a name that is taken; elsewhere a second name does, where the disk has those.
        if sys.platform != "win32":
            os.link(source, target)
            return remove(source)
    except FileExistsError:
        raise
    except OSError:
        pass
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    return rename(source, target)


def rename(path: Path, target: Path) -> None:
    """Give a file another name."""
    _in_the_end(lambda: os.rename(path, target))


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    _in_the_end(lambda: path.unlink(missing_ok=True))


def _in_the_end(change: Callable[[], None]) -> None:
    """Make a change of one file; Windows refuses it while a program, a virus scanner say, has that open."""
    for wait in _WAITS:
        try:
            return change()
        except PermissionError:
            sleep(wait)
    return change()


def write_synced(path: Path, data: bytes) -> None:
    """Write a new file, and wait until it is on the disk."""
    with open(path, "xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def write_journal(path: Path, data: bytes) -> None:
    """Write a file in the place of an earlier one, in one step, on the disk for sure."""
    new = unfinished(path)
    remove(new)
    write_synced(new, data)
    _in_the_end(lambda: os.replace(new, path))
    sync_folder(path.parent)


def unfinished(journal: Path) -> Path:
    """What a journal is called while it is written."""
    return journal.with_name(journal.name + ".new")


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    if sys.platform == "win32":
        # There folders cannot be opened, nor need to be.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def reason_of(error: OSError) -> str:
    """What went wrong, as a clause."""
    return (error.strerror or str(error) or type(error).__name__).lower()


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

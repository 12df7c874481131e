"""Writing several files all or none.

Every file is replaced in one step by a finished one, so none is ever half. A journal makes the set
whole: it is written first, names every file with what it holds before and after, and goes last. Who
finds one (the run that wrote it was killed) finishes what it describes, or takes it back; both need
no more room on the disk, as new contents and ways back were made before the first file was touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from time import sleep
from typing import Literal, NamedTuple

from crstandards.errors import NotVerified
from crstandards.fixes.overlay import Versions

State = Literal["preparing", "replacing"]

# In seconds: how long one waits, again and again, where a scanner looks into a file that was just written.
_WAITS = (0.01, 0.05, 0.1, 0.2, 0.4) if sys.platform == "win32" else ()


class NotWritten(Exception):
    """Nothing was changed; `reason` is a clause without a full stop."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Step(NamedTuple):
    """One file: its path below the root, the file with its new contents and the one to go back to
    (both beside it), and what it holds before and after.
    """

    path: str
    new: str
    old: str
    before: str
    after: str


def write_all(root: Path, changes: Mapping[str, Versions], journal: Path) -> None:
    """Put new bytes into files below a folder. Raises NotWritten, and then all are as they were."""
    token = os.urandom(4).hex()
    steps = [
        _Step(
            path,
            _beside(path, f".crstandards-{token}-{index}.new"),
            _beside(path, f".crstandards-{token}-{index}.old"),
            _digest(change.before),
            _digest(change.after),
        )
        for index, (path, change) in enumerate(changes.items())
    ]
    for path, change in changes.items():
        _check(root / path, path, change.before)
    is_replacing = False
    try:
        _write_journal(journal, "preparing", steps)
        for step in steps:
            _prepare(root, step, changes[step.path].after)
        _sync_folders(root, steps)
        _write_journal(journal, "replacing", steps)
        is_replacing = True
        for step in steps:
            _replace(root / step.new, root / step.path)
        _sync_folders(root, steps)
    except BaseException as error:
        try:
            if is_replacing:
                _take_back(root, steps)
            _clean(root, steps, journal)
        except OSError as further:
            raise NotVerified(_stuck(steps, journal, reason_of(further))) from None
        if isinstance(error, OSError):
            raise NotWritten(reason_of(error)) from None
        raise
    with contextlib.suppress(OSError):
        # All is written; what cannot be cleared away now, the next run clears away.
        _clean(root, steps, journal)


def recover(root: Path, journal: Path) -> str:
    """Finish or take back what a killed run has left. Returns what was done, "" where nothing was.

    Raises NotVerified where neither is possible, as somebody has changed the files since.
    """
    with contextlib.suppress(OSError):
        _new_journal(journal).unlink()
    try:
        written = json.loads(journal.read_bytes())
        steps = [_Step(*fields) for fields in written["steps"]]
        state: State = written["state"]
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, TypeError, KeyError):
        raise NotVerified(f"{journal} cannot be read: look at 'git status', then delete it") from None
    if any(_leads_outside(root, name) for step in steps for name in (step.path, step.new, step.old)):
        raise NotVerified(f"{journal} names files outside the repository: delete it")
    paths = ", ".join(step.path for step in steps)
    try:
        if state == "preparing":
            done = f"An interrupted fix had changed nothing yet; its files are cleared away ({paths})."
        elif any(_held(root, step.path) not in (step.before, step.after, None) for step in steps):
            raise NotVerified(_stuck(steps, journal, "the files were changed since"))
        elif all(
            _held(root, step.path) == step.after or _held(root, step.new) == step.after for step in steps
        ):
            for step in steps:
                if _held(root, step.path) != step.after:
                    _replace(root / step.new, root / step.path)
            done = f"An interrupted fix is now finished: {paths}."
        elif all(
            _held(root, step.path) == step.before or _held(root, step.old) == step.before for step in steps
        ):
            _take_back(root, steps)
            done = f"An interrupted fix is taken back: {paths}."
        else:
            raise NotVerified(_stuck(steps, journal, "the files were changed since"))
        _sync_folders(root, steps)
        _clean(root, steps, journal)
    except OSError as error:
        raise NotVerified(_stuck(steps, journal, reason_of(error))) from None
    return done


def _leads_outside(root: Path, name: str) -> bool:
    """Whether a file that a journal names lies elsewhere: it may be somebody else's, with links beside it."""
    folder = os.path.realpath((root / name).parent)
    return ".." in Path(name).parts or not Path(folder).is_relative_to(os.path.realpath(root))


def _check(path: Path, name: str, before: bytes) -> None:
    """Raise NotWritten where a file is not what the fix was made for, or must not be written."""
    reason = unwritable(path)
    if reason:
        raise NotWritten(f"{name} {reason}")
    try:
        same = path.read_bytes() == before
    except OSError as error:
        raise NotWritten(f"{name} cannot be read: {reason_of(error)}") from None
    if not same:
        raise NotWritten(f"{name} was changed while the fix was being made")


def unwritable(path: Path) -> str:
    """Why a file must not be written, "" where it may: a read-only one is left alone, even by root."""
    try:
        mode = os.lstat(path).st_mode
    except OSError as error:
        return f"cannot be opened: {reason_of(error)}"
    if not stat.S_ISREG(mode):
        return "is not a regular file"
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        return "is read-only"
    return "" if os.access(path.parent, os.W_OK) else "stands in a folder that is read-only"


def _prepare(root: Path, step: _Step, after: bytes) -> None:
    path, new, old = root / step.path, root / step.new, root / step.old
    status = os.stat(path)
    _write_synced(new, after)
    os.chmod(new, stat.S_IMODE(status.st_mode))
    # Windows has no such call.
    with contextlib.suppress(PermissionError, AttributeError):
        os.chown(new, status.st_uid, status.st_gid)
    if not _linked(path, old):
        _write_synced(old, path.read_bytes())
        os.chmod(old, stat.S_IMODE(status.st_mode))
    if _held(root, step.new) != step.after or _held(root, step.old) != step.before:
        raise NotWritten(f"{step.path} was changed while the fix was being made")


def _linked(path: Path, old: Path) -> bool:
    """Whether a file could be given a second name: not every file system has links."""
    if sys.platform == "win32":
        # There a file in use keeps all of its names, and `old` is to go again.
        return False
    try:
        os.link(path, old)
    except OSError:
        return False
    return True


def _take_back(root: Path, steps: Sequence[_Step]) -> None:
    for step in steps:
        if _held(root, step.path) != step.before:
            _replace(root / step.old, root / step.path)
    _sync_folders(root, steps)


def _clean(root: Path, steps: Sequence[_Step], journal: Path) -> None:
    for step in steps:
        _remove(root / step.new)
        _remove(root / step.old)
    _remove(_new_journal(journal))
    _remove(journal)


def _replace(new: Path, path: Path) -> None:
    _in_the_end(lambda: os.replace(new, path))


def _remove(path: Path) -> None:
    _in_the_end(lambda: path.unlink(missing_ok=True))


def _in_the_end(change: Callable[[], None]) -> None:
    """Make a change of one file; Windows refuses it while a program, a virus scanner say, has that open."""
    for wait in _WAITS:
        try:
            return change()
        except PermissionError:
            sleep(wait)
    return change()


def _new_journal(journal: Path) -> Path:
    return journal.with_name(journal.name + ".new")


def _write_journal(journal: Path, state: State, steps: Sequence[_Step]) -> None:
    new = _new_journal(journal)
    _remove(new)
    _write_synced(new, json.dumps({"state": state, "steps": steps}).encode("ascii"))
    _replace(new, journal)
    _sync_folder(journal.parent)


def _write_synced(path: Path, data: bytes) -> None:
    with open(path, "xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folders(root: Path, steps: Sequence[_Step]) -> None:
    for folder in dict.fromkeys((root / step.path).parent for step in steps):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        # There folders cannot be opened, nor need to be.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _held(root: Path, path: str) -> str | None:
    """The digest of what a file holds, None where there is none."""
    try:
        return _digest((root / path).read_bytes())
    except FileNotFoundError:
        return None


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _beside(path: str, name: str) -> str:
    folder, slash, _ = path.rpartition("/")
    return folder + slash + name


def reason_of(error: OSError) -> str:
    """What went wrong, as a clause."""
    return (error.strerror or str(error) or type(error).__name__).lower()


def _stuck(steps: Sequence[_Step], journal: Path, reason: str) -> str:
    paths = ", ".join(step.path for step in steps)
    return (
        f"a fix of {paths} was interrupted and can neither be finished nor taken back ({reason}); compare "
        "these files with 'git diff' and with the .crstandards-* files beside them, then delete those and "
        f"{journal}"
    )

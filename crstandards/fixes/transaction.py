"""Writing several files all or none, over nobody's work.

Every file changes names with a finished one, in one step where the system can, so none is ever half,
and what a file held is at hand until the end. It is looked at again after the exchange: what was not
read, somebody has saved meanwhile, and it gets its name back.

A journal makes the set whole: it is written first, names every file with what it holds before and
after, and goes last. Who finds one (the run that wrote it was killed) finishes what it describes, or
takes it back; both need no more room on the disk, as the new contents were made before the first file
was touched.
"""

from __future__ import annotations

import contextlib
import errno
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


# The system's numbers: in the current folder; RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS.
_HERE, _EXCHANGE = -100, 2

_CHANGED = "was changed while the fix was being made"


class NotWritten(Exception):
    """Nothing was changed; `reason` is a clause without a full stop."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Step(NamedTuple):
    """One file: its path below the root, two names beside it, and what it holds before and after.

    `new` is the file with the new contents, and after the exchange the one with the old; `old` is in use
    for a moment, and only where the system cannot exchange two files.
    """

    path: str
    new: str
    old: str
    before: str
    after: str


def write_all(root: Path, changes: Mapping[str, Versions], journal: Path) -> None:
    """Put new bytes into files below a folder. Raises NotWritten, and then all are as they were, but for
    those that somebody else has saved meanwhile.

    Raises NotVerified where such an edit had to be kept beside its file, and says where.
    """
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
    state: State = "preparing"
    try:
        _write_journal(journal, state, steps)
        for step in steps:
            _prepare(root, step, changes[step.path].after)
        _sync_folders(root, steps)
        _write_journal(journal, "replacing", steps)
        state = "replacing"
        for step in steps:
            if not _exchanged(root, step, step.new, step.before):
                raise NotWritten(f"{step.path} {_CHANGED}")
        _sync_folders(root, steps)
        for step in steps:
            if (_held(root, step.path), _held(root, step.new)) != (step.after, step.before):
                raise NotWritten(f"{step.path} {_CHANGED}")
    except BaseException as error:
        try:
            if state == "replacing":
                _take_back(root, steps)
            kept = _clean(root, steps, journal, state)
        except OSError as further:
            raise NotVerified(_stuck(steps, journal, reason_of(further))) from None
        if isinstance(error, OSError | NotWritten):
            reason = error.reason if isinstance(error, NotWritten) else reason_of(error)
            raise NotWritten("; ".join((reason, *kept))) from None
        raise
    with contextlib.suppress(OSError):
        # All is written; what cannot be cleared away now, the next run clears away.
        kept = _clean(root, steps, journal, state)
        if kept:
            raise NotVerified(f"the fixes are written, but {'; '.join(kept)}")


def recover(root: Path, journal: Path) -> str:
    """Finish or take back what a killed run has left. Returns what was done, "" where nothing was.

    Raises NotVerified where neither is possible, as somebody has changed the files since, and where what
    somebody has saved had to be kept beside its file.
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
        elif all(_to_finish(root, step) is not None for step in steps):
            for step in steps:
                side = _to_finish(root, step)
                if side:
                    _settle(root, step, side)
            done = f"An interrupted fix is now finished: {paths}."
        elif all(_to_take_back(root, step) is not None for step in steps):
            _take_back(root, steps)
            done = f"An interrupted fix is taken back: {paths}."
        else:
            raise NotVerified(_stuck(steps, journal, "the files were changed since"))
        _sync_folders(root, steps)
        kept = _clean(root, steps, journal, state)
    except OSError as error:
        raise NotVerified(_stuck(steps, journal, reason_of(error))) from None
    if kept:
        raise NotVerified(f"an interrupted fix is put in order, but {'; '.join(kept)}")
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
        raise NotWritten(f"{name} {_CHANGED}")


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
    new = root / step.new
    status = os.stat(root / step.path)
    _write_synced(new, after)
    os.chmod(new, stat.S_IMODE(status.st_mode))
    # Windows has no such call.
    with contextlib.suppress(PermissionError, AttributeError):
        os.chown(new, status.st_uid, status.st_gid)
    if _held(root, step.new) != step.after:
        raise NotWritten(f"{step.new} does not hold what was written into it")


def _exchanged(root: Path, step: _Step, side: str, expected: str) -> bool:
    """Exchange a file with one beside it, where it holds what is expected. Returns whether it did.

    If not, somebody has saved the file, and what was saved has its name, whenever that was.
    """
    given = _held(root, side)
    if _held(root, step.path) != expected:
        return False
    try:
        _exchange(root, step, side)
        if _held(root, side) == expected:
            return True
        # It was saved between the look and the exchange; saved once more since, the later one stays.
        if _held(root, step.path) == given:
            _exchange(root, step, side)
    except FileExistsError:
        # It was saved while its name was free.
        pass
    return False


def _exchange(root: Path, step: _Step, side: str) -> None:
    """Exchange a file with one beside it; what the file holds at that moment is not lost.

    Raises FileExistsError where somebody makes a file of its name meanwhile.
    """
    path, beside = root / step.path, root / side
    if not _exchange_names(path, beside):
        free = root / (step.old if side == step.new else step.new)
        _rename(path, free)
        _put(beside, path)
        _rename(free, beside)


def _exchange_names(one: Path, other: Path) -> bool:
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


def _put(source: Path, target: Path) -> None:
    """Give a file another name. Raises FileExistsError where that is taken."""
    if sys.platform == "win32" or not _linked(source, target):
        # Windows refuses a name that is taken.
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        _rename(source, target)
    else:
        _remove(source)


def _linked(source: Path, target: Path) -> bool:
    """Whether a file could be given a second name, which not every disk has. Raises FileExistsError."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        return False
    return True


def _to_finish(root: Path, step: _Step) -> str | None:
    """The file beside a file that finishes it, "" where it is finished, None where neither is so."""
    held, new, old = (_held(root, name) for name in (step.path, step.new, step.old))
    if not {held, new, old} <= {step.before, step.after, None}:
        return None
    if held == step.after:
        return ""
    # Without a name, a file is on its way, or somebody has deleted it.
    return step.new if new == step.after and step.before in (held, old) else None


def _to_take_back(root: Path, step: _Step) -> str | None:
    """The file beside a file that takes it back, "" where it is as it was, None where neither is so."""
    held, new, old = (_held(root, name) for name in (step.path, step.new, step.old))
    if held == step.before:
        return ""
    if held == step.after or (held is None and old is not None):
        # What it held, be it what somebody saved at the last moment.
        beside = ((step.old, old), (step.new, new))
        return next((name for name, other in beside if other not in (step.after, None)), None)
    return None


def _settle(root: Path, step: _Step, side: str) -> None:
    """Give a file what the one beside it holds."""
    held = _held(root, step.path)
    if held is None:
        with contextlib.suppress(FileExistsError):
            _put(root / side, root / step.path)
        return
    if side == step.old and _held(root, step.new) == held:
        # A second name of the same file.
        _remove(root / step.new)
    _exchanged(root, step, side, held)


def _take_back(root: Path, steps: Sequence[_Step]) -> None:
    """Give files back what they held, but for those that somebody has saved."""
    for step in steps:
        side = _to_take_back(root, step)
        if side:
            _settle(root, step, side)
    _sync_folders(root, steps)


def _clean(root: Path, steps: Sequence[_Step], journal: Path, state: State) -> list[str]:
    """Remove what stands beside the files, and the journal. Returns what is kept, as clauses: what is
    neither what was read nor what was written is somebody's work.
    """
    kept: list[str] = []
    for step in steps:
        for name in (step.new, step.old):
            # What is being prepared is ours, be it half.
            if state == "replacing" and _held(root, name) not in (step.before, step.after, None):
                kept.append(f"what somebody saved into {step.path} meanwhile is kept in {name}")
            else:
                _remove(root / name)
    _remove(_new_journal(journal))
    _remove(journal)
    return kept


def _replace(new: Path, path: Path) -> None:
    _in_the_end(lambda: os.replace(new, path))


def _rename(path: Path, target: Path) -> None:
    _in_the_end(lambda: os.rename(path, target))


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

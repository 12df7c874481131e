"""Writing several files all or none, over nobody's work.

Every file changes names with a finished one, in one step where the system can, so none is ever half,
and what a file held is at hand until the end. It is looked at again after the exchange: what was not
read, somebody has saved meanwhile, and it gets its name back.

A journal makes the set whole: it is written first, names every file with what it holds before and
after, and goes last. Who finds one (the run that wrote it was killed) takes back what it describes, unless
all of it was done; that needs no room on the disk, as the old contents are beside the files.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

from crstandards.errors import NotVerified
from crstandards.fixes.disk import (
    exchange,
    put,
    reason_of,
    remove,
    sync_folder,
    unfinished,
    unwritable,
    write_beside,
    write_journal,
)
from crstandards.fixes.edits import Versions

State = Literal["preparing", "replacing"]

_CHANGED = "was changed while the fix was being made; run it again"


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


class _Refused(Exception):
    """Why a file cannot be written, as a clause."""


def write_all(root: Path, changes: Mapping[str, Versions], journal: Path) -> None:
    """Put new bytes into files below a folder. Raises NotVerified, and then all are as they were, but for
    those that somebody else has saved meanwhile; or it says where what was saved is kept beside its file.
    """
    token = os.urandom(4).hex()
    steps = [
        _Step(path, f"{beside}.new", f"{beside}.old", _digest(change.before), _digest(change.after))
        for index, (path, change) in enumerate(changes.items())
        for beside in [(Path(path).parent / f".crstandards-{token}-{index}").as_posix()]
    ]
    state: State = "preparing"
    try:
        for step in steps:
            _refuse(step, unwritable(root / step.path))
            _refuse(step, "" if _held(root, step.path) == step.before else _CHANGED)
        _record(journal, state, steps)
        for step in steps:
            write_beside(root / step.path, root / step.new, changes[step.path].after)
        _sync_folders(root, steps)
        _record(journal, "replacing", steps)
        state = "replacing"
        for step in steps:
            _refuse(step, "" if _exchanged(root, step, step.new, step.before) else _CHANGED)
        _sync_folders(root, steps)
        for step in steps:
            is_done = (_held(root, step.path), _held(root, step.new)) == (step.after, step.before)
            _refuse(step, "" if is_done else _CHANGED)
    except BaseException as error:
        try:
            if state == "replacing":
                _take_back(root, steps)
            kept = _clean(root, steps, journal, state)
        except OSError as further:
            raise NotVerified(_stuck(steps, journal, reason_of(further))) from None
        if isinstance(error, OSError | _Refused):
            reason = reason_of(error) if isinstance(error, OSError) else str(error)
            raise NotVerified("; ".join((f"nothing was written: {reason}", *kept))) from None
        raise
    with contextlib.suppress(OSError):
        # All is written; what cannot be cleared away now, the next run clears away.
        kept = _clean(root, steps, journal, state)
        if kept:
            raise NotVerified(f"the fixes are written, but {'; '.join(kept)}")


def recover(root: Path, journal: Path) -> str:
    """Put in order what a killed run has left. Returns what was done, "" where nothing was.

    Raises NotVerified where that is not possible, as somebody has changed the files since, and where what
    somebody has saved had to be kept beside its file.
    """
    with contextlib.suppress(OSError):
        remove(unfinished(journal))
    try:
        written = json.loads(journal.read_bytes())
        steps = [_Step(*fields) for fields in written["steps"]]
        state: State = written["state"]
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, TypeError, KeyError):
        raise NotVerified(f"{journal} cannot be read: look at 'git status', then delete it") from None
    # Somebody else's files may be meant, with links beside them.
    names = [name for step in steps for name in (step.path, step.new, step.old)]
    folders = [Path(os.path.realpath((root / name).parent)) for name in names]
    is_inside = all(folder.is_relative_to(os.path.realpath(root)) for folder in folders)
    if not is_inside or any(".." in Path(name).parts for name in names):
        raise NotVerified(f"{journal} names files outside the repository: delete it")
    paths = ", ".join(step.path for step in steps)
    try:
        if state == "preparing":
            done = f"An interrupted fix had changed nothing yet; its files are cleared away ({paths})."
        elif all(_held(root, step.path) == step.after for step in steps):
            done = f"An interrupted fix is now finished: {paths}."
        elif all(_before(root, step) is not None for step in steps):
            _take_back(root, steps)
            done = f"An interrupted fix is taken back: {paths}."
        else:
            raise NotVerified(_stuck(steps, journal, "the files were changed since"))
        kept = _clean(root, steps, journal, state)
    except OSError as error:
        raise NotVerified(_stuck(steps, journal, reason_of(error))) from None
    if kept:
        raise NotVerified(f"an interrupted fix is put in order, but {'; '.join(kept)}")
    return done


def _refuse(step: _Step, reason: str) -> None:
    if reason:
        raise _Refused(f"{step.path} {reason}")


def _exchanged(root: Path, step: _Step, side: str, expected: str) -> bool:
    """Exchange a file with one beside it, where it holds what is expected. Returns whether it did.

    If not, somebody has saved the file, and what was saved has its name, whenever that was.
    """
    path, beside, free = root / step.path, root / side, root / (step.old if side == step.new else step.new)
    given = _held(root, side)
    if _held(root, step.path) != expected:
        return False
    try:
        exchange(path, beside, free)
        if _held(root, side) == expected:
            return True
        # It was saved between the look and the exchange; saved once more since, the later one stays.
        if _held(root, step.path) == given:
            exchange(path, beside, free)
    except FileExistsError:
        # It was saved while its name was free.
        pass
    return False


def _before(root: Path, step: _Step) -> str | None:
    """The file beside a file that takes it back, "" where it is as it was, None where neither is so."""
    held, new, old = (_held(root, name) for name in (step.path, step.new, step.old))
    if held == step.before:
        return ""
    if held == step.after or (held is None and old is not None):
        # What it held, be it what somebody saved at the last moment.
        beside = ((step.old, old), (step.new, new))
        return next((name for name, other in beside if other not in (step.after, None)), None)
    return None


def _take_back(root: Path, steps: Sequence[_Step]) -> None:
    """Give files back what they held, but for those that somebody has saved."""
    for step in steps:
        side, held = _before(root, step), _held(root, step.path)
        if side and held is None:
            with contextlib.suppress(FileExistsError):
                put(root / side, root / step.path)
        elif side and held:
            if side == step.old and _held(root, step.new) == held:
                # A second name of the same file.
                remove(root / step.new)
            _exchanged(root, step, side, held)
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
                remove(root / name)
    remove(unfinished(journal))
    remove(journal)
    return kept


def _record(journal: Path, state: State, steps: Sequence[_Step]) -> None:
    write_journal(journal, json.dumps({"state": state, "steps": steps}).encode("ascii"))


def _sync_folders(root: Path, steps: Sequence[_Step]) -> None:
    for folder in dict.fromkeys((root / step.path).parent for step in steps):
        sync_folder(folder)


def _held(root: Path, path: str) -> str | None:
    """The digest of what a file holds, None where there is none."""
    try:
        return _digest((root / path).read_bytes())
    except FileNotFoundError:
        return None


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _stuck(steps: Sequence[_Step], journal: Path, reason: str) -> str:
    paths = ", ".join(step.path for step in steps)
    return (
        f"a fix of {paths} was interrupted and can be neither finished nor taken back ({reason}); compare "
        "these files with 'git diff' and with the .crstandards-* files beside them, then delete those and "
        f"{journal}"
    )

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
import json
import os
import stat
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

from crstandards.errors import NotVerified
from crstandards.fixes.disk import (
    copy_attributes,
    exchange_names,
    put,
    reason_of,
    remove,
    rename,
    replace,
    sync_folder,
    unwritable,
    write_synced,
)
from crstandards.fixes.overlay import Versions

State = Literal["preparing", "replacing"]

_CHANGED = "was changed while the fix was being made"


class NotWritten(Exception):
    """Nothing was changed; `reasons` are clauses without a full stop, by the path that each is about, ""
    where it is about none.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("; ".join(reasons.values()))
        self.reasons = reasons


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
    _refuse({path: _against(root / path, change.before) for path, change in changes.items()})
    state: State = "preparing"
    try:
        _write_journal(journal, state, steps)
        _refuse({step.path: _prepared(root, step, changes[step.path].after) for step in steps})
        _sync_folders(root, steps)
        _write_journal(journal, "replacing", steps)
        state = "replacing"
        for step in steps:
            _refuse({step.path: _replaced(root, step)})
        _sync_folders(root, steps)
        held = {step: (_held(root, step.path), _held(root, step.new)) for step in steps}
        _refuse({step.path: _CHANGED for step in steps if held[step] != (step.after, step.before)})
    except BaseException as error:
        try:
            if state == "replacing":
                _take_back(root, steps)
            kept = _clean(root, steps, journal, state)
        except OSError as further:
            raise NotVerified(_stuck(steps, journal, reason_of(further))) from None
        if isinstance(error, OSError | NotWritten):
            reasons = error.reasons if isinstance(error, NotWritten) else {"": reason_of(error)}
            (path, reason), *others = reasons.items()
            raise NotWritten({path: "; ".join((reason, *kept)), **dict(others)}) from None
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


def _refuse(reasons: Mapping[str, str]) -> None:
    """Raise NotWritten where there is any reason against a file."""
    found = {path: f"{path} {reason}" for path, reason in reasons.items() if reason}
    if found:
        raise NotWritten(found)


def _against(path: Path, before: bytes) -> str:
    """Why a file must not be written, or is not what the fix was made for; "" where all is good."""
    try:
        return unwritable(path) or ("" if path.read_bytes() == before else _CHANGED)
    except OSError as error:
        return f"cannot be read: {reason_of(error)}"


def _prepared(root: Path, step: _Step, after: bytes) -> str:
    """Make the file with the new contents, with all else that the system knows of the old one. Returns why
    that cannot be, "" where it is done.
    """
    path, new = root / step.path, root / step.new
    try:
        status = os.stat(path)
        write_synced(new, after)
        made = os.stat(new)
        # Windows has neither owners of this kind nor attributes.
        if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
            os.chown(new, status.st_uid, status.st_gid)
        # A change of the owner takes bits of the mode away.
        os.chmod(new, stat.S_IMODE(status.st_mode))
        copy_attributes(path, new)
        return (
            "" if _held(root, step.new) == step.after else f"cannot be written: {step.new} holds other bytes"
        )
    except OSError as error:
        return f"cannot be written: {reason_of(error)}"


def _replaced(root: Path, step: _Step) -> str:
    """Give a file its new contents. Returns why that was not done, "" where it is."""
    try:
        return "" if _exchanged(root, step, step.new, step.before) else _CHANGED
    except OSError as error:
        return f"cannot be written: {reason_of(error)}"


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
    if not exchange_names(path, beside):
        free = root / (step.old if side == step.new else step.new)
        rename(path, free)
        put(beside, path)
        rename(free, beside)


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
            put(root / side, root / step.path)
        return
    if side == step.old and _held(root, step.new) == held:
        # A second name of the same file.
        remove(root / step.new)
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
                remove(root / name)
    remove(_new_journal(journal))
    remove(journal)
    return kept


def _new_journal(journal: Path) -> Path:
    return journal.with_name(journal.name + ".new")


def _write_journal(journal: Path, state: State, steps: Sequence[_Step]) -> None:
    new = _new_journal(journal)
    remove(new)
    write_synced(new, json.dumps({"state": state, "steps": steps}).encode("ascii"))
    replace(new, journal)
    sync_folder(journal.parent)


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


def _beside(path: str, name: str) -> str:
    folder, slash, _ = path.rpartition("/")
    return folder + slash + name


def _stuck(steps: Sequence[_Step], journal: Path, reason: str) -> str:
    paths = ", ".join(step.path for step in steps)
    return (
        f"a fix of {paths} was interrupted and can neither be finished nor taken back ({reason}); compare "
        "these files with 'git diff' and with the .crstandards-* files beside them, then delete those and "
        f"{journal}"
    )

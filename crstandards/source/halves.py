"""Very many files read by two processes: where Python reads them itself, that takes half as long.

Threads would not do, as one of them runs at a time. Below some thousands of files, and where git hands
the contents out one by one, a second process costs more than it saves.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from crstandards.snapshot import File, Folder, Snapshot, Worktree

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")

FEWEST = 2000
"""So many files are worth a second process, on Windows too, where it has to load all anew."""

Read = Callable[[Folder, Sequence[File]], T]
"""Reads files in a folder; the other process must be able to find it by its name."""


class Half(NamedTuple, Generic[T]):
    """The files that another process reads. `answer` waits for what it makes of them.

    None is the answer of a process that came to harm.
    """

    files: Sequence[File]
    answer: Callable[[], T | None]


def other_half(snapshot: Snapshot, files: Sequence[File], read: Read[T]) -> Half[T] | None:
    """Have another process read every second file; None where that is not worth it."""
    on_disk = [file for file in files if file.kind == "file" and not file.key]
    if len(on_disk) < FEWEST or not isinstance(snapshot, Worktree | Folder) or _processors() < 2:
        return None
    import multiprocessing

    chosen = on_disk[::2]
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_serve, args=(sender, read, snapshot.root, chosen), daemon=True)
    process.start()
    # Only the other process may hold it, or its end would never be noticed.
    sender.close()

    def answer() -> T | None:
        try:
            found: T = receiver.recv()
        except EOFError:
            return None
        process.join()
        return found

    return Half(chosen, answer)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _serve(sender: Connection, read: Read[T], root: Path, files: Sequence[File]) -> None:
    import signal

    # Whoever presses Ctrl-C is answered by the first process.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sender.send(read(Folder(root), files))

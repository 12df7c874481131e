"""What only Windows runs, on a system that is told to be one, with stand-ins for what Windows brings.

On Windows itself the rooms' own tests reach it.
"""

from __future__ import annotations

import ctypes
import errno
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from crstandards.cli import main
from crstandards.commands.hook_server import Deadline
from crstandards.errors import NotVerified
from crstandards.fixes.disk import locked
from crstandards.fixes.edits import Versions
from crstandards.fixes.transaction import write_all
from crstandards.report.terminal import _understands_escapes
from crstandards.snapshot import of_any_length, on_disk

pytestmark = pytest.mark.skipif(os.name == "nt", reason="another system is told to be Windows")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """From here on Python says that this is Windows; its `msvcrt` locks with what is here."""
    import fcntl

    def locking(descriptor: int, mode: int, length: int) -> None:
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 0
        fcntl.flock(descriptor, mode)

    msvcrt = ModuleType("msvcrt")
    vars(msvcrt).update(
        LK_NBLCK=fcntl.LOCK_EX | fcntl.LOCK_NB, locking=locking, get_osfhandle=lambda number: number
    )
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.setattr(sys, "platform", "win32")
    return monkeypatch


def test_a_lock_is_held_once_and_goes(windows: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lock = tmp_path / "fix.lock"
    with locked(lock):
        assert lock.exists()
        with pytest.raises(NotVerified, match="another 'crstandards fix' is running"), locked(lock):
            raise AssertionError
    assert not lock.exists()


def test_files_are_written_without_links(windows: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def link(*_: object) -> None:
        raise AssertionError

    windows.setattr(os, "link", link)
    (tmp_path / "a.json").write_bytes(b"before")
    write_all(tmp_path, {"a.json": Versions(b"before", b"after")}, tmp_path / "journal")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.json", b"after")]


@pytest.mark.parametrize(("name", "told"), [(None, ""), ("report.txt", "Invalid argument: report.txt")])
def test_a_reader_that_has_left_is_told_so_there(
    name: str | None, told: str, windows: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def run(options: object) -> int:
        raise OSError(errno.EINVAL, "Invalid argument", name)

    windows.setattr("crstandards.commands.rules.run", run)
    windows.delenv("CRSTANDARDS_DEBUG", raising=False)
    windows.setattr("crstandards.cli._silence", lambda: None)
    assert main(["rules"]) == 3
    err = capfd.readouterr().err
    assert told in err
    assert bool(err) is bool(told)


@pytest.mark.parametrize(("understood", "set_"), [(1, 1), (1, 0), (0, 1)])
def test_a_console_is_asked_to_act_on_escapes(
    understood: int, set_: int, windows: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def set_mode(handle: object, mode: int) -> int:
        asked.append(mode)
        return set_

    kernel = SimpleNamespace(GetConsoleMode=lambda handle, mode: understood, SetConsoleMode=set_mode)
    windows.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    with open(os.devnull, "w", encoding="utf-8") as stream:
        assert _understands_escapes(stream) is bool(understood and set_)
    assert asked == [4] * understood
    assert not _understands_escapes(io.StringIO())


def test_paths_may_be_long(windows: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert on_disk(tmp_path, "a/b.json") == of_any_length(str(tmp_path / "a/b.json"))


def test_git_is_not_looked_for_in_the_repository() -> None:
    program = (
        "import os; os.environ.pop('NoDefaultCurrentDirectoryInExePath', None); os.name = {!r}\n"
        "import crstandards.git.process; print(os.environ.get('NoDefaultCurrentDirectoryInExePath'))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program.format(name)], capture_output=True, text=True, check=True
        ).stdout
        for name in ("nt", "posix")
    ]
    assert said == ["1\n", "None\n"]


def test_a_deadline_is_kept_by_a_thread_and_taken_away(windows: pytest.MonkeyPatch) -> None:
    struck: list[float] = []
    pusher = SimpleNamespace(tell=lambda lines: None)
    windows.setattr(Deadline, "_strike", lambda self, seconds: struck.append(seconds))
    before = signal.getitimer(signal.ITIMER_REAL)
    deadline = Deadline(pusher)  # type: ignore[arg-type]
    deadline.cancel()
    deadline.set(3600)
    timer = deadline._timer
    deadline.cancel()
    assert timer is not None
    timer.join(60)
    assert not timer.is_alive()
    assert struck == []
    deadline.set(0)
    assert deadline._timer is not None
    deadline._timer.join(60)
    assert struck == [0]
    assert signal.getitimer(signal.ITIMER_REAL) == before

"""All or nothing: a kill at every write, a full disk, a read-only file, files that change meanwhile."""

from __future__ import annotations

import builtins
import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from crstandards.cli import main
from crstandards.errors import NotVerified
from crstandards.fixes import disk, transaction
from crstandards.fixes.disk import locked
from crstandards.fixes.overlay import Versions
from crstandards.fixes.transaction import NotWritten, recover, write_all
from tests.builders import OUTLOOK, Repo, flow, write_solution
from tests.disks import fill, mounted
from tests.fix.conftest import Bench

KILLED = 99

# Python 3.12 and later warn of a fork beside threads, which a parallel run of tests has.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

CHANGES = {
    "a/one.json": Versions(b"one before", b"one after"),
    "a/two.json": Versions(b"two before", b"two after"),
    "b/three.xml": Versions(b"three before", b"three after"),
}
BEFORE = {path: versions.before for path, versions in CHANGES.items()}
AFTER = {path: versions.after for path, versions in CHANGES.items()}

# What the system says of a folder that is opened as a file.
A_FOLDER = "permission denied" if os.name == "nt" else "is a directory"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The files as they are before."""
    root = tmp_path / "root"
    for path, data in BEFORE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


@pytest.fixture(params=["exchange", "names", "names without links"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How files are replaced: in one step, where this system can; name by name; and on a disk that has no
    links.
    """

    def unsupported(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    if request.param != "exchange":
        monkeypatch.setattr(transaction, "exchange_names", lambda *_: False)
    if request.param == "names without links":
        monkeypatch.setattr(os, "link", unsupported)
    return str(request.param)


def held(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


def written(root: Path, changes: dict[str, Versions]) -> bool:
    """Whether all was written, and not refused for want of room."""
    try:
        write_all(root, changes, root / "journal")
    except NotWritten as error:
        return "no space left on device" not in str(error)
    return True


@contextmanager
def no_root() -> Iterator[None]:
    """As a user who is not root, who may read anything; files of the current folder are in reach."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_all_are_written_and_nothing_is_left_behind(files: Path, way: str) -> None:
    (files / "a/one.json").chmod(0o640)
    write_all(files, CHANGES, files / "journal")
    assert held(files) == AFTER
    if os.name != "nt":
        assert (files / "a/one.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("failing", range(12))
@pytest.mark.parametrize("name", ["replace", "rename", "fsync", "link"])
def test_an_error_at_any_step_changes_nothing(
    files: Path, way: str, monkeypatch: pytest.MonkeyPatch, name: str, failing: int
) -> None:
    real = getattr(os, name)
    calls = iter(range(100))

    def broken(*arguments: object) -> object:
        if next(calls) == failing:
            raise OSError(28, "No space left on device")
        return real(*arguments)

    monkeypatch.setattr(os, name, broken)
    expected = AFTER if written(files, CHANGES) else BEFORE
    assert held(files) == expected


def test_a_file_in_use_changes_nothing(files: Path) -> None:
    """Windows does not let it be replaced; others do."""
    expected = AFTER
    with open(files / "a/two.json", "rb"):
        try:
            write_all(files, CHANGES, files / "journal")
        except NotWritten:
            expected = BEFORE
    assert held(files) == expected
    assert (expected is BEFORE) == (os.name == "nt")


def test_a_file_that_is_in_use_for_a_moment_is_written(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a virus scanner of Windows, at every step."""
    refused: set[Path] = set()

    def busy(name: str) -> None:
        real = getattr(os, name)

        def once(path: Path, *more: Path) -> None:
            if path not in refused:
                refused.add(path)
                raise PermissionError(13, "Access is denied")
            real(path, *more)

        monkeypatch.setattr(os, name, once)

    busy("replace")
    busy("rename")
    busy("unlink")
    monkeypatch.setattr(transaction, "exchange_names", lambda *_: False)
    monkeypatch.setattr(disk, "_WAITS", (0.0,))
    write_all(files, CHANGES, files / "journal")
    assert len(refused) > 2 * len(CHANGES)
    assert held(files) == AFTER


STEPS = ("replace", "rename", "fsync", "link", "unlink", "chmod", "chown")


def counted(patch: pytest.MonkeyPatch, step: Callable[[], object], *looks: str) -> None:
    """From here on `step` is called before and after each change of a file, and each look at one."""

    def around(function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **keywords: object) -> object:
            step()
            result = function(*arguments, **keywords)
            step()
            return result

        return call

    for holder, names in ((os, STEPS), (transaction, ("exchange_names", *looks))):
        for name in names:
            patch.setattr(holder, name, around(getattr(holder, name)))


Acts = dict[int, Callable[[], object]]


def written_while(root: Path, changes: dict[str, Versions], acts: Acts) -> tuple[int, str]:
    """Write, while something else happens at some of the steps; how much of it did, and what was told."""
    steps = itertools.count()
    happened: list[int] = []

    def step() -> None:
        act = acts.get(next(steps))
        if act:
            happened.append(1)
            act()

    told = ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        counted(patch, step, "_held")
        try:
            write_all(root, changes, root / "journal")
        except (NotWritten, NotVerified, KeyboardInterrupt) as error:
            told = str(error) or "interrupted"
    return len(happened), told


def interrupt() -> None:
    raise KeyboardInterrupt


def test_an_interrupt_at_any_step_is_all_or_nothing(files: Path, way: str) -> None:
    ends = []
    for number in itertools.count():
        put_back(files, BEFORE)
        happened, _ = written_while(files, CHANGES, {number: interrupt})
        if not happened:
            break
        if (files / "journal").exists():
            # All was written; the rest is for the next run.
            assert recover(files, files / "journal").startswith("An interrupted fix is now finished")
            assert held(files) == AFTER
        ends.append(held(files))
    first = ends.index(AFTER)
    assert ends == [BEFORE] * first + [AFTER] * (len(ends) - first)
    assert first > 40


def save_in_place(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def save_by_renaming(path: Path, data: bytes, rename: Callable[[Path, Path], None] = os.replace) -> None:
    """As most editors do: a new file gets the name."""
    mine = path.with_name("mine")
    mine.write_bytes(data)
    rename(mine, path)


Save = Callable[[Path, bytes], None]
SAVES: list[Save] = [save_in_place, save_by_renaming]
MINE = b"somebody's work"
saving = pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody save a file that is being renamed")


@saving
@pytest.mark.parametrize("save", SAVES)
def test_what_is_saved_at_any_step_is_there(files: Path, way: str, save: Save) -> None:
    """Be it between the last look and the replacing; and of the others all are written, or none.

    A disk without links has one moment in which it cannot be told, when the file has no name.
    """
    path = "a/two.json"
    refused = lost = 0
    for number in itertools.count():
        put_back(files, BEFORE)
        happened, told = written_while(files, CHANGES, {number: lambda: save(files / path, MINE)})
        if not happened:
            break
        assert told in ("", f"{path} was changed while the fix was being made")
        if way == "names without links" and held(files) == AFTER:
            lost += 1
            continue
        assert held(files) == {**(BEFORE if told else AFTER), path: MINE}
        refused += bool(told)
    assert number > refused > 40
    assert lost == (way == "names without links")


@saving
@pytest.mark.parametrize("way", ["exchange", "names"], indirect=True)
@pytest.mark.parametrize("save", SAVES)
def test_what_is_saved_twice_is_there_too(tmp_path: Path, way: str, save: Save) -> None:
    """The later one in its place, or else beside it, which is told."""
    changes = {"one.json": Versions(b"before", b"after")}
    path = tmp_path / "one.json"
    for first in itertools.count():
        happened = 0
        for later in range(first + 1, first + 9):
            put_back(tmp_path, {"one.json": b"before"})
            acts: Acts = {first: lambda: save(path, b"mine"), later: lambda: save(path, b"and more")}
            happened, told = written_while(tmp_path, changes, acts)
            now = held(tmp_path)
            kept = [now.pop(name) for name in told.split() if name in now.keys() - {"one.json"}]
            assert now.keys() == {"one.json"}
            assert happened < 2 or b"and more" in (now["one.json"], *kept), told
            assert b"before" not in (*now.values(), *kept)
            for name in held(tmp_path):
                (tmp_path / name).unlink()
        if not happened:
            break


@saving
def test_what_is_written_into_an_open_file_is_there_until_the_end(tmp_path: Path, way: str) -> None:
    """Who has opened the file before goes on with it under whatever name; not when it has none any more."""
    changes = {"one.json": Versions(b"before", b"after")}
    ends = []
    for number in itertools.count():
        put_back(tmp_path, {"one.json": b"before"})
        with open(tmp_path / "one.json", "r+b", 0) as stream:
            happened, told = written_while(tmp_path, changes, {number: lambda: stream.write(MINE)})
        if not happened:
            break
        now = held(tmp_path)
        if now == {"one.json": MINE}:
            ends.append("refused")
            assert told == "one.json was changed while the fix was being made"
        elif told:
            ends.append("kept")
            [name] = now.keys() - {"one.json"}
            assert now == {"one.json": b"after", name: MINE}
            assert told == (
                f"the fixes are written, but what somebody saved into one.json meanwhile is kept in {name}"
            )
            (tmp_path / name).unlink()
        else:
            ends.append("over")
    assert list(dict.fromkeys(ends)) == ["refused", "kept", "over"]
    assert ends == sorted(ends, key=["refused", "kept", "over"].index)


@pytest.mark.parametrize("path", sorted(CHANGES))
def test_a_file_that_was_changed_meanwhile_stops_all(files: Path, path: str) -> None:
    (files / path).write_bytes(b"somebody's work")
    with pytest.raises(NotWritten) as refused:
        write_all(files, CHANGES, files / "journal")
    assert str(refused.value) == f"{path} was changed while the fix was being made"
    assert held(files) == {**BEFORE, path: b"somebody's work"}


@pytest.mark.parametrize("path", sorted(CHANGES))
def test_a_read_only_file_stops_all(files: Path, path: str) -> None:
    (files / path).chmod(0o444)
    with pytest.raises(NotWritten, match=f"{path} is read-only"):
        write_all(files, CHANGES, files / "journal")
    assert held(files) == BEFORE


def test_a_file_that_is_gone_or_a_link(files: Path) -> None:
    (files / "a/two.json").unlink()
    with pytest.raises(NotWritten, match=r"a/two\.json cannot be opened"):
        write_all(files, CHANGES, files / "journal")
    (files / "a/two.json").symlink_to(files / "a/one.json")
    with pytest.raises(NotWritten, match="not a regular file"):
        write_all(files, CHANGES, files / "journal")


def test_a_disk_that_fails_for_good_is_told_with_what_to_do(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file is replaced already, and cannot be taken back."""
    real = transaction._exchange
    calls = itertools.count()

    def broken(*arguments: Any) -> None:
        if next(calls):
            raise OSError(5, "Input/output error")
        real(*arguments)

    monkeypatch.setattr(transaction, "_exchange", broken)
    with pytest.raises(NotVerified) as stuck:
        write_all(files, CHANGES, files / "journal")
    assert "can neither be finished nor taken back (input/output error)" in str(stuck.value)
    monkeypatch.undo()
    assert recover(files, files / "journal").startswith("An interrupted fix is now finished")
    assert held(files) == AFTER


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_file_that_can_be_written_and_not_read_stops_all(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    Path("a/two.json").chmod(0o200)
    with no_root(), pytest.raises(NotWritten) as refused:
        write_all(Path(), CHANGES, Path("journal"))
    assert str(refused.value) == "a/two.json cannot be read: permission denied"
    assert held(files) == BEFORE


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", "64k") as disk:
        yield disk


def test_a_full_disk(tiny_disk: Path) -> None:
    """What does not fit changes nothing, however much is there already."""
    for size in range(1000, 20000, 3000):
        before = {f"{name}.json": name.encode() * size for name in "abc"}
        for path, data in before.items():
            (tiny_disk / path).write_bytes(data)
        changes = {path: Versions(data, data + b"more") for path, data in before.items()}
        after = {path: versions.after for path, versions in changes.items()}
        expected = after if written(tiny_disk, changes) else before
        assert held(tiny_disk) == expected


@pytest.mark.parametrize("room", [0, 4096, 8192, 12288, 16384])
def test_a_full_disk_under_the_command(tiny_disk: Path, room: int) -> None:
    put_duplicates(tiny_disk)
    fill(tiny_disk, room)
    before = held(tiny_disk)
    command = (sys.executable, "-m", "crstandards", "fix", "--unsafe")
    ran = subprocess.run(command, cwd=tiny_disk, capture_output=True, check=False)
    said = (ran.stdout + ran.stderr).decode()
    assert ran.returncode == 3, said
    assert "no space left on device" in " ".join(said.split())
    assert held(tiny_disk) == before


def put_duplicates(root: Path) -> None:
    """A solution whose mending edits five files of two kinds."""
    flows = {name: flow({OUTLOOK: "con_outlook"}) for name in ("Send", "Remind", "Call")}
    flows |= {name: flow({OUTLOOK: "con_spare"}) for name in ("Ask", "Tell")}
    write_solution(root, "ContosoHR", ["con_outlook", "con_spare"], flows)
    settings = '{"ConnectionReferences": [{"LogicalName": "con_spare"}, {"LogicalName": "con_outlook"}]}'
    (root / "prod.json").write_text(settings)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize(
    ("way", "in_git"),
    [("exchange", True), ("exchange", False), ("names", False), ("names without links", False)],
    indirect=["way"],
)
def test_killed_at_every_step(bench: Bench, git_environment: dict[str, str], in_git: bool, way: str) -> None:
    """Each file is as it was or as it should be, and the next run makes the set whole.

    Where files are renamed one by one, one of them may be without its name, and has another beside it.
    """
    if in_git:
        Repo.create(bench.root, git_environment)
    put_duplicates(bench.root)
    before = held(bench.root)
    assert bench.fix("--unsafe").status == 0
    after = held(bench.root)
    assert before.keys() == after.keys()
    assert sum(before[path] != after[path] for path in before) == 4
    ends = {"finished": 0, "as before": 0}
    for steps in itertools.count():
        put_back(bench.root, before)
        killed = run_dying(steps, "fix", "--unsafe")
        now = held(bench.root)
        nameless = before.keys() - now.keys()
        assert len(nameless) <= (way != "exchange")
        assert all(before[path] in now.values() for path in nameless)
        assert all(now[path] in (before[path], after[path]) for path in before.keys() - nameless)
        assert all(path.rpartition("/")[2].startswith(".crstandards-") for path in now.keys() - before)
        if not killed:
            assert now == after
            break
        # The next run, whatever it is asked for, first puts the set in order.
        bench.fix("--select", "CR202")
        whole = held(bench.root)
        assert whole in (before, after)
        ends["finished" if whole == after else "as before"] += 1
        assert not list(bench.root.rglob("*crstandards-fix*"))
    assert ends["finished"] > 5
    assert ends["as before"] > 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize(
    "way",
    ["exchange", *(pytest.param(way, marks=pytest.mark.slow) for way in ("names", "names without links"))],
    indirect=True,
)
def test_killed_while_it_puts_in_order(bench: Bench, way: str) -> None:
    """The same for the run after: killed at every step of its own, too."""
    put_duplicates(bench.root)
    before = held(bench.root)
    bench.fix("--unsafe")
    after = held(bench.root)
    middle = next(
        steps
        for steps in itertools.count()
        if put_back(bench.root, before)
        or (run_dying(steps, "fix", "--unsafe") and is_between(before, held(bench.root)))
    )
    for steps in itertools.count():
        put_back(bench.root, before)
        for path in bench.root.glob("**/.crstandards-*"):
            path.unlink()
        assert run_dying(middle, "fix", "--unsafe")
        killed = run_dying(steps, "fix", "--select", "CR202")
        now = held(bench.root)
        assert all(now.get(path, after[path]) in (before[path], after[path]) for path in before)
        assert len(before.keys() - now.keys()) <= (way != "exchange")
        bench.fix("--select", "CR202")
        assert held(bench.root) == after
        if not killed:
            break
    assert steps > 3


def put_back(root: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        (root / path).write_bytes(data)


def is_between(before: dict[str, bytes], now: dict[str, bytes]) -> bool:
    """Whether some of the four files have been replaced, and some not."""
    return before.keys() <= now.keys() and 0 < sum(now[path] != before[path] for path in before) < 4


def run_dying(steps: int, *arguments: str) -> bool:
    """Run a command in a process that ends at its n-th step towards the disk, as a kill -9 would end it:
    no `finally`, no flush. Returns whether it came to that.
    """
    child = os.fork()
    if not child:
        status = 98
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            make_mortal(steps)
            status = main(arguments)
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, KILLED)
    return status == KILLED


def make_mortal(steps: int) -> None:
    """Count what this process does to the disk, and end it at the n-th step.

    A step ends before or after each call; of what is written, half is on the disk in between.
    """
    left = itertools.count(steps, -1)

    def step() -> None:
        if not next(left):
            os._exit(KILLED)

    counted(pytest.MonkeyPatch(), step)
    plain_open = builtins.open

    def opened(file: object, mode: str = "r", *arguments: object, **keywords: object) -> object:
        stream = plain_open(file, mode, *arguments, **keywords)  # type: ignore[call-overload]
        return HalfWriter(stream, step) if "x" in mode else stream

    builtins.open = opened  # type: ignore[assignment]


class HalfWriter:
    """A new file that is written in two halves."""

    def __init__(self, stream: BinaryIO, step: Callable[[], None]) -> None:
        self._stream = stream
        self._step = step
        step()

    def write(self, data: bytes) -> None:
        self._stream.write(data[: len(data) // 2])
        self._stream.flush()
        self._step()
        self._stream.write(data[len(data) // 2 :])

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def __enter__(self) -> HalfWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def left_by_a_kill(files: Path, replaced: int) -> Path:
    """What a run leaves that was killed after it had replaced so many files; returns its journal."""
    journal = files / "journal"
    real = transaction._exchange
    left = itertools.count(replaced, -1)

    class Killed(BaseException):
        pass

    def dying(*arguments: Any) -> None:
        if not next(left):
            raise Killed
        real(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "_exchange", dying)
        patch.setattr(transaction, "_take_back", lambda *_: None)
        patch.setattr(transaction, "_clean", lambda *_: None)
        with pytest.raises(Killed):
            write_all(files, CHANGES, journal)
    return journal


@pytest.mark.parametrize("replaced", [0, 1, 2])
def test_the_next_run_finishes(files: Path, way: str, replaced: int) -> None:
    journal = left_by_a_kill(files, replaced)
    assert recover(files, journal).startswith("An interrupted fix is now finished: a/one.json")
    assert held(files) == AFTER
    assert recover(files, journal) == ""


def test_the_next_run_takes_back_where_it_cannot_finish(files: Path, way: str) -> None:
    journal = left_by_a_kill(files, 1)
    next(files.glob("b/.crstandards-*.new")).unlink()
    assert recover(files, journal).startswith("An interrupted fix is taken back")
    assert held(files) == BEFORE


def test_files_changed_since_are_left_to_their_owner(files: Path) -> None:
    journal = left_by_a_kill(files, 1)
    (files / "a/two.json").write_bytes(b"somebody's work")
    next(files.glob("a/.crstandards-*1.new")).unlink()
    before = held(files)
    with pytest.raises(NotVerified, match="can neither be finished nor taken back") as refused:
        recover(files, journal)
    assert str(refused.value).endswith(f", then delete those and {journal}")
    assert held(files) == before


@pytest.mark.parametrize("rest", [True, False])
@pytest.mark.parametrize("replaced", [0, 1, 2])
def test_a_file_that_was_saved_since_is_left_to_its_owner(files: Path, replaced: int, rest: bool) -> None:
    """Whatever else is at hand to finish with, or to go back to."""
    journal = left_by_a_kill(files, replaced)
    (files / "mine").write_bytes(b"somebody's work")
    os.replace(files / "mine", files / "a/two.json")
    for path in () if rest else files.rglob(".crstandards-*.new"):
        path.unlink()
    before = held(files)
    with pytest.raises(NotVerified, match=r"can neither be finished nor taken back \(the files were changed"):
        recover(files, journal)
    assert held(files) == before


@pytest.mark.parametrize("replaced", [0, 2])
@pytest.mark.parametrize("rest", [True, False])
def test_a_file_that_was_deleted_since_is_left_so(files: Path, replaced: int, rest: bool) -> None:
    """Though it, or what was to become of it, is there beside its place."""
    journal = left_by_a_kill(files, replaced)
    (files / "a/two.json").unlink()
    for path in () if rest else files.glob("a/.crstandards-*1.*"):
        path.unlink()
    before = held(files)
    with pytest.raises(NotVerified, match="can neither be finished nor taken back"):
        recover(files, journal)
    assert held(files) == before


@saving
@pytest.mark.parametrize("save", SAVES)
def test_what_was_saved_when_it_was_killed_is_taken_back(files: Path, way: str, save: Save) -> None:
    """Killed between the exchange and the look at what came out of it."""
    real = transaction._exchange
    calls = itertools.count()

    def dying(root: Path, step: Any, side: str) -> None:
        if next(calls) == 1:
            save(files / "a/two.json", MINE)
            real(root, step, side)
            raise SystemExit
        real(root, step, side)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "_exchange", dying)
        patch.setattr(transaction, "_take_back", lambda *_: None)
        patch.setattr(transaction, "_clean", lambda *_: None)
        with pytest.raises(SystemExit):
            write_all(files, CHANGES, files / "journal")
    assert held(files)["a/two.json"] == b"two after"
    assert recover(files, files / "journal").startswith("An interrupted fix is taken back")
    assert held(files) == {**BEFORE, "a/two.json": MINE}


def test_a_folder_in_a_files_place_is_left_to_its_owner(files: Path) -> None:
    journal = left_by_a_kill(files, 1)
    (files / "a/two.json").unlink()
    (files / "a/two.json").mkdir()
    with pytest.raises(NotVerified, match=rf"can neither be finished nor taken back \({A_FOLDER}\)"):
        recover(files, journal)
    assert journal.exists()
    assert (files / "a/two.json").is_dir()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state": "replacing", "steps": [["a"]]}'])
def test_a_journal_that_cannot_be_read(files: Path, content: bytes) -> None:
    (files / "journal").write_bytes(content)
    with pytest.raises(NotVerified, match="delete it"):
        recover(files, files / "journal")


def test_a_journal_that_leads_outside(files: Path) -> None:
    (files / "journal").write_text('{"state": "preparing", "steps": [["../x", "../y", "../z", "", ""]]}')
    with pytest.raises(NotVerified, match="outside the repository"):
        recover(files, files / "journal")


@pytest.fixture
def other_holder(tmp_path: Path) -> Iterator[Path]:
    """A lock that another process holds."""
    lock = tmp_path / "lock"
    script = "import sys\nfrom pathlib import Path\nfrom crstandards.fixes.disk import locked\n"
    script += f"with locked(Path({str(lock)!r})):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield lock
        process.kill()


def test_one_fix_at_a_time(other_holder: Path) -> None:
    with pytest.raises(NotVerified) as refused, locked(other_holder):
        pass
    assert str(refused.value) == "another 'crstandards fix' is running in this repository"


def test_a_lock_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotVerified) as refused, locked(tmp_path):
        pass
    assert str(refused.value) == f"{tmp_path} cannot be written: {A_FOLDER}"


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    script = "import os\nfrom pathlib import Path\nfrom crstandards.fixes.disk import locked\n"
    script += f"with locked(Path({str(lock)!r})):\n    os._exit(9)\n"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    with locked(lock):
        assert lock.exists()
    assert not lock.exists()


def test_a_lock_goes_when_the_fix_fails(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with pytest.raises(NotWritten), locked(lock):
        raise NotWritten({"": "a reason"})
    assert not lock.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows replaces no file that is read all the while")
def test_a_reader_never_sees_half_a_file(files: Path) -> None:
    """Somebody reads all the while: each file is whole at every moment."""
    seen: set[bytes] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.update((files / path).read_bytes() for path in CHANGES)

    reader = threading.Thread(target=read)
    reader.start()
    back = {path: Versions(versions.after, versions.before) for path, versions in CHANGES.items()}
    try:
        for _ in range(20):
            write_all(files, CHANGES, files / "journal")
            write_all(files, back, files / "journal")
    finally:
        stop.set()
        reader.join()
    assert seen <= {*BEFORE.values(), *AFTER.values()}

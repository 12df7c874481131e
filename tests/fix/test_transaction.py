"""All or nothing: a kill at every write, a full disk, a read-only file, files that change meanwhile."""

from __future__ import annotations

import builtins
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from crstandards.cli import main
from crstandards.errors import NotVerified
from crstandards.fixes import disk, transaction
from crstandards.fixes.disk import locked, unwritable
from crstandards.fixes.edits import Versions
from crstandards.fixes.transaction import recover, write_all
from tests.fix.conftest import Bench
from tests.support.builders import OUTLOOK, Repo, flow, write_solution
from tests.support.disks import fill, mounted

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
        monkeypatch.setattr(disk, "exchange_names", lambda *_: False)
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
    except NotVerified as error:
        return "no space left on device" not in str(error)
    return True


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
    monkeypatch.setattr(disk, "exchange_names", lambda *_: False)
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

    for holder, names in ((os, STEPS), (disk, ("exchange_names",)), (transaction, looks)):
        # Windows has no owners to change.
        for name in (name for name in names if hasattr(holder, name)):
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
        except (NotVerified, KeyboardInterrupt) as error:
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
needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows syncs no folders, and has no owners")
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
        assert told in (
            "",
            f"nothing was written: {path} was changed while the fix was being made; run it again",
        )
        if way == "names without links" and held(files) == AFTER:
            lost += 1
            continue
        assert held(files) == {**(BEFORE if told else AFTER), path: MINE}
        refused += bool(told)
    assert number > refused > 40
    assert lost == (way == "names without links")


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
            assert (
                told == "nothing was written: one.json was changed while the fix was being made; run it again"
            )
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


def test_a_disk_that_fails_for_good_is_told_with_what_to_do(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file is replaced already, and cannot be taken back."""
    real = disk.exchange
    calls = itertools.count()

    def broken(*arguments: Any) -> None:
        if next(calls):
            raise OSError(5, "Input/output error")
        real(*arguments)

    monkeypatch.setattr(transaction, "exchange", broken)
    with pytest.raises(NotVerified) as stuck:
        write_all(files, CHANGES, files / "journal")
    assert "can be neither finished nor taken back (input/output error)" in str(stuck.value)
    monkeypatch.undo()
    assert recover(files, files / "journal").startswith("An interrupted fix is taken back")
    assert held(files) == BEFORE


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", "64k") as disk:
        yield disk


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
    bound = [
        {"LogicalName": name, "ConnectionId": f"#{{{name}}}#", "ConnectorId": f"/apis/{OUTLOOK}"}
        for name in ("con_spare", "con_outlook")
    ]
    (root / "prod.json").write_text(json.dumps({"ConnectionReferences": bound}))
    (root / "crstandards.toml").write_text('[[environments]]\nname = "prod"\nsettings = ["prod.json"]\n')


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_killed_at_every_step(files: Path, way: str) -> None:
    """Each file is as it was or as it should be, and the next run makes the set whole, be it killed too.

    Where files are renamed one by one, one of them may be without its name, and has another beside it.
    """
    journal = files / "journal"
    ends = {"finished": 0, "as before": 0}
    for steps in itertools.count():
        put_back(files, BEFORE)
        killed = run_dying(steps, lambda: write_all(files, CHANGES, journal))
        for again in itertools.count():
            now = held(files)
            nameless = BEFORE.keys() - now.keys()
            assert len(nameless) <= (again + 1) * (way != "exchange")
            assert all(BEFORE[path] in now.values() for path in nameless)
            assert all(now[path] in (BEFORE[path], AFTER[path]) for path in BEFORE.keys() - nameless)
            # Of what the next run does, every third step is enough.
            if not run_dying(3 * again, lambda: recover(files, journal)):
                break
        whole = held(files)
        assert whole in (BEFORE, AFTER)
        ends["finished" if whole == AFTER else "as before"] += 1
        if not killed:
            break
    assert ends["finished"] > 5
    assert ends["as before"] > 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("in_git", [True, False])
def test_the_command_is_killed(bench: Bench, git_environment: dict[str, str], in_git: bool) -> None:
    """The next run, whatever it is asked for, first puts the set in order."""
    if in_git:
        Repo.create(bench.root, git_environment)
    put_duplicates(bench.root)
    before = held(bench.root)
    assert bench.fix("--unsafe").status == 0
    after = held(bench.root)
    assert sum(before[path] != after[path] for path in before) == 4
    for steps in (20, 40, 50, 60, 70):
        put_back(bench.root, before)
        assert run_dying(steps, lambda: main(["fix", "--unsafe"]))
        bench.fix("--select", "CR202")
        assert held(bench.root) in (before, after)
        assert not list(bench.root.rglob("*crstandards-fix*"))


def put_back(root: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        (root / path).write_bytes(data)


def run_dying(steps: int, run: Callable[[], object]) -> bool:
    """Run something in a process that ends at its n-th step towards the disk, as a kill -9 would end it:
    no `finally`, no flush. Returns whether it came to that.
    """
    child = os.fork()
    if not child:
        status = 98
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            make_mortal(steps)
            run()
            status = 0
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


class Killed(BaseException):
    """As a kill ends a process: nothing is cleared up."""


def left_by_a_kill(files: Path, replaced: int, at_the_end: Callable[[], object] | None = None) -> Path:
    """What a run leaves that was killed after it had replaced so many files, or in the exchange of the last
    one, when `at_the_end` happens; returns its journal.
    """
    journal = files / "journal"
    left = itertools.count(replaced, -1)

    def dying(path: Path, beside: Path, free: Path) -> None:
        number = next(left)
        if not number:
            raise Killed
        if at_the_end and number == 1:
            at_the_end()
        disk.exchange(path, beside, free)
        if at_the_end and number == 1:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "exchange", dying)
        patch.setattr(transaction, "_take_back", lambda *_: None)
        patch.setattr(transaction, "_clean", lambda *_: None)
        with pytest.raises(Killed):
            write_all(files, CHANGES, journal)
    return journal


def test_the_next_run_finishes_where_all_was_done(files: Path, way: str) -> None:
    """Some of what stood beside the files may be cleared away already."""
    journal = left_by_a_kill(files, 3, lambda: None)
    next(files.glob("b/.crstandards-*.new")).unlink()
    assert recover(files, journal).startswith("An interrupted fix is now finished: a/one.json")
    assert held(files) == AFTER


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
    with pytest.raises(NotVerified, match=r"can be neither finished nor taken back \(the files were changed"):
        recover(files, journal)
    assert held(files) == before


@saving
@pytest.mark.parametrize("save", SAVES)
def test_what_was_saved_when_it_was_killed_is_taken_back(files: Path, way: str, save: Save) -> None:
    """Killed between the exchange and the look at what came out of it."""
    journal = left_by_a_kill(files, 2, lambda: save(files / "a/two.json", MINE))
    assert held(files)["a/two.json"] == b"two after"
    assert recover(files, journal).startswith("An interrupted fix is taken back")
    assert held(files) == {**BEFORE, "a/two.json": MINE}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[]", b'{"steps": []}', b'{"state": "replacing"}', b'{"steps": [["a"]]}'],
)
def test_a_journal_that_is_none(files: Path, content: bytes) -> None:
    journal = files / "journal"
    journal.write_bytes(content)
    with pytest.raises(NotVerified) as error:
        recover(files, journal)
    assert str(error.value) == f"{journal} cannot be read: look at 'git status', then delete it"
    assert journal.read_bytes() == content


@needs_posix
@pytest.mark.parametrize("name", ["../x", "a/../two.json", "/etc/passwd", "out/x", "a/../../root/two.json"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_journal_of_files_elsewhere(files: Path, name: str, place: int) -> None:
    (files / "out").symlink_to(files.parent)
    names = ["a", "b", "c"]
    names[place] = name
    steps = [["d", "e", "f", "", ""], [*names, "", ""]]
    (files / "journal").write_text(json.dumps({"state": "preparing", "steps": steps}))
    before = held(files)
    with pytest.raises(NotVerified, match="names files outside the repository: delete it"):
        recover(files, files / "journal")
    assert held(files) == before


@needs_posix
def test_what_is_announced_is_on_the_disk_before_it_is_done(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def noting(name: str, holder: Any) -> None:
        real = getattr(holder, name)

        def call(*arguments: Any) -> object:
            paths = [item.relative_to(files).as_posix() for item in arguments if isinstance(item, Path)]
            shown = re.sub(r"\.crstandards-[0-9a-f]{8}-", "", " ".join(paths[:2]))
            steps.append(f"{name} {shown}".rstrip())
            return real(*arguments)

        monkeypatch.setattr(holder, name, call)

    for name in ("write_beside", "write_journal", "sync_folder", "exchange", "remove"):
        noting(name, transaction)
    noting("fsync", os)
    write_all(files, CHANGES, files / "journal")
    journal = ["write_journal journal", "fsync", "fsync"]
    prepared = [
        step
        for path, new in (("a/one.json", "a/0.new"), ("a/two.json", "a/1.new"), ("b/three.xml", "b/2.new"))
        for step in (f"write_beside {path} {new}", "fsync")
    ]
    folders = ["sync_folder a", "fsync", "sync_folder b", "fsync"]
    exchanged = ["exchange a/one.json a/0.new", "exchange a/two.json a/1.new", "exchange b/three.xml b/2.new"]
    assert steps[: steps.index("remove a/0.new")] == [
        *(journal + prepared + folders + journal + exchanged + folders)
    ]
    assert steps[-1] == "remove journal", "which goes last"


# What the system knows of a file


@needs_posix
def test_a_file_keeps_its_owner_its_mode_and_its_attributes(files: Path) -> None:
    path = files / "a/two.json"
    is_root = not os.geteuid()
    if is_root:
        os.chown(path, 1234, 4321)
    path.chmod(0o2755)
    if hasattr(os, "setxattr"):
        os.setxattr(path, "user.note", b"hello")
    before = path.stat()
    write_all(files, CHANGES, files / "journal")
    after = path.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    assert after.st_mtime >= before.st_mtime
    if hasattr(os, "setxattr"):
        assert os.getxattr(path, "user.note") == b"hello"


@needs_posix
def test_files_that_must_not_be_written(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files / "a/two.json"
    assert unwritable(path) == ""
    assert unwritable(files / "a") == "is not a regular file"
    os.link(path, files / "other name")
    assert unwritable(path).startswith("has several names (hard links)")
    (files / "other name").unlink()
    for mode in (0o444, 0o200, 0o020, 0o002, 0o646):
        path.chmod(mode)
        assert unwritable(path) == ("" if mode & 0o222 and os.access(path, os.W_OK) else "is read-only")
    path.unlink()
    assert unwritable(path) == "cannot be opened: no such file or directory"
    path.symlink_to(files / "a/one.json")
    assert unwritable(path) == "is not a regular file"
    # As on a disk that is mounted read-only, where the modes say nothing.
    real = os.access
    for closed, reason in ((".", "stands in a folder that is read-only"), ("one.json", "is read-only")):
        denied = files / "a" / closed
        monkeypatch.setattr(
            os, "access", lambda path, mode, denied=denied: Path(path) != denied and real(path, mode)
        )
        assert unwritable(files / "a/one.json") == reason


# The lock


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


@needs_posix
def test_a_lock_is_not_made_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"somebody's")
    lock = tmp_path / "lock"
    lock.symlink_to(tmp_path / "target")
    with pytest.raises(NotVerified, match="cannot be written: too many levels"), locked(lock):
        pass
    assert (tmp_path / "target").read_bytes() == b"somebody's"

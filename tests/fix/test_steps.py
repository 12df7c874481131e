"""The steps of a transaction, one by one: what is on the disk before what, and what is left of them."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from crstandards.errors import NotVerified
from crstandards.fixes import transaction
from crstandards.fixes.disk import locked, reason_of, unwritable
from crstandards.fixes.overlay import Versions
from crstandards.fixes.transaction import NotWritten, recover, write_all

CHANGES = {
    "z/deep/one.json": Versions(b"one", b"ONE!"),
    "two.json": Versions(b"two", b"TWO!!"),
    "z/deep/three.xml": Versions(b"three", b"THREE!"),
}
BEFORE = {path: versions.before for path, versions in CHANGES.items()}
AFTER = {path: versions.after for path, versions in CHANGES.items()}
PATHS = ", ".join(CHANGES)
FULL = OSError(28, "No space left on device")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The files as they are before, and a folder for the journal."""
    root = tmp_path / "root"
    for path, data in BEFORE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (root / "git").mkdir()
    return root


def held(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def wrote(root: Path) -> None:
    write_all(root, CHANGES, root / "git/journal")


def recovered(root: Path) -> str:
    return recover(root, root / "git/journal")


class Killed(BaseException):
    """As a kill ends a process: nothing is cleared up."""


class Disk:
    """Notes each step towards the disk in words, and can fail or end at one."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.steps: list[str] = []
        self.failing: dict[str, BaseException] = {}
        self.then: dict[str, Callable[[], object]] = {}
        names = ("replace", "rename", "link", "chmod", "chown", "unlink")
        self._real = {name: getattr(os, name) for name in names}
        self._fsync = os.fsync
        self.exchanges = True
        for name in self._real:
            patch.setattr(os, name, self._noting(name))
        patch.setattr(os, "fsync", self._sync)
        patch.setattr(transaction, "exchange_names", self._exchange)

    def _name(self, path: object) -> str:
        text = Path(str(path)).relative_to(self.root).as_posix()
        return re.sub(r"\.crstandards-[0-9a-f]{8}-(\d)", r"\1", text)

    def _noting(self, name: str) -> Callable[..., object]:
        def call(*arguments: object, **more: object) -> object:
            paths = [self._name(item) for item in arguments if isinstance(item, str | Path)]
            self._step(f"{name} {' '.join(paths)}")
            return self._real[name](*arguments, **more)

        return call

    def _exchange(self, one: Path, other: Path) -> bool:
        if self.exchanges:
            self._step(f"exchange {self._name(one)} {self._name(other)}")
            between = other.with_name("between")
            for source, target in ((one, between), (other, one), (between, other)):
                self._real["replace"](source, target)
        return self.exchanges

    def _sync(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        [name] = [
            self._name(path)
            for path in (self.root, *self.root.rglob("*"))
            if os.path.samestat(status, path.stat())
        ]
        # How much of it is there; a journal is long, as its names are.
        size = status.st_size if status.st_size < 100 else "…"
        self._step(f"sync {name}" if stat.S_ISDIR(status.st_mode) else f"sync {name} ({size})")
        self._fsync(descriptor)

    def _step(self, step: str) -> None:
        self.steps.append(step)
        self.then.get(step, lambda: None)()
        if step in self.failing:
            raise self.failing[step]


@pytest.fixture
def disk(files: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(files, monkeypatch)


def steps(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


JOURNAL = """
    unlink git/journal.new
    sync git/journal.new (…)
    replace git/journal.new git/journal
    sync git
"""
PREPARED = """
    sync z/deep/0.new (4)
    chmod z/deep/0.new
    sync 1.new (5)
    chmod 1.new
    sync z/deep/2.new (6)
    chmod z/deep/2.new
"""
FOLDERS = """
    sync z/deep
    sync .
"""
REPLACED = """
    exchange z/deep/one.json z/deep/0.new
    exchange two.json 1.new
    exchange z/deep/three.xml z/deep/2.new
"""
RENAMED = """
    rename z/deep/one.json z/deep/0.old
    link z/deep/0.new z/deep/one.json
    unlink z/deep/0.new
    rename z/deep/0.old z/deep/0.new
    rename two.json 1.old
    link 1.new two.json
    unlink 1.new
    rename 1.old 1.new
    rename z/deep/three.xml z/deep/2.old
    link z/deep/2.new z/deep/three.xml
    unlink z/deep/2.new
    rename z/deep/2.old z/deep/2.new
"""
BACK = """
    exchange z/deep/one.json z/deep/0.new
    exchange two.json 1.new
"""
CLEARED = """
    unlink z/deep/0.new
    unlink z/deep/0.old
    unlink 1.new
    unlink 1.old
    unlink z/deep/2.new
    unlink z/deep/2.old
    unlink git/journal.new
    unlink git/journal
"""


@contextmanager
def killed(disk: Disk, step: str) -> Iterator[None]:
    """What a run leaves that is killed at a step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "_take_back", lambda *_: None)
        patch.setattr(transaction, "_clean", lambda *_: None)
        disk.failing = {step: Killed()}
        with pytest.raises(Killed):
            yield
    disk.failing = {}
    disk.steps.clear()


needs_posix = pytest.mark.skipif(
    os.name == "nt", reason="Windows syncs no folders, has no owners, and says otherwise what fails"
)


@needs_posix
def test_every_step_in_its_order(disk: Disk) -> None:
    """What is announced is on the disk before it is done, and what is done before it is forgotten."""
    wrote(disk.root)
    assert disk.steps == steps(JOURNAL + PREPARED + FOLDERS + JOURNAL + REPLACED + FOLDERS + CLEARED)
    assert held(disk.root) == AFTER


@needs_posix
def test_every_step_where_names_cannot_be_exchanged(disk: Disk) -> None:
    disk.exchanges = False
    wrote(disk.root)
    assert disk.steps == steps(JOURNAL + PREPARED + FOLDERS + JOURNAL + RENAMED + FOLDERS + CLEARED)
    assert held(disk.root) == AFTER


@needs_posix
def test_every_step_on_a_disk_without_links(disk: Disk) -> None:
    disk.exchanges = False
    linking = [step for step in steps(RENAMED) if step.startswith("link")]
    disk.failing = dict.fromkeys(linking, OSError(95, "Operation not supported"))
    wrote(disk.root)
    done = [step for step in disk.steps if step.startswith("rename")]
    assert done[:3] == [
        "rename z/deep/one.json z/deep/0.old",
        "rename z/deep/0.new z/deep/one.json",
        "rename z/deep/0.old z/deep/0.new",
    ]
    assert len(done) == 9
    assert held(disk.root) == AFTER


@needs_posix
def test_what_was_changed_before_stops_all_before_the_first_step(disk: Disk) -> None:
    (disk.root / "two.json").write_bytes(b"somebody's work")
    with pytest.raises(NotWritten):
        wrote(disk.root)
    assert disk.steps == []


@needs_posix
def test_every_step_back(disk: Disk) -> None:
    disk.failing = {"exchange z/deep/three.xml z/deep/2.new": FULL}
    with pytest.raises(NotWritten) as refused:
        wrote(disk.root)
    assert str(refused.value) == "z/deep/three.xml cannot be written: no space left on device"
    done = steps(JOURNAL + PREPARED + FOLDERS + JOURNAL + REPLACED)
    assert disk.steps == [*done, *steps(BACK + FOLDERS + CLEARED)]
    assert held(disk.root) == BEFORE


@needs_posix
def test_before_the_first_file_there_is_nothing_to_take_back(disk: Disk) -> None:
    """Of each file that cannot be prepared it is told."""
    disk.failing = {"sync 1.new (5)": FULL, "chmod z/deep/2.new": FULL}
    with pytest.raises(NotWritten) as refused:
        wrote(disk.root)
    assert disk.steps == [*steps(JOURNAL), *steps(PREPARED)[:3], *steps(PREPARED)[4:], *steps(CLEARED)]
    assert list(refused.value.reasons) == ["two.json", "z/deep/three.xml"]
    assert held(disk.root) == BEFORE


@needs_posix
def test_a_killed_preparation_is_cleared_away(disk: Disk) -> None:
    with killed(disk, "chmod z/deep/2.new"):
        wrote(disk.root)
    assert len(held(disk.root)) == 3 + 3 + 1
    (disk.root / "git/journal.new").write_bytes(b"half")
    told = f"An interrupted fix had changed nothing yet; its files are cleared away ({PATHS})."
    assert recovered(disk.root) == told
    assert disk.steps == ["unlink git/journal.new", *steps(FOLDERS + CLEARED)]
    assert held(disk.root) == BEFORE
    assert recovered(disk.root) == ""


@needs_posix
@pytest.mark.parametrize(("step", "state"), [(PREPARED, "preparing"), (REPLACED, "replacing")])
def test_what_a_journal_holds(disk: Disk, step: str, state: str) -> None:
    """Another version may be the one that finds it."""
    with killed(disk, steps(step)[1]):
        wrote(disk.root)
    journal = (disk.root / "git/journal").read_text("ascii")
    token = re.search(r"\.crstandards-([0-9a-f]{8})-0\.new", journal)
    assert token is not None
    names = [f"{path.rpartition('/')[0]}/".lstrip("/") + f".crstandards-{token[1]}-" for path in CHANGES]
    assert json.loads(journal) == {
        "state": state,
        "steps": [
            [
                path,
                f"{names[index]}{index}.new",
                f"{names[index]}{index}.old",
                sha256(change.before).hexdigest(),
                sha256(change.after).hexdigest(),
            ]
            for index, (path, change) in enumerate(CHANGES.items())
        ],
    }


@needs_posix
@pytest.mark.parametrize("replaced", [0, 1, 2])
def test_a_killed_replacing_is_finished(disk: Disk, replaced: int) -> None:
    with killed(disk, steps(REPLACED)[replaced]):
        wrote(disk.root)
    assert recovered(disk.root) == f"An interrupted fix is now finished: {PATHS}."
    left = steps(REPLACED)[replaced:]
    assert disk.steps == ["unlink git/journal.new", *left, *steps(FOLDERS + CLEARED)]
    assert held(disk.root) == AFTER


@needs_posix
def test_a_killed_replacing_is_taken_back(disk: Disk) -> None:
    with killed(disk, steps(REPLACED)[2]):
        wrote(disk.root)
    next(disk.root.glob("z/deep/.crstandards-*-2.new")).unlink()
    disk.steps.clear()
    assert recovered(disk.root) == f"An interrupted fix is taken back: {PATHS}."
    assert disk.steps == ["unlink git/journal.new", *steps(BACK + FOLDERS + FOLDERS + CLEARED)]
    assert held(disk.root) == BEFORE


@needs_posix
def test_the_journals_own_half_is_cleared_away(disk: Disk) -> None:
    (disk.root / "git/journal.new").write_bytes(b"half")
    assert recovered(disk.root) == ""
    assert held(disk.root) == BEFORE


def stuck(root: Path, reason: str) -> str:
    return (
        f"a fix of {PATHS} was interrupted and can neither be finished nor taken back ({reason}); compare "
        "these files with 'git diff' and with the .crstandards-* files beside them, then delete those and "
        f"{root / 'git/journal'}"
    )


@needs_posix
@pytest.mark.parametrize("changed", list(CHANGES))
def test_what_can_go_neither_way_is_left(disk: Disk, changed: str) -> None:
    """One file is neither as it was nor as it should be, nor is anything beside it."""
    with killed(disk, steps(REPLACED)[1]):
        wrote(disk.root)
    index = list(CHANGES).index(changed)
    for path in disk.root.rglob(f".crstandards-*-{index}.*"):
        path.unlink()
    (disk.root / changed).write_bytes(b"somebody's work")
    before = held(disk.root)
    with pytest.raises(NotVerified) as refused:
        recovered(disk.root)
    assert str(refused.value) == stuck(disk.root, "the files were changed since")
    assert held(disk.root) == before


@needs_posix
def test_what_fails_while_it_is_finished_is_left(disk: Disk) -> None:
    with killed(disk, steps(REPLACED)[1]):
        wrote(disk.root)
    before = held(disk.root)
    disk.failing = {steps(REPLACED)[1]: OSError(5, "Input/output error")}
    with pytest.raises(NotVerified) as refused:
        recovered(disk.root)
    assert str(refused.value) == stuck(disk.root, "input/output error")
    assert held(disk.root) == before


@needs_posix
def test_what_fails_while_it_is_taken_back_is_told(disk: Disk) -> None:
    second, back = steps(REPLACED)[1], steps(BACK)[0]
    disk.then = {second: lambda: disk.failing.update({back: OSError(5, "Input/output error")})}
    disk.failing = {second: FULL}
    with pytest.raises(NotVerified) as refused:
        wrote(disk.root)
    assert str(refused.value) == stuck(disk.root, "input/output error")
    assert (disk.root / "git/journal").exists()


@needs_posix
def test_what_cannot_be_cleared_away_is_left_for_the_next_run(disk: Disk) -> None:
    disk.failing = {"unlink 1.new": OSError(5, "Input/output error")}
    wrote(disk.root)
    assert sorted(held(disk.root).keys() - AFTER.keys())[-1] == "z/deep/" + next(
        path.name for path in disk.root.glob("z/deep/.crstandards-*-2.new")
    )
    disk.failing = {}
    assert recovered(disk.root) == f"An interrupted fix is now finished: {PATHS}."
    assert held(disk.root) == AFTER


@needs_posix
def test_what_somebody_changes_meanwhile_is_not_taken_back(disk: Disk) -> None:
    """Nothing was replaced yet when the disk is full: the files are left alone, whatever they hold."""

    def save() -> None:
        (disk.root / "new").write_bytes(b"somebody's work")
        disk._real["replace"](disk.root / "new", disk.root / "two.json")

    disk.then = {"sync z/deep/2.new (6)": save}
    disk.failing = {"chmod z/deep/2.new": FULL}
    with pytest.raises(NotWritten):
        wrote(disk.root)
    assert held(disk.root) == {**BEFORE, "two.json": b"somebody's work"}


@needs_posix
@pytest.mark.parametrize("exchanges", [True, False])
def test_what_is_taken_back_is_as_it_was(disk: Disk, exchanges: bool) -> None:
    """The same file, with its mode and whoever has it open."""
    (disk.root / "two.json").chmod(0o604)
    before = (disk.root / "two.json").stat()
    disk.exchanges = exchanges
    disk.failing = {steps(REPLACED)[2]: FULL, steps(RENAMED)[8]: FULL}
    with pytest.raises(NotWritten):
        wrote(disk.root)
    assert held(disk.root) == BEFORE
    assert (disk.root / "two.json").stat().st_ino == before.st_ino
    assert (disk.root / "two.json").stat().st_mode == before.st_mode


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root can give files away")
def test_a_file_keeps_its_owner(files: Path) -> None:
    os.chown(files / "two.json", 1234, 4321)
    wrote(files)
    status = (files / "two.json").stat()
    assert (status.st_uid, status.st_gid) == (1234, 4321)
    assert (files / "z/deep/one.json").stat().st_uid == 0


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="Python has the calls on Linux alone")
def test_a_file_keeps_its_extended_attributes(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        os.setxattr(files / "two.json", "user.note", b"hello")
    except OSError:
        pytest.skip("this disk has none")
    monkeypatch.setattr(
        os, "setxattr", lambda *_: (_ for _ in ()).throw(OSError(1, "Operation not permitted"))
    )
    assert refused(files) == "two.json cannot be written: operation not permitted"
    monkeypatch.undo()
    wrote(files)
    assert os.getxattr(files / "two.json", "user.note") == b"hello"
    assert os.listxattr(files / "z/deep/one.json") == []


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="Python has the calls on Linux alone")
@pytest.mark.parametrize(("number", "written"), [(95, True), (38, True), (5, False)])
def test_a_disk_without_attributes_hinders_nothing(
    files: Path, monkeypatch: pytest.MonkeyPatch, number: int, written: bool
) -> None:
    def none(path: object) -> list[str]:
        raise OSError(number, "Not supported")

    monkeypatch.setattr(os, "listxattr", none)
    if written:
        wrote(files)
    else:
        assert "two.json cannot be written: not supported" in refused(files)


@needs_posix
def test_a_file_with_several_names_is_left_alone(files: Path) -> None:
    """The others would go on holding what it held."""
    os.link(files / "two.json", files / "other name")
    told = "two.json has several names (hard links), of which only one would get what is new"
    assert refused(files) == told


@needs_posix
def test_bits_of_the_mode_outlive_a_change_of_the_owner(files: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give files away")
    os.chown(files / "two.json", 1234, 4321)
    (files / "two.json").chmod(0o2755)
    wrote(files)
    assert stat.S_IMODE((files / "two.json").stat().st_mode) == 0o2755


# What is refused, word for word


def refused(root: Path) -> str:
    before = held(root)
    with pytest.raises(NotWritten) as error:
        wrote(root)
    assert held(root) == before
    return str(error.value)


def test_what_went_wrong_is_told_in_words() -> None:
    assert reason_of(OSError(28, "No space left on device")) == "no space left on device"
    assert reason_of(OSError("Odd failure")) == "odd failure"
    assert reason_of(OSError()) == "oserror"


@needs_posix
def test_files_that_must_not_be_written(files: Path) -> None:
    path = files / "two.json"
    assert unwritable(path) == ""
    assert unwritable(files / "z") == "is not a regular file"
    path.write_bytes(b"other")
    assert refused(files) == "two.json was changed while the fix was being made"
    path.chmod(0o444)
    assert unwritable(path) == "is read-only"
    assert refused(files) == "two.json is read-only"
    path.chmod(0o644)
    path.unlink()
    assert unwritable(path) == "cannot be opened: no such file or directory"
    assert refused(files) == "two.json cannot be opened: no such file or directory"
    path.symlink_to(files / "z/deep/one.json")
    assert unwritable(path) == "is not a regular file"


@needs_posix
@pytest.mark.parametrize("mode", [0o200, 0o020, 0o002, 0o646, 0o464])
def test_a_file_that_anybody_may_write_is_no_read_only_one(files: Path, mode: int) -> None:
    """Whether this user may is asked of the system."""
    (files / "two.json").chmod(mode)
    allowed = os.access(files / "two.json", os.W_OK)
    assert unwritable(files / "two.json") == ("" if allowed else "is read-only")


@pytest.mark.parametrize(
    ("denied", "reason"),
    [("two.json", "is read-only"), (".", "stands in a folder that is read-only"), ("z", "")],
)
def test_the_system_is_asked_too(
    files: Path, monkeypatch: pytest.MonkeyPatch, denied: str, reason: str
) -> None:
    """As on a disk that is mounted read-only, where the modes say nothing."""
    real = os.access
    closed = files / denied
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed and real(path, mode))
    assert unwritable(files / "two.json") == reason


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[]", b"{}", b'{"steps": []}', b'{"state": "replacing"}', b'{"steps": [["a"]]}'],
)
def test_a_journal_that_is_none(files: Path, content: bytes) -> None:
    journal = files / "git/journal"
    journal.write_bytes(content)
    with pytest.raises(NotVerified) as error:
        recovered(files)
    assert str(error.value) == f"{journal} cannot be read: look at 'git status', then delete it"
    assert journal.read_bytes() == content


def test_a_journal_that_cannot_be_opened(files: Path) -> None:
    (files / "git/journal").mkdir()
    with pytest.raises(NotVerified, match="cannot be read: look at 'git status', then delete it"):
        recovered(files)


@needs_posix
@pytest.mark.parametrize("name", ["../x", "z/../two.json", "/etc/passwd", "out/x", "z/../../root/two.json"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_journal_of_files_elsewhere(files: Path, name: str, place: int) -> None:
    (files / "out").symlink_to(files.parent)
    names = ["a", "b", "c"]
    names[place] = name
    journal = files / "git/journal"
    steps = ", ".join(f'"{item}"' for item in names)
    journal.write_text(f'{{"state": "preparing", "steps": [["d", "e", "f", "", ""], [{steps}, "", ""]]}}')
    before = held(files)
    with pytest.raises(NotVerified) as error:
        recovered(files)
    assert str(error.value) == f"{journal} names files outside the repository: delete it"
    assert held(files) == before


# The lock


@needs_posix
def test_a_lock_is_not_made_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"somebody's")
    lock = tmp_path / "lock"
    lock.symlink_to(tmp_path / "target")
    with pytest.raises(NotVerified) as error, locked(lock):
        pass
    assert str(error.value) == f"{lock} cannot be written: too many levels of symbolic links"
    assert (tmp_path / "target").read_bytes() == b"somebody's"
    assert lock.is_symlink()


@needs_posix
def test_a_lock_is_made_as_other_files_are(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        with locked(tmp_path / "lock"):
            assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o666
    finally:
        os.umask(mask)
    assert not (tmp_path / "lock").exists()


@needs_posix
def test_a_lock_that_somebody_removes_is_no_error(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"):
        (tmp_path / "lock").unlink()
    with pytest.raises(RuntimeError, match="of its own"), locked(tmp_path / "lock"):
        raise RuntimeError("an error of its own")
    assert not (tmp_path / "lock").exists()


@needs_posix
def test_a_lock_is_removed_once(disk: Disk) -> None:
    """When it is let go of, somebody else may have made one of the same name."""
    with locked(disk.root / "git/lock"):
        assert disk.steps == []
    assert disk.steps == ["unlink git/lock"]


def test_one_lock_at_a_time(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"):
        with pytest.raises(NotVerified) as error, locked(tmp_path / "lock"):
            pass
        assert str(error.value) == "another 'crstandards fix' is running in this repository"
        assert (tmp_path / "lock").exists()
    with locked(tmp_path / "lock"):
        pass

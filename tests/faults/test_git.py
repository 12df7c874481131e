"""A git that is missing, old or killed, and objects that are missing or damaged: never a clean verdict."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crstandards.git.answers import OLDEST, too_old
from tests.faults.conftest import SELL, told_by_git
from tests.faults.gits import kill_git, put_before_git
from tests.support.builders import Ran, Repo
from tests.support.combinations import crossed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")

OF_OBJECTS = (
    "check --rev HEAD", "check --staged", "hook pre-push origin x", "hook pre-receive", "replay HEAD",
    "replay HEAD^..HEAD",
)  # fmt: skip
ALL = (
    *OF_OBJECTS,
    "check",
    "hook pre-commit",
    "fix --unsafe",
    "fix --staged",
    "baseline",
    "init --yes",
    "graph",
)


def run(repo: Repo, command: str, told: str = "") -> Ran:
    return repo.crstandards(*command.split(), stdin=told)


def refused(ran: Ran, status: int, expected: str) -> None:
    """Asserts that a run ended with one line on standard error, and nothing else."""
    assert ran.status == status, ran.text
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1, ran.err
    assert ran.err.startswith("crstandards: ")
    assert expected in ran.err


def held(repo: Repo) -> dict[str, bytes]:
    """The files of the working tree."""
    files = (path for path in repo.root.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path): path.read_bytes() for path in files}


@pytest.mark.parametrize("command", ALL)
def test_no_git(command: str, broken: Repo, tmp_path: Path) -> None:
    told, before = told_by_git(broken, command), held(broken)
    (tmp_path / "empty").mkdir()
    broken.environment["PATH"] = str(tmp_path / "empty")
    refused(run(broken, command, told), 2, "git is not installed, or not on the PATH")
    assert held(broken) == before


OLD = r"""
case "$1" in version|--version) echo "git version {version}"; exit 0;; esac
for argument; do
    case "$argument" in
    {unknown}) echo "fatal: unrecognized argument: $argument" >&2; exit 128;;
    esac
done
exec "$real" "$@"
"""


@pytest.mark.parametrize(("command", "version"), crossed(ALL, ["2.14.0", "2.30.9.windows.1"]))
def test_an_old_git(command: str, version: str, broken: Repo, tmp_path: Path) -> None:
    """One line tells what is wrong, where that git does not know what it is asked."""
    told, before = told_by_git(broken, command), held(broken)
    unknown = "--no-optional-locks" if version == "2.14.0" else "--end-of-options|--diff-merges=*"
    put_before_git(broken, tmp_path / "bin", OLD.format(version=version, unknown=unknown))
    ran = run(broken, command, told)
    if ran.status in (0, 1):
        # What it knows suffices.
        broken.environment["PATH"] = broken.environment["PATH"].partition(":")[2]
        assert version.startswith("2.30")
        return
    refused(ran, 2, f"git {'.'.join(version.split('.')[:2])} is too old: version 2.31 or newer is needed")
    assert held(broken) == before


@pytest.mark.parametrize("version", ["2.31.0", "2.47.1", "3.0.0"])
def test_a_git_that_is_not_too_old_is_not_blamed(version: str, broken: Repo, tmp_path: Path) -> None:
    put_before_git(broken, tmp_path / "bin", OLD.format(version=version, unknown="--end-of-options"))
    refused(run(broken, "check --rev HEAD"), 2, "no commit is called 'HEAD'")


@pytest.mark.parametrize("said", [b"", b"git version unknown", b"git version 2.31.0"])
def test_a_git_of_an_unknown_age_is_not_called_old(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess([], 0, said)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    assert too_old() is None
    monkeypatch.undo()
    monkeypatch.setenv("PATH", "/nonexistent")
    assert too_old() is None


def test_the_oldest_git_is_told_in_the_docs() -> None:
    documents = Path(__file__).resolve().parents[2]
    for name in ("README.md", "docs/versions.md", "docs/windows.md"):
        assert f"{OLDEST[0]}.{OLDEST[1]} or newer" in (documents / name).read_text("utf-8")


LISTING = "*ls-*|*log*|*diff-*|*for-each-ref*"
UNASKED = {
    # Nothing is read from git's objects.
    ("check", "*cat-file*"),
    # Trees are read as the objects that they are.
    ("check --rev HEAD", LISTING),
}


@pytest.mark.parametrize(
    "size", [pytest.param(0, marks=pytest.mark.slow), 45, pytest.param(100_000, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    ("command", "victim"),
    crossed(
        ["check", "check --rev HEAD", "hook pre-commit", "hook pre-receive", "replay HEAD"],
        ["*", "*cat-file*", LISTING],
    ),
)
def test_a_git_that_is_killed(victim: str, command: str, size: int, broken: Repo, tmp_path: Path) -> None:
    """Some of what it says arrives, or all of it; then it is gone."""
    told = told_by_git(broken, command)
    usual = run(broken, command, told)
    kill_git(broken, tmp_path / "bin", victim, size)
    ran = run(broken, command, told)
    is_unasked = (command, victim) in UNASKED
    if is_unasked or (victim == "*cat-file*" and size == 100_000):
        # It is asked until the end, and has said all by then; or it is not asked at all.
        assert ran == usual
    else:
        refused(ran, 3, "git")


def test_a_git_that_says_something_else(broken: Repo, tmp_path: Path) -> None:
    """A program that stands before git and adds words of its own, say."""
    put_before_git(
        broken, tmp_path / "bin", 'case "$*" in *" log "*) printf "Welcome\\0";; esac\nexec "$real" "$@"'
    )
    refused(run(broken, "replay HEAD"), 3, "git log answered in a form that is not known")


def damage(file: Path, how: str) -> None:
    """Do something to an object's file."""
    file.chmod(0o644)
    data = file.read_bytes()
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes({"empty": b"", "cut short": data[: len(data) // 2], "other": b"nonsense"}[how])


@pytest.mark.parametrize(
    ("command", "what", "how"),
    crossed(
        OF_OBJECTS,
        [
            (what, how)
            for how in ("missing", "cut short")
            for what in ("HEAD", "HEAD^{tree}", "HEAD:Sales/Workflows", f"HEAD:{SELL}")
        ],
    ),
)
def test_a_damaged_object(command: str, what: str, how: str, broken: Repo) -> None:
    told = told_by_git(broken, command)
    name = broken.git("rev-parse", what)
    damage(broken.root / ".git/objects" / name[:2] / name[2:], how)
    ran = run(broken, command, told)
    assert "Traceback" not in ran.text
    assert "internal error" not in ran.text
    if command == "check --staged" and what != f"HEAD:{SELL}":
        # The index needs no more of HEAD than what it shares with it.
        assert ran.status == 1
    else:
        assert ran.status in (2, 3), ran.text
        assert ran.out == ""


def test_the_working_tree_needs_no_objects(broken: Repo) -> None:
    usual = run(broken, "check --quiet")
    shutil.rmtree(broken.root / ".git/objects")
    (broken.root / ".git/objects").mkdir()
    assert run(broken, "check --quiet") == usual


@pytest.mark.parametrize("command", OF_OBJECTS)
def test_a_partial_clone(command: str, broken: Repo, tmp_path: Path) -> None:
    """What is not here is not fetched, and not verified."""
    broken.git("config", "uploadpack.allowFilter", "true")
    told = told_by_git(broken, command)
    partial = Repo(tmp_path / "partial", broken.environment)
    url = broken.root.as_uri()
    broken.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", url, str(partial.root))
    partial.git("read-tree", "HEAD")
    objects = sorted(path.name for path in (partial.root / ".git/objects").rglob("*"))
    ran = run(partial, command, told)
    assert (ran.status, ran.out) == (3, ""), ran.text
    assert "a partial clone lacks some of them" in ran.err
    assert sorted(path.name for path in (partial.root / ".git/objects").rglob("*")) == objects

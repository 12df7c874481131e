"""A disk that is full or read-only: one line, and what stood there before still does."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import told_by_git
from tests.hooks.conftest import copy
from tests.support.builders import Ran, Repo
from tests.support.disks import fill, mounted


@pytest.fixture
def on_a_disk(whole: Repo, tmp_path: Path) -> Iterator[Repo]:
    """The repository on a disk of its own."""
    with mounted(tmp_path / "disk", "4m") as disk:
        yield copy(whole, disk / "repo")


def files(repo: Repo) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in repo.root.rglob("*") if path.is_file()}


def refused(ran: Ran, reason: str) -> None:
    assert ran.status == 3, ran.text
    assert ran.err.startswith("crstandards: ")
    assert ran.err.endswith(f": {reason}\n")
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    "command",
    [
        "check --output report.txt",
        "check --output html=old.html",
        "graph --output map.html --format html",
        "baseline",
        "baseline --update",
        "baseline --force",
        "init --yes",
    ],
)
@pytest.mark.parametrize("room", [0, 4096])
def test_a_full_disk(command: str, room: int, on_a_disk: Repo) -> None:
    on_a_disk.write("old.html", "<p>old</p>\n")
    if "--" in command and "baseline" in command:
        on_a_disk.crstandards("baseline")
        on_a_disk.write("HR/Other/Solution.xml", (on_a_disk.root / "HR/Other/Solution.xml").read_bytes())
    fill(on_a_disk.root.parent, room)
    before = files(on_a_disk)
    ran = on_a_disk.crstandards(*command.split())
    if room and ran.status != 3:
        # It was enough.
        assert ran.status in (0, 1), ran.text
        return
    assert ran.status == 3, ran.text
    assert ran.err.endswith(": no space left on device\n")
    now = files(on_a_disk)
    assert {path: data for path, data in now.items() if path in before} == before
    assert not [path for path in now if ".crstandards-" in path]
    # Of several files, those that have found room are whole.
    assert all(data.endswith(b"\n") for path, data in now.items() if path not in before)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_report_on_a_device(broken: Repo) -> None:
    ran = broken.crstandards("check", "--output", "/dev/full")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err == "crstandards: /dev/full cannot be written: no space left on device\n"
    ran = broken.crstandards("check", "--quiet", "--format", "json", "--output", "text=/dev/stdout")
    assert ran.status == 1
    assert "error CR101" in ran.out


def test_a_report_keeps_what_its_file_is(broken: Repo) -> None:
    """Its mode, and the link that leads to it."""
    report = broken.write("reports/today.txt", "old")
    report.chmod(0o600)
    (broken.root / "latest.txt").symlink_to("reports/today.txt")
    assert broken.crstandards("check", "--output", "latest.txt").status == 1
    assert (broken.root / "latest.txt").is_symlink()
    assert "CR101" in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600
    report.chmod(0o400)


@pytest.mark.parametrize(
    "command",
    [
        "check", "check --staged", "check --rev HEAD", "hook pre-commit", "hook pre-push origin x",
        "hook pre-receive", "replay HEAD", "fix --unsafe --diff", "init", "graph",
    ],
)  # fmt: skip
def test_a_read_only_checkout_is_judged_as_ever(command: str, on_a_disk: Repo) -> None:
    told = told_by_git(on_a_disk, command)
    usual = on_a_disk.crstandards(*command.split(), stdin=told)
    assert usual.status in (0, 1)
    subprocess.run(["mount", "-o", "remount,ro", on_a_disk.root.parent], check=True)
    assert on_a_disk.crstandards(*command.split(), stdin=told) == usual


@pytest.mark.parametrize(
    "command", ["fix --unsafe", "fix --staged", "baseline", "init --yes", "check --output report.txt"]
)
def test_nothing_is_written_in_a_read_only_checkout(command: str, on_a_disk: Repo) -> None:
    subprocess.run(["mount", "-o", "remount,ro", on_a_disk.root.parent], check=True)
    refused(on_a_disk.crstandards(*command.split()), "read-only file system")

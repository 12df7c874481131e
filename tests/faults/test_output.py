"""Standard streams that are full, closed or left: a clear status, and not a word of Python's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.conftest import told_by_git
from tests.support.builders import Ran, Repo
from tests.support.combinations import crossed

SPEAKING = (
    "check", "check --format json", "hook pre-push origin x", "replay HEAD", "fix --unsafe --diff",
    "init", "graph", "config", "rules", "explain CR101", "completion bash", "--help", "--version",
)  # fmt: skip


def shell(repo: Repo, command: str, around: str) -> Ran:
    """Run a command as the shell does that puts something around it."""
    if sys.platform == "win32":
        pytest.skip("needs a shell")
    words = f"'{sys.executable}' -m crstandards {command}"
    return repo.run(["sh", "-c", around.format(words)], stdin=told_by_git(repo, command))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", [*SPEAKING, "check --help"])
def test_a_full_disk_under_standard_output(command: str, broken: Repo) -> None:
    ran = shell(broken, command, "{} >/dev/full")
    if command.endswith(" --help") and ran.status == 0:
        # Some versions of Python's own help take no notice.
        return
    assert ran.status == 3
    *_, last = ran.err.splitlines()
    assert last == (
        "crstandards: nothing was verified, because of an error of the system: No space left on device"
    )
    assert "Exception" not in ran.err


@pytest.mark.parametrize("command", [*SPEAKING, "check --help"])
def test_a_reader_that_has_left(command: str, broken: Repo) -> None:
    arguments = [sys.executable, "-m", "crstandards", *command.split()]
    with subprocess.Popen(
        arguments,
        cwd=broken.root,
        env=broken.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.write(told_by_git(broken, command).encode())
        process.stdin.close()
        said = process.stderr.read().decode().replace("\r\n", "\n")
    assert process.returncode in (0, 3) if command.endswith("check --help") else process.returncode == 3
    assert said in ("", "crstandards: that was refs/heads/main\n")


@pytest.mark.parametrize(
    ("command", "stream"),
    crossed(
        [
            "check",
            "hook pre-commit",
            "replay HEAD",
            "hook pre-push origin x",
            "hook pre-receive",
            "fix",
            "init",
        ],
        ("1", "0 1 2", "2", "0"),
    ),
)
def test_a_closed_stream_changes_no_verdict(command: str, stream: str, broken: Repo) -> None:
    usual = shell(broken, command, "{}")
    closed = shell(broken, command, "{} " + " ".join(f"{number}>&-" for number in stream.split()))
    if "0" in stream and ("pre-push" in command or "pre-receive" in command):
        # What is pushed is not known, so nothing is verified.
        assert (closed.status, closed.out) == (3, "")
        assert "2" in stream or "standard input" in closed.err
        return
    assert closed.status == usual.status, closed.text
    if "1" not in stream:
        assert closed.out == usual.out
    if "2" not in stream:
        assert closed.err == usual.err


def test_head(broken: Repo) -> None:
    """The first lines of a report of any length."""
    ran = shell(broken, "check --format json", "{} | head -n 3")
    assert (ran.status, len(ran.out.splitlines()), ran.err) == (0, 3, "")

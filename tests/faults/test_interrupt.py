"""Ctrl-C, at whatever git is: status 130, not a word, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.conftest import told_by_git
from tests.faults.gits import put_before_git
from tests.support.builders import Repo

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows only has another kind of signals")


def everything(repo: Repo) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in repo.root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("command", "slow"),
    [
        ("check", "ls-files"),
        ("check --rev HEAD", "cat-file"),
        ("hook pre-commit", "diff-index"),
        ("hook pre-commit", "ls-files"),
        ("hook pre-commit", "cat-file"),
        ("hook pre-receive", "for-each-ref"),
        ("hook pre-receive", "cat-file"),
        ("replay HEAD", "log"),
        ("replay HEAD", "cat-file"),
        ("fix --unsafe", "ls-files"),
        ("fix --staged --unsafe", "diff"),
        ("baseline", "ls-files"),
    ],
)
def test_only_we_are_told(command: str, slow: str, broken: Repo, tmp_path: Path) -> None:
    """Some programs tell nobody else; then git, which would go on for a minute, is ended by us."""
    told, before = told_by_git(broken, command), everything(broken)
    mark = tmp_path / "reached"
    put_before_git(
        broken,
        tmp_path / "bin",
        f'case "$*" in *{slow}*) echo $$ >"{mark}"; exec sleep 60;; esac\nexec "$real" "$@"',
    )
    with subprocess.Popen(
        [sys.executable, "-m", "crstandards", *command.split()],
        cwd=broken.root,
        env=broken.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        process.stdin.write(told.encode())
        process.stdin.flush()
        if "pre-receive" in command:
            process.stdin.close()
            process.stdin = None
        end = time.monotonic() + 60
        while not (mark.exists() and mark.read_text().endswith("\n")):
            assert time.monotonic() < end
            time.sleep(0.01)
        # It has just been started, and whoever started it has yet to go on.
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=50)
    assert (process.returncode, out, err) == (130, b"", b"")
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
    assert everything(broken) == before


def test_a_replay_with_its_progress_on_a_terminal(broken: Repo, tmp_path: Path) -> None:
    """The line is taken back."""
    pty = pytest.importorskip("pty", reason="needs a pty")
    script = (
        "import sys, time\n"
        "from crstandards.commands import progress\n"
        "progress._BEFORE_SHOWN = 0\n"
        "from crstandards.history import walk\n"
        "from crstandards.cli import main\n"
        "show = progress.Progress.__call__\n"
        "def call(self, done, total):\n"
        "    show(self, done, total)\n"
        "    if self._shown: time.sleep(60)\n"
        "progress.Progress.__call__ = call\n"
        "sys.exit(main(['replay', 'HEAD']))\n"
    )
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=broken.root,
        env=broken.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        said = b""
        while b" commits" not in said:
            said += os.read(ours, 4096)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=50)
        try:
            said += os.read(ours, 4096)
        except OSError:
            said += b""
    os.close(ours)
    assert (process.returncode, out) == (130, b"")
    assert said.endswith(b" \r")
    assert b"Traceback" not in said

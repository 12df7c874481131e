"""Programs called `git` that stand before the real one on the PATH."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from tests.support.builders import Repo


def put_before_git(repo: Repo, folder: Path, script: str) -> None:
    """Let the repository's processes find this script where they look for git; `$real` is the real one."""
    real = shutil.which("git", path=repo.environment["PATH"])
    assert real
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\nreal={shlex.quote(real)}\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    repo.environment["PATH"] = os.pathsep.join([str(folder), repo.environment["PATH"]])


RELAY = """
import os, subprocess, sys
left, command = int(sys.argv[1]), sys.argv[2:]
git = subprocess.Popen(command, stdout=subprocess.PIPE)
while left and (piece := os.read(git.stdout.fileno(), left)):
    os.write(1, piece)
    left -= len(piece)
git.kill()
os.kill(os.getpid(), 9)
"""


def kill_git(repo: Repo, folder: Path, victim: str, size: int) -> None:
    """Kill each git whose arguments match a pattern of the shell, after so many bytes, or at its end."""
    relay = f"{shlex.quote(sys.executable)} -I -S -c {shlex.quote(RELAY)} {size}"
    put_before_git(
        repo, folder, f'case "$*" in {victim}) exec {relay} "$real" "$@";; esac\nexec "$real" "$@"'
    )

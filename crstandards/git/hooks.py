"""Where git looks for a repository's hooks, and which setting says so.

`options` go before git's command: `--git-dir=.` names a repository by its own folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from crstandards.git.answers import failure, run
from crstandards.git.process import environment


class HooksPath(NamedTuple):
    """The `core.hooksPath` that holds: its value with `~` resolved, and where it is set.

    `scope` is git's word (`system`, `global`, `local`, `worktree`, `command`), "" where it is not set at
    all; `origin` is a file, as `git config --show-origin` names it.
    """

    value: str = ""
    scope: str = ""
    origin: str = ""


def hooks_folder(root: Path, *options: str) -> Path:
    """The folder that git looks for hooks in, `core.hooksPath` included."""
    return root / _answer(root, *options, "rev-parse", "--git-path", "hooks")


def own_hooks_folder(root: Path, *options: str) -> Path:
    """The folder that git looks for hooks in where no `core.hooksPath` names another."""
    return Path(os.path.abspath(root / _answer(root, *options, "rev-parse", "--git-common-dir"))) / "hooks"


def hooks_path(root: Path, *options: str) -> HooksPath:
    """What `core.hooksPath` is, and where it is set."""
    wanted = ("--type=path", "--show-scope", "--show-origin", "-z", "--get", "core.hooksPath")
    found = _answer(root, *options, "config", *wanted, absent_is_1=True)
    if not found:
        return HooksPath()
    scope, origin, value = found.removesuffix("\0").split("\0")
    return HooksPath(value, scope, origin.removeprefix("file:"))


def _answer(root: Path, *arguments: str, absent_is_1: bool = False) -> str:
    # Not by the command line that all else is asked with: that sets core.hooksPath itself.
    done = run(["git", *arguments], root, environment())
    if done.returncode and not (absent_is_1 and done.returncode == 1):
        command = next(word for word in arguments if not word.startswith("-"))
        raise failure(command, done.stderr.decode("utf-8", "replace"))
    # For the operating system: not every locale writes names as UTF-8.
    return os.fsdecode(done.stdout.removesuffix(b"\n"))

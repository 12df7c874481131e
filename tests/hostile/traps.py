"""A repository whose own configuration names commands for everything that git ever runs one for.

Each command leaves a mark, so that a test sees which of them was run.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.support.builders import Repo

_COMMANDS = (
    "core.fsmonitor", "core.pager", "core.editor", "core.askPass", "core.sshCommand", "core.gitProxy",
    "core.alternateRefsCommand", "sequence.editor", "interactive.diffFilter",
    "diff.external", "diff.trap.command", "diff.trap.textconv",
    "filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "merge.trap.driver",
    "credential.helper", "gpg.program", "gpg.ssh.program", "gpg.x509.program", "gpg.ssh.defaultKeyCommand",
    "uploadpack.packObjectsHook", "trailer.trap.command", "trailer.trap.cmd",
)  # fmt: skip
_PLUMBING = (
    "rev-parse", "ls-files", "ls-tree", "cat-file", "diff", "diff-index", "diff-tree", "diff-files", "log",
    "rev-list", "merge-base", "config", "symbolic-ref", "for-each-ref", "status", "show",
)  # fmt: skip
_HOOKS = (
    "pre-commit", "pre-merge-commit", "post-index-change", "post-checkout", "pre-auto-gc",
    "reference-transaction", "fsmonitor-watchman", "pre-push", "post-commit", "post-merge",
)  # fmt: skip
VARIABLES = (
    "GIT_EXTERNAL_DIFF", "GIT_PAGER", "PAGER", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_ASKPASS", "SSH_ASKPASS",
    "GIT_EDITOR", "GIT_PROXY_COMMAND",
)  # fmt: skip
ATTRIBUTES = "* diff=trap filter=trap merge=trap ident\n"


class Traps:
    """Plants the commands, and tells which of them were run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "marks").mkdir(parents=True)

    def command(self, name: str) -> str:
        """A command, as one word, that leaves a mark of this name."""
        script = self._folder / f"run-{name}"
        mark = shlex.quote(str(self._folder / "marks" / name))
        script.write_text(f"#!/bin/sh\n: >{mark}\nexit 1\n", encoding="utf-8")
        script.chmod(0o755)
        return str(script)

    def sprung(self) -> set[str]:
        """The names of the commands that were run since the last look."""
        marks = list((self._folder / "marks").iterdir())
        for mark in marks:
            mark.unlink()
        return {mark.name for mark in marks}

    def plant(self, repo: Repo, git_folder: Path) -> None:
        """Set them all in a repository: in its configuration, in a file that it includes, and as hooks."""
        included = git_folder / "more.config"
        for name, value in self._settings(git_folder):
            for file in (git_folder / "config", included):
                repo.git("config", "--file", str(file), name, value)
        repo.git("config", "--file", str(git_folder / "config"), "include.path", str(included))
        (git_folder / "info").mkdir(exist_ok=True)
        (git_folder / "info/attributes").write_text(ATTRIBUTES, encoding="utf-8")

    def _settings(self, git_folder: Path) -> Iterator[tuple[str, str]]:
        for name in _COMMANDS:
            yield name, self.command(name)
        for name in _PLUMBING:
            yield f"alias.{name}", f"!{self.command(f'alias.{name}')}"
            yield f"pager.{name}", self.command(f"pager.{name}")
        yield "log.showSignature", "true"
        yield "color.ui", "always"
        yield "core.untrackedCache", "true"
        # A remote that is a command, from which git would fetch what is missing.
        yield "protocol.allow", "always"
        yield "protocol.ext.allow", "always"
        yield "remote.origin.url", f"ext::{self.command('remote')}"
        yield "remote.origin.promisor", "true"
        yield "remote.origin.uploadpack", self.command("uploadpack")
        for folder in (git_folder / "hooks", git_folder / "other-hooks"):
            folder.mkdir(exist_ok=True)
            for hook in _HOOKS:
                (folder / hook).write_bytes(Path(self.command(f"hook.{hook}")).read_bytes())
                (folder / hook).chmod(0o755)
        yield "core.hooksPath", str(git_folder / "other-hooks")

    def environment(self) -> dict[str, str]:
        """Variables by which git is told of commands."""
        return {name: self.command(name) for name in VARIABLES}

"""See a commit stopped, fixed and let through, in a throw-away repository. Works offline."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from crstandards.commands.hook_install import install
from crstandards.errors import CLEAN, NotVerified
from crstandards.git.repository import Git
from crstandards.report.terminal import style_of, wrap, write
from crstandards.reported import Style

_DATA: Final = Path(__file__).resolve().parent.parent / "data" / "demo"

# For git of before 2.32, which knows no GIT_CONFIG_GLOBAL, it stands in the repository as well: a hooks
# folder of the user's own must never be written to.
_CONFIGURATION: Final = """\
[user]
	name = A maker
	email = maker@contoso.com
[core]
	autocrlf = false
	hooksPath = .git/hooks
[commit]
	gpgSign = false
[gc]
	auto = 0
[safe]
	directory = *
"""


def run(options: Namespace) -> int:
    """Play the demo and return the exit status; raises NotVerified where it goes another way."""
    stage = _Stage(style_of(sys.stdout))
    with (
        _ends_as_interrupts(),
        TemporaryDirectory(prefix="crstandards-demo-") as folder,
        _isolated(Path(folder), stage.style),
    ):
        _play(Path(folder) / "contoso", stage)
    return CLEAN


def _play(root: Path, stage: _Stage) -> None:
    stage.tell(
        "Watch a commit being stopped, fixed and let through. All of it happens in a throw-away "
        "repository, which is deleted at the end."
    )
    stage.title("1. A solution that meets the standard")
    stage.tell(
        "ContosoHR has two flows, 'New hire mail' and 'Leaver reminder', and one connection reference "
        "for each service they use: con_dataverse and con_outlook. We install the hook and commit."
    )
    git = create(root)
    stage.type("crstandards hook install")
    install(None, root)
    stage.output("")
    _commit(git, stage, "--quiet", "-m", "Add ContosoHR", stopped=False)
    stage.tell("The hook ran and let it through. From now on it stands guard.")

    stage.title("2. An export brings two mistakes along")
    stage.tell(
        "In the portal, a maker added the action 'Tell the manager' to 'New hire mail', and chose her own "
        "connection for it: a raw connection. In 'Leaver reminder' the designer made a second reference "
        "for Outlook by itself: a duplicate. Both come with the next export."
    )
    apply(root, "raw", "duplicate")
    said = _commit(git, stage, "-m", "Tell the manager of a new hire", stopped=True)
    if missing := [rule for rule in ("CR101", "CR201") if rule not in said]:
        raise NotVerified(f"the demo went wrong: {' and '.join(missing)} should have stopped this commit")
    stage.tell("git recorded nothing: the commit was stopped.")

    stage.title("3. Fixed as the report says")
    stage.tell("A maker would do it in the portal and export again. Here we edit the source:")
    apply(root, "reference")
    apply(root, "duplicate", back=True)
    stage.changes(git.run("diff", "--unified=0").decode())
    _commit(git, stage, "-m", "Tell the manager of a new hire", stopped=False)
    stage.tell(
        "The commit went through, with the new action and one reference per service. Now your own "
        "repository (commands to run there):"
    )
    stage.output(
        "  crstandards check            shows what breaks the standard today\n"
        "  crstandards hook install     stops new commits that do\n"
        "  crstandards explain CR101    explains a rule, with the steps in the portal"
    )


def _commit(git: Git, stage: _Stage, *options: str, stopped: bool) -> str:
    """Commit everything, which is to be stopped or not; returns what git said."""
    before = git.head()
    for command in (("add", "--all"), ("commit", *options)):
        typed = [f'"{part}"' if " " in part else part for part in ("git", *command)]
        stage.type(" ".join(typed))
        status, said = git.typed(*command)
    stage.output(said)
    if (status != 0, git.head() == before) != (stopped, stopped):
        raise NotVerified(
            f"the demo went wrong: this commit should have been {'stopped' if stopped else 'let through'}"
        )
    return said


@contextmanager
def _ends_as_interrupts() -> Iterator[None]:
    """Take a closed terminal, or an end asked for, for Ctrl-C: the repository is removed then too."""
    ends = [getattr(signal, name) for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]
    handlers = {end: signal.signal(end, signal.default_int_handler) for end in ends}
    try:
        yield
    finally:
        for end, handler in handlers.items():
            signal.signal(end, handler)


class _Stage:
    """Where the story is told."""

    def __init__(self, style: Style) -> None:
        self.style = style

    def tell(self, text: str) -> None:
        """A paragraph of the story."""
        self.output("\n".join(wrap(text, self.style.width)))

    def title(self, text: str) -> None:
        self.output(self._paint(text, "1;36"))

    def type(self, command: str) -> None:
        """A command, as a maker types it; what it says comes next."""
        self._show(self._paint(f"$ {command}", "1") + "\n")

    def output(self, text: str) -> None:
        self._show(text.rstrip("\n") + "\n\n" if text else "\n")

    def changes(self, diff: str) -> None:
        """The lines of files that a diff changes."""
        colors = {"+": "32", "-": "31"}
        lines = [line for line in diff.split("\n") if line[:1] in colors]
        self.output("\n".join(self._paint(line, colors[line[0]]) for line in lines))

    def _paint(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self.style.color else text

    def _show(self, text: str) -> None:
        write(sys.stdout, text, self.style.encoding)


@contextmanager
def _isolated(folder: Path, style: Style) -> Iterator[None]:
    """Make this process's environment one in which git sees no settings but those of a file in `folder`.

    The hook's report, which goes through a pipe, looks there as it would here.
    """
    settings = folder / "gitconfig"
    settings.write_bytes(_CONFIGURATION.encode())
    before = dict(os.environ)
    for name in before:
        if name.startswith(("GIT_", "PRE_COMMIT")) and name != "GIT_EXEC_PATH":
            del os.environ[name]
    os.environ |= {
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "COLUMNS": str(style.width),
        "FORCE_COLOR" if style.color else "NO_COLOR": "1",
        "PYTHONIOENCODING": "utf-8" if style.unicode else "ascii",
    }
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def create(root: Path) -> Git:
    """Make the repository, with a solution that meets the standard; nothing is staged yet."""
    shutil.copytree(_DATA / "HR", root / "HR")
    git = Git(root)
    git.run("-c", "init.defaultBranch=main", "init", "--quiet", "--template=")
    with open(root / ".git" / "config", "a", encoding="utf-8", newline="") as file:
        file.write(_CONFIGURATION)
    return git


def apply(root: Path, *patches: str, back: bool = False) -> None:
    """Change the working tree, or take such a change `back`.

    An export brings along "raw", a new action on a raw connection, and "duplicate", a second reference for
    Outlook; "reference" is what a person makes of the former.
    """
    files = [str(_DATA / f"{name}.patch") for name in patches]
    Git(root).run("apply", *(["--reverse"] if back else []), *files)

"""See a commit stopped, mended and let through, in a throw-away repository. Works offline."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from crstandards.commands.hook_install import install
from crstandards.errors import CLEAN, NotVerified
from crstandards.git.repository import Git
from crstandards.report.layout import wrap
from crstandards.report.terminal import Style, style_of, write

_SOLUTION: Final = Path(__file__).resolve().parent.parent / "data" / "demo"
_NEW_HIRE: Final = "HR/Workflows/NewHireMail-3F2504E0-4F89-41D3-9A0C-0305E82C3301.json"
_LEAVER: Final = "HR/Workflows/LeaverReminder-6FA459EA-EE8A-4CA4-894E-DB77E160355E.json"
_CUSTOMIZATIONS: Final = "HR/Other/Customizations.xml"

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


class Edit(NamedTuple):
    """A piece of text that is replaced, once, in a file of the repository."""

    path: str
    old: str
    new: str


_USED: Final = '"connectionReferenceLogicalName": "con_outlook"\n'
_USED_SURPLUS: Final = '"connectionReferenceLogicalName": "con_sharedoffice365_912a8"\n'
_SURPLUS: Final = """\
    <connectionreference connectionreferencelogicalname="con_sharedoffice365_912a8">
      <connectionreferencedisplayname>Office 365 Outlook-912a8</connectionreferencedisplayname>
      <connectorid>/providers/Microsoft.PowerApps/apis/shared_office365</connectorid>
      <iscustomizable>1</iscustomizable>
      <promptingbehavior>0</promptingbehavior>
      <statecode>0</statecode>
      <statuscode>1</statuscode>
    </connectionreference>
"""
_RAW: Final = '"connection": {},\n'
_REFERENCE: Final = '"connection": {"connectionReferenceLogicalName": "con_outlook"},\n'
_ENTRY: Final = f"""\
      }},
      "shared_office365_1": {{
        "runtimeSource": "embedded",
        {_RAW}\
        "api": {{
          "name": "shared_office365"
        }}
      }}
    }},
    "definition": {{
"""
_ACTION: Final = """\
        "Tell_the_manager": {
          "runAfter": {
            "Welcome_the_new_colleague": [
              "Succeeded"
            ]
          },
          "type": "OpenApiConnection",
          "inputs": {
            "host": {
              "connectionName": "shared_office365_1",
              "operationId": "SendEmailV2",
              "apiId": "/providers/Microsoft.PowerApps/apis/shared_office365"
            },
            "parameters": {
              "emailMessage/To": "@triggerOutputs()?['body/con_manageremail']",
              "emailMessage/Subject": "A new colleague starts",
              "emailMessage/Body": "<p>Please prepare laptop and badge.</p>"
            },
            "authentication": "@parameters('$authentication')"
          }
        },
"""

SLIPS: Final = (
    Edit(_NEW_HIRE, '      }\n    },\n    "definition": {\n', _ENTRY),
    Edit(_NEW_HIRE, '      "actions": {\n', f'      "actions": {{\n{_ACTION}'),
    Edit(_CUSTOMIZATIONS, "  </connectionreferences>\n", f"{_SURPLUS}  </connectionreferences>\n"),
    Edit(_LEAVER, _USED, _USED_SURPLUS),
)
"""What an export brings along: a new action on a raw connection, and a second reference for Outlook."""

MENDS: Final = (
    Edit(_NEW_HIRE, _RAW, _REFERENCE),
    Edit(_LEAVER, _USED_SURPLUS, _USED),
    Edit(_CUSTOMIZATIONS, _SURPLUS, ""),
)
"""What a person does about it."""


def run(options: Namespace) -> int:
    """Play the demo and return the exit status; raises NotVerified where it goes another way."""
    style = style_of(sys.stdout)
    with (
        _ends_as_interrupts(),
        TemporaryDirectory(prefix="crstandards-demo-") as folder,
        isolated(Path(folder), _appearance(style)),
    ):
        _play(Path(folder) / "contoso", _Stage(style))
    return CLEAN


def _play(root: Path, stage: _Stage) -> None:
    stage.tell(
        "Watch a commit being stopped, mended and let through. All of it happens in a throw-away "
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
    apply(root, SLIPS)
    said = _commit(git, stage, "-m", "Tell the manager of a new hire", stopped=True)
    if missing := [rule for rule in ("CR101", "CR201") if rule not in said]:
        raise NotVerified(f"the demo went wrong: {' and '.join(missing)} should have stopped this commit")
    stage.tell("git recorded nothing: the commit was stopped.")

    stage.title("3. Mended as the report says")
    stage.tell("A maker would do it in the portal and export again. Here we edit the source:")
    for edit in MENDS:
        stage.edit(edit)
    apply(root, MENDS)
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


def _appearance(style: Style) -> dict[str, str]:
    """The variables that make the hook's report, which goes through a pipe, look as it would here."""
    return {
        "COLUMNS": str(style.width),
        "FORCE_COLOR" if style.color else "NO_COLOR": "1",
        "PYTHONIOENCODING": "utf-8" if style.unicode else "ascii",
    }


class _Stage(NamedTuple):
    """Where the story is told."""

    style: Style

    def tell(self, text: str) -> None:
        """A paragraph of the story."""
        self._show("\n".join(wrap(text, self.style.width)) + "\n\n")

    def title(self, text: str) -> None:
        self._show(self._paint(text, "1;36") + "\n\n")

    def type(self, command: str) -> None:
        """A command, as a maker types it; what it says comes next."""
        self._show(self._paint(f"$ {command}", "1") + "\n")

    def output(self, text: str) -> None:
        self._show(text.rstrip("\n") + "\n\n" if text else "\n")

    def edit(self, edit: Edit) -> None:
        """What was replaced in a file."""
        lines = [edit.path]
        for text, mark, color in ((edit.old, "-", "31"), (edit.new, "+", "32")):
            shown = [line.strip() for line in text.splitlines()]
            if len(shown) > 1:
                shown[1:] = [f"(and {len(shown) - 1} more lines)"]
            lines += [self._paint(f"{mark} {line}", color) for line in shown]
        self._show("\n".join(lines) + "\n\n")

    def _paint(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self.style.color else text

    def _show(self, text: str) -> None:
        write(sys.stdout, text, self.style.encoding)


@contextmanager
def isolated(folder: Path, shown: Mapping[str, str]) -> Iterator[None]:
    """Make this process's environment one in which git sees no settings but the demo's.

    `folder` gets a file with those; `shown` is added to the environment.
    """
    settings = folder / "gitconfig"
    settings.write_bytes(_CONFIGURATION.encode())
    before = dict(os.environ)
    for name in before:
        if name.startswith(("GIT_", "PRE_COMMIT")) and name != "GIT_EXEC_PATH":
            del os.environ[name]
    os.environ.update(
        {"GIT_CONFIG_GLOBAL": str(settings), "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", **shown}
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def create(root: Path) -> Git:
    """Make the repository, with a solution that meets the standard; nothing is staged yet."""
    shutil.copytree(_SOLUTION, root)
    git = Git(root)
    git.run("-c", "init.defaultBranch=main", "init", "--quiet", "--template=")
    with open(root / ".git" / "config", "a", encoding="utf-8", newline="") as file:
        file.write(_CONFIGURATION)
    return git


def apply(root: Path, edits: tuple[Edit, ...]) -> None:
    """Make the edits in the working tree."""
    for edit in edits:
        path = root / edit.path
        content = path.read_bytes()
        assert content.count(edit.old.encode()) == 1, edit
        path.write_bytes(content.replace(edit.old.encode(), edit.new.encode()))

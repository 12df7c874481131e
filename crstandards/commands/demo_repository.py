"""The demo's throw-away repository: its files, what goes wrong in them, how they are mended, and an
environment in which nobody's git settings count.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from crstandards.git import Git

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

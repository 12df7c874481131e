"""docs/commands.md lists each command as the help does, and how its completion is set up."""

from __future__ import annotations

import re

from crstandards.commands import VERBS
from crstandards.commands.arguments import COMPLETION
from tests.docs.documents import ROOT

PAGE = ROOT / "docs" / "commands.md"


def test_each_command_is_listed_in_order() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| (.+?) \| ", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == list(VERBS.items())


def test_completion_is_set_up_as_its_help_says() -> None:
    page = PAGE.read_text("utf-8")
    rows = re.findall(r"^\| (\w+) \| .+ \| `(.*completion .*)` \|$", page, re.MULTILINE)
    assert [shell.lower() for shell, _ in rows] == list(COMPLETION)
    for shell, line in rows:
        assert COMPLETION[shell.lower()].startswith(line.replace(r"\|", "|") + " in ")

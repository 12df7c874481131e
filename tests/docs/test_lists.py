"""What pages list is what there is, in order; the tables of rules are generated."""

from __future__ import annotations

import re

import pytest
import yaml

from crstandards.commands import VERBS
from crstandards.commands.arguments import COMPLETION
from crstandards.report import FORMATS
from tests.promised import PAGE, promises
from tests.size import size_of
from tests.support.documents import ROOT

PACKAGE = ROOT / "crstandards"


def rows(page: str, pattern: str) -> list[tuple[str, ...]]:
    """What a pattern finds in a page, line by line."""
    found = re.finditer(pattern, (ROOT / page).read_text("utf-8"), re.MULTILINE)
    return [match.groups() for match in found]


def test_each_command_and_each_format_is_listed() -> None:
    assert rows("docs/commands.md", r"^\| `([a-z]+)` \| (.+?) \| ") == list(VERBS.items())
    assert rows("docs/reports.md", r"^\| `(\w+)` \|") == [(name,) for name in FORMATS]


def test_completion_is_set_up_as_its_help_says() -> None:
    shells = rows("docs/commands.md", r"^\| (\w+) \| .+ \| `(.*completion .*)` \|$")
    assert [shell.lower() for shell, _ in shells] == list(COMPLETION)
    for shell, line in shells:
        assert COMPLETION[shell.lower()].startswith(line.replace(r"\|", "|") + " in ")


def test_each_published_hook_is_listed_with_its_rules() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    listed = rows("docs/hooks.md", r"^\| `([a-z-]+)` \| (.+) \|$")
    assert [(name, re.findall(r"CR\d+", said)) for name, said in listed] == [
        (hook["id"], re.findall(r"CR\d+", hook["entry"])) for hook in hooks
    ]


def test_the_fix_is_named_where_it_mends_what_stopped_a_commit() -> None:
    pattern = r"^\| \[(CR\d+)\]\(rules/CR\d+\.md\) \| (.+)$"
    blocked, mended = rows("docs/blocked.md", pattern), {rule for rule, _ in rows("docs/fix.md", pattern)}
    assert {rule for rule, said in blocked if "`crstandards fix" in said} == mended & {
        rule for rule, _ in blocked
    }


def test_every_folder_of_the_package_has_a_row_and_every_row_is_about_what_is_there() -> None:
    named = rows("docs/development/how-it-works.md", r"^\| (`[^|]+) \|")
    rooms = {room.removeprefix("crstandards/") for (row,) in named for room in re.findall(r"`([^`]+)`", row)}
    assert all((PACKAGE / room).exists() for room in rooms)
    folders = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    assert {room for room in rooms if room.endswith("/")} == folders


def test_no_module_is_longer_than_the_guide_for_contributors_says() -> None:
    [(most,)] = rows("CONTRIBUTING.md", r"Small modules of at most (\d+) lines")
    assert [path.name for path in PACKAGE.rglob("*.py") if size_of(path).lines > int(most)] == []


def test_each_promise_names_the_tests_that_keep_it() -> None:
    kept = promises(PAGE.read_text("utf-8"))
    assert len(kept) > 10
    assert all(row.tests for row in kept)


@pytest.mark.parametrize("page", ["docs/promises.md", "docs/development/found.md"])
def test_every_test_that_is_named_is_there(page: str) -> None:
    named = re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", (ROOT / page).read_text("utf-8"))
    assert len(named) > 15
    for path, function in named:
        assert (ROOT / path).exists(), path
        assert not function or f"def {function}(" in (ROOT / path).read_text("utf-8"), function

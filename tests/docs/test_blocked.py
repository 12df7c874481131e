"""docs/blocked.md speaks of each rule that stops a commit, and says rightly what a command can mend."""

from __future__ import annotations

import re

from crstandards.commands.options import blocking
from crstandards.policy.configuration import Config
from crstandards.rules import RULES
from tests.docs.documents import ROOT


def rows(page: str) -> dict[str, str]:
    """The rows of a page's table of rules, by the rule's id."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    return dict(re.findall(r"^\| \[(CR\d+)\]\(rules/\1\.md\) \| (.+)$", text, re.MULTILINE))


def test_each_rule_that_stops_a_commit_is_told_in_order() -> None:
    assert list(rows("blocked.md")) == [rule.id for rule in blocking(RULES, Config())]


def test_the_command_is_named_where_it_mends() -> None:
    blocked = rows("blocked.md")
    named = {rule for rule, row in blocked.items() if "`crstandards fix" in row}
    assert named == rows("fix.md").keys() & blocked.keys()

"""docs/rules/README.md lists each rule as it is, and each rule's page is one of these."""

from __future__ import annotations

import re

from crstandards.rules import RULES
from tests.docs.documents import PAGES, ROOT

INDEX = ROOT / "docs" / "rules" / "README.md"


def test_the_index_lists_each_rule_in_order() -> None:
    rows = re.findall(
        r"^\| \[(CR\d{3})\]\((CR\d{3})\.md\) \| ([a-z-]+) \| ([a-z]+) \|",
        INDEX.read_text("utf-8"),
        re.MULTILINE,
    )
    assert rows == [(rule.id, rule.id, rule.name, rule.severity) for rule in RULES]


def test_each_page_belongs_to_a_rule() -> None:
    pages = [page.stem for page in PAGES if page.parent.name == "rules" and page.stem != "README"]
    assert pages == [rule.id for rule in RULES]

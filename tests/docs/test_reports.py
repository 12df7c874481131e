"""docs/reports.md lists each format of a report."""

from __future__ import annotations

import re

from crstandards.report import FORMATS
from tests.docs.documents import ROOT


def test_each_format_is_listed() -> None:
    page = (ROOT / "docs" / "reports.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(FORMATS)

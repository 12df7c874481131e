"""One row for each finding, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from crstandards.findings import Report, Reported
from crstandards.report.escape import defuse, display_path, sanitize
from crstandards.report.order import ordered
from crstandards.report.terminal import Style

_HEADINGS: Final = (
    *("rule", "name", "severity", "solution", "path", "line", "column", "message", "to fix"),
    *("suppressed by", "reason", "fingerprint"),
)
_FORMULA: Final = ("=", "+", "-", "@")
"""What a cell begins with that a spreadsheet takes for a formula."""


def render(report: Report, style: Style) -> str:
    """All findings, suppressed ones too. Excel knows UTF-8 by the mark at the beginning."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(_HEADINGS)
    rows.writerows(map(list, map(_cells, ordered(report.findings))))
    return f"\ufeff{text.getvalue()}"


def _cells(reported: Reported) -> Iterator[str]:
    rule, finding, span = reported.rule, reported.finding, reported.span
    by, reason = reported.suppressed or ("", "")
    texts = (rule.id, rule.name, reported.severity, finding.solution, display_path(span.path))
    yield from map(_harmless, (*texts, str(span.line), str(span.column), finding.message))
    yield defuse("\n".join(map(_harmless, finding.help.split("\n"))))
    yield from map(_harmless, (by, reason, reported.fingerprint))


def _harmless(text: str) -> str:
    """A text that is no formula, wherever it came from."""
    text = sanitize(text)
    return f"'{text}" if text.startswith(_FORMULA) else text

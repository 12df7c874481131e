"""One row for each finding, for spreadsheets."""

import csv
import io
from typing import Final

from crstandards.report.escape import cell, defuse, display_path
from crstandards.report.listing import ordered
from crstandards.reported import Report, Reported, Style

_HEADINGS: Final = (
    *("rule", "name", "severity", "solution", "path", "line", "column", "message", "to fix"),
    *("suppressed by", "reason", "fingerprint"),
)


def render(report: Report, style: Style) -> str:
    """All findings, suppressed ones too. Excel knows UTF-8 by the mark at the beginning."""
    text = io.StringIO()
    rows = csv.writer(text)
    findings = ordered(report.findings)
    if report.parts:
        rows.writerow(("repository", *_HEADINGS))
        rows.writerows([cell(reported.repository), *_row(reported)] for reported in findings)
    else:
        rows.writerow(_HEADINGS)
        rows.writerows(map(_row, findings))
    return f"\ufeff{text.getvalue()}"


def _row(reported: Reported) -> list[str]:
    rule, finding, span = reported.rule, reported.finding, reported.span
    first = (rule.id, rule.name, reported.severity, finding.solution, display_path(span.path))
    to_fix = defuse("\n".join(map(cell, finding.help.split("\n"))))
    last = (*(reported.suppressed or ("", "")), reported.fingerprint)
    return [
        *map(cell, first),
        str(span.line),
        str(span.column),
        cell(finding.message),
        to_fix,
        *map(cell, last),
    ]

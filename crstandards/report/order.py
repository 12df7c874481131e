"""The one order in which reports list findings, whatever order they were found in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crstandards.findings import Reported
from crstandards.report.escape import display_path


def sort_key(reported: Reported) -> tuple[Any, ...]:
    """By path, line, column, rule and message; what follows only makes the order total."""
    span, finding = reported.span, reported.finding
    return (
        display_path(span.path),
        span.line,
        span.column,
        reported.rule.id,
        finding.message,
        reported.fingerprint,
        span,
        reported.severity,
        finding.solution,
        finding.help,
        finding.fixable,
        finding.involves,
        reported.related,
        reported.suppressed or (),
    )


def ordered(findings: Iterable[Reported]) -> list[Reported]:
    """The findings, sorted."""
    return sorted(findings, key=sort_key)

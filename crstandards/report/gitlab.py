"""GitLab's code quality report: a JSON list of what counts, notes included."""

from __future__ import annotations

from typing import Any, Final

from crstandards.findings import Report, Reported
from crstandards.report.escape import display_path, sanitize
from crstandards.report.fingerprints import numbered
from crstandards.report.json_format import json_text
from crstandards.report.order import ordered
from crstandards.report.terminal import Style

_SEVERITIES: Final = {"error": "critical", "warning": "minor", "note": "info"}


def render(report: Report, style: Style) -> str:
    """The report as one JSON document with a line end; the style makes no difference to it."""
    return json_text([_issue(*pair) for pair in numbered(ordered(report.counted()))])


def _issue(reported: Reported, fingerprint: str) -> dict[str, Any]:
    span, rule = reported.span, reported.rule
    return {
        "type": "issue",
        "check_name": rule.id,
        "description": sanitize(f"{rule.id} {rule.name}: {reported.finding.message}"),
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[reported.severity],
        "location": {
            # A file is asked for: what stands in none is put down to the folder.
            "path": display_path(span.path) or ".",
            "lines": {"begin": span.line, "end": span.end_line},
        },
    }

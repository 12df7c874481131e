"""GitLab's code quality report: a JSON list of what counts, notes included."""

from typing import Final

from crstandards.report.escape import display_path, sanitize
from crstandards.report.json_format import json_text
from crstandards.report.listing import numbered, ordered, related
from crstandards.reported import Report, Reported, Style

_SEVERITIES: Final = {"error": "critical", "warning": "minor", "note": "info"}


def render(report: Report, style: Style) -> str:
    """The report as one JSON document with a line end; the style makes no difference to it."""
    return json_text(
        [
            {
                "type": "issue",
                "check_name": reported.rule.id,
                "description": _description(reported),
                "fingerprint": fingerprint,
                "severity": _SEVERITIES[reported.severity],
                "location": {
                    # A file is asked for: what stands in none is put down to the folder.
                    "path": display_path(reported.span.path) or ".",
                    "lines": {"begin": reported.span.line, "end": reported.span.end_line},
                },
            }
            for reported, fingerprint in numbered(ordered(report.counted()))
        ]
    )


def _description(reported: Reported) -> str:
    """What is wrong, on the one line that GitLab shows, with the actions and lines that belong to it."""
    also = "; ".join(related(reported))
    message = sanitize(f"{reported.rule.id} {reported.rule.name}: {reported.finding.message}")
    return f"{message} Also {also}." if also else message

"""Annotations for GitHub Actions: commands in the log, the most serious first.

GitHub shows ten errors and ten warnings of a step, the first ones. The rest stands in the log, and in
the summary that `markdown_format` writes.
"""

from typing import Any, Final

from crstandards.report.closing import log
from crstandards.report.escape import display_path, github, sanitize
from crstandards.report.lines import lines
from crstandards.report.terminal import Style
from crstandards.reported import Report, Reported

_COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report, style: Style) -> str:
    """A command for each finding, and unless `quiet`, the summary as plain lines."""
    return log(report, style, _command)


def _command(reported: Reported) -> str:
    span = reported.span
    properties: dict[str, Any] = {}
    if span.path:
        properties = {"file": sanitize(display_path(span.path)), "line": span.line, "endLine": span.end_line}
        # GitHub takes columns only for a place on one line.
        if span.line == span.end_line:
            properties |= {"col": span.column, "endColumn": span.end_column}
    properties["title"] = f"{reported.rule.id} {reported.rule.name}"
    listed = ",".join(f"{name}={github(str(value), True)}" for name, value in properties.items())
    return f"::{_COMMANDS[reported.severity]} {listed}::{github(chr(10).join(lines(reported)))}"

"""Annotations for GitHub Actions: commands in the log, the most serious first.

GitHub shows ten errors and ten warnings of a step, the first ones. The rest stands in the log, and in
the summary that `markdown_format` writes.
"""

from __future__ import annotations

from typing import Final

from crstandards.findings import Report, Reported
from crstandards.report.closing import closing
from crstandards.report.escape import display_path, sanitize
from crstandards.report.history import who
from crstandards.report.order import by_gravity, shown
from crstandards.report.terminal import Style
from crstandards.report.width import USUAL

_COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report, style: Style) -> str:
    """A command for each finding, and unless `quiet`, the summary as plain lines."""
    findings = by_gravity(shown(report, style.verbose))
    lines = [_command(reported) for reported in findings]
    if not style.quiet:
        lines.append(closing(report, findings, USUAL, style.verbose))
    return "".join(f"{line}\n" for line in lines)


def _command(reported: Reported) -> str:
    span = reported.span
    properties: dict[str, object] = {}
    if span.path:
        properties = {"file": sanitize(display_path(span.path)), "line": span.line, "endLine": span.end_line}
        # GitHub takes columns only for a place on one line.
        if span.line == span.end_line:
            properties |= {"col": span.column, "endColumn": span.end_column}
    properties["title"] = f"{reported.rule.id} {reported.rule.name}"
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    message = "\n".join(map(sanitize, advice(reported)))
    return f"::{_COMMANDS[reported.severity]} {listed}::{_data(message)}"


def advice(reported: Reported) -> list[str]:
    """What a finding says, line by line: the message, what to do, and who brought it, if that is known."""
    finding = reported.finding
    return [
        finding.message,
        *(line for line in finding.help.split("\n") if line.strip()),
        *([f"Brought by {who(reported.introduced)}."] if reported.introduced else []),
    ]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

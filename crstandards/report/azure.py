"""Issues for Azure Pipelines: logging commands, the most serious first."""

from __future__ import annotations

import re
from typing import Final

from crstandards.findings import Report, Reported
from crstandards.report.closing import closing
from crstandards.report.escape import display_path, sanitize
from crstandards.report.github import advice
from crstandards.report.order import by_gravity, shown
from crstandards.report.terminal import Style
from crstandards.report.width import USUAL

_ESCAPES: Final = {";": "%3B", "\r": "%0D", "\n": "%0A", "]": "%5D"}
# The agent undoes its own escapes and has none for `%` that each of its versions knows. A `%` is
# ambiguous only where an escape seems to follow, so only that one is written as newer agents want it.
_SEEMING: Final = re.compile(r"%(?=3B|0D|0A|5D|AZP25|VSTS)", re.IGNORECASE)


def render(report: Report, style: Style) -> str:
    """A command for each finding, and unless `quiet`, the summary as plain lines.

    Azure Pipelines knows errors and warnings; a note is a line of the log.
    """
    findings = by_gravity(shown(report, style.verbose))
    lines = [_note(reported) if reported.severity == "note" else _command(reported) for reported in findings]
    if not style.quiet:
        lines.append(closing(report, findings, USUAL, style.verbose))
    return "".join(f"{line}\n" for line in lines)


def upload_summary(path: str) -> str:
    """The command that puts a Markdown file, given by its absolute path, on the run's summary."""
    return f"##vso[task.uploadsummary]{_escaped(path)}\n"


def _command(reported: Reported) -> str:
    span = reported.span
    properties: dict[str, object] = {"type": reported.severity}
    if span.path:
        properties |= {
            "sourcepath": sanitize(display_path(span.path)),
            "linenumber": span.line,
            "columnnumber": span.column,
        }
    properties["code"] = reported.rule.id
    listed = "".join(f"{name}={_escaped(str(value))};" for name, value in properties.items())
    message = "\n".join(map(sanitize, advice(reported)))
    return f"##vso[task.logissue {listed}]{_escaped(f'{reported.rule.id} {reported.rule.name}: {message}')}"


def _note(reported: Reported) -> str:
    span, rule = reported.span, reported.rule
    place = f"{sanitize(display_path(span.path))}:{span.line}:{span.column}: " if span.path else ""
    return f"note {rule.id} {rule.name}: {place}{sanitize(reported.finding.message)}"


def _escaped(text: str) -> str:
    text = _SEEMING.sub("%AZP25", text)
    return "".join(_ESCAPES.get(c, c) for c in text)

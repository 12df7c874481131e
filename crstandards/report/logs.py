"""What services and editors read in a log: a line for each finding.

GitHub shows ten errors and ten warnings of a step, the first ones, so the most serious stand first. The rest
stands in the log, and in the summary that `markdown_format` writes.
"""

from collections.abc import Callable
from typing import Any, Final

from crstandards.report.escape import azure as azure_text
from crstandards.report.escape import defuse, display_path, sanitize
from crstandards.report.escape import github as github_text
from crstandards.report.listing import by_gravity, closing, lines, place, shown
from crstandards.reported import Report, Reported, Style

_GITHUB: Final = {"error": "error", "warning": "warning", "note": "notice"}


def github(report: Report, style: Style) -> str:
    """Annotations for GitHub Actions: a command for each finding, and unless `quiet`, the summary."""
    return _log(report, style, _for_github)


def _for_github(reported: Reported) -> str:
    span = reported.span
    properties: dict[str, Any] = {}
    if span.path:
        properties = {"file": sanitize(display_path(span.path)), "line": span.line, "endLine": span.end_line}
        # GitHub takes columns only for a place on one line.
        if span.line == span.end_line:
            properties |= {"col": span.column, "endColumn": span.end_column}
    properties["title"] = f"{reported.rule.id} {reported.rule.name}"
    listed = ",".join(f"{name}={github_text(str(value), True)}" for name, value in properties.items())
    return f"::{_GITHUB[reported.severity]} {listed}::{github_text(chr(10).join(lines(reported)))}"


def azure(report: Report, style: Style) -> str:
    """Issues for Azure Pipelines: a command for each finding, and unless `quiet`, the summary."""
    return _log(report, style, _for_azure)


def upload_summary(path: str) -> str:
    """The command that puts a Markdown file, given by its absolute path, on the run's summary."""
    return f"##vso[task.uploadsummary]{azure_text(path)}\n"


def _for_azure(reported: Reported) -> str:
    """Azure Pipelines knows errors and warnings; a note is lines of the log."""
    span, title = reported.span, f"{reported.rule.id} {reported.rule.name}"
    message, *more = lines(reported)
    if reported.severity == "note":
        where = f"{place(span)}: " if span.path else ""
        return defuse("\n  ".join([f"note {title}: {where}{message}", *more]))
    properties: dict[str, Any] = {"type": reported.severity}
    if span.path:
        path = sanitize(display_path(span.path))
        properties |= {"sourcepath": path, "linenumber": span.line, "columnnumber": span.column}
    properties["code"] = reported.rule.id
    listed = "".join(f"{name}={azure_text(str(value))};" for name, value in properties.items())
    told = "\n".join([f"{title}: {message}", *more])
    return f"##vso[task.logissue {listed}]{azure_text(told)}"


def gcc(report: Report, style: Style) -> str:
    """`path:line:column: severity: message [CR101]`; what stands in no file is put down to the folder."""
    return defuse("".join(f"{_for_gcc(reported)}\n" for reported in shown(report, style.verbose)))


def _for_gcc(reported: Reported) -> str:
    message = sanitize(reported.finding.message)
    return f"{place(reported.span, '.:1:1')}: {reported.severity}: {message} [{reported.rule.id}]"


def _log(report: Report, style: Style, command: Callable[[Reported], str]) -> str:
    """A service's log: a line for each finding, the gravest first, and unless `quiet`, the summary."""
    findings = by_gravity(shown(report, style.verbose))
    lines = [*map(command, findings), *([] if style.quiet else closing(report, findings, style))]
    return "".join(f"{line}\n" for line in lines)

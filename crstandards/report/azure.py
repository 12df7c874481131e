"""Issues for Azure Pipelines: logging commands, the most serious first."""

from typing import Any

from crstandards.report.closing import log
from crstandards.report.escape import azure, defuse, display_path, sanitize
from crstandards.report.lines import lines, place
from crstandards.report.terminal import Style
from crstandards.reported import Report, Reported


def render(report: Report, style: Style) -> str:
    """A command for each finding, and unless `quiet`, the summary as plain lines."""
    return log(report, style, _command)


def upload_summary(path: str) -> str:
    """The command that puts a Markdown file, given by its absolute path, on the run's summary."""
    return f"##vso[task.uploadsummary]{azure(path)}\n"


def _command(reported: Reported) -> str:
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
    listed = "".join(f"{name}={azure(str(value))};" for name, value in properties.items())
    told = "\n".join([f"{title}: {message}", *more])
    return f"##vso[task.logissue {listed}]{azure(told)}"

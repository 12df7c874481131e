"""One line for each finding as compilers write it, which editors and their problem matchers read."""

from crstandards.report.escape import defuse, sanitize
from crstandards.report.lines import place
from crstandards.report.order import shown
from crstandards.report.terminal import Style
from crstandards.reported import Report, Reported


def render(report: Report, style: Style) -> str:
    """`path:line:column: severity: message [CR101]`; what stands in no file is put down to the folder."""
    return defuse("".join(f"{_line(reported)}\n" for reported in shown(report, style.verbose)))


def _line(reported: Reported) -> str:
    message = sanitize(reported.finding.message)
    return f"{place(reported.span, '.:1:1')}: {reported.severity}: {message} [{reported.rule.id}]"

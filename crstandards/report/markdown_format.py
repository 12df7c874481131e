"""The report as Markdown, for a comment on a pull request or the summary of a pipeline's run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from crstandards import REPOSITORY
from crstandards.findings import Report, Reported
from crstandards.report.closing import closing, counted
from crstandards.report.escape import display_path, sanitize
from crstandards.report.github import advice
from crstandards.report.order import by_solution, ordered, rank, shown, solution_title
from crstandards.report.terminal import Style

BUDGET: Final = 60_000
"""Characters of findings: GitHub takes comments of 65,536, and summaries of a mebibyte."""

_SIGNS: Final = {"error": "🔴", "warning": "🟡", "note": "🔵"}
# Markup, and what services make links and mentions of though it is plain text.
_SPECIAL: Final = re.compile(
    r"[\\`*_\[\]~&<>|$]|(?<!\w)@(?=\w)|#(?=\d)|(?<=\w):(?=//)|(?<=\bwww)\.", re.IGNORECASE
)
_SHOWN: Final = {
    **{"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;", ":": "&#58;", ".": "&#46;"},
    **{"@": "@&#8203;", "#": "#&#8203;"},
}


def render(report: Report, style: Style) -> str:
    """The report, with as many findings as the budget holds, the most serious solutions first."""
    findings = shown(report, style.verbose)
    found = counted(reported.severity for reported in findings)
    adds = "" if report.before is None else "this change adds "
    lines = [f"## Connection references: {adds}{found or 'no violations'}", ""]
    told = closing(report, findings, 10**6, style.verbose)
    lines += [part for line in told.split("\n") for part in (line, "")]
    blocks = [
        (
            f"### {escaped(solution_title(group[0]))}: {counted(r.severity for r in group)}",
            ("", "Rule", "Place", "Finding"),
            [_row(reported) for reported in sorted(group, key=lambda item: rank(item.severity))],
        )
        for group in by_solution(findings)
    ]
    suppressed = ordered(reported for reported in report.findings if reported.suppressed)
    if style.verbose and suppressed:
        rows = [_suppressed(reported) for reported in suppressed]
        blocks.append(("### Suppressed", ("Rule", "Place", "By", "Reason"), rows))
    return "\n".join([*lines, *_within_budget(blocks)])


def _within_budget(blocks: Iterable[tuple[str, tuple[str, ...], Sequence[str]]]) -> Iterator[str]:
    """Tables with their titles, up to the budget, and how many rows are left out."""
    left = BUDGET
    hidden = 0
    for title, headings, rows in blocks:
        left -= len(title)
        kept = []
        for row in rows:
            left -= len(row)
            if left < 0:
                break
            kept.append(row)
        hidden += len(rows) - len(kept)
        if kept:
            yield from (title, "", f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}", *kept, "")
    if hidden:
        yield f"… and {hidden} more. `crstandards check` lists all of them.\n"


def escaped(text: str) -> str:
    """A text of the source as inline Markdown that shows it and nothing else."""
    return _SPECIAL.sub(lambda found: _SHOWN.get(found[0], f"\\{found[0]}"), sanitize(text))


def _row(reported: Reported) -> str:
    rule, finding, span = reported.rule, reported.finding, reported.span
    sign = f"{_SIGNS[reported.severity]} {reported.severity}"
    link = f"[{rule.id}]({REPOSITORY}/blob/main/docs/rules/{rule.id}.md) {rule.name}"
    place = f"{escaped(display_path(span.path))}:{span.line}" if span.path else "-"
    steps = "<br>".join(map(escaped, advice(reported)[1:]))
    more = f"<details><summary>To fix</summary>{steps}</details>" if steps else ""
    return f"| {sign} | {link} | {place} | {escaped(finding.message)}{more} |"


def _suppressed(reported: Reported) -> str:
    place = f"{escaped(display_path(reported.span.path))}:{reported.span.line}"
    by, reason = reported.suppressed or ("", "")
    return f"| {reported.rule.id} {reported.rule.name} | {place} | {by} | {escaped(reason)} |"

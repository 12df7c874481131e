"""The report as Markdown, for a comment on a pull request or the summary of a pipeline's run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote

from crstandards import PAGES
from crstandards.findings import History, Report, Reported, Span
from crstandards.report.changes import headline, mermaid
from crstandards.report.changes import lines as changed
from crstandards.report.closing import closing, counted
from crstandards.report.escape import display_path, sanitize
from crstandards.report.github import advice
from crstandards.report.history import blocks as about
from crstandards.report.history import mends
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


class _Block(NamedTuple):
    """A title, fit for a heading, and rows of a table; without `headings`, a list. Then `after`."""

    title: str
    headings: Sequence[str]
    rows: Sequence[str]
    after: str = ""


def render(report: Report, style: Style) -> str:
    """The report, with as many findings as the budget holds, the most serious solutions first.

    What is about a change is for a comment: short, with what makes it long folded.
    """
    findings = shown(report, style.verbose)
    found = counted(reported.severity for reported in findings)
    history = report.history
    adds = "" if report.before is None else "this change adds "
    lines = [f"## Connection references: {adds}{found or 'no violations'}", ""]
    told = closing(report, findings, 10**6, style.verbose).split("\n")
    mended = mends(history) if history else ""
    lines += [part for line in (*told[:1], mended, *told[1:]) if line for part in (line, "")]
    title = _in_html if history else escaped
    blocks = [
        _Block(
            f"{title(solution_title(group[0]))}: {counted(r.severity for r in group)}",
            ("Finding", "Rule", "Place"),
            [_row(reported, history) for reported in sorted(group, key=lambda item: rank(item.severity))],
        )
        for group in by_solution(findings)
    ]
    if history:
        blocks += _about_the_change(history, style)
    suppressed = ordered(reported for reported in report.findings if reported.suppressed)
    if style.verbose and suppressed:
        rows = [_suppressed(reported) for reported in suppressed]
        blocks.append(_Block("Suppressed", ("Rule", "Place", "By", "Reason"), rows))
    return "\n".join([*lines, *_within_budget(blocks, folded=history is not None)])


def _about_the_change(history: History, style: Style) -> Iterator[_Block]:
    for first, *listed in about(history, (), escaped, style.verbose):
        yield _Block(first.rstrip(":"), (), listed)
    if history.changes and (title := headline(history.changes)):
        drawn = mermaid(history.changes)
        rows = [f"- {line}" for line in changed(history.changes, escaped)]
        yield _Block(
            f"What this change does to connections: {title}",
            (),
            rows,
            f"```mermaid\n{drawn}```\n" if drawn else "",
        )


def _within_budget(blocks: Iterable[_Block], folded: bool) -> Iterator[str]:
    """Tables and lists with their titles, up to the budget, and how many rows are left out."""
    left = BUDGET
    hidden = 0
    for block in blocks:
        title = f"<details><summary>{block.title}</summary>" if folded else f"### {block.title}"
        headings, widths = " | ".join(block.headings), "---|" * len(block.headings)
        start = [title, "", *((f"| {headings} |", f"|{widths}") if headings else ())]
        end = ["", *filter(None, [block.after]), *(("</details>", "") if folded else ())]
        left -= sum(len(line) + 1 for line in (*start, *end))
        kept = []
        for row in block.rows:
            left -= len(row) + 1
            if left < 0:
                break
            kept.append(row)
        hidden += len(block.rows) - len(kept)
        if kept:
            yield from (*start, *kept, *end)
    if hidden:
        yield f"… and {hidden} more. `crstandards check` lists all of them.\n"


def escaped(text: str) -> str:
    """A text of the source as inline Markdown that shows it and nothing else."""
    return _SPECIAL.sub(lambda found: _SHOWN.get(found[0], f"\\{found[0]}"), sanitize(text))


def _in_html(text: str) -> str:
    """A text of the source for where Markdown is not read: a line that begins an HTML element."""
    return _SPECIAL.sub(lambda found: _SHOWN.get(found[0], f"&#{ord(found[0])};"), sanitize(text))


def _row(reported: Reported, history: History | None) -> str:
    rule, finding = reported.rule, reported.finding
    sign = f"{_SIGNS[reported.severity]} {reported.severity}"
    link = f"[{rule.id}]({PAGES}rules/{rule.id}.md) {rule.name}"
    steps = "<br>".join(map(escaped, advice(reported)[1:]))
    more = f"<details><summary>To fix</summary>{steps}</details>" if steps else ""
    # What it says stands first: a narrow window shows no more than that.
    what = f"{sign}: {escaped(finding.message)}{more}"
    return f"| {what} | {link} | {_place(reported.span, history)} |"


def _place(span: Span, history: History | None) -> str:
    """A file and its line; where a service is known that shows it there, by the file's name alone."""
    if not span.path:
        return "-"
    shown = escaped(display_path(span.path))
    if not history or not history.link:
        return f"{shown}:{span.line}"
    path = quote(span.path, errors="surrogateescape")
    url = history.link.replace("{path}", path).replace("{line}", str(span.line))
    return f"[{shown.rpartition('/')[2]}:{span.line}]({url})"


def _suppressed(reported: Reported) -> str:
    place = f"{escaped(display_path(reported.span.path))}:{reported.span.line}"
    by, reason = reported.suppressed or ("", "")
    return f"| {reported.rule.id} {reported.rule.name} | {place} | {by} | {escaped(reason)} |"

"""The report as Markdown, for a comment on a pull request or the summary of a pipeline's run."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote

from crstandards import PAGES
from crstandards.places import Span
from crstandards.report.escape import display_path, markdown, markdown_html
from crstandards.report.history import blocks as about
from crstandards.report.history import changed, headline, mends
from crstandards.report.listing import (
    by_solution,
    closing,
    counted,
    gravity,
    lines,
    ordered,
    shown,
    solution_title,
)
from crstandards.report.map import map_of
from crstandards.reported import History, Report, Reported, Style

BUDGET: Final = 60_000
"""Characters of findings: GitHub takes comments of 65,536, and summaries of a mebibyte."""
_KEPT: Final = BUDGET // 3
"""How many of them are kept for what is no finding, however many findings there are."""

_SIGNS: Final = {"error": "🔴", "warning": "🟡", "note": "🔵"}


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
    first, *steps = closing(report, findings, style._replace(width=10**6))
    told = [f"## Connection references: {adds}{found or 'no violations'}", ""]
    for line in filter(None, (first, mends(history) if history else "", *steps)):
        told += [line, ""]
    title = markdown_html if history else markdown
    found_blocks = [
        _Block(
            f"{title(solution_title(group[0]))}: {counted(item.severity for item in group)}",
            ("Finding", "Rule", "Place"),
            [_row(reported, history) for reported in sorted(group, key=gravity)],
        )
        for group in by_solution(findings)
    ]
    others = list(_about_the_change(history, style)) if history else []
    suppressed = [_suppressed(item) for item in ordered(report.findings) if item.suppressed and style.verbose]
    if suppressed:
        others.append(_Block("Suppressed", ("Rule", "Place", "By", "Reason"), suppressed))

    def within(budget: int, blocks: Iterable[_Block], where: str) -> list[str]:
        return list(_within_budget(budget, blocks, where, folded=history is not None))

    where = " lines. `--format json` holds all of them."
    kept = within(_KEPT, others, where)
    listed = within(BUDGET - _size(kept), found_blocks, ". `crstandards check` lists all of them.")
    return "\n".join([*told, *listed, *within(BUDGET - _size(listed), others, where)])


def _about_the_change(history: History, style: Style) -> Iterator[_Block]:
    for first, *listed in about(history, (), markdown, style.verbose):
        yield _Block(first.rstrip(":"), (), listed)
    if history.changes and (title := headline(history.changes)):
        drawn = map_of(history.changes)
        yield _Block(
            f"What this change does to connections: {title}",
            (),
            [f"- {line}" for line in changed(history.changes, markdown)],
            f"```mermaid\n{drawn}```\n" if drawn else "",
        )


def _size(lines: Iterable[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _within_budget(budget: int, blocks: Iterable[_Block], where: str, folded: bool) -> Iterator[str]:
    """Tables and lists with their titles, up to the budget, and how many rows are left out (`where`)."""
    left, hidden = budget, 0
    for block in blocks:
        title = f"<details><summary>{block.title}</summary>" if folded else f"### {block.title}"
        headings, widths = " | ".join(block.headings), "---|" * len(block.headings)
        start = [title, "", *((f"| {headings} |", f"|{widths}") if headings else ())]
        end = ["", *filter(None, [block.after]), *(("</details>", "") if folded else ())]
        within, kept = left - _size((*start, *end)), []
        for row in block.rows:
            # What is too long for all of it takes no place from what follows.
            if len(row) < within:
                within -= len(row) + 1
                kept.append(row)
        hidden += len(block.rows) - len(kept)
        if kept:
            left = within
            yield from (*start, *kept, *end)
    if hidden:
        yield f"… and {hidden} more{where}\n"


def _row(reported: Reported, history: History | None) -> str:
    rule = reported.rule
    link = f"[{rule.id}]({PAGES}rules/{rule.id}.md) {rule.name}"
    _, *steps = lines(reported, markdown)
    more = f"<details><summary>To fix</summary>{'<br>'.join(steps)}</details>" if steps else ""
    # What it says stands first: a narrow window shows no more than that.
    sign = f"{_SIGNS[reported.severity]} {reported.severity}"
    what = f"{sign}: {markdown(reported.finding.message)}{more}"
    return f"| {what} | {link} | {_place(reported.span, history.link if history else '')} |"


def _place(span: Span, link: str) -> str:
    """A file and its line; where a service is known that shows it there, by the file's name alone."""
    shown = markdown(display_path(span.path))
    if not shown or not link:
        return f"{shown}:{span.line}" if shown else "-"
    url = link.replace("{path}", quote(span.path, errors="surrogateescape")).replace("{line}", str(span.line))
    return f"[{shown.rpartition('/')[2]}:{span.line}]({url})"


def _suppressed(reported: Reported) -> str:
    place = f"{markdown(display_path(reported.span.path))}:{reported.span.line}"
    by, reason = reported.suppressed or ("", "")
    return f"| {reported.rule.id} {reported.rule.name} | {place} | {by} | {markdown(reason)} |"

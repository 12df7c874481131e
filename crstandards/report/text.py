"""The report for people in a terminal: by solution, the most serious first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from crstandards.findings import REACH, History, LocatedRelated, Report, Reported, Span, Suppression
from crstandards.report import history
from crstandards.report.closing import closing, counted
from crstandards.report.escape import defuse, display_path, percent_encoded, sanitize
from crstandards.report.layout import cell_width, excerpt, linked, wrap
from crstandards.report.order import by_solution, ordered, rank, shown, solution_title
from crstandards.report.terminal import NARROWEST, Style

RELATED_SHOWN = 5
SAME_HELP_SHOWN = 3
SAME_RULE_SHOWN = 10

_COLORS = {"error": "1;31", "warning": "1;33", "note": "1;36"}
_BOLD, _FAINT = "1", "2"


def render(report: Report, style: Style) -> str:
    """The report as text in a style."""
    return render_text(
        report,
        color=style.color,
        unicode=style.unicode,
        width=style.width,
        verbose=style.verbose,
        quiet=style.quiet,
        root=style.root,
        statistics=style.statistics,
    )


def render_text(
    report: Report,
    *,
    color: bool,
    unicode: bool,
    width: int,
    verbose: bool,
    quiet: bool,
    root: str = "",
    statistics: bool = False,
) -> str:
    """The report as text of about `width` cells a line; without `unicode`, all of it is ASCII.

    Notes, suppressed findings and what would repeat itself are shown in full with `verbose` only.
    With `quiet`, each finding is one line, and there is nothing else. With `statistics`, counts by
    rule and by solution stand in place of the findings. Under a `root`, places are links.
    """
    page = _Page(color, unicode, max(width, NARROWEST), verbose, root, report.history)
    findings = shown(report, verbose)
    if statistics:
        from crstandards.report.statistics import tables

        blocks = [f"{page.heading(title)}\n\n{table}" for title, table in tables(report, verbose, page.clean)]
        if not quiet:
            blocks.append(closing(report, findings, page.width, verbose))
        return defuse("\n\n".join(blocks) + "\n" if blocks else "")
    if quiet:
        return defuse("".join(f"{page.one_line(reported)}\n" for reported in findings))

    blocks = [history.title(report.history)] if report.history else []
    explained: set[str] = set()
    for group in by_solution(findings):
        blocks.append(page.heading(f"{solution_title(group[0])}: {counted(r.severity for r in group)}"))
        for similar in _by_rule(group):
            blocks += page.similar(similar, explained)
    if verbose:
        blocks += page.suppressed(ordered(report.findings))
    if report.history:
        blocks += page.commits(report.history, findings)
    blocks.append(closing(report, findings, page.width, verbose))
    return defuse("\n\n".join(blocks) + "\n")


def _by_rule(findings: Iterable[Reported]) -> list[list[Reported]]:
    """Groups of one severity and rule each: the gravest first, then by the rule's id."""
    groups: dict[tuple[int, str], list[Reported]] = {}
    for reported in findings:
        groups.setdefault((rank(reported.severity), reported.rule.id), []).append(reported)
    return [groups[key] for key in sorted(groups)]


class _Page(NamedTuple):
    """What findings are written on."""

    color: bool
    unicode: bool
    width: int
    verbose: bool
    root: str
    history: History | None = None

    def clean(self, text: str) -> str:
        return sanitize(text, ascii_only=not self.unicode)

    def paint(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self.color and text else text

    def place(self, span: Span) -> str:
        if not span.path:
            return "-"
        return self.link(f"{self.clean(display_path(span.path))}:{span.line}:{span.column}", span)

    def link(self, text: str, span: Span) -> str:
        """A text that leads to a place, in a terminal that shows links; editors know the line by `#12`."""
        return linked(text, f"{self.root}{percent_encoded(span.path)}#{span.line}") if self.root else text

    def one_line(self, reported: Reported) -> str:
        severity = self.paint(reported.severity, _COLORS[reported.severity])
        message = self.clean(reported.finding.message)
        return f"{self.place(reported.span)}: {severity} {reported.rule.id} {message}"

    def heading(self, title: str) -> str:
        line = "─" if self.unicode else "-"
        text = f"{line * 2} {self.clean(title)} "
        return self.paint(text + line * (self.width - cell_width(text)), _BOLD)

    def similar(self, findings: Sequence[Reported], explained: set[str]) -> Iterator[str]:
        """The blocks for one rule's findings: some in full, then a line for each of the others."""
        shown: dict[str, int] = {}
        previous = None
        others: list[Reported] = []
        for count, reported in enumerate(findings):
            help_ = reported.finding.help
            seen = shown.get(help_, 0)
            if not self.verbose and (seen >= SAME_HELP_SHOWN or count - len(others) >= SAME_RULE_SHOWN):
                others.append(reported)
                continue
            shown[help_] = seen + 1
            explain = reported.rule.id not in explained
            yield self.finding(reported, repeats=help_ == previous, explain=explain)
            explained.add(reported.rule.id)
            previous = help_
        if others:
            start = self.start(others[0])
            lines = [f"{start}: {len(others)} more like this (--verbose shows each in full)"]
            lines += [f"  {self.arrow} {self.place(r.span)}: {self.clean(r.finding.message)}" for r in others]
            yield "\n".join(lines)

    @property
    def arrow(self) -> str:
        return self.paint("-->", _FAINT)

    def start(self, reported: Reported) -> str:
        severity = self.paint(reported.severity, _COLORS[reported.severity])
        return f"{severity} {self.paint(f'{reported.rule.id} {reported.rule.name}', _BOLD)}"

    def finding(self, reported: Reported, *, repeats: bool, explain: bool) -> str:
        rule, finding, span = reported.rule, reported.finding, reported.span
        taken = len(f"{reported.severity} {rule.id} {rule.name}: ")
        message = wrap(self.clean(finding.message), self.width, taken, indent="    ")
        lines = [f"{self.start(reported)}: {message[0]}", *message[1:]]
        margin = len(str(span.line)) + 1
        if span.path:
            lines.append(f"{' ' * margin}{self.arrow} {self.place(span)}")
        if span.excerpt:
            lines += self.source(span, margin, _COLORS[reported.severity])
        if reported.related:
            lines += self.labelled("also:", margin, self.related(span.path, reported.related), indent="  ")
        if help_ := finding.help.strip():
            paragraphs = ["as above"] if repeats else map(self.clean, help_.split("\n"))
            lines += self.labelled("to fix:", margin, paragraphs)
        if self.history and (since := history.since(reported, self.history, self.clean)):
            lines += self.labelled("since:", margin, [since])
        if explain:
            lines += self.labelled("more:", margin, [f"crstandards explain {rule.id}"])
        return "\n".join(lines)

    def source(self, span: Span, margin: int, color: str) -> list[str]:
        """The source line, with its number at the margin and the place marked."""
        line = span.excerpt.removeprefix("\ufeff")
        start = span.column - span.excerpt_column
        stop = span.end_column - span.excerpt_column if span.end_line == span.line else len(line)
        ellipsis = "…" if self.unicode else "..."
        # Of a longer line, more is not there: the ellipsis has to stand before it ends.
        room = min(self.width - margin - 3, REACH - 1)
        part = excerpt(line, start, stop, room, self.clean, ellipsis)
        bar = self.paint("│" if self.unicode else "|", _FAINT)
        number = self.paint(f"{span.line:>{margin}}", _FAINT)
        empty = f"{' ' * margin} {bar}"
        marks = " " * part.indent + self.paint("^" * part.length, color)
        return [empty, f"{number} {bar} {part.text}".rstrip(), f"{empty} {marks}"]

    def related(self, path: str, related: Sequence[LocatedRelated]) -> Iterator[str]:
        shown = len(related) if self.verbose else RELATED_SHOWN
        for other in related[:shown]:
            same = other.span.path == path
            place = self.link(f"line {other.span.line}", other.span) if same else self.place(other.span)
            yield f"{place}: {self.clean(other.message)}"
        if related[shown:]:
            yield f"and {len(related) - shown} more"

    def labelled(self, label: str, margin: int, paragraphs: Iterable[str], indent: str = "") -> Iterator[str]:
        """Paragraphs behind a label, each wrapped."""
        start = f"{' ' * margin} {self.paint('=', _FAINT)} {self.paint(label, _BOLD)}"
        gap = " " * (len("to fix: ") - len(label))
        for paragraph in paragraphs:
            for line in wrap(paragraph, self.width - margin - 11, indent=indent):
                yield f"{start}{gap}{line}".rstrip()
                start, gap = " " * (margin + 3), " " * len("to fix: ")

    def commits(self, replayed: History, findings: Sequence[Reported]) -> Iterator[str]:
        """The blocks about commits."""
        for first, *lines in history.blocks(replayed, findings, self.clean, self.verbose):
            wrapped = [part for line in lines for part in wrap(f"  {line}", self.width)]
            yield "\n".join([self.paint(first, _BOLD), *wrapped])

    def suppressed(self, findings: Iterable[Reported]) -> Iterator[str]:
        """One block about those of the findings that are suppressed."""
        lines = [self._suppressed(item, item.suppressed) for item in findings if item.suppressed]
        if lines:
            yield "\n".join([self.paint("Suppressed:", _BOLD), *lines])

    def _suppressed(self, reported: Reported, suppression: Suppression) -> str:
        rule, (by, reason) = reported.rule, suppression
        # Of the baseline there is no more to say than that.
        because = f"{_BY[by]}: {self.clean(reason)}" if reason and by != "baseline" else _BY[by]
        return f"  {self.place(reported.span)}: {rule.id} {rule.name}, by {because}"


_BY = {
    "exception": "an exception",
    "description": "its reference's description",
    "baseline": "the baseline",
}

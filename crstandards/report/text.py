"""The report for people in a terminal: by solution, the most serious first."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from crstandards import PAGES
from crstandards.findings import SEVERITIES, Rule
from crstandards.places import Span
from crstandards.report import history
from crstandards.report.escape import defuse, display_path, percent_encoded, sanitize
from crstandards.report.listing import (
    RELATED_SHOWN,
    by_solution,
    closing,
    counted,
    gravity,
    grouped,
    is_mendable,
    ordered,
    plural,
    related,
    rules_named,
    shown,
    solution_title,
)
from crstandards.report.terminal import NARROWEST, cell_width, excerpt, linked, wrap
from crstandards.reported import PROGRAM, History, LocatedRelated, Report, Reported, Style

SAME_RULE_SHOWN = 5

_COLORS = {"error": "1;31", "warning": "1;33", "note": "1;36"}
_BOLD, _FAINT = "1", "2"
_LABEL = len("to fix: ")
_BY = {
    "exception": "an exception",
    "description": "its reference's description",
    "baseline": "the baseline",
}


def render(report: Report, style: Style) -> str:
    """The report as text of about the style's width; without `unicode`, all of it is ASCII.

    Notes, suppressed findings and what would repeat itself are shown in full with `verbose` only.
    With `quiet`, each finding is one line, and there is nothing else. With `statistics`, counts by
    rule and by solution stand in place of the findings. Under a `root`, places are links.
    """
    page = _Page(style._replace(width=max(style.width, NARROWEST)), report.history)
    findings = shown(report, style.verbose)
    if style.statistics:
        blocks = [
            f"{page.heading(title)}\n\n{table}" for title, table in _tables(report, style.verbose, page.clean)
        ]
    elif style.quiet:
        return defuse("".join(f"{page.one_line(reported)}\n" for reported in findings))
    else:
        blocks = list(page.blocks(report, findings))
    if not style.quiet:
        blocks.append("\n".join(closing(report, findings, page.style)))
    return defuse("\n\n".join(blocks) + "\n" if blocks else "")


def _entries(reported: Reported) -> object:
    """What findings share that are about entries of one flow for one connector."""
    subject = reported.finding.subject
    is_entry = subject.flow is not None and subject.alias is not None and subject.connector
    return (reported.span.path, subject.flow, subject.connector) if is_entry else id(reported)


def _joined(findings: Sequence[Reported]) -> Reported:
    """One finding for all entries of one kind in a flow."""
    first, *others = findings
    if not others:
        return first
    told = [
        (LocatedRelated(each.span, f'the entry "{each.finding.subject.alias}" too'), *each.related)
        for each in others
    ]
    helps = dict.fromkeys(line for each in findings for line in each.finding.help.split("\n"))
    return first._replace(
        related=(*first.related, *(each for related in told for each in related)),
        finding=first.finding._replace(help="\n".join(helps)),
    )


class _Page(NamedTuple):
    """What findings are written on."""

    style: Style
    history: History | None

    def clean(self, text: str) -> str:
        return sanitize(text, ascii_only=not self.style.unicode)

    def paint(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self.style.color and text else text

    def place(self, span: Span, text: str = "") -> str:
        """A place, which leads there in a terminal that shows links; editors know the line by `#12`."""
        if not span.path:
            return "-"
        text = text or f"{self.clean(display_path(span.path))}:{span.line}:{span.column}"
        root = self.style.root
        return linked(text, f"{root}{percent_encoded(span.path)}#{span.line}") if root else text

    def one_line(self, reported: Reported) -> str:
        severity = self.paint(reported.severity, _COLORS[reported.severity])
        message = self.clean(reported.finding.message)
        return f"{self.place(reported.span)}: {severity} {self.page_of(reported.rule)} {message}"

    def heading(self, title: str) -> str:
        line = "─" if self.style.unicode else "-"
        text = f"{line * 2} {self.clean(title)} "
        return self.paint(text + line * (self.style.width - cell_width(text)), _BOLD)

    def blocks(self, report: Report, findings: Sequence[Reported]) -> Iterator[str]:
        if self.history:
            yield history.title(self.history)
        explained = set(rules_named(findings, self.style.program))
        for group in by_solution(findings):
            yield self.heading(f"{solution_title(group[0])}: {counted(each.severity for each in group)}")
            rules = grouped(group, lambda reported: (gravity(reported), reported.rule.id))
            for key in sorted(rules):
                entries = grouped(rules[key], _entries)
                yield from self.similar(list(map(_joined, entries.values())), explained)
        suppressed = [self.suppressed(item) for item in ordered(report.findings) if item.suppressed]
        if suppressed and self.style.verbose:
            yield "\n".join([self.paint("Suppressed:", _BOLD), *suppressed])
        told = history.blocks(self.history, findings, self.clean, self.style.verbose) if self.history else ()
        for first, *lines in told:
            wrapped = [part for line in lines for part in wrap(f"  {line}", self.style.width)]
            yield "\n".join([self.paint(first, _BOLD), *wrapped])

    def similar(self, findings: Sequence[Reported], explained: set[str]) -> Iterator[str]:
        """The blocks for one rule's findings: some in full, then a line for each of the others."""
        few = len(findings) if self.style.verbose else SAME_RULE_SHOWN
        previous = None
        for reported in findings[:few]:
            help_ = reported.finding.help
            yield self.finding(reported, help_ == previous, reported.rule.id not in explained)
            explained.add(reported.rule.id)
            previous = help_
        others = findings[few:]
        if others:
            start = f"{self.start(others[0])}: {len(others)} more like this (--verbose shows each in full)"
            places = [f"{self.place(each.span)}: {self.clean(each.finding.message)}" for each in others]
            yield "\n".join([start, *(f"  {self.arrow} {place}" for place in places)])

    @property
    def arrow(self) -> str:
        return self.paint("-->", _FAINT)

    def start(self, reported: Reported) -> str:
        severity = self.paint(reported.severity, _COLORS[reported.severity])
        name = f"{self.page_of(reported.rule)} {reported.rule.name}"
        return f"{severity} {self.paint(name, _BOLD)}"

    def page_of(self, rule: Rule) -> str:
        """A rule's id, which leads to its page in a terminal that shows links."""
        return linked(rule.id, f"{PAGES}rules/{rule.id}.md") if self.style.links else rule.id

    def more(self, rule: Rule) -> str:
        """Where the rule's page is to be read."""
        is_there = self.style.program == PROGRAM
        return f"{PROGRAM} explain {rule.id}" if is_there else f"{PAGES}rules/{rule.id}.md"

    def finding(self, reported: Reported, repeats: bool, explain: bool) -> str:
        rule, finding, span = reported.rule, reported.finding, reported.span
        taken = len(f"{reported.severity} {rule.id} {rule.name}: ")
        message = wrap(self.clean(finding.message), self.style.width, taken, indent="    ")
        lines = [f"{self.start(reported)}: {message[0]}", *message[1:]]
        margin = len(str(span.line)) + 1
        if span.path:
            lines.append(f"{' ' * margin}{self.arrow} {self.place(span)}")
        if span.excerpt:
            lines += self.source(span, margin, _COLORS[reported.severity])
        to_fix = map(self.clean, finding.help.split("\n")) if finding.help.strip() else ()
        few = len(reported.related) if self.style.verbose else RELATED_SHOWN
        also = related(reported, few, self.clean, self.place)
        if "\n- " in finding.help and not repeats and not self.style.verbose:
            # Advice that is a list names the others.
            also = islice(also, 1)
        since = history.since(reported, self.history, self.clean) if self.history else ""
        for label, paragraphs in (
            ("also:", also),
            ("to fix:", ["as above"] if repeats and finding.help.strip() else to_fix),
            ("since:", [since] if since else []),
            ("more:", [self.more(rule)] if explain else []),
        ):
            lines += self.labelled(label, margin, paragraphs)
        return "\n".join(lines)

    def source(self, span: Span, margin: int, color: str) -> list[str]:
        """The source line, with its number at the margin and the place marked."""
        ellipsis, bar = ("…", "│") if self.style.unicode else ("...", "|")
        part = excerpt(span, self.style.width - margin - 3, self.clean, ellipsis)
        bar = self.paint(bar, _FAINT)
        number = self.paint(f"{span.line:>{margin}}", _FAINT)
        empty = f"{' ' * margin} {bar}"
        marks = self.paint("^" * max(1, cell_width(part.marked)), color)
        under = f"{empty} {' ' * cell_width(part.before)}{marks}"
        return [empty, f"{number} {bar} {''.join(part)}".rstrip(), under]

    def labelled(self, label: str, margin: int, paragraphs: Iterable[str]) -> Iterator[str]:
        """Paragraphs behind a label, each wrapped."""
        start = f"{' ' * margin} {self.paint('=', _FAINT)} {self.paint(label, _BOLD)}"
        gap = " " * (_LABEL - len(label))
        indent = "  " if label == "also:" else ""
        width = self.style.width - margin - 11
        lines = [line for each in paragraphs for line in wrap(each, width, indent=indent)]
        for line in lines:
            yield f"{start}{gap}{line}".rstrip()
            start, gap = " " * (margin + 3), " " * _LABEL

    def suppressed(self, reported: Reported) -> str:
        by, reason = reported.suppressed or ("baseline", "")
        # Of the baseline there is no more to say than that.
        because = f"{_BY[by]}: {self.clean(reason)}" if reason and by != "baseline" else _BY[by]
        return f"  {self.place(reported.span)}: {reported.rule.id} {reported.rule.name}, by {because}"


def _tables(report: Report, verbose: bool, clean: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """Titles and tables: findings by rule and by solution, where there are any.

    `clean` makes names safe to show. Notes count with `verbose` only; suppressed findings are counted
    beside the others, never among them.
    """
    findings = shown(report, verbose)
    suppressed = Counter(reported.rule.id for reported in report.findings if reported.suppressed)
    if findings:
        yield "By rule", _table(_by_rule(findings, suppressed))
        yield "By solution", _table(_by_solution(findings, clean))


def _by_rule(findings: Iterable[Reported], suppressed: Counter[str]) -> Iterator[Sequence[str]]:
    groups = grouped(findings, lambda item: (gravity(item), item.rule.id))
    for (_, rule_id), group in sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]), item[0])):
        fixable, hidden = sum(map(is_mendable, group)), suppressed.pop(rule_id, 0)
        beside = [f"{fixable} can be fixed"] * bool(fixable) + [f"{hidden} more suppressed"] * bool(hidden)
        yield plural(len(group), group[0].severity), f"{rule_id} {group[0].rule.name}", ", ".join(beside)


def _by_solution(findings: Iterable[Reported], clean: Callable[[str], str]) -> Iterator[Sequence[str]]:
    groups = {
        name: Counter(reported.severity for reported in group)
        for name, group in grouped(findings, solution_title).items()
    }
    for name in sorted(groups, key=lambda name: ([-groups[name][kind] for kind in SEVERITIES], name)):
        yield counted(groups[name].elements()), clean(name)


def _table(rows: Iterable[Sequence[str]]) -> str:
    """Rows with their first cells aligned at their numbers, the others at their start."""
    split = [(row[0].partition(" "), row[1:]) for row in rows]
    digits = max(len(count[0]) for count, _ in split)
    lines = [[f"{number:>{digits}} {noun}", *rest] for (number, _, noun), rest in split]
    widths = [max(map(cell_width, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            ["", *(cell + " " * (width - cell_width(cell)) for cell, width in zip(line, widths, strict=True))]
        ).rstrip()
        for line in lines
    )

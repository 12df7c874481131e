"""Counts in place of findings: where the most is to be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from crstandards.findings import Report, Reported
from crstandards.report.closing import counted, is_mendable, plural
from crstandards.report.layout import cell_width
from crstandards.report.order import rank, shown, solution_title


def tables(report: Report, verbose: bool, clean: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """Titles and tables: findings by rule and by solution, where there are any.

    `clean` makes names safe to show. Notes count with `verbose` only; suppressed findings are counted
    beside the others, never among them.
    """
    findings = shown(report, verbose)
    suppressed = Counter(reported.rule.id for reported in report.findings if reported.suppressed)
    if findings:
        yield "By rule", _table(_rules(findings, suppressed))
        yield "By solution", _table(_solutions(findings, clean))


def _rules(findings: Iterable[Reported], suppressed: Counter[str]) -> Iterator[Sequence[str]]:
    groups: dict[tuple[int, str], list[Reported]] = {}
    for reported in findings:
        groups.setdefault((rank(reported.severity), reported.rule.id), []).append(reported)
    for key in sorted(groups, key=lambda key: (key[0], -len(groups[key]), key[1])):
        group = groups[key]
        first = group[0]
        fixable = sum(map(is_mendable, group))
        beside = [f"{fixable} can be mended"] if fixable else []
        if hidden := suppressed.pop(first.rule.id, 0):
            beside.append(f"{hidden} more suppressed")
        name = f"{first.rule.id} {first.rule.name}"
        yield plural(len(group), first.severity), name, ", ".join(beside)


def _solutions(findings: Iterable[Reported], clean: Callable[[str], str]) -> Iterator[Sequence[str]]:
    groups: dict[str, list[Reported]] = {}
    for reported in findings:
        groups.setdefault(solution_title(reported), []).append(reported)

    def weight(name: str) -> tuple[list[int], str]:
        counts = Counter(reported.severity for reported in groups[name])
        return [-counts["error"], -counts["warning"], -counts["note"]], name

    for name in sorted(groups, key=weight):
        yield counted(reported.severity for reported in groups[name]), clean(name)


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

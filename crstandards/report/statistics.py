"""Counts in place of findings: where the most is to be done."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from crstandards.findings import SEVERITIES
from crstandards.report.closing import counted, is_mendable, plural
from crstandards.report.layout import cell_width
from crstandards.report.order import gravity, grouped, shown, solution_title
from crstandards.reported import Report, Reported


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
    groups = grouped(findings, lambda item: (gravity(item), item.rule.id))
    for (_, rule_id), group in sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]), item[0])):
        fixable, hidden = sum(map(is_mendable, group)), suppressed.pop(rule_id, 0)
        beside = [f"{fixable} can be mended"] * bool(fixable) + [f"{hidden} more suppressed"] * bool(hidden)
        yield plural(len(group), group[0].severity), f"{rule_id} {group[0].rule.name}", ", ".join(beside)


def _solutions(findings: Iterable[Reported], clean: Callable[[str], str]) -> Iterator[Sequence[str]]:
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

"""The one order in which reports list findings, whatever order they were found in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from crstandards.findings import SEVERITIES, Report, Reported, Severity
from crstandards.report.escape import display_path


def sort_key(reported: Reported) -> tuple[Any, ...]:
    """By path, line, column, rule and message; what follows only makes the order total."""
    span, finding = reported.span, reported.finding
    return (
        display_path(span.path),
        span.line,
        span.column,
        reported.rule.id,
        finding.message,
        reported.fingerprint,
        span,
        reported.severity,
        finding.solution,
        finding.help,
        finding.fixable,
        finding.involves,
        reported.related,
        reported.suppressed or (),
    )


def ordered(findings: Iterable[Reported]) -> list[Reported]:
    """The findings, sorted."""
    return sorted(findings, key=sort_key)


def rank(severity: Severity) -> int:
    """A severity's place: the most serious is 0."""
    return SEVERITIES.index(severity)


def by_gravity(findings: Iterable[Reported]) -> list[Reported]:
    """The findings, the most serious first, and sorted within a severity."""
    return sorted(ordered(findings), key=lambda reported: rank(reported.severity))


def shown(report: Report, verbose: bool) -> Sequence[Reported]:
    """The findings that people are shown, sorted: those that count, and notes with `verbose` only."""
    severities = ("error", "warning", "note") if verbose else ("error", "warning")
    return ordered(reported for reported in report.counted() if reported.severity in severities)


def solution_title(reported: Reported) -> str:
    """The heading under which a finding stands: its solution's name, or what it is instead."""
    finding = reported.finding
    return finding.solution or ("Between solutions" if finding.involves else "Outside solutions")


def by_solution(findings: Iterable[Reported]) -> list[list[Reported]]:
    """Groups of one solution each: first by their gravest finding, then by name."""
    groups: dict[tuple[str, bool], list[Reported]] = {}
    for reported in findings:
        name = reported.finding.solution
        groups.setdefault((name, not name and bool(reported.finding.involves)), []).append(reported)

    def position(key: tuple[str, bool]) -> tuple[Any, ...]:
        return (min(rank(reported.severity) for reported in groups[key]), not key[0], key[0].lower(), *key)

    return [groups[key] for key in sorted(groups, key=position)]

"""Which findings are listed, in which order and groups, and what each says in all formats alike."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from crstandards.findings import SEVERITIES
from crstandards.places import Span
from crstandards.report.escape import display_path, sanitize
from crstandards.reported import Author, Report, Reported

RELATED_SHOWN = 5
COMMIT_SHOWN = 12
"""Characters of a commit's id."""


def sort_key(reported: Reported) -> tuple[Any, ...]:
    """By path, line, column, rule and message; what follows only makes the order total."""
    span, finding = reported.span, reported.finding
    return (
        *(display_path(span.path), span.line, span.column, reported.rule.id, finding.message),
        *(reported.fingerprint, span, reported.severity, finding.solution, finding.help, finding.fixable),
        *(finding.involves, reported.related, reported.suppressed or ()),
    )


def ordered(findings: Iterable[Reported]) -> list[Reported]:
    """The findings, sorted."""
    return sorted(findings, key=sort_key)


def gravity(reported: Reported) -> int:
    """The place of a finding's severity: the most serious is 0."""
    return SEVERITIES.index(reported.severity)


def by_gravity(findings: Iterable[Reported]) -> list[Reported]:
    """The findings, the most serious first, and sorted within a severity."""
    return sorted(ordered(findings), key=gravity)


def shown(report: Report, verbose: bool) -> list[Reported]:
    """The findings that people are shown, sorted: those that count, and notes with `verbose` only."""
    severities = ("error", "warning", "note") if verbose else ("error", "warning")
    return ordered(reported for reported in report.counted() if reported.severity in severities)


def grouped(findings: Iterable[Reported], key: Callable[[Reported], Any]) -> dict[Any, list[Reported]]:
    """The findings by a key."""
    groups: dict[Any, list[Reported]] = {}
    for reported in findings:
        groups.setdefault(key(reported), []).append(reported)
    return groups


def solution_title(reported: Reported) -> str:
    """The heading under which a finding stands: its solution's name, or what it is instead."""
    finding = reported.finding
    return finding.solution or ("Between solutions" if finding.involves else "Outside solutions")


def by_solution(findings: Iterable[Reported]) -> list[list[Reported]]:
    """Groups of one solution each: first by their gravest finding, then by name."""
    groups = grouped(findings, lambda item: (not item.finding.solution, solution_title(item)))
    return sorted(groups.values(), key=lambda group: (min(map(gravity, group)), _position(group[0])))


def _position(reported: Reported) -> tuple[Any, ...]:
    name = reported.finding.solution
    return (not name, name.lower(), name, not name and bool(reported.finding.involves))


def numbered(findings: Iterable[Reported]) -> Iterator[tuple[Reported, str]]:
    """The findings, each with its fingerprint, for services that keep one of each; from the second of one on
    a number is added. Copies of one solution have findings of one fingerprint.
    """
    seen: Counter[str] = Counter()
    for reported in findings:
        seen[reported.fingerprint] += 1
        number = seen[reported.fingerprint]
        yield reported, reported.fingerprint if number == 1 else f"{reported.fingerprint}-{number}"


def place(span: Span, none: str = "-") -> str:
    """A file, line and column, safe to show; what stands in no file is `none`."""
    return f"{sanitize(display_path(span.path))}:{span.line}:{span.column}" if span.path else none


def related(
    reported: Reported,
    few: int = RELATED_SHOWN,
    clean: Callable[[str], str] = sanitize,
    at: Callable[[Span, str], str] = lambda span, line: line or place(span),
) -> Iterator[str]:
    """Related places, each with what stands there: the actions and their lines, the other references.

    `at` shows a place, by its line alone where it is in the finding's own file.
    """
    for span, message in reported.related[:few]:
        line = f"line {span.line}" if span.path == reported.span.path else ""
        where = at(span, line)
        yield f"{where}: {clean(message)}" if message else where
    if reported.related[few:]:
        yield f"and {len(reported.related) - few} more"


def advice(reported: Reported, clean: Callable[[str], str] = sanitize) -> list[str]:
    """What to do about a finding, and who brought it, if that is known."""
    lines = [line for line in reported.finding.help.split("\n") if line.strip()]
    brought = [f"Brought by {who(reported.introduced)}."] if reported.introduced else []
    return list(map(clean, [*lines, *brought]))


def lines(reported: Reported, clean: Callable[[str], str] = sanitize) -> list[str]:
    """All that a finding says: what is wrong, what belongs to it, and the advice."""
    also = [f"also: {line}" for line in related(reported, clean=clean)]
    return [clean(reported.finding.message), *also, *advice(reported, clean)]


def who(author: Author, clean: Callable[[str], str] = str) -> str:
    """A commit and who made it, on one line."""
    subject, name, day = map(clean, (author.subject, author.name, author.day))
    return f'{author.commit[:COMMIT_SHOWN]} "{subject}" ({name}, {day})'

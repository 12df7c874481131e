"""JUnit's XML, for test tabs: a suite for each solution, in it a test for each rule.

So a test keeps its name from run to run, and its history shows when a solution began to break a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from crstandards.findings import SEVERITIES, Report, Reported, Rule
from crstandards.report.escape import defuse, display_path, sanitize
from crstandards.report.github import advice
from crstandards.report.order import by_gravity, rank, solution_title
from crstandards.report.terminal import Style

_MARKUP: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


class _Case(NamedTuple):
    """A rule in a solution, with what it found there, sorted out."""

    rule: Rule
    failing: Sequence[Reported]
    mild: Sequence[Reported]
    suppressed: Sequence[Reported]

    @property
    def is_skipped(self) -> bool:
        return bool(self.suppressed and not self.failing and not self.mild)


def render(report: Report, style: Style) -> str:
    """The report as one XML document. A test fails on findings as serious as the style's `fail_on`."""
    suites = list(_suites(report, style.fail_on))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="crstandards" {_counts([case for _, cases in suites for case in cases])}>',
    ]
    for title, cases in suites:
        counts = f'{_counts(cases)} skipped="{sum(case.is_skipped for case in cases)}"'
        lines.append(f'  <testsuite name="{_clean(title)}" {counts}>')
        lines += (line for case in cases for line in _test(title, case))
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _counts(cases: Sequence[_Case]) -> str:
    return f'tests="{len(cases)}" failures="{sum(bool(case.failing) for case in cases)}" errors="0"'


def _suites(report: Report, fail_on: str) -> Iterator[tuple[str, list[_Case]]]:
    failing = SEVERITIES.index(fail_on) if fail_on in SEVERITIES else -1
    found: dict[str, dict[str, list[Reported]]] = {}
    for checked in report.checked:
        if checked.name:
            found.setdefault(checked.name, {})
    for reported in by_gravity(report.findings):
        found.setdefault(solution_title(reported), {}).setdefault(reported.rule.id, []).append(reported)
    solutions = {checked.name for checked in report.checked}
    for title in sorted(found, key=lambda title: (title.lower(), title)):
        rules = {reported.rule.id: reported.rule for group in found[title].values() for reported in group}
        if title in solutions:
            rules |= {rule.id: rule for rule in report.rules if rule.per_solution}
        yield title, [_case(rules[key], found[title].get(key, ()), failing) for key in sorted(rules)]


def _case(rule: Rule, findings: Sequence[Reported], failing: int) -> _Case:
    counted = [reported for reported in findings if reported.suppressed is None]
    return _Case(
        rule,
        [reported for reported in counted if rank(reported.severity) <= failing],
        [reported for reported in counted if rank(reported.severity) > failing],
        [reported for reported in findings if reported.suppressed],
    )


def _test(title: str, case: _Case) -> Iterator[str]:
    name = f"{case.rule.id} {case.rule.name}"
    start = f'    <testcase classname="{_clean(title)}" name="{name}" time="0"'
    if not (case.failing or case.mild or case.suppressed):
        yield f"{start}/>"
        return
    yield f"{start}>"
    if case.failing:
        first, *others = case.failing
        message = _clean(first.finding.message) + (f" (and {len(others)} more)" if others else "")
        yield f'      <failure type="{first.severity}" message="{message}">{_told(case.failing)}</failure>'
    if case.is_skipped:
        yield f"      <skipped>{_clean(_reasons(case.suppressed))}</skipped>"
    elif case.mild:
        yield f"      <system-out>{_told(case.mild)}</system-out>"
    yield "    </testcase>"


def _told(findings: Iterable[Reported]) -> str:
    return defuse("\n\n".join("\n".join(_lines(reported)) for reported in findings))


def _lines(reported: Reported) -> Iterator[str]:
    span = reported.span
    yield (
        f"{_clean(display_path(span.path))}:{span.line}:{span.column}: {reported.severity}"
        if (span.path)
        else reported.severity
    )
    yield from map(_clean, advice(reported))
    for related in reported.related:
        place = f"{display_path(related.span.path)}:{related.span.line}"
        yield f"see also {_clean(place)}: {_clean(related.message)}"


def _reasons(findings: Iterable[Reported]) -> str:
    reasons = (
        f"{reported.suppressed.by}: {reported.suppressed.reason}"
        if reported.suppressed.reason
        else "baseline"
        for reported in findings
        if reported.suppressed
    )
    return "; ".join(dict.fromkeys(reasons))


def _clean(text: str) -> str:
    return sanitize(text).translate(_MARKUP)

"""Which findings are listed, in which order, what each says in every format, and a report's last lines."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from crstandards.findings import SEVERITIES, Severity
from crstandards.places import Span
from crstandards.report.escape import display_path, sanitize
from crstandards.report.terminal import wrap
from crstandards.reported import PROGRAM, Author, Before, Report, Reported, Style, Summary

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


def plural(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def counted(severities: Iterable[Severity]) -> str:
    """Severities as `2 errors, 1 warning`."""
    counts = Counter(severities)
    return ", ".join(plural(counts[severity], severity) for severity in SEVERITIES if counts[severity])


def is_mendable(reported: Reported) -> bool:
    """Whether `crstandards fix` can fix it. What stands in a zip cannot be mended there."""
    return reported.finding.fixable and "!/" not in reported.span.path


def closing(report: Report, findings: Sequence[Reported], style: Style) -> list[str]:
    """The summary and, where there are findings, the next step. `findings` are those that are shown.

    Commands that stand alone are never broken: they can be run as they are.
    """
    parts = [
        f"{sanitize(name)}: {_kinds(Summary(**told['summary']), style.verbose) or 'no violations'}."
        for name, told in report.parts
    ]
    first = f"{_found(report, findings, style.verbose)}{_left_out(report.summary, style.verbose)}"
    steps = _next_steps(report, findings, style.program)
    lines = [(line, 10**6 if line.startswith("  ") else style.width) for line in (*parts, first, *steps)]
    return [part for line, width in lines for part in wrap(line, width)]


def _found(report: Report, findings: Sequence[Reported], verbose: bool) -> str:
    summary, before = report.summary, _before(report.before, verbose) if report.before else ""
    adds = report.before is not None
    solutions = plural(summary.solutions, "solution")
    contents = f"{plural(summary.flows, 'flow')}, {plural(summary.references, 'connection reference')}"
    if found := _kinds(summary, verbose):
        names = {reported.finding.solution for reported in findings} - {""}
        concerned = min(len(names), summary.solutions)
        where = f"in {concerned} of {solutions} ({contents})" if concerned else f"({solutions}, {contents})"
        return f"{'This change adds' if adds else 'Found'} {found} {where}.{before}"
    if not summary.solutions and not summary.flows:
        return f"No solution here: nothing to check.{before}"
    none = "This change adds no violations" if adds else "No violations"
    return f"{none}.{before}" if before else f"{none}: {solutions}, {contents}."


def _before(before: Before, verbose: bool) -> str:
    """What else there is, as a sentence; "" where there is nothing."""
    found = _kinds(before, verbose)
    is_one = before.errors + before.warnings + (before.notes if verbose else 0) == 1
    was, it = ("was", "it") if is_one else ("were", "them")
    return f" {found} {was} there before; `crstandards check` lists {it}." if found else ""


def _kinds(counts: Summary | Before, verbose: bool) -> str:
    """Counts as `2 errors and 1 warning`; notes only with `verbose`."""
    numbers = [
        (counts.errors, "error"),
        (counts.warnings, "warning"),
        (counts.notes if verbose else 0, "note"),
    ]
    *first, last = [plural(number, noun) for number, noun in numbers if number] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _left_out(summary: Summary, verbose: bool) -> str:
    kinds = [f"{summary.suppressed} suppressed"] if summary.suppressed else []
    if summary.notes and not verbose:
        kinds.append(plural(summary.notes, "note"))
    it = "it" if summary.suppressed + summary.notes == 1 else "them"
    hint = "" if verbose else f" (--verbose shows {it})"
    return f" {', '.join(kinds)}{hint}." if kinds else ""


def rules_named(findings: Sequence[Reported], program: str) -> list[str]:
    """The rules of which the last lines say how to read more: the gravest, where the command is there."""
    gravest = min(map(gravity, findings), default=None)
    return sorted({it.rule.id for it in findings if gravity(it) == gravest}) if program == PROGRAM else []


def _next_steps(report: Report, findings: Sequence[Reported], program: str) -> Iterator[str]:
    is_there = program == PROGRAM
    if named := rules_named(findings, program):
        first, *rest = named
        others = f" (or {', '.join(rest)})" if rest else ""
        yield f"Run `crstandards explain {first}`{others} for the reasoning and the steps in the portal."
    if report.parts:
        return
    fix = f"{program} fix --staged" if report.source == "index" else f"{program} fix"
    mendable = [reported for reported in findings if is_mendable(reported) and not reported.suppressed]
    errors = [reported for reported in mendable if reported.severity == "error"]
    if found := len(errors or mendable):
        # What does not fail is mended only when it is asked for.
        rules = "" if errors else f" --select {','.join(sorted({item.rule.id for item in mendable}))}"
        share = f"{found} of them" if found < len(findings) else "it" if found == 1 else "all of them"
        if is_there:
            yield f"`{fix}{rules}` can fix {share}; `{fix}{rules} --diff` shows how."
        else:
            yield from (f"This can fix {share}, and with --diff it shows how:", f"  {fix}{rules}")
    if any(map(_may_be_mended, findings)):
        what = f"what {'else ' if found else ''}can be fixed; you decide"
        if is_there:
            yield f"`{fix} --unsafe --diff` shows {what}."
        else:
            yield from (f"This shows {what}:", f"  {fix} --unsafe --diff")


def _may_be_mended(reported: Reported) -> bool:
    """Whether `crstandards fix --unsafe` may mend what fails, and nothing less can. It edits no YAML layout,
    and knows no connection for an entry of settings.
    """
    if reported.severity != "error" or reported.suppressed or reported.finding.fixable:
        return False
    steps = reported.finding.steps
    is_editable = "!/" not in reported.span.path and not reported.span.path.endswith(".yml")
    return reported.rule.is_fixable and is_editable and bool(steps) and all(it.do != "bind" for it in steps)

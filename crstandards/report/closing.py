"""The last lines of the text report: what was looked at, what was found, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from crstandards.findings import SEVERITIES, Before, Report, Reported, Severity, Summary
from crstandards.report.layout import wrap


def plural(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def counted(severities: Iterable[Severity]) -> str:
    """Severities as `2 errors, 1 warning`."""
    counts = Counter(severities)
    return ", ".join(plural(counts[severity], severity) for severity in SEVERITIES if counts[severity])


def is_mendable(reported: Reported) -> bool:
    """Whether `crstandards fix` can mend it. What stands in a zip cannot be mended there."""
    return reported.finding.fixable and "!/" not in reported.span.path


def closing(report: Report, shown: Sequence[Reported], width: int, verbose: bool) -> str:
    """The summary and, where there are findings, the next step. `shown` are the findings shown."""
    summary = report.summary
    first = f"{_found(report, shown, verbose)}{_left_out(summary, verbose)}"
    lines = [first, *_next_steps(report, shown)]
    return "\n".join(part for line in lines for part in wrap(line, width))


def _found(report: Report, shown: Sequence[Reported], verbose: bool) -> str:
    summary, before = report.summary, "" if report.before is None else _before(report.before, verbose)
    found = _kinds(summary, verbose)
    contents = f"{plural(summary.flows, 'flow')}, {plural(summary.references, 'connection reference')}"
    if not found:
        if not summary.solutions and not summary.flows:
            return f"No solution here: nothing to check.{before}"
        if before:
            return f"This change adds no violations.{before}"
        none = "No violations" if report.before is None else "This change adds no violations"
        return f"{none}: {plural(summary.solutions, 'solution')}, {contents}."
    finds = "Found" if report.before is None else "This change adds"
    names = {reported.finding.solution for reported in shown} - {""}
    if concerned := min(len(names), summary.solutions):
        where = f"in {concerned} of {plural(summary.solutions, 'solution')} ({contents})"
    else:
        where = f"({plural(summary.solutions, 'solution')}, {contents})"
    return f"{finds} {found} {where}.{before}"


def _before(before: Before, verbose: bool) -> str:
    """What else there is, as a sentence; "" where there is nothing."""
    found = _kinds(before, verbose)
    if not found:
        return ""
    is_one = before.errors + before.warnings + (before.notes if verbose else 0) == 1
    was, it = ("was", "it") if is_one else ("were", "them")
    return f" {found} {was} there before; `crstandards check` lists {it}."


def _kinds(counts: Summary | Before, verbose: bool) -> str:
    """Counts as `2 errors and 1 warning`; notes only with `verbose`."""
    numbers = [(counts.errors, "error"), (counts.warnings, "warning")]
    if verbose:
        numbers.append((counts.notes, "note"))
    kinds = [plural(number, noun) for number, noun in numbers if number]
    return " and ".join([", ".join(kinds[:-1]), kinds[-1]]) if kinds[1:] else "".join(kinds)


def _left_out(summary: Summary, verbose: bool) -> str:
    kinds = []
    if summary.suppressed:
        kinds.append(f"{summary.suppressed} suppressed")
    if summary.notes and not verbose:
        kinds.append(plural(summary.notes, "note"))
    if not kinds:
        return ""
    one = summary.suppressed + summary.notes == 1
    hint = "" if verbose else f" (--verbose shows {'it' if one else 'them'})"
    return f" {', '.join(kinds)}{hint}."


def _next_steps(report: Report, shown: Sequence[Reported]) -> Iterable[str]:
    severities = {reported.severity for reported in shown}
    if severities:
        gravest = min(severities, key=SEVERITIES.index)
        first, *rest = sorted({reported.rule.id for reported in shown if reported.severity == gravest})
        others = f" (or {', '.join(rest)})" if rest else ""
        yield f"Run `crstandards explain {first}`{others} for the reasoning and the steps in the portal."
    fix = "crstandards fix --staged" if report.source == "index" else "crstandards fix"
    mendable = [reported for reported in shown if is_mendable(reported) and not reported.suppressed]
    errors = [reported for reported in mendable if reported.severity == "error"]
    if found := len(errors or mendable):
        # What does not fail is mended only when it is asked for.
        rules = "" if errors else f" --select {','.join(sorted({item.rule.id for item in mendable}))}"
        share = f"{found} of them" if found < len(shown) else "it" if found == 1 else "all of them"
        yield f"`{fix}{rules}` can mend {share}; `{fix}{rules} --diff` shows how."
    if any(map(_may_be_mended, shown)):
        yield f"`{fix} --unsafe --diff` shows what {'else ' if found else ''}can be mended; you decide."


def _may_be_mended(reported: Reported) -> bool:
    """Whether `crstandards fix --unsafe` may mend what fails, and nothing less can. It edits no YAML layout,
    and knows no connection for an entry of settings.
    """
    if reported.severity != "error" or reported.suppressed or reported.finding.fixable:
        return False
    steps = reported.finding.steps
    is_editable = "!/" not in reported.span.path and not reported.span.path.endswith(".yml")
    return reported.rule.is_fixable and is_editable and bool(steps) and all(it.do != "bind" for it in steps)

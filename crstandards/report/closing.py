"""The last lines of a report: what was looked at, what was found, what to do next."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from crstandards.findings import SEVERITIES, Severity
from crstandards.report.escape import sanitize
from crstandards.report.listing import gravity
from crstandards.report.terminal import wrap
from crstandards.reported import PROGRAM, Before, Report, Reported, Style, Summary


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

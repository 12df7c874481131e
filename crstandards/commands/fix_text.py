"""What `fix` says it did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from crstandards.findings import Finding, Report
from crstandards.fixes.plan import Plan, Refusal
from crstandards.pages import page
from crstandards.report.closing import counted, plural
from crstandards.report.escape import display_path, sanitize
from crstandards.report.layout import wrap
from crstandards.report.terminal import Style

_PORTAL = re.compile(r"^### In the portal\n+(?P<steps>.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)


class Outcome(NamedTuple):
    """What was made, what was left alone, what would need a word, and what the rules say now."""

    done: tuple[Plan, ...]
    refused: tuple[Refusal, ...]
    waiting: tuple[Plan, ...]
    remaining: Report


def summary(outcome: Outcome, style: Style) -> str:
    """The whole text: what must be done in the portal first, then what was done here."""
    lines: list[str] = []
    if not style.quiet:
        lines += _portal([item for item in outcome.refused if item.in_portal], style)
        done = sorted(outcome.done, key=lambda plan: plan.finding.place.path)
        lines += _section("Mended:", ((plan.finding, plan.does) for plan in done), style)
        lines += _section(
            "Left alone:",
            ((item.finding, item.reason) for item in outcome.refused if not item.in_portal),
            style,
        )
        lines += _section(
            "Not made without your word ('crstandards fix --unsafe', or '--interactive'):",
            ((plan.finding, plan.does) for plan in outcome.waiting),
            style,
        )
        lines += _next_steps(outcome.done, style)
    lines += wrap(_closing(outcome), style.width)
    return "\n".join(sanitize(line, ascii_only=not style.unicode) for line in lines) + "\n"


def _section(heading: str, items: Iterable[tuple[Finding, str]], style: Style) -> Iterator[str]:
    told = list(items)
    if not told:
        return
    yield heading
    for finding, text in told:
        yield f"  {finding.rule} {display_path(finding.place.path)}"
        yield from (f"    {line}" for line in wrap(_sentence(text), style.width - 4))
    yield ""


def _portal(refused: Sequence[Refusal], style: Style) -> Iterator[str]:
    """The portal's steps for findings in source that nobody may edit by hand."""
    by_rule: dict[str, list[Refusal]] = {}
    for item in refused:
        by_rule.setdefault(item.finding.rule, []).append(item)
    if by_rule:
        yield from wrap(
            "Microsoft does not support editing the source of Dataverse's git integration by hand, so "
            "these are mended in the portal; the integration then writes the source.",
            style.width,
        )
    for rule, items in by_rule.items():
        found = _PORTAL.search(page(rule))
        for line in found["steps"].strip().split("\n") if found else ():
            yield f"  {line.replace('**', '')}"
        for item in items:
            yield f"    {rule} {display_path(item.finding.place.path)}"
            yield from (f"      {line}" for line in wrap(item.finding.message, style.width - 6))
        yield ""


def _sentence(clause: str) -> str:
    """A clause as a sentence; a path keeps its first letter."""
    first = clause.partition(" ")[0]
    return f"{clause if '/' in first else clause[:1].upper() + clause[1:]}."


def _next_steps(done: Sequence[Plan], style: Style) -> Iterator[str]:
    """What the source cannot do: an import deletes no reference that is no longer in a solution."""
    items = dict.fromkeys(_sentence(caution) for plan in done for caution in plan.cautions)
    removed: dict[str, list[str]] = {}
    for plan in done:
        if plan.removed:
            removed.setdefault(plan.finding.solution, []).extend(plan.removed)
    if not removed and not items:
        return
    yield "Next:"
    if removed:
        text = (
            "- Import each solution into its development environment, and delete there what was removed "
            "here, or the next export brings it back:"
        )
        yield from (f"  {line}" for line in wrap(text, style.width - 2))
        for solution, names in removed.items():
            told = f"- {solution}: {', '.join(dict.fromkeys(names))}"
            yield from (f"    {line}" for line in wrap(told, style.width - 4))
    for item in items:
        yield from (f"  {line}" for line in wrap(f"- {item}", style.width - 2))
    yield ""


def _closing(outcome: Outcome) -> str:
    files = {path for plan in outcome.done for path in plan.paths}
    parts = []
    if outcome.done:
        parts.append(f"{plural(len(outcome.done), 'finding')} mended in {plural(len(files), 'file')}")
    if outcome.refused:
        parts.append(f"{len(outcome.refused)} left alone")
    if outcome.waiting:
        parts.append(f"{len(outcome.waiting)} not made without your word")
    said = (", ".join(parts) or "Nothing to mend") + "."
    left = counted(item.severity for item in outcome.remaining.counted() if item.severity != "note")
    if not left:
        return f"{said} No violations are left."
    return f"{said} Left: {left} ('crstandards check' shows them)."

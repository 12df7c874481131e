"""What `fix` says it did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from crstandards.findings import Finding, Report
from crstandards.fixes.changes import Plan, Refusal
from crstandards.pages import page
from crstandards.report.closing import counted, plural
from crstandards.report.escape import display_path, sanitize
from crstandards.report.layout import wrap
from crstandards.report.terminal import Style
from crstandards.rules.wording import listed

_MENTIONS_SHOWN = 10
_PORTAL = re.compile(r"^### In the portal\n+(?P<steps>.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)


class Outcome(NamedTuple):
    """What was made, what was left alone, what would need a word, and what the rules say now.

    `mentions` are files outside the solutions that name references which are gone now, but for the
    baseline, which `is_recorded` says to hold them. `copies` are packed copies of fixed solutions.
    """

    done: tuple[Plan, ...]
    refused: tuple[Refusal, ...]
    waiting: tuple[Plan, ...]
    remaining: Report
    mentions: tuple[tuple[str, list[str]], ...] = ()
    is_recorded: bool = False
    copies: tuple[str, ...] = ()


def summary(outcome: Outcome, style: Style) -> str:
    """The whole text: what must be done in the portal first, then what was done here."""
    lines: list[str] = []
    if not style.quiet:
        lines += _portal([item for item in outcome.refused if item.in_portal], style)
        done = sorted(outcome.done, key=lambda plan: plan.finding.place.path)
        lines += _section("Fixed:", ((plan.finding, plan.does) for plan in done), style)
        lines += _section(
            "Left alone:",
            ((item.finding, item.reason) for item in outcome.refused if not item.in_portal),
            style,
        )
        lines += _section(
            "Not made: these need your word ('crstandards fix --unsafe', or '--interactive'):",
            ((plan.finding, plan.does) for plan in outcome.waiting),
            style,
        )
        lines += _next_steps(outcome, style)
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
            "these are fixed in the portal; the integration then writes the source.",
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
    told = clause if "/" in first or "." in first else clause[:1].upper() + clause[1:]
    return told if told.endswith("?") else f"{told}."


def _next_steps(outcome: Outcome, style: Style) -> Iterator[str]:
    """What the source cannot do: an import deletes no reference that is no longer in a solution."""
    items = dict.fromkeys(_sentence(caution) for plan in outcome.done for caution in plan.cautions)
    removed: dict[str, list[str]] = {}
    for plan in outcome.done:
        if plan.removed:
            removed.setdefault(plan.finding.solution, []).extend(plan.removed)
    halves = [plan for plan in outcome.done if plan.half]
    if not removed and not halves:
        return
    yield "Next:"
    if halves:
        yield from _item(
            "Import it, and deploy that version; then 'crstandards fix --unsafe' removes what is still "
            "declared.",
            [],
            style,
        )
    if removed:
        yield from _item(
            "Import each solution into its development environment, and delete there what was removed here, "
            "or the next export brings it back:",
            [f"{solution}: {', '.join(dict.fromkeys(names))}" for solution, names in removed.items()],
            style,
        )
    if any(plan.removed and plan.moves for plan in outcome.done):
        yield from _item(
            "Where it is deployed managed, do this in two versions, or the upgrade fails: undo, and run "
            "'crstandards fix --unsafe --keep-declarations' first.",
            [],
            style,
        )
    mentions = [f"{display_path(path)} ({listed(names, 3)})" for path, names in outcome.mentions]
    if len(mentions) > _MENTIONS_SHOWN:
        mentions[_MENTIONS_SHOWN:] = [f"and {len(mentions) - _MENTIONS_SHOWN} more"]
    if mentions:
        told = "These files outside the solutions still name what was removed; look whether that matters:"
        yield from _item(told, mentions, style)
    if outcome.copies:
        told = "These packed copies of the solution were not searched; they still declare what was removed:"
        yield from _item(told, map(display_path, outcome.copies), style)
    if outcome.is_recorded:
        yield from _item("Run 'crstandards baseline --update': the baseline still holds it.", [], style)
    for item in items:
        yield from _item(item, [], style)
    yield ""


def _item(text: str, below: Iterable[str], style: Style) -> Iterator[str]:
    yield from (f"  {line}" for line in wrap(f"- {text}", style.width - 2))
    # Not wrapped: paths are for copying.
    yield from (f"    - {line}" for line in below)


def _closing(outcome: Outcome) -> str:
    files = {path for plan in outcome.done for path in plan.paths}
    parts = []
    if outcome.done:
        parts.append(f"{plural(len(outcome.done), 'finding')} fixed in {plural(len(files), 'file')}")
    if outcome.refused:
        parts.append(f"{len(outcome.refused)} left alone")
    if outcome.waiting:
        parts.append(f"{len(outcome.waiting)} waiting for your word")
    said = (", ".join(parts) or "Nothing to fix") + "."
    left = counted(item.severity for item in outcome.remaining.counted() if item.severity != "note")
    if not left:
        return f"{said} No violations are left."
    return f"{said} Left: {left} ('crstandards check' shows them)."

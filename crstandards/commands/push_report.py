"""What a pusher is told: what is refused, why, and what to do, in few plain lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crstandards.findings import Reported
from crstandards.history.push import Decision
from crstandards.report.closing import counted
from crstandards.report.escape import display_path
from crstandards.report.order import ordered

_LINES_OF_A_FINDING = 3
_WARNINGS_SHOWN = 3


def lines(decisions: Sequence[Decision], most: int) -> Iterator[str]:
    """At most so many lines; first what is refused, then what else must be known."""
    blocks = [(decision.ref, *block) for decision in decisions for block in _blocks(decision)]
    left = most
    for number, (_, head, findings) in enumerate(blocks):
        later = blocks[number + 1 :]
        if left < len(head) + bool(findings) + bool(later):
            untold = len({ref for ref, *_ in blocks[number:]})
            yield f"crstandards: ... and {untold} more refs; push each alone to read what is said of it."
            return
        # Every block gets its head and a line for what is left out, but of many not all can.
        kept = min(sum(len(lines_of) + 1 for _, lines_of, _ in later), most // 2)
        room = max(0, left - len(head) - 1 - max(kept, bool(later)))
        shown = findings[: room // _LINES_OF_A_FINDING]
        told = [*head, *(line for item in shown for line in _finding(item))]
        if len(shown) < len(findings):
            told.append(f"  {_left_out(len(findings), len(shown))}")
        left -= len(told)
        yield from told


def _left_out(count: int, shown: int) -> str:
    if count == 1:
        return "'crstandards check' in your clone shows it."
    return f"... and {count - shown} more; 'crstandards check' in your clone shows all."


def _blocks(decision: Decision) -> Iterator[tuple[list[str], Sequence[Reported]]]:
    ref = decision.ref
    if decision.notes:
        yield [f"crstandards: {ref}: {note}" for note in decision.notes], ()
    if decision.refusal:
        yield [f"crstandards: {ref} is refused: {decision.refusal}."], ()
    found = ordered(decision.report.counted()) if decision.report else []
    errors = [item for item in found if item.severity == "error"]
    warnings = [item for item in found if item.severity == "warning"]
    if errors:
        adds = "its tree has" if decision.strict else "this push adds"
        yield [f"crstandards: {ref} is refused: {adds} {counted(item.severity for item in errors)}."], errors
    if warnings and not decision.strict:
        head = [f"crstandards: {ref}: this push adds {counted(item.severity for item in warnings)}."]
        yield head, warnings[:_WARNINGS_SHOWN]


def _finding(item: Reported) -> list[str]:
    place = f"{display_path(item.span.path)}:{item.span.line}:{item.span.column}"
    advice = next(iter(item.finding.help.split("\n")), "")
    return [
        f"  {item.rule.id} {item.rule.name}, {place}",
        f"    {item.finding.message}",
        f"    To fix: {advice}",
    ]

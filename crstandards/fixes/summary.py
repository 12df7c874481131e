"""What `fix` says it did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crstandards.findings import Finding
from crstandards.fixes.rounds import Fixed
from crstandards.report.escape import display_path, sanitize
from crstandards.report.listing import counted, plural
from crstandards.report.terminal import wrap
from crstandards.reported import Report, Style

_IN_PORTAL = (
    "Microsoft does not support editing the source of Dataverse's git integration by hand. Do this in the "
    "portal; the integration then writes the source:"
)


def summary(fixed: Fixed, left: Report, baselined: bool, style: Style) -> str:
    """The whole text: what must be done in the portal first, then what was done here, and what is `left`.

    `baselined`: also what the baseline covers was to be fixed.
    """
    lines: list[str] = []
    if not style.quiet:
        done = sorted(fixed.done, key=lambda plan: plan.finding.place.path)
        refused = [(item.finding, item.reason) for item in fixed.refused if not item.in_portal]
        word = "Not made: these need your decision ('crstandards fix --unsafe', or '--interactive'):"
        for heading, items in (
            (_IN_PORTAL, [(item.finding, item.finding.help) for item in fixed.refused if item.in_portal]),
            ("Fixed:", [(plan.finding, plan.does) for plan in done]),
            ("Left alone:", refused),
            (word, [(plan.finding, plan.does) for plan in fixed.waiting]),
        ):
            lines += _section(heading, items, style)
        lines += _next_steps(fixed, baselined, style)
    lines += wrap(_closing(fixed, left), style.width)
    return "\n".join(sanitize(line, ascii_only=not style.unicode) for line in lines) + "\n"


def _section(heading: str, items: Sequence[tuple[Finding, str]], style: Style) -> Iterator[str]:
    if not items:
        return
    yield from wrap(heading, style.width)
    for finding, text in items:
        yield f"  {finding.rule} {display_path(finding.place.path)}"
        for paragraph in text.split("\n"):
            # A clause becomes a sentence; a path, or a reference's name, keeps its first letter.
            is_name = not {*"/._"}.isdisjoint(paragraph.partition(" ")[0])
            told = paragraph if is_name else paragraph[:1].upper() + paragraph[1:]
            end = "" if told.endswith(("?", ".", ":")) else "."
            yield from (f"    {line}" for line in wrap(told + end, style.width - 4))
    yield ""


def _next_steps(fixed: Fixed, baselined: bool, style: Style) -> Iterator[str]:
    """What the source cannot do: an import deletes no reference that is no longer in a solution."""
    removed: dict[str, dict[str, None]] = {}
    for plan in fixed.done:
        if plan.removed:
            removed.setdefault(plan.finding.solution, {}).update(dict.fromkeys(plan.removed))
    steps: list[tuple[str, list[str]]] = []
    if any(plan.half for plan in fixed.done):
        told = "Import it, and deploy that version; then 'crstandards fix --unsafe' removes what is still "
        steps.append((f"{told}declared.", []))
    if removed:
        told = (
            "Import each solution into its development environment, and delete there what was removed here, "
        )
        names = [f"{solution}: {', '.join(each)}" for solution, each in removed.items()]
        steps.append((f"{told}or the next export brings it back:", names))
    if any(plan.removed and plan.moves for plan in fixed.done):
        told = "Where it is deployed managed, do this in two versions, or the upgrade fails: undo, and run "
        steps.append((f"{told}'crstandards fix --unsafe --keep-declarations' first.", []))
    gone = frozenset(name.lower() for names in removed.values() for name in names)
    told = "These packed copies of the solution were not searched; they still declare what was removed:"
    copies = dict.fromkeys(
        display_path(path)
        for solution in fixed.checked.world.solutions
        if solution.unique_name in removed
        for path in solution.mentions(gone).copies
    )
    steps += [(told, list(copies))] if copies else []
    if baselined and fixed.done:
        steps.append(("Run 'crstandards baseline --update': the baseline still holds what was fixed.", []))
    if steps:
        yield "Next:"
    for text, below in steps:
        yield from (f"  {line}" for line in wrap(f"- {text}", style.width - 2))
        # Not wrapped: names are for copying.
        yield from (f"    - {line}" for line in below)
    if steps:
        yield ""


def _closing(fixed: Fixed, left: Report) -> str:
    parts = []
    if fixed.done:
        parts.append(
            f"{plural(len(fixed.done), 'finding')} fixed in {plural(len(fixed.tree.edited), 'file')}"
        )
    if fixed.refused:
        parts.append(f"{len(fixed.refused)} left alone")
    if fixed.waiting:
        parts.append(f"{len(fixed.waiting)} waiting for your decision")
    said = (", ".join(parts) or "Nothing to fix") + "."
    number = counted(item.severity for item in left.counted() if item.severity != "note")
    if not number:
        return f"{said} No violations are left."
    return f"{said} Left: {number} ('crstandards check' shows them)."

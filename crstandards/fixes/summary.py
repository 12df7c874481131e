"""What `fix` says it did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crstandards.findings import Finding
from crstandards.fixes.rounds import Fixed
from crstandards.report.closing import counted, plural
from crstandards.report.escape import display_path, sanitize
from crstandards.report.terminal import wrap
from crstandards.reported import Report, Style
from crstandards.rules.wording import listed
from crstandards.source.mentions import Words
from crstandards.source.names import covers

_MENTIONS_SHOWN = 10
_MOST_BYTES = 1024 * 1024
_TEXT = (
    *(".json", ".yml", ".yaml", ".xml", ".toml", ".ini", ".env", ".csv", ".md", ".txt", ".config"),
    *(".ps1", ".psm1", ".psd1", ".sh", ".cmd", ".bat", ".py", ".js", ".ts", ".tf", ".bicep", ".variables"),
)
_IN_PORTAL = (
    "Microsoft does not support editing the source of Dataverse's git integration by hand. Do this in the "
    "portal; the integration then writes the source:"
)


def summary(fixed: Fixed, left: Report, baseline: str, style: Style) -> str:
    """The whole text: what must be done in the portal first, then what was done here, and what is `left`."""
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
        lines += _next_steps(fixed, baseline, style)
    lines += wrap(_closing(fixed, left), style.width)
    return "\n".join(sanitize(line, ascii_only=not style.unicode) for line in lines) + "\n"


def _section(heading: str, items: Sequence[tuple[Finding, str]], style: Style) -> Iterator[str]:
    if not items:
        return
    yield from wrap(heading, style.width)
    for finding, text in items:
        yield f"  {finding.rule} {display_path(finding.place.path)}"
        for paragraph in text.split("\n"):
            yield from (f"    {line}" for line in wrap(_sentence(paragraph), style.width - 4))
    yield ""


def _sentence(clause: str) -> str:
    """A clause as a sentence; a path, or a reference's name, keeps its first letter."""
    first = clause.partition(" ")[0]
    told = clause if {*first} & {*"/._"} else clause[:1].upper() + clause[1:]
    return told if told.endswith(("?", ".", ":")) else f"{told}."


def _next_steps(fixed: Fixed, baseline: str, style: Style) -> Iterator[str]:
    """What the source cannot do: an import deletes no reference that is no longer in a solution."""
    removing = [plan for plan in fixed.done if plan.removed]
    is_half = any(plan.half for plan in fixed.done)
    if not removing and not is_half:
        return
    yield "Next:"
    if is_half:
        told = "Import it, and deploy that version; then 'crstandards fix --unsafe' removes what is still "
        yield from _item(f"{told}declared.", [], style)
    if removing:
        yield from _item(
            "Import each solution into its development environment, and delete there what was removed here, "
            "or the next export brings it back:",
            _removed_from_each(fixed),
            style,
        )
    if any(plan.moves for plan in removing):
        yield from _item(
            "Where it is deployed managed, do this in two versions, or the upgrade fails: undo, and run "
            "'crstandards fix --unsafe --keep-declarations' first.",
            [],
            style,
        )
    mentions = dict(_named_outside(fixed))
    is_recorded = mentions.pop(baseline, None) is not None
    told = "These files outside the solutions still name what was removed; look whether that matters:"
    named = [f"{display_path(path)} ({listed(names, 3)})" for path, names in mentions.items()]
    if len(named) > _MENTIONS_SHOWN:
        named[_MENTIONS_SHOWN:] = [f"and {len(named) - _MENTIONS_SHOWN} more"]
    yield from _item(told, named, style) if named else ()
    told = "These packed copies of the solution were not searched; they still declare what was removed:"
    copies = list(map(display_path, _copies(fixed)))
    yield from _item(told, copies, style) if copies else ()
    if is_recorded:
        yield from _item("Run 'crstandards baseline --update': the baseline still holds it.", [], style)
    yield ""


def _removed_from_each(fixed: Fixed) -> list[str]:
    removed: dict[str, dict[str, None]] = {}
    for plan in fixed.done:
        if plan.removed:
            removed.setdefault(plan.finding.solution, {}).update(dict.fromkeys(plan.removed))
    return [f"{solution}: {', '.join(names)}" for solution, names in removed.items()]


def _named_outside(fixed: Fixed) -> Iterator[tuple[str, list[str]]]:
    """The text files outside all solutions that still hold names that none of these declares any more."""
    world = fixed.checked.world
    declared = {key for solution in world.solutions for key in solution.declared()}
    removed = {name.lower(): name for plan in fixed.done for name in plan.removed}
    spelled = {key: name for key, name in removed.items() if key not in declared}
    folders = [solution.folder for solution in world.solutions if solution.is_solution]
    files = [
        file
        for file in (fixed.tree.files() if spelled else ())
        if file.kind == "file"
        and file.path.lower().endswith(_TEXT)
        and not covers(folders, file.path)
        and not world.is_excluded(file.path)
    ]
    words = Words(spelled)
    for content in fixed.tree.read(files, _MOST_BYTES):
        if found := words.found_in(content.data.replace(b"\0", b"").lower()):
            yield content.file.path, [name for key, name in spelled.items() if key in found]


def _copies(fixed: Fixed) -> Iterable[str]:
    """Packed copies of solutions from which something was removed."""
    removed = frozenset(name for plan in fixed.done for name in plan.gone)
    about = {plan.finding.solution for plan in fixed.done if plan.removed}
    return dict.fromkeys(
        path
        for solution in fixed.checked.world.solutions
        if solution.unique_name in about
        for path in solution.mentions(removed).copies
    )


def _item(text: str, below: Iterable[str], style: Style) -> Iterator[str]:
    yield from (f"  {line}" for line in wrap(f"- {text}", style.width - 2))
    # Not wrapped: paths are for copying.
    yield from (f"    - {line}" for line in below)


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

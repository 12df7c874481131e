"""The part of a report that is about commits: what was replayed, who is to look, what was mended.

What a change does to connections is told here, too; `check.changes` compares the trees.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from crstandards.report.escape import display_path, encodable
from crstandards.report.listing import COMMIT_SHOWN, plural, who
from crstandards.reported import Changes, FlowChange, History, Mended, Reported, Used

_SHOWN = 10
_WORDS: Final = {"added": "new", "removed": "gone", "changed": "changed"}

Clean = Callable[[str], str]
"""Makes a text safe to show."""


def since(reported: Reported, history: History, clean: Clean) -> str:
    """Who brought a finding, or "" where nobody can tell."""
    if reported.introduced:
        return who(reported.introduced, clean)
    return "before these commits" if history.tells and history.base else ""


def title(history: History) -> str:
    """What was replayed."""
    base, head = history.base[:COMMIT_SHOWN], history.head[:COMMIT_SHOWN]
    if not history.tells:
        return f"The tree of {head} against that of {base}:"
    start = f" after {base}" if base else ""
    what = "is new" if history.only_new else "remains"
    return f"Replayed {plural(history.commits, 'commit')}{start}. What {what} at {head}:"


def mends(history: History) -> str:
    """How much of what was there before is there no more, as a sentence; "" where nothing is."""
    mended = sum(item.introduced is None for item in history.mended)
    return f"It fixes {plural(mended, 'finding')}." if mended else ""


def blocks(
    history: History, findings: Sequence[Reported], clean: Clean, verbose: bool
) -> Iterator[list[str]]:
    """Lists that each stand under a first line: who is to look, what was mended, what else there is."""
    brought = Counter(reported.introduced for reported in findings if reported.introduced)
    told = {
        "Who is to look:": [f"{who(author, clean)}: {plural(n, 'finding')}" for author, n in brought.items()],
        "Fixed on the way:" if history.tells else "Fixed:": [_mended(item, clean) for item in history.mended],
        "Commits that fail:": [who(author, clean) for author in history.failed],
        "Note:": list(map(clean, history.notes)),
    }
    for first, lines in told.items():
        shown = lines if verbose else lines[:_SHOWN]
        more = len(lines) - len(shown)
        rest = [f"and {more} more (--verbose shows all)"] if more else []
        if lines:
            yield [first, *(f"- {line}" for line in (*shown, *rest))]


def _mended(item: Mended, clean: Clean) -> str:
    place = clean(display_path(item.finding.place.path))
    told = (("brought", item.introduced), ("fixed", item.mended))
    by = ", ".join(f"{did} by {who(author, clean)}" for did, author in told if author)
    return f"{item.rule.id} {clean(item.finding.message)} ({place}) {by}".rstrip()


def changes_as_json(changes: Changes) -> dict[str, Any]:
    """The changes as they stand in the JSON report."""
    return {
        "connectors": {"added": [*changes.added_connectors], "removed": [*changes.removed_connectors]},
        "references": {
            "added": _names(changes.added_references),
            "removed": _names(changes.removed_references),
            "rebound": [
                dict(zip(("reference", "environment", "from", "to"), map(encodable, item), strict=True))
                for item in changes.rebound
            ],
        },
        "flows": [
            {
                "path": display_path(flow.path),
                "name": encodable(flow.name),
                "change": flow.change,
                "references": {"added": _names(flow.added), "removed": _names(flow.removed)},
            }
            for flow in changes.flows
        ],
    }


def _names(used: Sequence[Used]) -> list[str]:
    return [encodable(str(item)) for item in used]


def headline(changes: Changes) -> str:
    """How much there is of each, as `1 new flow, 1 new connector`; "" where nothing has changed."""
    kinds = [flow.change for flow in changes.flows]
    counts = [
        (kinds.count("added"), "new flow", ""),
        (kinds.count("removed"), "flow", " gone"),
        (kinds.count("changed"), "flow", " with other references"),
        (len(changes.added_references), "new reference", ""),
        (len(changes.removed_references), "reference", " gone"),
        (len(changes.added_connectors), "new connector", ""),
        (len(changes.removed_connectors), "connector", " gone"),
        (len(changes.rebound), "setting", " with another connection"),
    ]
    return ", ".join(f"{plural(count, noun)}{more}" for count, noun, more in counts if count)


def changed(changes: Changes, shown: Callable[[str], str]) -> Iterator[str]:
    """One line for each thing that has changed, what a reviewer of data policies asks for first.

    `shown` makes a text of the source safe where the lines go.
    """
    states = (
        (changes.added_connectors, changes.added_references, "new in"),
        (changes.removed_connectors, changes.removed_references, "gone from"),
    )
    for names, _, state in states:
        yield from (f"Connector {state} this repository: {shown(changes.named(name))}" for name in names)
    for _, references, state in states:
        named = [
            f"{changes.named(used.reference)} for {changes.named(used.connector)}" for used in references
        ]
        yield from (f"Reference {state} this repository: {shown(name)}" for name in named)
    for item in changes.rebound:
        name, was = changes.named(item.reference), item.before or "no connection"
        change = f"{name}: {was} → {item.after or 'no connection'}"
        yield f"Settings of {shown(item.environment)} bind {shown(change)}"
    yield from (_flow(flow, changes, shown) for flow in changes.flows)


def _flow(flow: FlowChange, changes: Changes, shown: Callable[[str], str]) -> str:
    """A flow's line: what it goes through now, and what no more."""
    solution = f" ({flow.solution})" if flow.solution else ""
    lists = (("now through", flow.added), ("no more through", flow.removed))
    through = [f"{words} {', '.join(_told(item, changes) for item in used)}" for words, used in lists if used]
    head = f"Flow {_WORDS[flow.change]}: {shown(': '.join([flow.name + solution, *through[:1]]))}"
    return ", ".join([head, *map(shown, through[1:])])


def _told(used: Used, changes: Changes) -> str:
    connector = changes.named(used.connector)
    return changes.named(used.reference) if used.reference else f"a raw connection for {connector}"

"""What a change does to connections, as each format tells it; `check.changes` compares the trees."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from crstandards.report.closing import plural
from crstandards.report.escape import display_path, encodable
from crstandards.report.map import Box, Key, Picture, flowchart
from crstandards.reported import Changes, FlowChange, Used

MOST_BOXES: Final = 20
"""A map with more is no help in a comment."""

_WORDS: Final = {"added": "new", "removed": "gone", "changed": "changed"}


def as_json(changes: Changes) -> dict[str, Any]:
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


def lines(changes: Changes, shown: Callable[[str], str]) -> Iterator[str]:
    """One line for each thing that has changed, what a reviewer of data policies asks for first.

    `shown` makes a text of the source safe where the lines go.
    """
    states = (
        (changes.added_connectors, changes.added_references, "new in"),
        (changes.removed_connectors, changes.removed_references, "gone from"),
    )
    for names, _, state in states:
        yield from (f"Connector {state} this repository: {shown(name)}" for name in names)
    for _, references, state in states:
        named = [f"{used.reference} ({used.connector})" for used in references]
        yield from (f"Reference {state} this repository: {shown(name)}" for name in named)
    for item in changes.rebound:
        change = f"{item.reference}: {item.before or 'no connection'} → {item.after or 'no connection'}"
        yield f"Settings of {shown(item.environment)} bind {shown(change)}"
    yield from (_flow(flow, shown) for flow in changes.flows)


def _flow(flow: FlowChange, shown: Callable[[str], str]) -> str:
    """A flow's line: what it goes through now, and what no more."""
    solution = f" ({flow.solution})" if flow.solution else ""
    lists = (("now through", flow.added), ("no more through", flow.removed))
    through = [f"{words} {', '.join(map(_told, used))}" for words, used in lists if used]
    head = f"Flow {_WORDS[flow.change]}: {shown(': '.join([flow.name + solution, *through[:1]]))}"
    return ", ".join([head, *map(shown, through[1:])])


def _told(used: Used) -> str:
    return used.reference or f"a raw connection ({used.connector})"


def mermaid(changes: Changes) -> str:
    """What has changed as a small Mermaid map; "" where it would have too many boxes, or none."""
    picture = _picture(changes)
    return flowchart(picture) if 0 < len(picture.boxes) <= MOST_BOXES else ""


def _picture(changes: Changes) -> Picture:
    """Users, references, connectors and environments, with an arrow for what is new or gone."""
    users: dict[Key, Box] = {}
    references: dict[Key, Box] = {}
    others: dict[Key, Box] = {}
    arrows: dict[tuple[Key, Key], str] = {}
    states = [(changes.added_references, "new"), (changes.removed_references, "gone")]
    marks = {item.reference.lower(): mark for items, mark in states for item in items}

    def put(used: Used) -> Key:
        name = used.reference.lower()
        key = ("reference", name) if name else ("raw", used.connector)
        references[key] = Box(
            "reference", used.reference or "raw connection", "", marks.get(name, "") if name else "raw"
        )
        if used.connector:
            connector = ("connector", used.connector)
            mark = "new" if used.connector in changes.added_connectors else ""
            others[connector] = Box("connector", used.connector, "", mark)
            arrows[key, connector] = ""
        return key

    for used in (*changes.added_references, *changes.removed_references):
        put(used)
    for flow in changes.flows:
        user = ("user", flow.path)
        mark = "" if flow.change == "changed" else _WORDS[flow.change]
        users[user] = Box("user", flow.name, flow.solution, mark)
        arrows |= {(user, put(used)): "new" for used in flow.added}
        arrows |= {(user, put(used)): "gone" for used in flow.removed}
    for item in changes.rebound:
        key, environment = ("reference", item.reference.lower()), ("environment", item.environment)
        references.setdefault(key, Box("reference", item.reference))
        others[environment] = Box("environment", item.environment)
        arrows[key, environment] = "rebound"
    return Picture(users | references | others, arrows)

"""The map as DOT, for Graphviz: `dot -Tsvg`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from crstandards.findings import Link
from crstandards.report.escape import sanitize
from crstandards.report.graph_picture import picture_of

_GRAVE: Final = 'fillcolor="#fde8e6", color="#b3261e", fontcolor="#410e0b", penwidth=2'
_MILD: Final = 'fillcolor="#fff1d6", color="#8a5300", fontcolor="#2b1700", penwidth=2'
_MARKS: Final = {
    **dict.fromkeys(("raw", "lost", "undeclared", "mismatch", "broken", "unbound"), _GRAVE),
    **dict.fromkeys(("duplicate", "person", "unused"), _MILD),
}
_SHAPES: Final = {"user": "box", "reference": "box", "connector": "hexagon", "environment": "folder"}


def draw(links: Sequence[Link], about: str = "") -> str:
    """The map as a directed graph."""
    return "\n".join(["digraph crstandards {", *(f"  {line}" for line in _lines(links)), "}", ""])


def _lines(links: Sequence[Link]) -> Iterator[str]:
    picture = picture_of(links)
    names = {key: f"n{number}" for number, key in enumerate(picture.boxes)}
    yield "rankdir=LR; ranksep=1.2; nodesep=0.12;"
    yield 'graph [fontname="Segoe UI, Helvetica, sans-serif", fontsize=11, color="#8a8886"];'
    yield 'node [fontname="Segoe UI, Helvetica, sans-serif", fontsize=11, style="filled,rounded", '
    yield '      fillcolor="#ffffff", color="#8a8886", height=0.3];'
    yield 'edge [color="#8a8886", arrowsize=0.6];'
    groups: dict[str, list[str]] = {}
    for key, box in picture.boxes.items():
        marked = f", {_MARKS[box.mark]}" if box.mark else ""
        line = f"{names[key]} [label={_quoted(box.text)}, shape={_SHAPES[box.column]}{marked}];"
        if box.column == "user":
            groups.setdefault(box.group, []).append(line)
        else:
            yield line
    for number, (solution, lines) in enumerate(groups.items()):
        yield f"subgraph cluster_{number} {{"
        yield f"  label={_quoted(solution or 'without a solution')};"
        yield from (f"  {line}" for line in lines)
        yield "}"
    for (start, end), mark in picture.arrows.items():
        style = f' [label="{mark}", color="#b3261e", style=dashed]' if mark else ""
        yield f"{names[start]} -> {names[end]}{style};"


def _quoted(text: str) -> str:
    """A text as a quoted string, in which Graphviz finds no escapes of its own."""
    escaped = sanitize(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

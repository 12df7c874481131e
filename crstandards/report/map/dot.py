"""The map as DOT, for Graphviz: `dot -Tsvg`."""

from collections.abc import Iterator, Sequence
from typing import Final

from crstandards.report.escape import dot
from crstandards.report.map.picture import NO_SOLUTION, Box, picture_of
from crstandards.reported import Link

_GRAVE: Final = 'fillcolor="#fde8e6", color="#b3261e", fontcolor="#410e0b", penwidth=2'
_MILD: Final = 'fillcolor="#fff1d6", color="#8a5300", fontcolor="#2b1700", penwidth=2'
_MARKS: Final = {
    **dict.fromkeys(("raw", "lost", "undeclared", "mismatch", "broken", "unbound"), _GRAVE),
    **dict.fromkeys(("duplicate", "person", "unused"), _MILD),
}
_SHAPES: Final = {"user": "box", "reference": "box", "connector": "hexagon", "environment": "folder"}
_HEAD: Final = """digraph crstandards {
  rankdir=LR; ranksep=1.2; nodesep=0.12;
  graph [fontname="Segoe UI, Helvetica, sans-serif", fontsize=11, color="#8a8886"];
  node [fontname="Segoe UI, Helvetica, sans-serif", fontsize=11, style="filled,rounded",
        fillcolor="#ffffff", color="#8a8886", height=0.3];
  edge [color="#8a8886", arrowsize=0.6];
"""


def draw(links: Sequence[Link], about: str = "") -> str:
    """The map as a directed graph."""
    return _HEAD + "".join(f"  {line}\n" for line in _lines(links)) + "}\n"


def _lines(links: Sequence[Link]) -> Iterator[str]:
    picture = picture_of(links)
    groups, others = picture.drawn(_box)
    yield from others
    for number, (solution, lines) in enumerate(groups.items()):
        yield f"subgraph cluster_{number} {{"
        yield f"  label={dot(solution or NO_SOLUTION)};"
        yield from (f"  {line}" for line in lines)
        yield "}"
    for start, end, mark in picture.joined():
        style = f' [label="{mark}", color="#b3261e", style=dashed]' if mark else ""
        yield f"{start} -> {end}{style};"


def _box(name: str, box: Box) -> str:
    marked = f", {_MARKS[box.mark]}" if box.mark else ""
    return f"{name} [label={dot(box.text)}, shape={_SHAPES[box.column]}{marked}];"

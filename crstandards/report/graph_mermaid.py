"""The map as Mermaid, which GitHub and Azure DevOps draw in Markdown.

They draw no more than 50,000 characters and 500 arrows. A map that is larger is folded: one box for
all flows, apps and agents of a solution, then only lines with something wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from crstandards.findings import Link
from crstandards.report.escape import sanitize
from crstandards.report.graph_picture import Box, Picture, gravest, picture_of

MOST_CHARACTERS: Final = 50_000
MOST_ARROWS: Final = 500
_WIDEST: Final = 60
_PLAIN: Final = frozenset(" -_.,'()/:+=?!")
_SHAPES: Final = {
    "user": '["{}"]',
    "reference": '("{}")',
    "connector": '{{{{"{}"}}}}',
    "environment": '[["{}"]]',
}
_ARROWS: Final = {
    "": "-->",
    "raw": '== "raw" ==>',
    "lost": '-. "lost" .->',
    "unbound": '-. "unbound" .->',
    "mismatch": '-. "other connector" .->',
    "new": '== "new" ==>',
    "gone": '-. "gone" .->',
    "rebound": '-- "other connection" -->',
}
_GRAVE: Final = "fill:#fde8e6,stroke:#b3261e,color:#410e0b,stroke-width:2px"
_MILD: Final = "fill:#fff1d6,stroke:#8a5300,color:#2b1700,stroke-width:2px"
_STYLES: Final = {
    **dict.fromkeys(("raw", "lost", "undeclared", "mismatch", "broken"), _GRAVE),
    "unbound": f"{_GRAVE},stroke-dasharray:5 4",
    **dict.fromkeys(("duplicate", "person"), _MILD),
    "unused": f"{_MILD},stroke-dasharray:5 4",
    "new": "fill:#e2f3e5,stroke:#1a7f37,color:#04260f,stroke-width:2px",
    "gone": "fill:#eeeeee,stroke:#6e7781,color:#24292f,stroke-dasharray:5 4",
}


def draw(links: Sequence[Link], about: str = "") -> str:
    """The map as a Mermaid flowchart."""
    wrong = [link for link in links if gravest(link.marks)]
    told = ""
    for chosen, fold in ((links, False), (links, True), (wrong, True)):
        text, arrows = _flowchart(chosen, fold)
        if len(text) <= MOST_CHARACTERS and arrows <= MOST_ARROWS:
            return _with_comment(text, told)
        told = "folded" if not fold else "folded, and only what is wrong"
    return _with_comment(text, f"{told}, and still more than GitHub draws: choose solutions")


def _with_comment(text: str, comment: str) -> str:
    return f"%% {comment}\n{text}" if comment else text


def _flowchart(links: Iterable[Link], fold: bool) -> tuple[str, int]:
    picture = picture_of(links, fold=fold)
    return flowchart(picture), len(picture.arrows)


def flowchart(picture: Picture) -> str:
    """Boxes and arrows as Mermaid."""
    return "\n".join(["flowchart LR", *_lines(picture), ""])


def _lines(picture: Picture) -> Iterator[str]:
    names = {key: f"n{number}" for number, key in enumerate(picture.boxes)}
    groups: dict[str, list[str]] = {}
    others: list[str] = []
    for key, box in picture.boxes.items():
        line = _box(names[key], box)
        if box.column == "user":
            groups.setdefault(box.group, []).append(line)
        else:
            others.append(line)
    for number, (solution, lines) in enumerate(groups.items()):
        yield f'  subgraph s{number}["{_label(solution or "without a solution")}"]'
        yield from (f"    {line}" for line in lines)
        yield "  end"
    yield from (f"  {line}" for line in others)
    for (start, end), mark in picture.arrows.items():
        yield f"  {names[start]} {_ARROWS.get(mark, '-->')} {names[end]}"
    marked: dict[str, list[str]] = {}
    for key, box in picture.boxes.items():
        if box.mark:
            marked.setdefault(box.mark, []).append(names[key])
    for mark, found in marked.items():
        yield f"  classDef {mark} {_STYLES[mark]}"
        yield f"  class {','.join(found)} {mark}"


def _box(name: str, box: Box) -> str:
    return name + _SHAPES[box.column].format(_label(box.text))


def _label(text: str) -> str:
    """A text as the inside of a label: whatever could be markup stands as an entity."""
    text = sanitize(text)
    if len(text) > _WIDEST:
        text = f"{text[: _WIDEST - 1]}…"
    return "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in text)

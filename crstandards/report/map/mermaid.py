"""The map as Mermaid, which GitHub and Azure DevOps draw in Markdown.

They draw no more than 50,000 characters and 500 arrows. A map that is larger is folded: one box for
all flows, apps and agents of a solution, then only lines with something wrong.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from crstandards.report.escape import mermaid, sanitize
from crstandards.report.map.picture import NO_SOLUTION, Box, Picture, gravest, picture_of
from crstandards.reported import Link

MOST_CHARACTERS: Final = 50_000
MOST_ARROWS: Final = 500
_WIDEST: Final = 60
_SHAPES: Final = {
    "user": '["{}"]',
    "reference": '("{}")',
    "connector": '{{{{"{}"}}}}',
    "environment": '[["{}"]]',
}
_ARROWS: Final = {
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
    text = ""
    for chosen, told in (
        (links, ""),
        (links, "%% folded\n"),
        (wrong, "%% folded, and only what is wrong\n"),
    ):
        picture = picture_of(chosen, fold=bool(told))
        text = flowchart(picture)
        if len(text) <= MOST_CHARACTERS and len(picture.arrows) <= MOST_ARROWS:
            return f"{told}{text}"
    return f"%% folded, and only what is wrong, and still more than GitHub draws: choose solutions\n{text}"


def flowchart(picture: Picture) -> str:
    """Boxes and arrows as Mermaid."""
    return "\n".join(["flowchart LR", *(f"  {line}" for line in _lines(picture)), ""])


def _lines(picture: Picture) -> Iterator[str]:
    groups, others = picture.drawn(_box)
    for number, (solution, lines) in enumerate(groups.items()):
        yield f'subgraph s{number}["{_label(solution or NO_SOLUTION)}"]'
        yield from (f"  {line}" for line in lines)
        yield "end"
    yield from others
    for start, end, mark in picture.joined():
        yield f"{start} {_ARROWS.get(mark, '-->')} {end}"
    marked: dict[str, list[str]] = {}
    for number, box in enumerate(picture.boxes.values()):
        if box.mark:
            marked.setdefault(box.mark, []).append(f"n{number}")
    for mark, found in marked.items():
        yield f"classDef {mark} {_STYLES[mark]}"
        yield f"class {','.join(found)} {mark}"


def _box(name: str, box: Box) -> str:
    return name + _SHAPES[box.column].format(_label(box.text))


def _label(text: str) -> str:
    """Of a long name the middle is left out: its end tells it apart."""
    text = sanitize(text)
    half = _WIDEST // 2
    return mermaid(text if len(text) <= _WIDEST else f"{text[: half - 1]}…{text[-half:]}")

"""The map as a picture of boxes and arrows, and that in Mermaid and as DOT.

GitHub and Azure DevOps draw Mermaid in Markdown, no more of it than 50,000 characters and 500 arrows. A map
that is larger is folded: one box for all flows, apps and agents of a solution, then only lines with something
wrong.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from crstandards.report.escape import dot, mermaid, sanitize
from crstandards.reported import MARKS, Changes, Link, Used

Key = tuple[str, ...]

NO_SOLUTION: Final = "without a solution"
_COLUMNS: Final = ("user", "reference", "connector", "environment")
_WITHOUT_REFERENCE: Final = {"raw": "raw connection", "lost": "lost connection", "own": "the user's own"}


class Box(NamedTuple):
    """A box: its column (`user`, `reference`, `connector` or `environment`) and its text.

    `group` is the solution in which a user stands. `mark` is the gravest of its marks, "" where
    nothing is wrong.
    """

    column: str
    text: str
    group: str = ""
    mark: str = ""


class Picture(NamedTuple):
    """Boxes by key, column by column, and between their keys arrows, each with its mark."""

    boxes: dict[Key, Box]
    arrows: dict[tuple[Key, Key], str]

    def drawn(self, draw: Callable[[str, Box], str]) -> tuple[dict[str, list[str]], list[str]]:
        """Each box, drawn with a name of its own: the users by solution, and the others."""
        groups: dict[str, list[str]] = {}
        others: list[str] = []
        for number, box in enumerate(self.boxes.values()):
            there = groups.setdefault(box.group, []) if box.column == "user" else others
            there.append(draw(f"n{number}", box))
        return groups, others

    def joined(self) -> Iterator[tuple[str, str, str]]:
        """The arrows, between the names of boxes, with their marks."""
        names = {key: f"n{number}" for number, key in enumerate(self.boxes)}
        return ((names[start], names[end], mark) for (start, end), mark in self.arrows.items())


def picture_of(links: Iterable[Link], *, fold: bool = False) -> Picture:
    """The picture of the map's lines; with `fold`, one box stands for all users of a solution."""
    links = list(links)
    boxes: dict[Key, Box] = {}
    arrows: dict[tuple[Key, Key], str] = {}
    folded = _folded_texts(links) if fold else {}
    keys: dict[str, Key] = {}
    often = Counter({link.reference.lower(): link.shown[0] for link in links}.values())

    def put(key: Key, box: Box) -> Key:
        if key not in boxes or _weight(box.mark) > _weight(boxes[key].mark):
            boxes[key] = box
        return key

    def join(start: Key, end: Key, mark: str = "") -> None:
        if _weight(mark) >= _weight(arrows.get((start, end), "")):
            arrows[start, end] = mark

    for link in links:
        mark = gravest(link.marks)
        at_user = mark if mark in ("raw", "lost", "mismatch") else ""
        user: Key = ()
        if link.user:
            apart = () if fold else (link.kind, link.path, link.user)
            text = folded.get(link.solution, link.user)
            user = put(("user", link.solution, *apart), Box("user", text, link.solution, at_user))
            keys[link.path] = user
        if link.is_bare:
            continue
        reference = put(_reference_key(link), Box("reference", _reference_text(link, often), "", mark))
        connector = put(
            ("connector", link.connector),
            Box("connector", link.shown[1] or link.connector or "unknown connector"),
        )
        if user:
            join(user, reference, at_user)
        join(reference, connector)
        for name in link.environments:
            environment = put(("environment", name), Box("environment", name))
            join(connector, environment)
            if name in link.unbound:
                join(reference, environment, "unbound")
    for link in links:
        for child in link.calls:
            if child in keys and keys[child] != keys[link.path]:
                join(keys[link.path], keys[child])
    return Picture(dict(sorted(boxes.items(), key=lambda item: _COLUMNS.index(item[1].column))), arrows)


def gravest(marks: Sequence[str]) -> str:
    """The gravest of a line's marks, "" where nothing is wrong or all is allowed."""
    return "" if "allowed" in marks else next(filter(_weight, marks), "")


def _weight(mark: str) -> int:
    return MARKS[mark].weight if mark else 0


def _folded_texts(links: Iterable[Link]) -> dict[str, str]:
    """How many users of each kind a solution has."""
    users = {(link.solution, link.kind, link.path, link.user) for link in links if link.user}
    texts: dict[str, list[str]] = {}
    for (solution, kind), count in sorted(Counter(user[:2] for user in users).items()):
        texts.setdefault(solution, []).append(f"{count} {kind}{'' if count == 1 else 's'}")
    return {solution: ", ".join(listed) for solution, listed in texts.items()}


def _reference_key(link: Link) -> Key:
    if link.reference:
        return "reference", link.reference.lower()
    return "connection", _kind_of_connection(link), link.connector


def _kind_of_connection(link: Link) -> str:
    return next((mark for mark in link.marks if mark in _WITHOUT_REFERENCE), "raw")


def _reference_text(link: Link, often: Mapping[str, int]) -> str:
    """The name that the portal shows; the logical one too where several references have that name."""
    mark = gravest(link.marks)
    if not link.reference:
        return _WITHOUT_REFERENCE[_kind_of_connection(link)]
    shown = link.shown[0] or link.reference
    if often[shown] > 1 and shown != link.reference:
        shown = f"{shown} ({link.reference})"
    return f"{shown} ({MARKS[mark].label})" if mark else shown


MOST_BOXES: Final = 20
"""A map with more is no help in a comment."""
MOST_CHARACTERS: Final = 50_000
MOST_ARROWS: Final = 500
_WIDEST: Final = 60
_MERMAID_SHAPES: Final = {
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
_MERMAID_GRAVE: Final = "fill:#fde8e6,stroke:#b3261e,color:#410e0b,stroke-width:2px"
_MERMAID_MILD: Final = "fill:#fff1d6,stroke:#8a5300,color:#2b1700,stroke-width:2px"
_MERMAID_STYLES: Final = {
    **dict.fromkeys(("raw", "lost", "undeclared", "mismatch", "broken"), _MERMAID_GRAVE),
    "unbound": f"{_MERMAID_GRAVE},stroke-dasharray:5 4",
    **dict.fromkeys(("duplicate", "person"), _MERMAID_MILD),
    "unused": f"{_MERMAID_MILD},stroke-dasharray:5 4",
    "new": "fill:#e2f3e5,stroke:#1a7f37,color:#04260f,stroke-width:2px",
    "gone": "fill:#eeeeee,stroke:#6e7781,color:#24292f,stroke-dasharray:5 4",
}


def as_mermaid(links: Sequence[Link]) -> str:
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
    return "\n".join(["flowchart LR", *(f"  {line}" for line in _of_mermaid(picture)), ""])


def _of_mermaid(picture: Picture) -> Iterator[str]:
    groups, others = picture.drawn(_mermaid_box)
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
        yield f"classDef {mark} {_MERMAID_STYLES[mark]}"
        yield f"class {','.join(found)} {mark}"


def _mermaid_box(name: str, box: Box) -> str:
    return name + _MERMAID_SHAPES[box.column].format(_label(box.text))


def _label(text: str) -> str:
    """Of a long name the middle is left out: its end tells it apart."""
    text = sanitize(text)
    half = _WIDEST // 2
    return mermaid(text if len(text) <= _WIDEST else f"{text[: half - 1]}…{text[-half:]}")


_DOT_GRAVE: Final = 'fillcolor="#fde8e6", color="#b3261e", fontcolor="#410e0b", penwidth=2'
_DOT_MILD: Final = 'fillcolor="#fff1d6", color="#8a5300", fontcolor="#2b1700", penwidth=2'
_DOT_STYLES: Final = {
    **dict.fromkeys(("raw", "lost", "undeclared", "mismatch", "broken", "unbound"), _DOT_GRAVE),
    **dict.fromkeys(("duplicate", "person", "unused"), _DOT_MILD),
}
_DOT_SHAPES: Final = {"user": "box", "reference": "box", "connector": "hexagon", "environment": "folder"}
_DOT_HEAD: Final = """digraph crstandards {
  rankdir=LR; ranksep=1.2; nodesep=0.12;
  graph [fontname="Segoe UI, Helvetica, sans-serif", fontsize=11, color="#8a8886"];
  node [fontname="Segoe UI, Helvetica, sans-serif", fontsize=11, style="filled,rounded",
        fillcolor="#ffffff", color="#8a8886", height=0.3];
  edge [color="#8a8886", arrowsize=0.6];
"""


def as_dot(links: Sequence[Link]) -> str:
    """The map as a directed graph."""
    return _DOT_HEAD + "".join(f"  {line}\n" for line in _of_dot(links)) + "}\n"


def _of_dot(links: Sequence[Link]) -> Iterator[str]:
    picture = picture_of(links)
    groups, others = picture.drawn(_dot_box)
    yield from others
    for number, (solution, lines) in enumerate(groups.items()):
        yield f"subgraph cluster_{number} {{"
        yield f"  label={dot(solution or NO_SOLUTION)};"
        yield from (f"  {line}" for line in lines)
        yield "}"
    for start, end, mark in picture.joined():
        style = f' [label="{mark}", color="#b3261e", style=dashed]' if mark else ""
        yield f"{start} -> {end}{style};"


def _dot_box(name: str, box: Box) -> str:
    marked = f", {_DOT_STYLES[box.mark]}" if box.mark else ""
    return f"{name} [label={dot(box.text)}, shape={_DOT_SHAPES[box.column]}{marked}];"


def map_of(changes: Changes) -> str:
    """What has changed as a small Mermaid map; "" where it would have too many boxes, or none."""
    picture = _changed(changes)
    return flowchart(picture) if 0 < len(picture.boxes) <= MOST_BOXES else ""


def _changed(changes: Changes) -> Picture:
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
            "reference",
            changes.named(used.reference) or "raw connection",
            "",
            marks.get(name, "") if name else "raw",
        )
        if used.connector:
            connector = ("connector", used.connector)
            mark = "new" if used.connector in changes.added_connectors else ""
            others[connector] = Box("connector", changes.named(used.connector), "", mark)
            arrows[key, connector] = ""
        return key

    for used in (*changes.added_references, *changes.removed_references):
        put(used)
    for flow in changes.flows:
        user = ("user", flow.path)
        mark = {"added": "new", "removed": "gone"}.get(flow.change, "")
        users[user] = Box("user", flow.name, flow.solution, mark)
        arrows |= {(user, put(used)): "new" for used in flow.added}
        arrows |= {(user, put(used)): "gone" for used in flow.removed}
    for item in changes.rebound:
        key, environment = ("reference", item.reference.lower()), ("environment", item.environment)
        references.setdefault(key, Box("reference", changes.named(item.reference)))
        others[environment] = Box("environment", item.environment)
        arrows[key, environment] = "rebound"
    return Picture(users | references | others, arrows)

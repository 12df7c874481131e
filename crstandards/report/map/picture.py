"""The map's lines as a picture of boxes and arrows, for formats that draw such."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from crstandards.report.map import MARKS
from crstandards.reported import Link

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
        reference = put(_reference_key(link), Box("reference", _reference_text(link), "", mark))
        connector = put(
            ("connector", link.connector), Box("connector", link.connector or "unknown connector")
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


def _reference_text(link: Link) -> str:
    mark = gravest(link.marks)
    if not link.reference:
        return _WITHOUT_REFERENCE[_kind_of_connection(link)]
    return f"{link.reference} ({MARKS[mark].label})" if mark else link.reference

"""The map's lines as a picture of boxes and arrows, for formats that draw such."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from crstandards.findings import Link
from crstandards.graph import MARKS

Key = tuple[str, ...]

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


def picture_of(links: Iterable[Link], *, fold: bool = False) -> Picture:
    """The picture of the map's lines; with `fold`, one box stands for all users of a solution."""
    links = list(links)
    boxes: dict[Key, Box] = {}
    arrows: dict[tuple[Key, Key], str] = {}
    folded = _folded_texts(links) if fold else {}
    keys: dict[str, Key] = {}
    for link in links:
        mark = gravest(link.marks)
        at_user = mark if mark in ("raw", "lost", "mismatch") else ""
        reference, connector = _reference_key(link), ("connector", link.connector)
        if link.user:
            apart = () if fold else (link.kind, link.path, link.user)
            user = ("user", link.solution, *apart)
            keys[link.path] = user
            _put(boxes, user, Box("user", folded.get(link.solution, link.user), link.solution, at_user))
            if link.is_bare:
                continue
            _join(arrows, (user, reference), at_user)
        _put(boxes, reference, Box("reference", _reference_text(link), "", mark))
        _put(boxes, connector, Box("connector", link.connector or "unknown connector"))
        _join(arrows, (reference, connector), "")
        for name in link.environments:
            _put(boxes, ("environment", name), Box("environment", name))
            _join(arrows, (connector, ("environment", name)), "")
            if name in link.unbound:
                _join(arrows, (reference, ("environment", name)), "unbound")
    for link in links:
        for child in link.calls:
            if child in keys and keys[child] != keys[link.path]:
                _join(arrows, (keys[link.path], keys[child]), "")
    in_columns = sorted(boxes.items(), key=lambda item: _COLUMNS.index(item[1].column))
    return Picture(dict(in_columns), arrows)


def gravest(marks: Sequence[str]) -> str:
    """The gravest of a line's marks, "" where nothing is wrong or all is allowed."""
    if "allowed" in marks:
        return ""
    return next((mark for mark in marks if MARKS[mark].weight), "")


def _put(boxes: dict[Key, Box], key: Key, box: Box) -> None:
    known = boxes.get(key)
    if known is None or _weight(box.mark) > _weight(known.mark):
        boxes[key] = box


def _join(arrows: dict[tuple[Key, Key], str], ends: tuple[Key, Key], mark: str) -> None:
    if _weight(mark) >= _weight(arrows.get(ends, "")):
        arrows[ends] = mark


def _weight(mark: str) -> int:
    return MARKS[mark].weight if mark else 0


def _folded_texts(links: Iterable[Link]) -> dict[str, str]:
    users: dict[str, dict[str, set[Key]]] = {}
    for link in links:
        if link.user:
            kinds = users.setdefault(link.solution, {})
            kinds.setdefault(link.kind, set()).add((link.path, link.user))
    return {
        solution: ", ".join(
            f"{len(found)} {kind}{'' if len(found) == 1 else 's'}" for kind, found in sorted(kinds.items())
        )
        for solution, kinds in users.items()
    }


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

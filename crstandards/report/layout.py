"""Text in the cells of a terminal: how wide it is, where it wraps, which part of a line is shown."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from crstandards.places import REACH, Span
from crstandards.report.escape import HASH

TAB = " " * 4


def linked(text: str, uri: str) -> str:
    """A text that leads to a URI, in the code (OSC 8) that terminals which know links act on."""
    return f"\x1b]8;;{uri}\x1b\\{text}\x1b]8;;\x1b\\"


def cell_width(text: str) -> int:
    """How many cells a text fills: East Asian wide characters two, combining ones and links none."""
    while "\x1b]8;" in text:
        before, _, code = text.partition("\x1b]8;")
        text = before + code.partition("\x1b\\")[2]
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(c) in ("Mn", "Me", "Cf") else 2 if east_asian_width(c) in "WF" else 1 for c in text
    )


def wrap(text: str, width: int, taken: int = 0, indent: str = "") -> list[str]:
    """Text as lines of at most `width` cells, some of which are `taken` on the first line already.

    Words are never broken. Further lines are indented; those of a list's item stand under its text.
    """
    body = text.lstrip(" ")
    hang = indent + " " * (len(text) - len(body))
    marker, space, _ = body.partition(" ")
    if space and (marker in ("-", "*") or (marker[:-1].isdigit() and marker[-1] in ".)")):
        hang += " " * (len(marker) + 1)
    lines = []
    first, *words = body.split(" ")
    line = text[: len(text) - len(body)] + first
    used = taken + cell_width(line)
    for word in words:
        wide = cell_width(word)
        if used + 1 + wide > width:
            lines.append(line.rstrip(" "))
            line, used = hang + word, len(hang) + wide
        else:
            line, used = f"{line} {word}", used + 1 + wide
    return [*lines, line.rstrip(" ")]


class Excerpt(NamedTuple):
    """The part of a source line that is shown: what stands before the place, the place, what follows."""

    before: str
    marked: str
    after: str


def excerpt(span: Span, room: int, clean: Callable[[str], str], ellipsis: str = "…") -> Excerpt:
    """The part of a line around a place that fits into `room` cells, at least one of the place's among them.

    The end of what is marked tells it apart from others, so of a place that is wider the middle is left
    out. Of a line longer than `REACH` the rest isn't there: the ellipsis has to stand before it ends.
    """
    room = max(min(room, REACH - 1), 1)
    line = span.excerpt.removeprefix("\ufeff").rstrip()
    start = min(span.column - span.excerpt_column, len(line))
    end = span.end_column - span.excerpt_column if span.end_line == span.line else len(line)
    stop = min(max(end, start), len(line))
    cells = [HASH if c == line[at : at + 1] == "#" else clean(c) for at, c in enumerate(line, -1)]
    cells = [TAB if c == "\t" else cell for c, cell in zip(line, cells, strict=True)]
    widths, edge = list(map(cell_width, cells)), cell_width(ellipsis)
    rest = edge if stop < len(cells) else 0
    first, last = 0, len(cells)
    if sum(widths[:stop]) + rest > room:
        beside = room - sum(widths[start:stop]) - edge - rest
        first = start - _fitting(widths[:start][::-1], min(room // 3, beside) if beside >= 0 else room // 3)
    left = ellipsis if first else ""
    fits = room - cell_width(left)
    if sum(widths[first:]) > fits:
        last = max(first + _fitting(widths[first:], fits - edge), start + 1)
    shown = cells[start : min(stop, last)]
    if last < stop < start + REACH:
        fits -= sum(widths[first:start]) + edge + rest
        head = _fitting(widths[start:], fits // 3)
        tail = _fitting(widths[start:stop][::-1], fits - sum(widths[start : start + head]))
        shown = [*cells[start : start + head], ellipsis, *cells[stop - tail : stop]]
        last = stop
    right = ellipsis if last < len(cells) else ""
    return Excerpt(left + "".join(cells[first:start]), "".join(shown), "".join(cells[stop:last]) + right)


def _fitting(widths: Sequence[int], room: int) -> int:
    """How many of the first of these fit."""
    return sum(total <= room for total in accumulate(widths))

"""Text in the cells of a terminal: how wide it is, where it wraps, which part of a line is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

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
    line = text[: len(text) - len(body)]
    used, empty = taken + len(line), True
    for word in body.split(" "):
        wide = cell_width(word)
        if not empty and used + 1 + wide > width:
            lines.append(line.rstrip(" "))
            line, used, empty = hang, len(hang), True
        line += word if empty else " " + word
        used += wide if empty else wide + 1
        empty = False
    return [*lines, line.rstrip(" ")]


class Excerpt(NamedTuple):
    """The part of a source line that is shown, and the cells that are to be marked under it."""

    text: str
    indent: int
    length: int


def excerpt(
    line: str, start: int, stop: int, room: int, clean: Callable[[str], str], ellipsis: str
) -> Excerpt:
    """The part of a line around `start` that fits into `room` cells, at least one of them marked.

    `start` and `stop` are positions in the line. A line can be a whole file on its own, so only the
    neighbourhood is looked at. Where nothing fits, there is room for one cell all the same.
    """
    room = max(room, 1)
    line = line.rstrip()
    start = min(start, len(line))
    low, high = max(0, start - room), min(len(line), start + room)
    cells = [TAB if c == "\t" else clean(c) for c in line[low:high]]
    for index in range(1, len(cells)):
        if line[low + index - 1 : low + index + 1] == "##":
            cells[index] = HASH
    widths = [cell_width(cell) for cell in cells]
    at, end = start - low, max(start, min(stop, high)) - low

    first = 0
    if low or sum(widths[:end]) > room:
        first, before = at, 0
        while first and before + widths[first - 1] <= room // 3:
            first -= 1
            before += widths[first]
    left = ellipsis if low + first else ""

    last, right = len(cells), ""
    fits = room - cell_width(left)
    if high < len(line) or sum(widths[first:]) > fits:
        last, right = first, ellipsis
        fits -= cell_width(right)
        while last < len(cells) and widths[last] <= fits:
            fits -= widths[last]
            last += 1
    return Excerpt(
        text=left + "".join(cells[first:last]) + right,
        indent=cell_width(left) + sum(widths[first:at]),
        length=max(1, sum(widths[at : min(end, last)])),
    )

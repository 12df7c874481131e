"""What a stream can show, writing to it without ever failing on a character, and text in the cells of a
terminal: how wide it is, where it wraps, which part of a line is shown.

Colour follows the environment: `NO_COLOR` (set to anything) turns it off, then `FORCE_COLOR` or
`CLICOLOR_FORCE` (set to anything but `0`) turns it on; otherwise it is for terminals, unless `CLICOLOR` is
`0` or `TERM` is `dumb`. `COLUMNS` sets
the width.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple, TextIO

from crstandards import REPOSITORY, __version__
from crstandards.places import REACH, Span
from crstandards.report import columns
from crstandards.report.escape import HASH
from crstandards.reported import PROGRAM, Style

NARROWEST, WIDEST = 40, 120
TAB = " " * 4


def style_of(stream: TextIO, environ: Mapping[str, str] | None = None) -> Style:
    """The style that a stream can show, as the environment asks for it."""
    environ = os.environ if environ is None else environ
    terminal = stream.isatty()
    # pre-commit passes the bytes of a hook on as they are, and consoles that get bytes from Python
    # read UTF-8; the code page that Windows gives to the pipe between them says nothing.
    relayed = not terminal and environ.get("PRE_COMMIT") == "1" and not environ.get("PYTHONIOENCODING")
    encoding = "utf-8" if relayed else None
    color = _wants_color(stream, environ, terminal)
    return Style(
        color=color,
        unicode=(encoding or stream.encoding or "").lower().startswith("utf"),
        width=min(max(columns(stream, environ), NARROWEST), WIDEST),
        encoding=encoding,
        links=color and can_link(stream, environ),
    )


def program_of(environ: Mapping[str, str]) -> str:
    """How to start crstandards from a shell: pre-commit has it in an environment of its own, which is on the
    hook's PATH alone.
    """
    if environ.get("PRE_COMMIT") != "1":
        return PROGRAM
    import shutil

    own = os.path.dirname(sys.executable)
    others = os.pathsep.join(part for part in environ.get("PATH", "").split(os.pathsep) if part != own)
    source = f"git+{REPOSITORY}@v{__version__}"
    starts = {"pipx": f"pipx run --spec {source} {PROGRAM}", "uvx": f"uvx --from {source} {PROGRAM}"}
    commands = {PROGRAM: PROGRAM, **starts}
    found = next((line for name, line in commands.items() if shutil.which(name, path=others)), None)
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    return found or f"{python} -m {PROGRAM}"


def is_terminal(*streams: TextIO | None) -> bool:
    """Whether all these streams are a terminal's; one that is closed (None) is not."""
    return all(stream is not None and stream.isatty() for stream in streams)


def can_link(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Whether a stream is a terminal that is known to show links (OSC 8).

    Some of the others print the codes, and none says what it can do, so this goes by the marks that
    terminals leave in the environment. `FORCE_HYPERLINK` decides it either way.
    """
    environ = os.environ if environ is None else environ
    forced = environ.get("FORCE_HYPERLINK")
    if forced is not None:
        return forced not in ("", "0")
    if not stream.isatty() or environ.get("TERM") == "dumb":
        return False
    vte = environ.get("VTE_VERSION", "")
    return (
        any(environ.get(name) for name in ("WT_SESSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID", "DOMTERM"))
        or environ.get("TERM_PROGRAM") in ("iTerm.app", "WezTerm", "vscode", "ghostty", "rio", "Tabby", "zed")
        or environ.get("TERM", "").split("-")[0] in ("alacritty", "foot", "contour")
        # The first versions of GNOME's library crash on a link.
        or (vte.isdecimal() and int(vte) >= 5002)
    )


def write(stream: TextIO, text: str, encoding: str | None = None) -> None:
    """Write text and flush, with an escape for each character that the encoding cannot hold.

    With an encoding, the stream gets bytes, and line ends are written as they are: that is the way to
    write formats for programs. A closed pipe is the caller's to handle.
    """
    buffer = getattr(stream, "buffer", None)
    if encoding and buffer:
        stream.flush()
        buffer.write(text.encode(encoding, "backslashreplace"))
    else:
        own = getattr(stream, "encoding", None) or "utf-8"
        stream.write(text.encode(own, "backslashreplace").decode(own))
    stream.flush()


def _wants_color(stream: TextIO, environ: Mapping[str, str], terminal: bool) -> bool:
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return (
        terminal
        and environ.get("CLICOLOR") != "0"
        and environ.get("TERM") != "dumb"
        and _understands_escapes(stream)
    )


def _understands_escapes(stream: TextIO) -> bool:
    """Whether the terminal acts on escape codes; a console of Windows does after asking it to."""
    if sys.platform != "win32":
        return True
    import ctypes
    import msvcrt

    kernel = ctypes.windll.kernel32
    mode = ctypes.c_ulong()
    try:
        handle = ctypes.c_void_p(msvcrt.get_osfhandle(stream.fileno()))
    except (OSError, ValueError):
        return False
    virtual_terminal = 0x0004
    return bool(
        kernel.GetConsoleMode(handle, ctypes.byref(mode))
        and kernel.SetConsoleMode(handle, mode.value | virtual_terminal)
    )


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

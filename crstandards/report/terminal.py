"""What a stream can show, and writing to it without ever failing on a character.

Colour follows the environment: `NO_COLOR` (set to anything) turns it off, then `FORCE_COLOR` or
`CLICOLOR_FORCE` (set to anything but `0`) turns it on; otherwise it is for terminals, unless `CLICOLOR` is
`0` or `TERM` is `dumb`. `COLUMNS` sets
the width.
"""

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple, TextIO

from crstandards import REPOSITORY, __version__
from crstandards.report import USUAL, columns

NARROWEST, WIDEST = 40, 120
PROGRAM = "crstandards"


class Style(NamedTuple):
    """How a report is to look; the defaults suit a file. Formats for programs take no notice of it.

    `encoding` is what `write` is to be given for this stream: None for the stream's own. `root` is the
    URI, ending in `/`, of the folder in which places are linked; "" where nothing is linked.
    `statistics` asks for counts in place of findings; `fail_on` is the mildest severity that fails; `about`
    names what was checked, such as `contoso at 1f2e3d4c5b6a`. With `links`, a rule's id leads to its page.
    `program` is how the reader starts crstandards.
    """

    color: bool = False
    unicode: bool = True
    width: int = USUAL
    encoding: str | None = "utf-8"
    verbose: bool = False
    quiet: bool = False
    root: str = ""
    statistics: bool = False
    fail_on: str = "error"
    about: str = ""
    links: bool = False
    program: str = PROGRAM


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

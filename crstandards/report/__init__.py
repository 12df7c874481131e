"""Reports: what was found, in the form that a reader asks for. One module per format."""

from __future__ import annotations

import os
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from crstandards.reported import Link, Report, Style

USUAL = 80
"""The columns of a stream that has no width of its own."""

FORMATS = {
    "text": "text",
    "json": "json_format",
    "sarif": "sarif",
    "github": "logs.github",
    "azure": "logs.azure",
    "gitlab": "gitlab",
    "junit": "junit",
    "markdown": "markdown_format",
    "html": "html_format",
    "csv": "csv_format",
    "gcc": "logs.gcc",
}
"""The formats by name, each with the module here whose function, else `render(report, style)`, writes it."""

SUFFIXES = {
    ".txt": ("text", "github", "azure", "gcc"),
    ".json": ("json", "sarif", "gitlab"),
    ".sarif": ("sarif",),
    ".html": ("html",),
    ".htm": ("html",),
    ".md": ("markdown",),
    ".xml": ("junit",),
    ".csv": ("csv",),
}
"""The formats that a file's suffix can stand for; the first is meant where nothing else is said."""

MAPS = ("mermaid", "dot", "html")
"""The formats of the map alone."""


def render(report: Report, name: str, style: Style) -> str:
    """The report in the format of that name, ending in a line end unless it is empty.

    Only that format's module is imported. All formats but text are UTF-8, whatever the console is.
    """
    module, _, function = FORMATS[name].partition(".")
    return _made(module, function or "render", report, style)


def draw(links: Sequence[Link], name: str, about: str = "") -> str:
    """The map in the format of that name, one of `MAPS`, ending in a line end; `about` says of what."""
    if name == "html":
        return _made("html_format", "draw", links, about)
    return _made("map", f"as_{name}", links)


def _made(module: str, function: str, *of: object) -> str:
    text: str = getattr(import_module(f"{__name__}.{module}"), function)(*of)
    return text


def columns(stream: TextIO, environ: Mapping[str, str] = os.environ) -> int:
    """The columns that `COLUMNS` says or the terminal has, else the usual number."""
    # shutil.get_terminal_size does much the same, but costs 3 ms to import and asks only stdout.
    try:
        if (told := int(environ.get("COLUMNS", ""))) > 0:
            return told
    except ValueError:
        pass
    try:
        # The pty that pre-commit makes has no size: 0.
        return (stream.isatty() and os.get_terminal_size(stream.fileno()).columns) or USUAL
    except (OSError, ValueError):
        return USUAL

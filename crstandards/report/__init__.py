"""Reports: what was found, in the form that a reader asks for. One module per format."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from crstandards.findings import Link, Report
    from crstandards.report.terminal import Style

FORMATS = {
    "text": "text",
    "json": "json_format",
    "sarif": "sarif",
    "github": "github",
    "azure": "azure",
    "gitlab": "gitlab",
    "junit": "junit",
    "markdown": "markdown_format",
    "html": "html_format",
    "csv": "csv_format",
    "gcc": "gcc",
}
"""The formats by name, each with the module here whose `render(report, style)` writes it."""

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

MAPS = {"mermaid": "map.mermaid", "dot": "map.dot", "html": "html_format"}
"""The formats of the map alone, each with the module here whose `draw(links)` writes it."""


def render(report: Report, name: str, style: Style) -> str:
    """The report in the format of that name, ending in a line end unless it is empty.

    Only that format's module is imported. All formats but text are UTF-8, whatever the console is.
    """
    if name not in FORMATS:
        from crstandards.errors import UsageError

        raise UsageError(f'no report format is called "{name}"; there are {", ".join(FORMATS)}')
    text: str = import_module(f"{__name__}.{FORMATS[name]}").render(report, style)
    return text


def draw(links: Sequence[Link], name: str, about: str = "") -> str:
    """The map in the format of that name, one of `MAPS`, ending in a line end; `about` says of what."""
    text: str = import_module(f"{__name__}.{MAPS[name]}").draw(links, about)
    return text

"""The README's picture: a commit that is stopped, drawn as SVG from what the terminal shows.

    UPDATE_DOCS=1 python -m pytest tests/docs/test_readme.py

writes `docs/images/stopped-light.svg` and `-dark.svg` anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from tests.support.builders import Repo

COLUMNS, SIZE, ADVANCE, LEADING, MARGIN = 84, 13, 7.8, 19, 16
_CODE = re.compile(r"\x1b\[([\d;]*)m")


class Theme(NamedTuple):
    """Colours, by what the terminal's codes ask for: those of GitHub's own pages."""

    paper: str
    frame: str
    ink: str
    codes: dict[str, str]


THEMES = {
    "light": Theme(
        "#ffffff", "#d0d7de", "#1f2328", {"31": "#cf222e", "33": "#9a6700", "34": "#0969da", "36": "#1b7c83"}
    ),
    "dark": Theme(
        "#0d1117", "#30363d", "#e6edf3", {"31": "#ff7b72", "33": "#d29922", "34": "#79c0ff", "36": "#76e3ea"}
    ),
}


def files(repo: Repo) -> dict[str, str]:
    """What each file should hold, by its path in the repository, of a commit that its hook stops."""
    shown = Repo(repo.root, {**repo.environment, "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1"})
    shown.environment.pop("NO_COLOR", None)
    command = 'git commit -m "Tell the manager of a new hire"'
    ran = shown.try_git("commit", "-m", "Tell the manager of a new hire")
    lines = [f"\x1b[1m$ {command}\x1b[0m", *(ran.out + ran.err).splitlines()]
    return {f"docs/images/stopped-{name}.svg": drawn(lines, theme) for name, theme in THEMES.items()}


def drawn(lines: list[str], theme: Theme) -> str:
    """Lines of a terminal, with its codes for colours and bold, as a picture."""
    longest = max(len("".join(_CODE.split(line)[::2])) for line in lines)
    width = round(longest * ADVANCE) + 2 * MARGIN
    height = len(lines) * LEADING + 2 * MARGIN
    rows = "\n".join(
        f'<text x="{MARGIN}" y="{MARGIN + index * LEADING + SIZE}">{"".join(_spans(line, theme))}</text>'
        for index, line in enumerate(lines)
        if line
    )
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<title>A commit that is stopped</title>
<style>text {{ font: {SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; \
white-space: pre; fill: {theme.ink} }}</style>
<rect width="100%" height="100%" rx="6" fill="{theme.paper}" stroke="{theme.frame}"/>
{rows}
</svg>
"""


def _spans(line: str, theme: Theme) -> Iterator[str]:
    style = ""
    # Text stands at even places, what a code asks for at odd ones.
    for index, part in enumerate(_CODE.split(line)):
        if index % 2:
            codes = part.split(";")
            color = next((theme.codes[code] for code in codes if code in theme.codes), "")
            style = (f' fill="{color}"' if color else "") + (' font-weight="600"' if "1" in codes else "")
        elif part:
            text = escape(part, quote=False)
            yield f"<tspan{style}>{text}</tspan>" if style else text

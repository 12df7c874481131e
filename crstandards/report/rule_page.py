"""A rule's page on a terminal: as much of Markdown as the pages need.

Headings, paragraphs, lists and fenced code; in the text, `**bold**`, code and links. Without colour
the marks of headings and code stay, so that what goes to a file is Markdown still.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from crstandards.report.terminal import wrap
from crstandards.reported import Style

_ITEM: Final = re.compile(r" *(?:[-*]|\d+[.)]) ")
_FENCE: Final = "```"
_INLINE: Final = re.compile(r"\*\*(?P<bold>[^*]+)\*\*|`(?P<code>[^`]+)`|\[(?P<link>[^]]+)\]\([^)]*\)")
# Characters without width stand for escape codes while lines are measured and broken.
_BOLD, _CODE, _END = "\u2060", "\u2061", "\u2062"
_ESCAPES: Final = str.maketrans({_BOLD: "\x1b[1m", _CODE: "\x1b[36m", _END: "\x1b[0m"})


def render_page(text: str, style: Style) -> str:
    """A page as it is shown in a style, ending in a line end; lines of code are never broken."""
    return "\n".join(_lines(text, style)).translate(_ESCAPES) + "\n"


def _lines(text: str, style: Style) -> Iterator[str]:
    in_code = False
    paragraph: list[str] = []
    for line in text.splitlines():
        fence = line.startswith(_FENCE)
        if paragraph and (not line or fence or line.startswith("#") or _ITEM.match(line)):
            yield from _wrapped(paragraph, style)
            paragraph = []
        if fence:
            in_code = not in_code
            if not style.color:
                yield line
        elif in_code:
            yield f"    {line}" if style.color and line else line
        elif line.startswith("#"):
            yield f"{_BOLD}{line.lstrip('# ')}{_END}" if style.color else line
        elif line:
            paragraph.append(line)
        else:
            yield ""
    yield from _wrapped(paragraph, style)


def _wrapped(paragraph: Sequence[str], style: Style) -> Sequence[str]:
    if not paragraph:
        return ()
    text = " ".join([paragraph[0], *(line.strip() for line in paragraph[1:])])
    return wrap(_INLINE.sub(_marked if style.color else _without_link, text), style.width)


def _marked(found: re.Match[str]) -> str:
    if found["link"]:
        return found["link"]
    return f"{_BOLD}{found['bold']}{_END}" if found["bold"] else f"{_CODE}{found['code']}{_END}"


def _without_link(found: re.Match[str]) -> str:
    return found["link"] or found[0]

"""Finds the lines on which the keys of a TOML document stand.

`tomllib` tells no positions of what it has read. Few need them (messages about mistakes, and the verb that
shows where each value comes from), so the document is walked a second time, and only then.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping

from crstandards.places import Route

_NAME = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[\w-]+)"""
_KEY = rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*"
_HEADER = re.compile(rf"^[ \t]*\[(?P<many>\[)?[ \t]*(?P<header>{_KEY})[ \t]*\]\]?", re.MULTILINE)
_TOKEN = re.compile(
    rf'''
      (?P<key>{_KEY})[ \t]*=
    | (?P<value>
          """(?:[^\\]|\\.)*?"""(?:"{{0,2}})
        | \'\'\'.*?\'\'\'\'{{0,2}}
        | "(?:[^"\\\n]|\\.)*"
        | '[^'\n]*'
        | [^\s\[\]{{}},\#"']+
      )
    | (?P<opening>[\[{{])
    | (?P<closing>[\]}}])
    | (?P<comma>,)
    | \#[^\n]* | \n | [^\S\n]+
    ''',
    re.DOTALL | re.VERBOSE,
)


def lines_of(text: str) -> dict[Route, int]:
    """Map every key and list item of a valid TOML document to the line, from 1, on which it begins.

    A table stands at its header, or where a key first mentions it.
    """
    lines: dict[Route, int] = {}
    # Of a list of tables how many there are; of any other how many items are before the one at hand.
    lengths: Counter[Route] = Counter()
    table: Route = ()
    here: Route = ()
    opened: list[Route] = []
    at, line = 0, 1
    while at < len(text):
        token = (not opened and _HEADER.match(text, at)) or _TOKEN.match(text, at)
        assert token, "the document is not valid"
        match token.lastgroup:
            case "header":
                table = _table(token, lengths, lines, line)
            case "key":
                above = opened[-1] if opened else table
                here = above + _names(token["key"])
                for end in range(len(above) + 1, len(here)):
                    lines.setdefault(here[:end], line)
                lines[here] = line
            case "value":
                lines.setdefault(here, line)
            case "opening":
                lines.setdefault(here, line)
                opened.append(here)
                here = (*here, "0")
            case "comma":
                lengths[opened[-1]] += 1
                here = (*opened[-1], str(lengths[opened[-1]]))
            case "closing":
                opened.pop()
        line += token.group().count("\n")
        at = token.end()
    return lines


def line_of(lines: Mapping[Route, int], route: Route) -> int:
    """The line of a route, or of the nearest thing above it that stands in the document."""
    while route and route not in lines:
        route = route[:-1]
    return lines.get(route, 1)


def _table(header: re.Match[str], lengths: Counter[Route], lines: dict[Route, int], line: int) -> Route:
    """Where a header leads: of each list of tables that it names, into the newest one."""
    table: Route = ()
    names = _names(header["header"])
    for depth, name in enumerate(names, start=1):
        table = (*table, name)
        lines.setdefault(table, line)
        lengths[table] += bool(header["many"]) and depth == len(names)
        if lengths[table]:
            table = (*table, str(lengths[table] - 1))
    lines[table] = line
    return table


def _names(key: str) -> Route:
    """The names of a dotted key, without quotes and escapes."""
    return tuple(name for part in re.findall(_NAME, key) for name in tomllib.loads(f"{part} = 0"))

"""Finds the lines on which the keys of a TOML document stand.

`tomllib` tells no positions of what it has read. Few need them (messages about mistakes, and the verb that
shows where each value comes from), so the document is read a second time, statement by statement, and only
then.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from crstandards.places import Route


def lines_of(text: str) -> dict[Route, int]:
    """Map every key and list item of a valid TOML document to the line, from 1, where its statement begins.

    A table stands at its header, or where a key first mentions it.
    """
    lines: dict[Route, int] = {}
    # How many tables each list of tables holds so far.
    lengths: Counter[Route] = Counter()
    table: Route = ()
    for line, statement, read in _statements(text):
        if not statement.lstrip().startswith("["):
            for route in _routes(read, table):
                lines.setdefault(route, line)
            continue
        table = ()
        while read:
            [(name, read)] = read.items()
            table = (*table, name)
            lines.setdefault(table, line)
            if isinstance(read, list):
                lengths[table] += 1
                read = {}
            # Into the newest table of each list that is named.
            if lengths[table]:
                table = (*table, str(lengths[table] - 1))
        lines[table] = line
    return lines


def _statements(text: str) -> Iterator[tuple[int, str, Any]]:
    """The statements of a document, headers among them, each with its first line, and as it is read alone."""
    statement, start = "", 1
    for line, row in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        statement, start = (f"{statement}\n{row}", start) if statement else (row, line)
        # Within a list, most lines end with a comma: to read all of it again at each would take too long.
        if statement is not row and row.endswith(","):
            continue
        try:
            yield start, statement, tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        statement = ""


def _routes(value: Any, route: Route) -> Iterator[Route]:
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*route, str(key))
            yield from _routes(inner, (*route, str(key)))


def line_of(lines: Mapping[Route, int], route: Route) -> int:
    """The line of a route, or of the nearest thing above it that stands in the document."""
    while route and route not in lines:
        route = route[:-1]
    return lines.get(route, 1)

"""Finds the lines on which the keys of a TOML document stand.

`tomllib` tells no positions of what it has read. Only error messages need them, so the document is
walked a second time, and only then.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

from crstandards.model import Route

_TOKEN = re.compile(
    r'''
      """(?:[^\\]|\\.)*?"""(?:"{0,2})
    | \'\'\'.*?\'\'\'\'{0,2}
    | "(?:[^"\\\n]|\\.)*"
    | '[^'\n]*'
    | \#[^\n]*
    | \n
    | [\[\]{}=,.]
    | [^\s\[\]{}=,.#"']+
    ''',
    re.DOTALL | re.VERBOSE,
)


def lines_of(text: str) -> dict[Route, int]:
    """Map every key and list item of a valid TOML document to the line, from 1, on which it begins.

    A table stands at its header, or where a key first mentions it.
    """
    return _Walk(text).lines


def line_of(lines: Mapping[Route, int], route: Route) -> int:
    """The line of a route, or of the nearest thing above it that stands in the document."""
    while route and route not in lines:
        route = route[:-1]
    return lines.get(route, 1)


class _Walk:
    """One pass over the tokens of a document that `tomllib` has accepted."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Route, int] = {}
        self._tokens: list[tuple[str, int]] = []
        self._at = 0
        self._lengths: dict[Route, int] = {}
        line = 1
        for match in _TOKEN.finditer(text):
            token = match.group()
            if not token.startswith("#"):
                self._tokens.append((token, line))
            line += token.count("\n")
        self._tokens.append(("", line))
        self._document()

    @property
    def _token(self) -> str:
        return self._tokens[self._at][0]

    @property
    def _line(self) -> int:
        return self._tokens[self._at][1]

    def _document(self) -> None:
        table: Route = ()
        while self._token:
            if self._token == "\n":
                self._at += 1
            elif self._token == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Route:
        line = self._line
        self._at += 1
        in_list = self._token == "["
        self._at += in_list
        *above, last = self._key("]")
        self._at += in_list
        table: Route = ()
        for part in above:
            table = self._newest((*table, part), line)
        table += (last,)
        if in_list:
            self._lengths[table] = self._lengths.get(table, 0) + 1
            table = self._newest(table, line)
        self.lines[table] = line
        return table

    def _newest(self, table: Route, line: int) -> Route:
        """Where a header's words lead: into the newest item, if they name a list of tables."""
        self.lines.setdefault(table, line)
        length = self._lengths.get(table)
        return table if length is None else (*table, str(length - 1))

    def _pair(self, table: Route) -> None:
        line = self._line
        key = self._key("=")
        for end in range(1, len(key)):
            self.lines.setdefault(table + key[:end], line)
        self.lines[table + key] = line
        self._value(table + key)

    def _key(self, closing: str) -> Route:
        parts: list[str] = []
        while self._token not in (closing, ""):
            if self._token[0] in "\"'":
                parts.append(tomllib.loads(f"key = {self._token}")["key"])
            elif self._token != ".":
                parts.append(self._token)
            self._at += 1
        self._at += 1
        return tuple(parts)

    def _value(self, route: Route) -> None:
        opening = self._token
        if opening not in ("[", "{"):
            while self._token not in ("\n", ",", "]", "}", ""):
                self._at += 1
            return
        self._at += 1
        length = 0
        while self._token not in ("]", "}", ""):
            if self._token in ("\n", ","):
                self._at += 1
            elif opening == "{":
                self._pair(route)
            else:
                self.lines[(*route, str(length))] = self._line
                self._value((*route, str(length)))
                length += 1
        self._at += 1

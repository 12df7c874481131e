"""Glob patterns for paths and for names.

Both are turned into regular expressions that never go back over what a star has taken, so a pattern
cannot be made to take exponential time.
"""

from __future__ import annotations

import re
from functools import lru_cache


def path_matches(pattern: str, path: str) -> bool:
    """Tell whether a pattern matches a path or one of the folders above it.

    Patterns begin at the root. `*` and `?` stay within a folder's name; `**`, as a name of its own,
    stands for any number of folders. Letter case counts.

    >>> path_matches("vendor", "vendor/ContosoHR/Other/Solution.xml")
    True
    >>> path_matches("**/prod/*.json", "config/prod/hr.json")
    True
    """
    return _path_pattern(pattern).match(path) is not None


def name_matches(pattern: str, name: str) -> bool:
    """Tell whether a pattern with `*` and `?` matches a whole name; letter case doesn't count.

    >>> name_matches("Contoso*", "contosohr")
    True
    """
    return _name_pattern(pattern.lower()).match(name.lower()) is not None


@lru_cache(maxsize=1024)
def _path_pattern(pattern: str) -> re.Pattern[str]:
    segments = [segment for segment in pattern.split("/") if segment not in ("", ".")]
    if not segments:
        return re.compile(r"(?!)")
    regex = ""
    chunk_is_open = False
    for index, segment in enumerate(segments):
        if segment == "**":
            if index == 0 or segments[index - 1] != "**":
                regex += (")" if chunk_is_open else "") + "(?>(?:[^/]+/)*?"
                chunk_is_open = True
            continue
        end = "/" if index < len(segments) - 1 else r"(?:/|\Z)"
        regex += _glob(segment, "[^/]", "(?=/|\\Z)") + end
    return re.compile(regex + (")" if chunk_is_open else ""), re.DOTALL)


@lru_cache(maxsize=1024)
def _name_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(_glob(pattern, ".", r"\Z"), re.DOTALL)


def _glob(pattern: str, sign: str, end: str) -> str:
    """A regular expression for a glob within a name, of which `end` is the end.

    What lies between two stars is taken where it first occurs, for good: a later occurrence would
    leave less for the rest.
    """
    first, *others = re.sub(r"\*+", "*", pattern).split("*")
    regex = _plain(first, sign)
    for position, part in enumerate(others, start=1):
        if position < len(others):
            regex += f"(?>{sign}*?{_plain(part, sign)})"
        else:
            regex += f"{sign}*{_plain(part, sign)}"
    return regex + end


def _plain(part: str, sign: str) -> str:
    return "".join(sign if char == "?" else re.escape(char) for char in part)

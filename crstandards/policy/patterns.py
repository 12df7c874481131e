"""Patterns: globs for paths and for names, and the regular expressions of [names].

Globs are turned into regular expressions that never go back over what a star has taken, so a pattern
cannot be made to take exponential time.
"""

from __future__ import annotations

import re
from functools import cache

from crstandards.model import ConnectionReference, Solution

PLACEHOLDERS = ("connector", "prefix", "solution")
"""What a regular expression of [names] may name in braces."""


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


def name_pattern(template: str, prefix: str, connector: str, solution: str) -> re.Pattern[str]:
    """The regular expression for a whole name, with the placeholders of [names] filled in.

    >>> bool(name_pattern("{prefix}_{connector}", "con", "shared_sql", "HR").fullmatch("con_shared_sql"))
    True
    """
    import warnings

    for placeholder, text in zip(PLACEHOLDERS, (connector, prefix, solution), strict=True):
        template = template.replace("{" + placeholder + "}", re.escape(text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.compile(template)


def name_fits(template: str, name: str, reference: ConnectionReference, solution: Solution) -> bool:
    """Whether a name of a reference that a solution declares fits a regular expression of [names]."""
    pattern = name_pattern(template, solution.prefix, reference.connector, solution.unique_name)
    return pattern.fullmatch(name) is not None


@cache
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


@cache
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

"""What can be wrong with a configuration that its schema cannot say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from crstandards.model import Route
from crstandards.policy.config import ALWAYS_ERROR

_PLACEHOLDERS = ("connector", "prefix", "solution")


class Problem(NamedTuple):
    """One mistake: where it stands, what it is, and what the nearest of `known` to `wrong` may mend."""

    route: Route
    message: str
    wrong: str = ""
    known: tuple[str, ...] = ()


def problems_of(table: Mapping[str, Any], known_rules: Collection[str]) -> Iterator[Problem]:
    """The mistakes in a table that fits the schema; dates are still `datetime` objects."""
    yield from _unknown_rules(table, tuple(known_rules))
    yield from _unchangeable(table)
    yield from _environments(table.get("environments", ()))
    yield from _exceptions(table.get("exceptions", ()))
    for key, pattern in table.get("names", {}).items():
        yield from _name_pattern(("names", key), pattern)
    yield from _backslashes(table)
    yield from _outside(table.get("baseline", ""))
    deadline = table.get("server", {}).get("deadline", 0)
    if deadline != deadline:
        yield Problem(("server", "deadline"), '"deadline" in [server] must be a number of seconds, not nan')


def name_pattern(template: str, prefix: str, connector: str, solution: str) -> re.Pattern[str]:
    """The regular expression for a whole name, with the placeholders of [names] filled in.

    >>> bool(name_pattern("{prefix}_{connector}", "con", "shared_sql", "HR").fullmatch("con_shared_sql"))
    True
    """
    import warnings

    for placeholder, text in (("prefix", prefix), ("connector", connector), ("solution", solution)):
        template = template.replace("{" + placeholder + "}", re.escape(text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.compile(template)


def _severity_tables(table: Mapping[str, Any]) -> Iterator[tuple[Route, Mapping[str, str]]]:
    yield ("rules",), table.get("rules", {})
    for index, environment in enumerate(table.get("environments", ())):
        yield ("environments", str(index), "rules"), environment.get("rules", {})


def _unknown_rules(table: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[Problem]:
    named: list[tuple[Route, str]] = [
        (("locked", str(index)), rule) for index, rule in enumerate(table.get("locked", ()))
    ]
    named += [((*route, rule), rule) for route, severities in _severity_tables(table) for rule in severities]
    named += [
        (("exceptions", str(index), "rule"), entry["rule"])
        for index, entry in enumerate(table.get("exceptions", ()))
    ]
    for route, rule in named:
        if rule not in known:
            yield Problem(route, f'unknown rule "{rule}"', rule, known)


def _unchangeable(table: Mapping[str, Any]) -> Iterator[Problem]:
    locked = table.get("locked", ())
    for route, severities in _severity_tables(table):
        for rule, severity in severities.items():
            if severity == "error":
                continue
            if rule == ALWAYS_ERROR:
                yield Problem((*route, rule), f"{rule} is always an error: remove this")
            elif rule in locked:
                yield Problem(
                    (*route, rule),
                    f'{rule} is locked, so it stays an error: remove this, or take it out of "locked"',
                )


def _environments(environments: Collection[Mapping[str, Any]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, environment in enumerate(environments):
        route = ("environments", str(index))
        name = environment["name"]
        if name.lower() in seen:
            yield Problem((*route, "name"), f'two environments are named "{name}": give each its own name')
        seen.add(name.lower())
        if "reference-solution" in environment and environment.get("sharing") == "set-per-solution":
            yield Problem(
                (*route, "reference-solution"),
                '"reference-solution" goes only with sharing = "one-set": remove one of the two',
            )


def _exceptions(entries: Collection[Mapping[str, Any]]) -> Iterator[Problem]:
    for index, entry in enumerate(entries):
        route = ("exceptions", str(index))
        if entry["rule"] == ALWAYS_ERROR:
            yield Problem(
                (*route, "rule"),
                f"{ALWAYS_ERROR} takes no exception: mend the source, or exclude its path in [source]",
            )
        expires = entry.get("expires")
        if isinstance(expires, str):
            yield Problem(
                (*route, "expires"),
                f'"expires" in [[exceptions]] must be a date, not a text: write expires = {expires.strip()}',
            )


def _name_pattern(route: Route, template: str) -> Iterator[Problem]:
    for placeholder in re.findall(r"(?<!\\)\{([A-Za-z_-]+)\}", template):
        if placeholder not in _PLACEHOLDERS:
            yield Problem(
                route,
                f'unknown placeholder "{{{placeholder}}}" in "{route[-1]}"',
                placeholder,
                _PLACEHOLDERS,
            )
    try:
        name_pattern(template, "x", "x", "x")
    except (re.error, OverflowError, RecursionError) as error:
        yield Problem(route, f'"{route[-1]}" is not a regular expression: {error}')


def _backslashes(table: Mapping[str, Any]) -> Iterator[Problem]:
    source = table.get("source", {})
    paths: list[tuple[Route, str]] = [(("baseline",), table.get("baseline", ""))]
    paths += [
        (("source", key, str(index)), pattern)
        for key in ("exclude", "vendored")
        for index, pattern in enumerate(source.get(key, ()))
    ]
    paths += [
        (("environments", str(number), key, str(index)), pattern)
        for number, environment in enumerate(table.get("environments", ()))
        for key in ("settings", "inventory")
        for index, pattern in enumerate(environment.get(key, ()))
    ]
    paths += [
        (("exceptions", str(number), "path"), entry.get("path", ""))
        for number, entry in enumerate(table.get("exceptions", ()))
    ]
    for route, pattern in paths:
        if "\\" in pattern:
            yield Problem(route, f'a path is written with "/": write {_quoted(pattern)}')


def _outside(baseline: str) -> Iterator[Problem]:
    if re.search(r"^/|^[A-Za-z]:|(?:^|/)\.\.(?:/|$)|[\0-\x1f]", baseline):
        yield Problem(("baseline",), '"baseline" must name a file inside the repository, from its root on')


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "/") + '"'

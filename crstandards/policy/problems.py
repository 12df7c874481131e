"""What is wrong with a configuration, in one line: the file, the line, what is wrong, what may mend it.

The schema says what a configuration may hold, and `jsonschema` where one differs. What is slow is asked for
only where something is wrong: a good configuration is on every commit's path.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from crstandards.data import fits, load, unknown_keys
from crstandards.errors import UsageError, nearest
from crstandards.places import Route
from crstandards.policy import ALWAYS_ERROR
from crstandards.policy.patterns import PLACEHOLDERS, name_pattern

Problem = tuple[Route, str]
"""One mistake: where it stands, and what it is."""

_LONGEST = 60
_ADVICE = {
    "Invalid value": ": a text stands in quotes, true and false are lower case",
    "Cannot overwrite": ": the key stands twice",
    "Cannot declare": ": write its keys under one header",
    "\\": ': in paths, write "/"',
}
"""What to do, by what stands in a message of `tomllib`."""


def problems_of(table: Any, root: Route) -> Sequence[Problem]:
    """The mistakes in a table, as `tomllib` gives it.

    They are those that the schema shows or else, where there are none, those that no schema can show. Of the
    former, unknown keys alone where there are any: a misspelled key often is the missing one too.
    """
    schema, value = load("config.schema.json"), _with_dates_as_text(table)
    if fits(schema, value):
        return list(_conflicts(table))
    from jsonschema import Draft202012Validator

    try:
        errors = list(Draft202012Validator(schema).iter_errors(value))
    except ValueError:  # Python writes no number of thousands of digits, as an error's text would
        return [((), "a number is too large")]
    unknown = [
        ((*route, key), f"unknown {noun} {_shown(key)} {_inside(root, route)}{_suggestion(key, known)}")
        for error in errors
        if error.validator == "additionalProperties"
        for route, known in [(_route(error), error.schema["properties"])]
        for noun in ["rule" if ALWAYS_ERROR in known else "key"]
        for key in unknown_keys(error.schema, error.instance)
    ]
    return unknown or [_misfit(error, root) for error in errors] or list(_conflicts(table))


def error_of(problems: Sequence[Problem], path: str, root: Route, content: bytes) -> UsageError:
    """The error for the problem that stands first in the file. Their routes begin at the table `root`."""
    lines = lines_of(content.decode("utf-8-sig"))
    line, message = min(
        ((line_of(lines, root + route), message) for route, message in problems), key=lambda pair: pair[0]
    )
    return _error_at(path, line, message)


def unreadable(path: str, content: bytes, error: Exception) -> UsageError:
    """The error for a file that is not UTF-8, or that `tomllib` refuses."""
    if isinstance(error, UnicodeDecodeError):
        line = content.count(b"\n", 0, error.start) + 1
        return _error_at(path, line, f"not UTF-8 (byte 0x{content[error.start]:02x}): save the file as UTF-8")
    if isinstance(error, RecursionError):
        return _error_at(path, 1, "not readable as TOML: nested too deeply")
    text, reason = content.decode("utf-8-sig"), str(error)
    found = re.search(r" \(at line (\d+), column (\d+)\)$", reason)
    line = int(found[1]) if found else text.rstrip().count("\n") + 1
    column = f" (column {found[2]})" if found else ""
    reason = re.sub(r" \(at [^()]*\)$", "", reason)
    advice = next((advice for mark, advice in _ADVICE.items() if mark in reason), "")
    return _error_at(path, line, f"not valid TOML: {reason[:1].lower()}{reason[1:]}{column}{advice}")


def _error_at(path: str, line: int, message: str) -> UsageError:
    """The error in one line, whatever a key or a value contains."""
    signs = (
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
        for sign in f"{path}:{line}: {message}"
    )
    return UsageError("".join(signs))


def _with_dates_as_text(table: Any) -> Any:
    """The table as JSON sees it: of all values, only the date `expires` may be one that JSON lacks."""
    entries = table.get("exceptions") if isinstance(table, dict) else None
    if not isinstance(entries, list):
        return table
    dated = [isinstance(entry, dict) and type(entry.get("expires")) is date for entry in entries]
    shown = [
        {**entry, "expires": str(entry["expires"])} if has_date else entry
        for entry, has_date in zip(entries, dated, strict=True)
    ]
    return {**table, "exceptions": shown}


def _route(error: Any) -> Route:
    return tuple(map(str, error.absolute_path))


def _misfit(error: Any, root: Route) -> Problem:
    schema, value, route = error.schema, error.instance, _route(error)
    if error.validator == "required":
        missing = next(key for key in schema["required"] if key not in value)
        example = json.dumps(schema["properties"][missing]["examples"][0])
        message = f'"{missing}" is missing {_inside(root, route)}: add one, such as {missing} = {example}'
        return route, message
    message = f"{_label(root, route)} must be {schema['title']}, not {_shown(value)}"
    if "enum" in schema and isinstance(value, str):
        return route, message + _suggestion(value, schema["enum"])
    meant = _meant(schema, route, value)
    return route, f"{message}: write {meant}" if meant else message


def _meant(schema: Mapping[str, Any], route: Route, value: object) -> str:
    """What was probably meant, for the commonest slips."""
    match schema.get("type"), value:
        case "array", dict() if schema["title"] == "a list of tables":
            return f"[[{route[-1]}]]"
        case "array", str():
            return f"[{_shown(value)}]"
        case "string", str() if "\\" in value:
            return json.dumps(value.replace("\\", "/"))
        case "boolean", str() if value.lower() in ("true", "false"):
            return value.lower()
        case "integer" | "number", str() if value.isascii() and value.isdigit():
            return value
    return ""


def _conflicts(table: Mapping[str, Any]) -> Iterator[Problem]:
    """The mistakes in a table that fits the schema; dates are still `date` objects."""
    locked = table.get("locked", ())
    environments: set[str] = set()
    for route, value in _values(table):
        match [part for part in route if not part.isdigit()]:
            case [*_, "rules", rule] if rule in locked and value != "error":
                remedy = 'remove this, or take it out of "locked"'
                yield route, f"{rule} is locked, so it stays an error: {remedy}"
            case ["environments", "name"]:
                if value.lower() in environments:
                    yield route, f'two environments are named "{value}": give each its own name'
                environments.add(value.lower())
            case ["environments", "reference-solution"]:
                if table["environments"][int(route[1])].get("sharing") == "set-per-solution":
                    remedy = 'sharing = "one-set": remove one of the two'
                    yield route, f'"reference-solution" goes only with {remedy}'
            case ["exceptions", "rule"] if value == ALWAYS_ERROR:
                remedy = "correct the source, or exclude its path in [source]"
                yield route, f"{value} takes no exception: {remedy}"
            case ["exceptions", "expires"] if isinstance(value, str):
                wanted = f"a date, not a text: write expires = {value.strip()}"
                yield route, f'"expires" in [[exceptions]] must be {wanted}'
            case ["names", _]:
                yield from _name_problems(route, value)


def _values(value: Any, route: Route = ()) -> Iterator[tuple[Route, Any]]:
    """Every single value that a table holds, be it an empty list or table, with its keys."""
    if isinstance(value, (dict, list)) and value:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _values(inner, (*route, str(key)))
    else:
        yield route, value


def _name_problems(route: Route, template: str) -> Iterator[Problem]:
    for placeholder in re.findall(r"(?<!\\)\{([A-Za-z_-]+)\}", template):
        if placeholder not in PLACEHOLDERS:
            message = f'unknown placeholder "{{{placeholder}}}" in "{route[-1]}"'
            yield route, message + _suggestion(placeholder, PLACEHOLDERS)
    try:
        name_pattern(template, "x", "x", "x")
    except (re.error, OverflowError, RecursionError) as error:
        yield route, f'"{route[-1]}" is not a regular expression: {error}'


def _inside(root: Route, route: Route) -> str:
    """Which table is meant, as its header is written."""
    words = ".".join(part for part in root + route if not part.isdigit())
    if not words:
        return "at the top level"
    return f"in [[{words}]]" if route and route[-1].isdigit() else f"in [{words}]"


def _label(root: Route, route: Route) -> str:
    if not route:
        return f'"{".".join(root)}"'
    if route[-1].isdigit():
        return f"an item of {_label(root, route[:-1])}"
    table = route[:-1]
    return f'"{route[-1]}" {_inside(root, table)}' if table else f'"{route[-1]}"'


def _shown(value: object) -> str:
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list" if value else "an empty list"
    if isinstance(value, str):
        cut = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..."
        return json.dumps(cut, ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def _suggestion(wrong: str, known: Collection[str]) -> str:
    """What may have been meant; where nothing is like it, what is known."""
    if near := nearest(wrong, known):
        return f': did you mean "{near}"?'
    return ': "crstandards rules" lists them' if ALWAYS_ERROR in known else f": known are {', '.join(known)}"


# On which line


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
            at = 0
            for route, value in _values(read, table) if read else ():
                # An item of a list stands on its own line, where its text is found there.
                if isinstance(value, str) and route[-1].isdigit():
                    at = max(at, statement.find(value, at))
                for end in range(len(table) + 1, len(route)):
                    lines.setdefault(route[:end], line)
                lines[route] = line + statement.count("\n", 0, at)
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


def line_of(lines: Mapping[Route, int], route: Route) -> int:
    """The line of a route, or of the nearest thing above it that stands in the document."""
    while route and route not in lines:
        route = route[:-1]
    return lines.get(route, 1)

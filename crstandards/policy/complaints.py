"""One line about a bad configuration: the file, the line, what is wrong, what may mend it.

Imported only once something is known, or feared, to be wrong: what it needs is slow to import.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from crstandards.errors import UsageError
from crstandards.model import Route
from crstandards.policy.lines import line_of, lines_of
from crstandards.policy.problems import Problem
from crstandards.policy.schema import unknown_keys

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_RULE_ID = "^CR[0-9]{3}$"
_LONGEST = 60


def complaint(problems: Iterable[Problem], path: str, root: Route, text: str) -> UsageError:
    """The error for the problem that stands first in the file.

    The routes of the problems begin at the table `root`.
    """
    lines = lines_of(text)
    line, problem = min(
        ((line_of(lines, root + problem.route), problem) for problem in problems), key=lambda pair: pair[0]
    )
    return complaint_at(path, line, problem.message + _suggestion(problem.wrong, problem.known))


def complaint_at(path: str, line: int, message: str) -> UsageError:
    """The error for a known line."""
    return UsageError(_printable(f"{path}:{line}: {message}"))


def undecodable(path: str, content: bytes, error: UnicodeDecodeError) -> UsageError:
    """The error for a file that is not UTF-8."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return complaint_at(path, 1, "not UTF-8 but UTF-16: save the file as UTF-8")
    line = content.count(b"\n", 0, error.start) + 1
    return complaint_at(path, line, f"not UTF-8 (byte 0x{content[error.start]:02x}): save the file as UTF-8")


def unparsable(path: str, text: str, error: Exception) -> UsageError:
    """The error for a file that `tomllib` refuses."""
    if isinstance(error, RecursionError):
        return complaint_at(path, 1, "not readable as TOML: nested too deeply")
    reason = str(error)
    if "int_max_str_digits" in reason:
        number = re.search(r"[0-9_]{1000}", text)
        line = text.count("\n", 0, number.start()) + 1 if number else 1
        return complaint_at(path, line, "not readable as TOML: a number of thousands of digits")
    found = re.search(r" \(at line (\d+), column (\d+)\)$", reason)
    line = int(found[1]) if found else text.rstrip().count("\n") + 1
    column = f" (column {found[2]})" if found else ""
    reason = re.sub(r" \(at [^()]*\)$", "", reason)
    return complaint_at(
        path, line, f"not valid TOML: {reason[:1].lower()}{reason[1:]}{column}{_advice(reason)}"
    )


def schema_problems(
    schema: Mapping[str, Any], table: object, root: Route, known_rules: Collection[str]
) -> list[Problem]:
    """What `jsonschema` finds wrong with a table; unknown keys alone where there are any.

    A misspelled key often is the missing one too: it is the better thing to say.
    """
    from jsonschema import Draft202012Validator

    unknown: list[Problem] = []
    others: list[Problem] = []
    known = tuple(known_rules)
    try:
        errors = list(Draft202012Validator(schema).iter_errors(table))
    except ValueError:  # Python writes no number of thousands of digits, as an error's text would
        return [Problem((), "a number is too large")]
    for error in errors:
        if error.validator == "additionalProperties":
            unknown += _unknown(error, root, known)
        else:
            others.append(_misfit(error, root, known))
    return unknown or others


def _unknown(error: ValidationError, root: Route, rules: tuple[str, ...]) -> Iterable[Problem]:
    schema, table = error.schema, error.instance
    assert isinstance(schema, dict)
    assert isinstance(table, dict)
    route = _route(error)
    noun, known = ("key", tuple(schema["properties"])) if "properties" in schema else ("rule", rules)
    for key in unknown_keys(schema, table):
        message = f"unknown {noun} {_shown(key)} {_inside(root, route)}"
        yield Problem((*route, key), message, key, known)


def _misfit(error: ValidationError, root: Route, rules: tuple[str, ...]) -> Problem:
    schema, value = error.schema, error.instance
    assert isinstance(schema, dict)
    route = _route(error)
    if error.validator == "required":
        assert isinstance(value, dict)
        missing = next(key for key in schema["required"] if key not in value)
        example = schema["properties"][missing]["examples"][0]
        remedy = f"add one, such as {missing} = {json.dumps(example)}"
        return Problem(route, f'"{missing}" is missing {_inside(root, route)}: {remedy}')
    message = f"{_label(root, route)} must be {schema['title']}, not {_shown(value)}"
    known = schema.get("enum", rules if schema.get("pattern") == _RULE_ID else ())
    if known and isinstance(value, str):
        return Problem(route, message, value, tuple(known))
    return Problem(route, message + _rewritten(schema, route, value))


def _rewritten(schema: Mapping[str, Any], route: Route, value: object) -> str:
    """What was probably meant, for the commonest slips."""
    kind = schema.get("type")
    if kind == "array" and isinstance(value, dict):
        return f": write [[{route[-1]}]]" if schema["title"] == "a list of tables" else ""
    if kind == "array" and isinstance(value, str):
        return f": write [{_shown(value)}]"
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return f": write {value.lower()}"
    if kind in ("integer", "number") and isinstance(value, str) and value.isascii() and value.isdigit():
        return f": write {value}"
    return ""


def _route(error: ValidationError) -> Route:
    return tuple(str(part) for part in error.absolute_path)


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
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            cut = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..."
            return json.dumps(cut, ensure_ascii=False)
        case dict():
            return "a table"
        case list():
            return "an empty list" if not value else "a list"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _suggestion(wrong: str, known: tuple[str, ...]) -> str:
    if not known:
        return ""
    from difflib import get_close_matches

    spelled = {name.lower(): name for name in sorted(known)}
    wrong = wrong.lower()
    if all(name.startswith("CR") for name in known):
        # All rule ids are much alike: the nearest is of the same family, which the first digit tells.
        near = get_close_matches(wrong, spelled, n=len(spelled), cutoff=0.4)
        near.sort(key=lambda name: name[:3] != wrong[:3])
        otherwise = ': "crstandards rules" lists them'
    else:
        near = get_close_matches(wrong, spelled, n=1)
        otherwise = f": known are {', '.join(known)}"
    return f': did you mean "{spelled[near[0]]}"?' if near else otherwise


def _advice(reason: str) -> str:
    if reason.startswith("Invalid value"):
        return ": a text stands in quotes, true and false are lower case"
    if reason.startswith("Cannot overwrite"):
        return ": the key stands twice"
    if reason.startswith("Cannot declare"):
        return ": write its keys under one header"
    if "\\" in reason:
        return ': in paths, write "/"'
    return ""


def _printable(text: str) -> str:
    """One line, whatever a key or a value contains."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text
    )

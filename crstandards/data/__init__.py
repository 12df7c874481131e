"""What comes with the package as JSON: schemas and tables; and a quick proof that a value fits a schema.

The `jsonschema` package takes longer to import than a commit hook may run, so it is asked only about
values that this proof leaves in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

ANNOTATIONS: Final = frozenset(
    {"$schema", "$id", "$defs", "x-taplo", "title", "description", "default", "examples"}
)
"""Keywords that state nothing about a value."""

_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "number": (int, float),
    "object": dict,
    "string": str,
}


def load(name: str) -> dict[str, Any]:
    """What a file of this folder says."""
    import json
    from os.path import dirname, join

    with open(join(dirname(__file__), name), encoding="utf-8") as file:
        content: dict[str, Any] = json.load(file)
    return content


def fits(schema: Mapping[str, Any], value: object) -> bool:
    """Tell whether a value is proved to fit a schema; False means no more than doubt.

    A keyword that is not known here raises doubt too, so the proof stays sound when a schema grows.
    """
    return _fits(schema, value, schema.get("$defs", {}))


def unknown_keys(schema: Mapping[str, Any], table: Mapping[str, object]) -> list[str]:
    """The keys of a table that its schema does not name, in their order."""
    return [key for key in table if key not in schema.get("properties", {})]


def _fits(schema: Mapping[str, Any], value: object, defs: Mapping[str, Any]) -> bool:
    return all(
        keyword in ANNOTATIONS or _holds(keyword, wanted, value, schema, defs)
        for keyword, wanted in schema.items()
    )


def _holds(keyword: str, wanted: Any, value: Any, schema: Mapping[str, Any], defs: Mapping[str, Any]) -> bool:
    match keyword:
        case "$ref":
            target = defs.get(wanted.removeprefix("#/$defs/"))
            return target is not None and _fits(target, value, defs)
        case "type":
            names = [wanted] if isinstance(wanted, str) else wanted
            return any(_is(name, value) for name in names)
        case "enum":
            return isinstance(value, str) and value in wanted
        case "pattern":
            return isinstance(value, str) and re.search(wanted, value) is not None
        case "minimum":
            return isinstance(value, (int, float)) and value >= wanted
        case "maximum":
            return isinstance(value, (int, float)) and value <= wanted
        case "minItems":
            return isinstance(value, list) and len(value) >= wanted
        case "items":
            return isinstance(value, list) and all(_fits(wanted, item, defs) for item in value)
        case "required":
            return isinstance(value, dict) and all(key in value for key in wanted)
        case "properties":
            return isinstance(value, dict) and all(
                _fits(part, value[key], defs) for key, part in wanted.items() if key in value
            )
        case "additionalProperties":
            return wanted is False and isinstance(value, dict) and not unknown_keys(schema, value)
    return False


def _is(name: str, value: object) -> bool:
    return isinstance(value, _TYPES.get(name, ())) and (name == "boolean" or not isinstance(value, bool))

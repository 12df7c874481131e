from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from crstandards.data import ANNOTATIONS, fits, load, unknown_keys

SCHEMA = load("config.schema.json")
VALIDATOR = Draft202012Validator(SCHEMA)

# keyword -> a schema around it, values that fit, values that don't
KEYWORDS: dict[str, tuple[dict[str, Any], list[Any], list[Any]]] = {
    "type": ({"type": "integer"}, [0, -1], ["0", True, 1.5, None, [], {}]),
    "type, one of several": ({"type": ["integer", "null"]}, [None, 1], [True, "a"]),
    "enum": ({"enum": ["a", "b"]}, ["a"], ["A", "", 1, None]),
    "pattern": ({"pattern": "^a"}, ["ab"], ["ba"]),
    "minimum": ({"minimum": 0.1}, [0.1, 2], [0, -1]),
    "maximum": ({"maximum": 3}, [3, -1.5], [4, float("inf")]),
    "minItems": ({"minItems": 1}, [[1]], [[]]),
    "items": ({"items": {"type": "string"}}, [[], ["a"]], [["a", 1]]),
    "required": ({"required": ["a"]}, [{"a": 1}], [{}, {"b": 1}]),
    "properties": ({"properties": {"a": {"type": "string"}}}, [{}, {"a": ""}, {"b": 1}], [{"a": 1}]),
    "additionalProperties": (
        {"properties": {"a": {}}, "additionalProperties": False},
        [{}, {"a": 1}],
        [{"b": 1}, {"a": 1, "b": 1}],
    ),
    "$ref": ({"$ref": "#/$defs/t", "$defs": {"t": {"type": "string"}}}, ["a"], [1]),
}


def keywords_of(schema: dict[str, Any]) -> set[str]:
    found = set(schema) - ANNOTATIONS
    parts = [schema[key] for key in ("items",) if key in schema]
    for key in ("properties", "$defs"):
        parts += schema.get(key, {}).values()
    return found.union(*(keywords_of(part) for part in parts))


def nodes_of(schema: dict[str, Any]) -> list[dict[str, Any]]:
    nodes = [schema]
    for key in ("properties", "$defs"):
        for part in schema.get(key, {}).values():
            nodes += nodes_of(part)
    if "items" in schema:
        nodes += nodes_of(schema["items"])
    return nodes


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_uses_only_keywords_that_the_walker_knows() -> None:
    assert keywords_of(SCHEMA) == {keyword.partition(",")[0] for keyword in KEYWORDS}


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_a_keyword_is_judged_as_jsonschema_does(keyword: str) -> None:
    schema, good, bad = KEYWORDS[keyword]
    for value in good:
        assert fits(schema, value), value
        assert Draft202012Validator(schema).is_valid(value)
    for value in bad:
        assert not fits(schema, value), value
        assert not Draft202012Validator(schema).is_valid(value)


def test_an_unknown_keyword_is_doubt() -> None:
    assert not fits({"maxLength": 3}, "a")
    assert not fits({"additionalProperties": {}}, {})
    assert not fits({"$ref": "#/$defs/none"}, "a")
    assert not fits({"type": "no such type"}, None)


def test_unknown_keys() -> None:
    schema: dict[str, Any] = {"properties": {"a": {}}}
    assert unknown_keys(schema, {"z": 1, "a": 1, "b": 1}) == ["z", "b"]


def test_every_part_is_whole() -> None:
    """It can be named in a message; an object is closed; a key is described; defaults and examples fit."""
    nodes = nodes_of(SCHEMA)
    assert len([node for node in nodes if node.get("type") == "object"]) == 9
    for node in nodes:
        assert "$ref" in node or node["title"], node
        assert node.get("type") != "object" or node["additionalProperties"] is False
        assert "default" not in node or fits({**node, "$defs": SCHEMA["$defs"]}, node["default"])
        for key, part in node.get("properties", {}).items():
            assert part.get("description"), key
            if key in node.get("required", ()):
                assert fits({**part, "$defs": SCHEMA["$defs"]}, part["examples"][0])


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5000)
    | st.floats()
    | st.sampled_from(["", " ", "x", "CR101", "CR1", "error", "refs/heads/x", "one-set", "2027-06-30"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "CR101"]), inner),
    max_leaves=3,
)


def values_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Mostly what fits a part of the schema, sometimes anything."""
    if "$ref" in schema:
        return values_of(SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    fitting: st.SearchStrategy[Any]
    match schema["type"]:
        case "object":
            keys = {key: values_of(part) for key, part in schema.get("properties", {}).items()}
            extra = {"extra": JUNK} if not keys else {}
            plain = st.fixed_dictionaries({}, optional=keys | extra)
            with_required = st.fixed_dictionaries(
                {key: keys[key] for key in schema.get("required", ())},
                optional={key: part for key, part in keys.items() if key not in schema.get("required", ())},
            )
            fitting = with_required | plain
        case "array":
            fitting = st.lists(values_of(schema["items"]), max_size=3)
        case "boolean":
            fitting = st.booleans()
        case "integer":
            fitting = st.integers(-1, 100)
        case "number":
            fitting = st.one_of(st.integers(-1, 4000), st.floats(0, 4000))
        case _:
            fitting = st.sampled_from(
                schema.get("enum") or ["x", "CR101", "!shared_sql", "refs/heads/main", "2027-06-30", " "]
            )
    return st.one_of(*[fitting] * 12, JUNK)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(values_of(SCHEMA))
def test_the_walker_and_jsonschema_agree(value: Any) -> None:
    valid = VALIDATOR.is_valid(value)
    if fits(SCHEMA, value):
        assert valid
    elif valid:
        assert ".0" in json.dumps(value) or "NaN" in json.dumps(value)


@given(JUNK, st.sampled_from(sorted(KEYWORDS)))
def test_what_a_keyword_is_proved_to_fit_is_valid(value: Any, keyword: str) -> None:
    schema = KEYWORDS[keyword][0]
    if fits(schema, value):
        assert Draft202012Validator(schema).is_valid(value)

"""Where a flow names its aliases beside its operations' hosts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crstandards.source.flow import FlowFacts, read_flow
from tests.support.builders import Json, action, flow

PARAMETERS = "@parameters('$connections')['{}']['connectionId']"
TOKENS = (
    "@json(decodeBase64(triggerOutputs().headers['X-MS-APIM-Tokens']))['$connections']['{}']['connectionId']"
)


def old(alias: str, expression: str = PARAMETERS) -> Json:
    """An operation that names its alias in an expression."""
    return {"type": "ApiConnection", "inputs": {"host": {"connection": {"name": expression.format(alias)}}}}


def say(value: Any) -> Json:
    return {"type": "Compose", "inputs": value}


def facts(actions: dict[str, Json], parameters: Any = "usual", escaped: str = "") -> FlowFacts:
    document = flow({}, actions)
    if parameters != "usual":
        document["properties"]["definition"]["parameters"] = parameters
    text = json.dumps(document)
    if escaped:
        text = text.replace(escaped, "".join(f"\\u{ord(sign):04x}" for sign in escaped))
    found = read_flow(text.encode())
    assert found is not None
    return found


def named(actions: dict[str, Json], parameters: Any = "usual", escaped: str = "") -> set[str]:
    return set(facts(actions, parameters, escaped).named_elsewhere)


BY_API: Json = {"type": "OpenApiConnection", "inputs": {"host": {"connectionReferenceName": "shared_d"}}}
BOTH: dict[str, Json] = {
    "A": action("shared_a"),
    "B": old("shared_b"),
    "C": old("shared_c", TOKENS),
    "D": BY_API,
}


@pytest.mark.parametrize("escaped", ["", "$connections", "connectionName", "shared_b"])
@pytest.mark.parametrize("parameters", ["usual", None, {}, {"$connections": {}}, {"$connections": None}])
def test_the_hosts_of_operations_are_no_other_places(parameters: Any, escaped: str) -> None:
    assert named(BOTH, parameters, escaped) == set()
    assert named({"A": action("shared_a")}, parameters, escaped) == set()
    assert named({}, parameters, escaped) == set()


@pytest.mark.parametrize("escaped", ["", "$connections", "connectionName", "Shared_X"])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (PARAMETERS.format("Shared_X"), {"shared_x"}),
        (PARAMETERS.format("it''s"), {"it's"}),
        ("@{parameters('$Connections')?[ 'Shared_X' ]}", {"shared_x"}),
        (PARAMETERS.format("Shared_X") + PARAMETERS.format("y"), {"shared_x", "y"}),
        (TOKENS.format("Shared_X"), {"shared_x"}),
        ("@parameters('$connections')", {""}),
        ("@parameters('$connections')[variables('x')]", {""}),
        (PARAMETERS.format("Shared_X") + " @parameters('$connections')", {"shared_x", ""}),
        ({"connectionName": "Shared_X"}, {"shared_x"}),
        ({"connectionReferenceName": "Shared_X"}, {"shared_x"}),
        ({"host": {"connectionName": "Shared_X"}}, set()),
        ({"connectionName": 5, "x": ["Shared_X"]}, set()),
        ("connections", set()),
    ],
)
def test_what_an_action_names_beside_its_host(value: Any, expected: set[str], escaped: str) -> None:
    assert named({"Say": say(value)}, escaped=escaped) == expected
    assert named({"Say": say(value), **BOTH}, escaped=escaped) == expected


def test_each_count_is_compared_with_its_own() -> None:
    """What one kind of name has more, another kind must not hide."""
    two = {"connectionName": "x", "more": {"connectionName": "y"}}
    assert named({"A": old("a"), "Say": say(two)}) == {"x", "y"}
    assert named({"A": action("a"), "B": old("b"), "Say": say({"connectionName": "x"})}) == {"x"}
    for parameters in (None, {}, {"x": {}}):
        assert named({"Say": say(PARAMETERS.format("x"))}, parameters) == {"x"}
        assert named({"A": old("a"), "Say": say(PARAMETERS.format("x"))}, parameters) == {"x"}
    assert named({"A": action("a"), "Say": say(PARAMETERS.format("x"))}) == {"x"}
    assert named({"A": BY_API, "Say": say({"connectionName": "x"})}) == {"x"}


def test_a_host_may_name_more_than_its_alias() -> None:
    twice = PARAMETERS.format("shared_a") + PARAMETERS.format("Shared_B")
    assert named({"A": old("", twice)}) == {"shared_a", "shared_b"}
    assert named({"A": {"inputs": {"host": {"connectionName": "shared_a", "x": twice}}}}) == {
        "shared_a",
        "shared_b",
    }


def test_an_alias_that_a_host_names_twice_is_named_elsewhere_too() -> None:
    """Whoever changes one of the places must not leave the other."""
    host = {"connectionName": "shared_a", "connectionReferenceName": "Shared_A"}
    assert named({"A": {"inputs": {"host": host}}}) == {"shared_a"}


def test_what_looks_like_a_host_elsewhere_is_none() -> None:
    assert named({"A": {"inputs": {"inputs": {"host": {"connectionName": "Shared_A"}}}}}) == {"shared_a"}
    assert named({"A": {"inputs": {"host": {"inputs": {"connectionName": "Shared_A"}}}}}) == {"shared_a"}
    assert named({"A": {"host": {"connectionName": "Shared_A"}}}) == {"shared_a"}


@pytest.mark.parametrize("escaped", ["", "defaultValue"])
def test_a_filled_default_names_its_aliases(escaped: str) -> None:
    default = {"$connections": {"defaultValue": {"Shared_A": {}, "b": {}}}}
    assert named({}, default, escaped) == {"shared_a", "b"}
    assert named(BOTH, default, escaped) == {"shared_a", "b"}
    assert named({}, {"$connections": {"defaultValue": "x"}}, escaped) == set()
    assert named({}, {"$connections": {"defaultValue": {}}}, escaped) == set()


@pytest.mark.parametrize("escaped", ["", "$connections", "$Connections"])
@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ({}, False),
        ({"A": action("shared_a")}, False),
        ({"A": BY_API}, False),
        (BOTH, True),
        ({"C": old("shared_c", TOKENS)}, True),
        ({"A": action("shared_a"), "Say": say("@parameters('$Connections')")}, True),
        ({"A": action("shared_a"), "Say": say("@parameters('$connections')")}, True),
        ({"Say": say("@parameters('x') connections")}, False),
    ],
)
@pytest.mark.parametrize("parameters", ["usual", None, {}, [], {"x": {}}])
def test_whether_expressions_reach_connections(
    parameters: Any, actions: dict[str, Json], expected: bool, escaped: str
) -> None:
    assert facts(actions, parameters, escaped).by_expression is expected


def test_a_key_of_that_name_reaches_nothing() -> None:
    """Unless nobody can tell it from an expression without a closer look."""
    assert facts({}, {"$connections": {}}).by_expression is False
    assert facts({}, {"$connections": {}}, "connections").by_expression is False

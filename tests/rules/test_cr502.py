from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import OUTLOOK, TEAMS, Json, action, flow, write_solution
from tests.support.checks import check, data, found

GUID = "8d1f3b0c-6a52-4b7e-9f10-2c3d4e5f6a7b"


def by_expression(expression: str) -> Json:
    return {"type": "ApiConnection", "inputs": {"host": {"connection": {"name": expression}}}}


def nested(inner: Json) -> Json:
    """An action under every kind of container there is."""
    for container in (
        {"type": "Scope", "actions": inner},
        {"type": "If", "actions": {}, "else": {"actions": inner}},
        {"type": "Switch", "cases": {"One": {"case": 1, "actions": inner}}, "default": {"actions": {}}},
        {"type": "Switch", "cases": {}, "default": {"actions": inner}},
        {"type": "Until", "actions": inner},
        {"type": "foreach", "actions": inner},
    ):
        inner = {f"In_{len(str(container))}": container}
    return inner


@pytest.mark.parametrize(
    "operation",
    [
        action(OUTLOOK),
        {"type": "OpenApiConnection", "inputs": {"host": {"connectionReferenceName": OUTLOOK}}},
        {**action(OUTLOOK), "type": "openapiconnectionwebhook"},
        by_expression("@parameters('$connections')['shared_office365']['connectionId']"),
        by_expression("@{parameters('$connections')?['shared_office365']?['connectionId']}"),
        by_expression(
            "@json(decodeBase64(triggerOutputs().headers['X-MS-APIM-Tokens']))['$connections']"
            "['shared_office365']['connectionId']"
        ),
    ],
)
@pytest.mark.parametrize("deep", [False, True])
def test_an_alias_that_is_not_in_the_map_is_found(operation: Json, deep: bool, tmp_path: Path) -> None:
    actions = {"Send": operation}
    document = flow({TEAMS: "con_teams"}, {"Post": action(TEAMS), **(nested(actions) if deep else actions)})
    write_solution(tmp_path, "ContosoHR", [("con_teams", TEAMS)], {"Send reminder": document})
    (item,) = check(tmp_path).findings
    assert (item.rule.id, item.severity) == ("CR502", "error")
    assert item.data == {
        "flow": "Send reminder",
        "alias": OUTLOOK,
        "connector": OUTLOOK,
        "operations": ["Send"],
    }
    assert item.span.excerpt.strip() == '"Send": {'


@pytest.mark.parametrize("missing", [{}, None, "absent"])
def test_a_map_that_was_wiped_is_found_once_for_each_alias(missing: object, tmp_path: Path) -> None:
    actions = {"A": action(OUTLOOK), "B": action(TEAMS), "C": action(OUTLOOK)}
    document = flow({}, actions, {"T": {**action("Shared_Teams"), "type": "OpenApiConnectionWebhook"}})
    document["properties"]["connectionReferences"] = missing
    if missing == "absent":
        del document["properties"]["connectionReferences"]
    write_solution(tmp_path, "ContosoHR", [], {"A": document})
    items = found(tmp_path, "CR502")
    assert [(item.data["alias"], item.data["operations"]) for item in items] == [
        ("Shared_Teams", ["T", "B"]),
        (OUTLOOK, ["A", "C"]),
    ]
    assert [related.message for related in items[0].related] == ['action "B"']


@pytest.mark.parametrize(
    "operation",
    [
        {"type": "Compose", "inputs": {"connectionName": "lost"}},
        {"type": "Response", "inputs": {"body": "@parameters('$connections')['lost']"}},
    ],
)
def test_what_needs_no_connection_is_left_alone(operation: Json, tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [], {"A": flow({}, {"A": operation})})
    assert check(tmp_path).findings == ()


def test_the_connector_is_told_by_the_alias_where_nothing_else_tells_it(tmp_path: Path) -> None:
    alias = "shared_con-5fx-5f983b8802de813283_1"
    actions = {"A": by_expression(f"@parameters('$connections')['{alias}']['connectionId']")}
    write_solution(tmp_path, "ContosoHR", [], {"A": flow({}, actions)})
    assert [item["connector"] for item in data(tmp_path, "CR502")] == ["shared_con-5fx"]


def test_the_fingerprint_is_the_flow_the_connector_and_an_ordinal(tmp_path: Path) -> None:
    two = {"A": action(OUTLOOK), "B": action("shared_office365_1")}
    renamed = {"X": action("mail", OUTLOOK), "Y": action("post", OUTLOOK)}
    write_solution(tmp_path / "a", "ContosoHR", [], {"A": flow({}, two)})
    write_solution(tmp_path / "b", "ContosoHR", [], {"A": flow({}, renamed)}, "flat")
    one, other = ([item.fingerprint for item in found(tmp_path / name, "CR502")] for name in "ab")
    assert one == other
    assert len(set(one)) == 2


def test_the_order_of_operations_changes_no_fingerprint(tmp_path: Path) -> None:
    old = by_expression("@parameters('$connections')['lost']['connectionId']")
    steps = {"Old": old, "Send": action("lost", OUTLOOK), "Post": action("lost", TEAMS)}
    prints = set()
    for names in (("Old", "Send", "Post"), ("Send", "Post", "Old"), ("Post", "Old", "Send")):
        document = flow({}, {name: steps[name] for name in names})
        write_solution(tmp_path, "ContosoHR", [], {"A": document})
        (item,) = found(tmp_path, "CR502")
        prints.add((item.fingerprint, item.data["connector"]))
    assert len(prints) == 1

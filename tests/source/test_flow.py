from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.model import ConnectionEntry, EmbeddedConnection, Operation
from crstandards.source.aliases import alias_in, alias_span
from crstandards.source.flow import FlowFacts, read_flow, skim_flow
from crstandards.source.plain import Doubt, plain_flow
from crstandards.source.text import SourceError
from tests.support.builders import APIS, DATAVERSE, Json, action, entry, flow
from tests.support.written import ENCODINGS, encode

ENTRIES = ("properties", "connectionReferences")
DEFINITION = ("properties", "definition")
API = {"name": "shared_office365"}
API_ID = f"{APIS}shared_office365"
GUID = "8d1f3b0c-6a52-4b7e-9f10-2c3d4e5f6a7b"


def read(document: Any) -> FlowFacts:
    return read_text(json.dumps(document))


def read_text(text: str, encoding: str = "utf-8") -> FlowFacts:
    found = read_flow(encode(text, encoding))
    assert found is not None
    return found


def only_entry(value: Json, alias: str = "shared_office365") -> ConnectionEntry:
    (found,) = read(flow({alias: value}, {})).entries
    return found


def test_a_flow_is_read_whole() -> None:
    host = {"connectionName": "first", "operationId": "X", "apiId": f"{APIS}shared_One"}
    document = {
        "properties": {
            "connectionReferences": {
                "first": {
                    "runtimeSource": "invoker",
                    "connection": {"connectionReferenceLogicalName": "con_One", "name": "n", "id": "i"},
                    "api": {"name": "shared_one", "logicalName": "l"},
                    "impersonation": {"source": "embedded"},
                },
                "second": {"connection": {}, "api": {"name": "shared_two"}, "more": 1},
            },
            "definition": {
                "parameters": {"$connections": {"defaultValue": {"Old": {"connectionId": "a/b/c"}}}},
                "triggers": {"When": {"inputs": {"host": host}}},
                "actions": {
                    "Ask": {"actions": {"Deep": {"inputs": {"host": HOSTS["parameters"]("second")}}}},
                    "Say": {"inputs": [f"/connections/{GUID}"]},
                },
            },
        }
    }
    deep = (*DEFINITION, "actions", "Ask", "actions", "Deep")
    assert read(document) == FlowFacts(
        entries=(
            ConnectionEntry(
                *("first", "shared_one", "con_One", "invoker", "embedded", (*ENTRIES, "first")), plain=True
            ),
            ConnectionEntry("second", "shared_two", None, "", "", (*ENTRIES, "second"), plain=False),
        ),
        operations=(
            Operation("When", "trigger", "first", "shared_one", "name", (*DEFINITION, "triggers", "When")),
            Operation("Deep", "action", "second", "", "parameters", deep),
        ),
        embedded=(
            EmbeddedConnection("c", (*DEFINITION, "parameters", "$connections", "defaultValue", "Old")),
            EmbeddedConnection(GUID, (*DEFINITION, "actions", "Say", "inputs", "0")),
        ),
        repeated=(),
        named_elsewhere=frozenset({"old"}),
        by_expression=True,
        is_plain=False,
    )


# Entries


PLAIN = entry("con_x")


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"impersonation": {}},
        {"impersonation": {"source": "x"}},
        {"impersonation": None},
        {"connection": None},
        {"connection": {}},
        {"connection": {"name": "a", "id": "b", "connectionReferenceLogicalName": "c"}},
        {"api": {}},
        {"api": {"name": "a", "logicalName": "b"}},
        {"runtimeSource": ""},
    ],
)
def test_an_entry_of_the_exported_shape_is_plain(change: Json) -> None:
    assert only_entry({**PLAIN, **change}).plain is True
    without = {key: value for key, value in {**PLAIN, **change}.items() if key != "runtimeSource"}
    assert only_entry(without).plain is True


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"id": "x"},
        {"connection": "x"},
        {"connection": []},
        {"connection": {"name": "a", "more": 1}},
        {"api": None},
        {"api": "x"},
        {"api": {"name": "a", "id": "b"}},
        {"impersonation": "x"},
        {"impersonation": {"source": "x", "more": 1}},
        {"runtimeSource": None},
        {"runtimeSource": 5},
    ],
)
def test_an_entry_that_holds_more_is_not_plain(change: Json) -> None:
    assert only_entry({**PLAIN, **change}).plain is False
    without = {key: value for key, value in PLAIN.items() if key != "api"}
    assert only_entry(without).plain is False


@pytest.mark.parametrize(
    ("value", "connector"),
    [
        ({"api": {"name": "shared_a", "id": f"{APIS}shared_b"}, "id": f"{APIS}shared_c"}, "shared_a"),
        ({"api": {"id": f"{APIS}shared_b"}, "id": f"{APIS}shared_c"}, "shared_b"),
        ({"api": {"name": "", "id": f"{APIS}shared_b"}}, "shared_b"),
        ({"api": {}, "id": f"{APIS}shared_c", "apiId": f"{APIS}shared_d"}, "shared_c"),
        ({"id": "", "apiId": f"{APIS}shared_d", "connection": {"id": f"{APIS}shared_e"}}, "shared_d"),
        ({"apiId": 5, "connection": {"id": f"{APIS}shared_e/connections/a/connections/b"}}, "shared_e"),
        ({"api": {"name": "shared_con-5fx-5f21dec655d73f3a8c", "logicalName": "con_5Fx"}}, "shared_con-5fx"),
        ({"connection": {"id": "/connections/a"}}, ""),
        ({"connection": {}}, ""),
        ({}, ""),
        ({"connection": {}, "api": None}, ""),
        ({"api": {"name": 5}}, ""),
    ],
)
def test_the_connector_stands_in_one_of_several_places(value: Json, connector: str) -> None:
    found = only_entry(value, "shared_con-5fx-5f983b8802de813283_1")
    assert (found.connector, found.reference) == (connector, None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"runtimeSource": "x", "impersonation": {"source": "y"}}, ("x", "y")),
        ({"runtimeSource": 5, "impersonation": {"source": 6}}, ("5", "6")),
        ({"runtimeSource": "", "impersonation": {"source": ""}}, ("", "")),
        ({"impersonation": {"other": "y"}}, ("", "")),
        ({"connection": {}, "runtimeSource": None, "impersonation": "x"}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_who_runs_an_entry_may_be_anything(value: Json, expected: tuple[str, str]) -> None:
    found = only_entry(value)
    assert (found.runtime_source, found.impersonation) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"runtimeSource": "embedded", "connection": {}, "api": API},
        {"runtimeSource": "embedded", "api": API},
        {"connection": None, "api": API},
        {"connection": "shared-office365-1", "api": API},
        {"connection": {"name": f"shared-office365-{GUID}"}, "api": API},
        {"connection": {"id": f"{APIS}shared_office365/connections/{GUID}"}, "api": API},
        {"connection": {"id": f"{APIS}shared_office365/connections/{GUID}"}},
        {"connectionName": "shared-office365-1", "source": "Embedded", "id": API_ID, "tier": "NotSpecified"},
        {"connectionName": "shared-office365-1", "apiId": API_ID},
        {"connection": {"connectionReferenceLogicalName": ""}, "api": API},
        {"connection": {"connectionReferenceLogicalName": "  "}, "api": API},
        {"connection": {"connectionReferenceLogicalName": None}, "api": {"name": "Shared_Office365"}},
        {"connection": {"connectionReferenceLogicalName": 5}, "api": {"id": API_ID}},
    ],
)
def test_every_raw_form_is_raw_and_tells_its_connector(value: Json) -> None:
    found = only_entry(value)
    assert (found.reference, found.key, found.connector) == (None, None, "shared_office365")
    assert found.route == (*ENTRIES, "shared_office365")


@pytest.mark.parametrize(
    "value",
    [
        entry("con_Outlook"),
        {"connectionReferenceLogicalName": "con_Outlook", "api": {"name": "shared_office365"}},
        {
            "connectionReferenceLogicalName": "con_Outlook",
            "connectionName": "shared-office365-1",
            "source": "Invoker",
            "id": f"{APIS}shared_office365",
        },
        {**entry("con_Outlook"), "runtimeSource": "invoker", "impersonation": {}},
        {**entry("con_Outlook"), "connectionReferenceLogicalName": "other"},
        {**entry(""), "connectionReferenceLogicalName": "con_Outlook"},
    ],
)
def test_every_form_of_a_reference_is_one(value: Json) -> None:
    found = only_entry(value)
    assert (found.reference, found.key) == ("con_Outlook", "con_outlook")
    assert found.connector == "shared_office365"


def test_the_alias_says_nothing_about_connector_or_name() -> None:
    found = read(
        flow({"shared_sql": entry("con_outlook"), "con_outlook": entry("con_teams", "shared_teams")})
    )
    assert [(item.alias, item.connector, item.reference) for item in found.entries] == [
        ("shared_sql", "shared_office365", "con_outlook"),
        ("con_outlook", "shared_teams", "con_teams"),
    ]


def test_names_are_kept_as_they_are() -> None:
    name = f"new_2357.shared_a365memcp.shared-a365memcp-{GUID}"
    assert only_entry(entry(name)).reference == name


@pytest.mark.parametrize("missing", ["absent", None, {}])
def test_a_flow_may_need_no_connection(missing: Any) -> None:
    document = flow({}, {"Compose": {"type": "Compose", "inputs": "@body('x')"}})
    if missing == "absent":
        del document["properties"]["connectionReferences"]
    else:
        document["properties"]["connectionReferences"] = missing
    assert read(document) == FlowFacts((), (), ())


# Operations


HOSTS = {
    "name": lambda alias: {"connectionName": alias, "operationId": "X", "apiId": f"{APIS}shared_x"},
    "reference": lambda alias: {"connectionReferenceName": alias, "operationId": "X"},
    "parameters": lambda alias: {
        "connection": {"name": f"@parameters('$connections')['{alias}']['connectionId']"},
        "api": {"runtimeUrl": "https://europe.azure-apim.net/apim/x"},
    },
    "token": lambda alias: {
        "connection": {
            "name": "@json(decodeBase64(triggerOutputs().headers['X-MS-APIM-Tokens']))['$connections']"
            f"['{alias}']['connectionId']"
        }
    },
}
TYPES = ["OpenApiConnection", "openapiconnectionwebhook", "OpenApiConnectionNotification", "ApiConnection",
         "apiconnectionwebhook", "Request"]  # fmt: skip


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> tuple[Json, list[tuple[str, tuple[str, ...], str, str]]]:
    """Nested actions, and the operations among them: name, route from here, alias, form."""
    actions: Json = {}
    wanted: list[tuple[str, tuple[str, ...], str, str]] = []

    def nest(*route: str) -> Json:
        inner, found = draw(trees(depth - 1))
        wanted.extend((name, (*route, "actions", *below), alias, form) for name, below, alias, form in found)
        return {"actions": inner}

    for name in draw(st.lists(st.text("AB_é ", min_size=1, max_size=3), max_size=3, unique=True)):
        kind = draw(st.sampled_from(["call", "none", "child"] + (["scope", "if", "switch"] if depth else [])))
        if kind == "call":
            form = draw(st.sampled_from(sorted(HOSTS)))
            alias = draw(st.sampled_from(["shared_x", "shared_x_1", "Shared_Y", "a b", "é"]))
            actions[name] = {"type": draw(st.sampled_from(TYPES)), "inputs": {"host": HOSTS[form](alias)}}
            wanted.append((name, (name,), alias, form))
        elif kind == "none":
            actions[name] = {"type": "Compose", "inputs": {"host": "x", "connectionName": "x", "actions": {}}}
        elif kind == "child":
            actions[name] = {"type": "Workflow", "inputs": {"host": {"workflowReferenceName": GUID}}}
        elif kind == "scope":
            actions[name] = {"type": draw(st.sampled_from(["Scope", "Foreach", "until"])), **nest(name)}
        elif kind == "if":
            actions[name] = {"type": "If", **nest(name), "else": nest(name, "else")}
        else:
            cases = {case: {"case": case, **nest(name, "cases", case)} for case in ("Case", "Case_2")}
            actions[name] = {"type": "switch", "cases": cases, "default": nest(name, "default")}
    return actions, wanted


@given(trees(), st.sampled_from(sorted(ENCODINGS)))
def test_operations_are_found_at_any_depth_in_document_order(
    tree: tuple[Json, list[tuple[str, tuple[str, ...], str, str]]], encoding: str
) -> None:
    actions, wanted = tree
    text = json.dumps(flow({}, actions), ensure_ascii=False, indent=1).replace("\n", "\r\n")
    found = read_text(text, encoding)
    assert [(item.name, item.route, item.alias, item.form) for item in found.operations] == [
        (name, (*DEFINITION, "actions", *route), alias, form) for name, route, alias, form in wanted
    ]
    assert {item.kind for item in found.operations} <= {"action"}


@pytest.mark.parametrize("form", HOSTS)
def test_a_host_tells_alias_connector_and_form(form: str) -> None:
    host = {**HOSTS[form]("Shared_X"), "apiId": f"{APIS}Shared_Other"}
    found = read(flow({}, {"A": {"inputs": {"host": host}}})).operations
    assert found == (
        Operation("A", "action", "Shared_X", "shared_other", form, (*DEFINITION, "actions", "A")),
    )
    for api in (None, 5):
        (found,) = read(flow({}, {"A": {"inputs": {"host": {**host, "apiId": api}}}})).operations
        assert found.connector == ""


def test_the_name_comes_before_the_expression() -> None:
    host = {**HOSTS["parameters"]("b"), **HOSTS["name"]("a")}
    (found,) = read(flow({}, {"A": {"inputs": {"host": host}}})).operations
    assert (found.alias, found.form) == ("a", "name")
    (found,) = read(flow({}, {"A": {"inputs": {"host": {**host, "connectionName": ""}}}})).operations
    assert (found.alias, found.form) == ("b", "parameters")


def test_each_alias_that_a_host_names_is_used() -> None:
    host = {**HOSTS["reference"]("b"), **HOSTS["name"]("a")}
    found = read(flow({}, {"A": {"inputs": {"host": host}}})).operations
    assert [(item.name, item.alias, item.form) for item in found] == [
        ("A", "a", "name"),
        ("A", "b", "reference"),
    ]
    found = read(flow({}, {"A": {"inputs": {"host": {**host, "connectionName": "B"}}}})).operations
    assert [(item.alias, item.form) for item in found] == [("B", "name")]
    assert found[0].alias_route == (*DEFINITION, "actions", "A", "inputs", "host", "connectionName")


def test_parts_that_are_none_hide_nothing_behind_them() -> None:
    call = {"inputs": {"host": HOSTS["name"]("a")}}
    odd = {"A": "x", "B": {"type": "Compose"}, "C": {"cases": {"x": 5, "y": {"actions": {"D": call}}}}}
    more = {"E": {"else": 5, "default": 5, "actions": {"F": call}}, "G": {**call, "actions": {"H": call}}}
    found = read(flow({}, {**odd, **more})).operations
    assert [item.name for item in found] == ["D", "F", "G", "H"]


def test_parts_of_an_operation_come_in_an_order_of_their_own() -> None:
    """As the designer shows them: what is done, what else, each case, and what otherwise."""
    call = {"inputs": {"host": HOSTS["name"]("a")}}
    held = {"actions": {"A": call, "B": call}, "else": {"actions": {"C": call}}}
    cases = {"cases": {"x": {"actions": {"D": call}}, "y": {"actions": {"E": call}}}}
    found = read(flow({}, {"If": {**held, **cases, "default": {"actions": {"F": call}}}})).operations
    root = (*DEFINITION, "actions", "If")
    assert [item.route[len(root) :] for item in found] == [
        ("actions", "A"),
        ("actions", "B"),
        ("else", "actions", "C"),
        ("cases", "x", "actions", "D"),
        ("cases", "y", "actions", "E"),
        ("default", "actions", "F"),
    ]
    assert {item.route[: len(root)] for item in found} == {root}


def test_triggers_come_first() -> None:
    trigger = {"type": "OpenApiConnectionWebhook", "inputs": {"host": HOSTS["name"]("shared_x")}}
    found = read(flow({}, {"Send": action("shared_y")}, {"When": trigger}))
    assert found.operations == (
        Operation("When", "trigger", "shared_x", "shared_x", "name", (*DEFINITION, "triggers", "When")),
        Operation("Send", "action", "shared_y", "shared_y", "name", (*DEFINITION, "actions", "Send")),
    )


def test_ai_builder_names_its_operation_group_in_place_of_the_connector() -> None:
    host = {
        "connectionName": DATAVERSE,
        "apiId": "/providers/Microsoft.ProcessSimple/operationGroups/aibuilder",
    }
    found = read(flow({}, {"Predict": {"type": "OpenApiConnection", "inputs": {"host": host}}}))
    assert [(item.alias, item.connector) for item in found.operations] == [(DATAVERSE, "aibuilder")]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("@parameters('$connections')['shared_x']['connectionId']", ("shared_x", "parameters")),
        ("@{parameters('$connections')['shared_x']['connectionId']}", ("shared_x", "parameters")),
        ("@parameters('$connections')?['shared_x']?['connectionId']", ("shared_x", "parameters")),
        ("@{parameters('$connections')?['it''s']?['connectionId']}", ("it's", "parameters")),
        ("@Parameters( '$Connections' ) [ 'shared_x' ]['connectionId']", ("shared_x", "parameters")),
        (
            "@json(decodeBase64(triggerOutputs().headers['X-MS-APIM-Tokens']))['$connections']['a']['connectionId']",
            ("a", "token"),
        ),
        (
            "@{json(decodeBase64(triggerOutputs()?['headers']?['x-ms-apim-tokens']))?['$connections']?['it''s']}",
            ("it's", "token"),
        ),
        ("shared_x", None),
        ("@parameters('$connections')[variables('x')]['connectionId']", None),
        ("@parameters('$authentication')['a']", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_an_expression_names_its_alias(expression: Any, wanted: tuple[str, str] | None) -> None:
    assert alias_in(expression) == wanted
    if isinstance(expression, str):
        span = alias_span(expression)
        assert (span and expression[slice(*span)].replace("''", "'")) == (wanted and wanted[0])


def test_an_expression_may_stand_in_a_text() -> None:
    text = "Use @{parameters('$connections')['a']['connectionId']} here"
    assert (alias_in(text), alias_span(text)) == (("a", "parameters"), (34, 35))
    text = "Use @{json(x('X-MS-APIM-Tokens'))\n['$connections']['b']} here"
    assert (alias_in(text), alias_span(text)) == (("b", "token"), (52, 53))
    assert alias_in("@parameters('$connections')['a'] x-ms-apim-tokens['$connections']['b']") == (
        "a",
        "parameters",
    )


@pytest.mark.parametrize(
    "operation",
    [
        "text",
        None,
        [],
        {"inputs": "@x"},
        {"inputs": {"host": None}},
        {"inputs": {"host": {"connectionName": ""}}},
        {"inputs": {"host": {"connectionName": None, "connection": "x"}}},
        {"inputs": {"host": {"connection": {"name": None}}}},
        {"type": "Http", "inputs": {"method": "GET", "uri": "https://contoso.com"}},
        {"type": "Scope", "actions": None, "else": [], "cases": {"a": None}, "default": "x"},
    ],
)
def test_what_needs_no_connection_is_no_operation(operation: Any) -> None:
    assert read(flow({}, {"A": operation})).operations == ()


# Literal connections


@pytest.mark.parametrize(
    ("value", "connections"),
    [
        (f"/providers/Microsoft.PowerApps/apis/shared_x/connections/{GUID}", [GUID]),
        ("https://api.powerapps.com/providers/x/apis/shared_x/connections/abc-1?a=b", ["abc-1"]),
        ("/connections/0123456789abcdef0123456789ABCDEF", ["0123456789abcdef0123456789ABCDEF"]),
        (f"https://x/Connections/{GUID}/test", [GUID]),
        (f"shared-office365-{GUID}", [f"shared-office365-{GUID}"]),
        (f"Use shared-commondataser-{GUID}.", [f"shared-commondataser-{GUID}"]),
        (f"shared-con-5fx-{GUID}", [f"shared-con-5fx-{GUID}"]),
        (f"shared-a-{GUID}, shared-b-{GUID}", [f"shared-a-{GUID}", f"shared-b-{GUID}"]),
        # What is none
        ("0123456789abcdef0123456789abcdef", []),
        (GUID, []),
        ("/connections/list", []),
        ("https://make.powerautomate.com/environments/x/connections", []),
        ("/apis/@{variables('api')}/connections/@{variables('id')}", []),
        ("/apis/shared_x/connections/@{variables('id')}", []),
        (f"new_2357.shared_x.shared-x-{GUID}", []),
        (f"@{{concat('/connections/', '{GUID}x')}}", []),
        ("shared-office365", []),
        ("shared_office365", []),
    ],
)
def test_literal_connections_in_a_definition(value: str, connections: list[str]) -> None:
    actions = {"Compose": {"type": "Compose", "inputs": {"a": [value]}}}
    found = read(flow({}, actions)).embedded
    assert [item.connection for item in found] == connections
    assert {item.route for item in found} <= {(*DEFINITION, "actions", "Compose", "inputs", "a", "0")}


def test_a_literal_connection_is_found_behind_escapes() -> None:
    text = json.dumps(flow({}, {"A": {"inputs": f"/connections/{GUID}"}}))
    for written in (r"\/connections\/", r"\u002fconnections\u002f", r"\u002Fc\u006fnnections/"):
        found = read_text(text.replace("/connections/", written))
        assert [item.connection for item in found.embedded] == [GUID]
    every = json.dumps(flow({}, {"A": {"inputs": [f"/connections/{GUID}", f"shared-x-{GUID}", "/x", "é"]}}))
    found = read_text(every.replace("/x", r"\/x"))
    assert [item.connection for item in found.embedded] == [GUID, f"shared-x-{GUID}"]
    name = json.dumps(flow({}, {"A": {"inputs": f"shared-x-{GUID}"}})).replace("shared-x", "sh\\u0061red-x")
    found = read_text(name)
    assert [item.connection for item in found.embedded] == [f"shared-x-{GUID}"]


def test_an_alias_is_no_literal_connection() -> None:
    alias = f"shared-office365-{GUID}"
    actions = {form: {"inputs": {"host": host(alias)}} for form, host in HOSTS.items()}
    found = read(flow({alias: entry("con_x")}, actions))
    assert found.embedded == ()
    assert [item.alias for item in found.operations] == [alias] * len(HOSTS)


@pytest.mark.parametrize(
    ("inputs", "is_alias"),
    [
        ({"host": {"connectionName": "{}"}}, True),
        ({"host": {"connectionReferenceName": "{}"}}, True),
        ({"host": {"connection": {"name": "{}"}}}, False),
        ({"host": {"connection": {"name": "@parameters('$connections')['{}']"}}}, True),
        ({"host": {"connection": {"id": "@parameters('$connections')['{}']"}}}, False),
        ({"host": {"connection": "{}"}}, False),
        ({"host": {"x": {"connectionName": "{}"}}}, False),
        ({"host": {"x": {"connectionReferenceName": "{}"}}}, False),
        ({"host": {"connectionNames": "{}"}}, False),
        ({"hosts": {"connectionName": "{}"}}, False),
        ({"hosts": {"connection": {"name": "@parameters('$connections')['{}']"}}}, False),
        ({"host": {"connections": {"name": "@parameters('$connections')['{}']"}}}, False),
    ],
)
def test_only_where_an_alias_stands_it_may_look_like_a_connection(inputs: Json, is_alias: bool) -> None:
    name = f"shared-office365-{GUID}"
    written = json.loads(json.dumps(inputs).replace("{}", name))
    expected = [] if is_alias else [name]
    assert [item.connection for item in read(flow({}, {"A": {"inputs": written}})).embedded] == expected
    elsewhere = read(flow({}, {"A": {"input": written}})).embedded
    assert [item.connection for item in elsewhere] == [name]
    nested = read(flow({}, {"S": {"actions": {"A": {"inputs": written}}}})).embedded
    assert [item.connection for item in nested] == expected
    # What stands behind it is seen all the same.
    both = read(flow({}, {"A": {"inputs": written}, "B": {"inputs": name}})).embedded
    assert [item.connection for item in both] == [*expected, name]


def test_a_literal_connection_in_a_host_is_one() -> None:
    host = {"connection": {"name": f"/providers/Microsoft.PowerApps/apis/shared_x/connections/{GUID}"}}
    found = read(flow({}, {"A": {"inputs": {"host": host}}}))
    assert [item.route[-2:] for item in found.embedded] == [("connection", "name")]


@pytest.mark.parametrize(
    ("default", "connections"),
    [
        ({}, []),
        (None, []),
        ({"shared_x": {"connectionId": f"{APIS}shared_x/connections/abc", "id": f"{APIS}shared_x"}}, ["abc"]),
        ({"a": {"connectionName": "shared-x-1"}, "b": {}}, ["shared-x-1", "b"]),
        ({"shared_x": "shared-x-1", "shared_y": None}, ["shared_x", "shared_y"]),
        ({"a": {"connectionId": 5, "id": "x/y"}, "b": {"connectionId": "", "id": "z"}}, ["y", "b"]),
        ({"a": {"connectionId": "c", "connectionName": "n", "id": "i"}}, ["c"]),
        ({"a": {"connectionName": "n", "id": "i"}, "b": {"id": "i"}}, ["n", "i"]),
        ({"a": {"id": f"shared-x-{GUID}"}}, [f"shared-x-{GUID}"]),
    ],
)
def test_a_filled_default_of_connections_is_literal(default: Any, connections: list[str]) -> None:
    document = flow({}, {})
    document["properties"]["definition"]["parameters"]["$connections"]["defaultValue"] = default
    found = read(document).embedded
    assert [item.connection for item in found] == connections
    route = (*DEFINITION, "parameters", "$connections", "defaultValue")
    assert [item.route for item in found] == [(*route, alias) for alias in (default or {})]


# Keys that stand twice


TWICE = json.dumps(flow({"shared_x": entry("con_x")}, {"A": action("shared_x")}))


@pytest.mark.parametrize(
    ("old", "new", "route"),
    [
        ('{"properties"', '{"properties": {}, "properties"', ("properties",)),
        ('"definition": {', '"definition": {}, "definition": {', DEFINITION),
        ('"connectionReferences": {', '"connectionReferences": {}, "connectionReferences": {', ENTRIES),
        ('"shared_x": {', '"shared_x": {"connection": {}}, "shared_x": {', (*ENTRIES, "shared_x")),
        ('"connection": {', '"connection": {}, "connection": {', (*ENTRIES, "shared_x", "connection")),
        ('"api": {', '"x": {"y": [{"z": 1, "z": 2}]}, "api": {', (*ENTRIES, "shared_x", "x", "y", "0", "z")),
        ('"actions": {', '"actions": {}, "actions": {', (*DEFINITION, "actions")),
        ('"triggers": {', '"triggers": {}, "triggers": {', (*DEFINITION, "triggers")),
        ('"A": {', '"A": {}, "A": {', (*DEFINITION, "actions", "A")),
        ('"inputs": {"host"', '"inputs": {}, "inputs": {"host"', (*DEFINITION, "actions", "A", "inputs")),
        ('"host": {', '"host": {}, "host": {', (*DEFINITION, "actions", "A", "inputs", "host")),
        (
            '"connectionName"',
            '"connectionName": "y", "connectionName"',
            (*DEFINITION, "actions", "A", "inputs", "host", "connectionName"),
        ),
        (
            '"$connections": {',
            '"$connections": {}, "$connections": {',
            (*DEFINITION, "parameters", "$connections"),
        ),
    ],
)
def test_a_key_that_stands_twice_on_the_way_is_noted(old: str, new: str, route: tuple[str, ...]) -> None:
    assert old in TWICE
    found = read_text(TWICE.replace(old, new, 1))
    assert found.repeated == (route,)


@pytest.mark.parametrize(
    ("nested", "route"),
    [
        ('"inputs": {}, "inputs": {}', ("inputs",)),
        ('"inputs": {"host": {}, "host": {}}', ("inputs", "host")),
        ('"inputs": {"host": {"connection": {}, "connection": {}}}', ("inputs", "host", "connection")),
        (
            '"inputs": {"host": {"connectionReferenceName": "", "connectionReferenceName": "a"}}',
            ("inputs", "host", "connectionReferenceName"),
        ),
        (
            '"inputs": {"host": {"connection": {"name": "", "name": ""}}}',
            ("inputs", "host", "connection", "name"),
        ),
        ('"actions": {}, "actions": {}', ("actions",)),
        ('"actions": {"a": {}, "a": {}}', ("actions", "a")),
        ('"else": {}, "else": {}', ("else",)),
        ('"else": {"actions": {}, "actions": {}}', ("else", "actions")),
        ('"else": {"actions": {"a": {}, "a": {}}}', ("else", "actions", "a")),
        ('"cases": {}, "cases": {}', ("cases",)),
        ('"cases": {"a": {}, "a": {}}', ("cases", "a")),
        ('"cases": {"a": {"actions": {}, "actions": {}}}', ("cases", "a", "actions")),
        ('"default": {}, "default": {}', ("default",)),
        ('"default": {"actions": {}, "actions": {}}', ("default", "actions")),
        ('"default": {"actions": {"a": {}, "a": {}}}', ("default", "actions", "a")),
    ],
)
def test_a_key_that_stands_twice_deep_down_is_noted(nested: str, route: tuple[str, ...]) -> None:
    text = TWICE.replace('"A": {', f'"A": {{"type": "Scope", "actions": {{"B": {{{nested}}}}}, ', 1)
    found = read_text(text)
    assert found.repeated == ((*DEFINITION, "actions", "A", "actions", "B", *route),)


def test_all_that_stand_twice_are_noted_in_order() -> None:
    text = (
        '{"properties": {"connectionReferences": {'
        '"a": {"x": 1, "x": 2, "l": [{"y": 1, "y": 2}, {"z": 1, "z": 2}]}, "b": {"w": 1, "w": 2}}, '
        '"definition": {"triggers": {}, "parameters": {}, "triggers": {}, "parameters": {}, "x": 1, "x": 2}}}'
    )
    found = read_text(text)
    assert found.repeated[0] == (*ENTRIES, "a", "x")
    assert set(found.repeated[1:3]) == {(*ENTRIES, "a", "l", "0", "y"), (*ENTRIES, "a", "l", "1", "z")}
    assert found.repeated[3:] == (
        (*ENTRIES, "b", "w"),
        (*DEFINITION, "triggers"),
        (*DEFINITION, "parameters"),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"schemaVersion"', '"schemaVersion": "0", "schemaVersion"'),
        ('{"properties": {', '{"properties": {"x": 1, "x": 2, '),
        ('"runAfter": {}', '"runAfter": {}, "runAfter": {}, "metadata": {"a": 1, "a": 2}'),
        ('"parameters": {}}}', '"parameters": {"item": 1, "item": 2}}}'),
        ('"operationId"', '"operationId": "x", "operationId"'),
        ('"contentVersion"', '"contentVersion": "0", "contentVersion"'),
        (
            '"connectionReferences"',
            '"other": {"connectionReferences": 1, "connectionReferences": 2}, "connectionReferences"',
        ),
        ('"inputs": {"host"', '"inputs": {"x": 1, "x": 2, "host"'),
        ('"host": {', '"host": {"connection": {"id": 1, "id": 2}, '),
        ('"$connections": {', '"x": 1, "x": 2, "$connections": {'),
        ('"actions": {', '"actions": {"B": {"else": {"x": 1, "x": 2}, "default": {"x": 1, "x": 2}}, '),
        ('"actions": {', '"actions": {"B": {"cases": {"c": {"x": 1, "x": 2}}}, '),
    ],
)
def test_a_key_that_stands_twice_elsewhere_is_left_alone(old: str, new: str) -> None:
    assert old in TWICE
    found = read_text(TWICE.replace(old, new, 1))
    assert found.repeated == ()


@pytest.mark.parametrize(
    ("text", "route"),
    [
        (TWICE[:-1] + ', "properties": {}}', ("properties",)),
        (TWICE[:-1] + ', "properties": null}', ("properties",)),
        ('{"properties": {"definition": {}, "connectionReferences": {}, "definition": 5}}', DEFINITION),
        ('{"properties": {"definition": {}, "definition": null}}', DEFINITION),
        ('{"properties": {"connectionReferences": {}, "connectionReferences": {}}}', ENTRIES),
    ],
)
def test_a_flow_does_not_hide_behind_a_second_key(text: str, route: tuple[str, ...]) -> None:
    with pytest.raises(SourceError) as caught:
        read_flow(text.encode())
    assert caught.value.reason == (
        f"the key {route[-1]!r} stands twice in one object, and the first one is lost"
    )
    assert caught.value.at == route


# What is no flow, and what cannot be read


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '"properties"',
        "5",
        "null",
        '{"properties": null}',
        '{"properties": []}',
        '{"properties": {}}',
        '{"schemaversion": "2.0", "targets": [], "definition": {"actions": {}}}',
        '{"properties": {"definition": "x"}}',
        '{"definition": {"triggers": {}, "actions": {}}}',
        '{"properties": {"definition": [], "x": 1, "x": 2}}',
        '{"x": 1, "x": 2}',
        '{"connectionReferences": {}}',
    ],
)
def test_other_json_is_no_flow(text: str) -> None:
    assert read_flow(text.encode()) is None


@pytest.mark.parametrize(
    ("text", "reason", "at"),
    [
        ("", "the file is empty", None),
        ("{", "not JSON: it breaks off", 1),
        (
            TWICE[: TWICE.index("con_x")],
            "not JSON: unterminated string starting at",
            TWICE.index("con_x") - 1,
        ),
        ('{"properties": {"connectionReferences": {}}}', "a flow without a definition", ("properties",)),
        (
            '{"properties": {"connectionReferences": [], "definition": {}}}',
            "connectionReferences is not an object",
            ENTRIES,
        ),
        (
            '{"properties": {"connectionReferences": {"a": null}, "definition": {}}}',
            "the connection reference 'a' is not an object",
            (*ENTRIES, "a"),
        ),
        ('{"properties": {"a": NaN}}', "not JSON: NaN is no JSON value", 21),
        ("[" * 200_000, "nested too deep to be read: more than 500 levels", None),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, reason: str, at: Any) -> None:
    with pytest.raises(SourceError) as raised:
        read_flow(text.encode())
    assert (raised.value.reason, raised.value.at) == (reason, at)


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_fault_is_placed_at_its_byte(name: str) -> None:
    text = '{"é😀": 1,\r\n "b" 2}'
    with pytest.raises(SourceError) as raised:
        read_flow(encode(text, name))
    assert raised.value.at == len(encode(text[: text.index("2")], name))


def test_odd_values_are_no_obstacle() -> None:
    text = TWICE.replace('"runAfter": {}', f'"runAfter": {{}}, "n": {"9" * 5000}, "s": "\\ud800"', 1)
    found = read_text(text)
    assert [item.reference for item in found.entries] == ["con_x"]
    hidden = text.replace('"connectionReferenceLogicalName": "con_x"', '"connectionReferenceLogicalName": 5')
    found = read_text(hidden)
    assert [item.reference for item in found.entries] == [None]


@pytest.mark.parametrize(
    ("names", "at"),
    [
        (("Properties", "definition", "connectionReferences"), ("Properties",)),
        (("properties", "Definition", "connectionreferences"), ("properties", "Definition")),
        (("properties", "definition", "ConnectionReferences"), ("properties", "ConnectionReferences")),
    ],
)
def test_keys_in_other_letters_hide_no_flow(names: tuple[str, str, str], at: tuple[str, ...]) -> None:
    """Some readers take them for the same."""
    properties, definition, references = names
    raw = {"shared_x": {"connection": {}, "api": {"name": "shared_x"}}}
    text = json.dumps({properties: {definition: {"actions": {}}, references: raw}})
    with pytest.raises(SourceError) as caught:
        read_flow(text.encode())
    assert caught.value.reason == f"the key {at[-1]!r} is written with other letters than flows are"
    assert caught.value.at == at
    beside = json.dumps({**flow(), properties: {definition: {}, references: raw}})
    for hidden in (text, beside) if properties != "properties" else (text,):
        with pytest.raises(SourceError):
            read_flow(hidden.encode())
        for engine in (None, orjson):
            with pytest.raises(Doubt):
                plain_flow(hidden.encode(), engine)


@pytest.mark.parametrize(
    "entries", [{}, {"a": entry("con_a")}, {"a": entry("con_a"), "b": {"connection": {}}}]
)
def test_what_is_skimmed_says_of_entries_what_is_read(entries: Json) -> None:
    data = json.dumps(flow(entries, {})).encode()
    skimmed, whole = skim_flow(data), read_flow(data)
    assert skimmed is not None
    assert whole is not None
    assert skimmed.entries == whole.entries
    assert skimmed.is_plain in (False, "b" not in entries)
    assert whole.is_plain is False


def test_keys_of_something_else_may_have_any_letters() -> None:
    assert read_flow(b'{"Properties": {"Name": "x"}, "Definition": {}, "PROPERTIES": 1}') is None


@pytest.mark.parametrize(
    ("change", "route"),
    [
        ({"Connection": {"connectionReferenceLogicalName": "con_b"}}, ("Connection",)),
        ({"ConnectionReferenceLogicalName": ""}, ("ConnectionReferenceLogicalName",)),
        (
            {"connection": {"connectionReferenceLogicalName": "con_a", "ConnectionReferenceLogicalname": ""}},
            ("connection", "ConnectionReferenceLogicalname"),
        ),
        ({"api": {"name": "shared_sql", "Name": "shared_teams"}}, ("api", "Name")),
    ],
)
def test_an_entry_s_keys_in_other_letters_are_refused(
    change: dict[str, object], route: tuple[str, ...]
) -> None:
    data = json.dumps(flow({"a": {**entry("con_a", "shared_sql"), **change}}, {})).encode()
    for read in (read_flow, skim_flow):
        with pytest.raises(SourceError, match="is written with other letters") as raised:
            read(data)
        assert raised.value.at == ("properties", "connectionReferences", "a", *route)
    with pytest.raises(Doubt):
        plain_flow(data)

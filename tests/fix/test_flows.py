"""Fixes of a flow: raw entries get their reference (CR101), aliases for one reference become one (CR203).

What is said of them, and of the common cases, stands in `tests/fix/said`.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fix.scenes import HASHED, PARAMETERS, SPARE, TOKENS, by_expression, of_flow, path_of
from tests.fix.trees import changed, fixed, refused
from tests.support.builders import OUTLOOK, TEAMS, Json, Reference, action, entry, flow, raw_entry, to_json

PATH = f"HR/{path_of('Send')}"
FILLED = {"connectionReferenceLogicalName": "con_Outlook"}


def fixed_text(document: Json | str | bytes, references: Any = ("con_Outlook",)) -> str:
    """The flow's text, which is all that is changed."""
    after = changed(of_flow(document, references))
    assert list(after) == [PATH]
    return after[PATH].decode()


def entries(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)["properties"]["connectionReferences"]
    return found


# CR101


@pytest.mark.parametrize(
    "raw",
    [
        raw_entry(OUTLOOK, {"name": "shared-office365-12345678-1234-1234-1234-1234567890ab"}),
        raw_entry(OUTLOOK, {"id": "/providers/Microsoft.PowerApps/apis/shared_office365/connections/abc"}),
        {**raw_entry(OUTLOOK), "connection": None},
        {"runtimeSource": "embedded", "api": {"name": OUTLOOK}},
        {"api": {"name": OUTLOOK}, "runtimeSource": "embedded"},
        {"impersonation": {}, **raw_entry(OUTLOOK)},
        raw_entry(OUTLOOK, {"connectionReferenceLogicalName": ""}),
        {**raw_entry(OUTLOOK), "runtimeSource": "invoker"},
    ],
    ids=["a name", "an id", "null", "none", "api first", "impersonation", "an empty name", "an invoker"],
)
def test_every_exported_form_of_a_raw_connection(raw: Json) -> None:
    """Nothing else of it changes."""
    assert entries(fixed_text(flow({OUTLOOK: raw})))[OUTLOOK] == {**raw, "connection": FILLED}


def test_a_custom_connector_of_another_environment() -> None:
    raw = {**raw_entry(HASHED[0]), "api": {"name": HASHED[0], "logicalName": "con_5Ferp"}}
    after = fixed_text(flow({HASHED[0]: raw}), [("con_Outlook", HASHED[1])])
    assert entries(after)[HASHED[0]] == {**raw, "connection": FILLED}


@pytest.mark.parametrize(
    "odd",
    [
        {"connectionName": "shared-office365-1", "source": "Embedded", "id": f"/apis/{OUTLOOK}"},
        {**raw_entry(), "connection": {"other": 1}},
    ],
    ids=["the designer's form", "more inside"],
)
def test_other_shapes_are_left_alone(odd: Json) -> None:
    assert refused(of_flow(flow({OUTLOOK: odd})), rules=["CR101"], word=True) == [
        "the entry has not the shape that exports have"
    ]


def test_a_key_that_stands_twice_matters_where_it_is_edited_alone() -> None:
    twice = '"connection": {},\n        "connection": {}'
    text = to_json(flow({OUTLOOK: None}))
    assert not changed(of_flow(text.replace('"connection": {}', twice)))
    odd = '"parameters": {"x": 1, "x": 2, "y": 1.00, "z": "\\u00e4/\\/"}'
    elsewhere = text.replace('"parameters": {}', odd)
    put = '"connection": {\n          "connectionReferenceLogicalName": "con_Outlook"\n        }'
    assert fixed_text(elsewhere) == elsewhere.replace('"connection": {}', put)


# CR203


def by_api(alias: str) -> Json:
    """An operation in the form of the flow API."""
    return {"type": "OpenApiConnection", "inputs": {"host": {"connectionReferenceName": alias}}}


FORMS = {
    "name": action,
    "reference": by_api,
    "parameters": lambda alias: by_expression(PARAMETERS.format(alias)),
    "token": lambda alias: by_expression(TOKENS.format(alias)),
    "braces": lambda alias: by_expression(f"@{{parameters('$connections')?['{alias}']?['connectionId']}}"),
}
TWO: Json = {OUTLOOK: entry("con_Outlook"), SPARE: entry("con_Outlook")}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_host_is_pointed_at_the_first_alias(form: str) -> None:
    made = FORMS[form]
    expected = flow({OUTLOOK: entry("con_Outlook")}, {"Send": made(OUTLOOK), "Look": made(OUTLOOK)})
    assert fixed_text(flow(TWO, {"Send": made(SPARE), "Look": made(OUTLOOK)})) == to_json(expected)


def test_operations_at_every_depth() -> None:
    def actions(alias: str) -> Json:
        use = {"A": action(alias)}
        return {
            "Scope": {"type": "Scope", "actions": use},
            "If": {"type": "If", "actions": use, "else": {"actions": {"B": action(alias)}}},
            "Switch": {
                "type": "switch",
                "cases": {"One": {"actions": use}},
                "default": {"actions": {"D": action(alias)}},
            },
            "Each": {"type": "Foreach", "actions": {"Until": {"type": "Until", "actions": use}}},
        }

    triggers = {"When": {"type": "OpenApiConnectionWebhook", "inputs": action(OUTLOOK)["inputs"]}}
    before = flow(TWO, actions(SPARE), triggers)
    expected = flow({OUTLOOK: entry("con_Outlook")}, actions(OUTLOOK), triggers)
    assert fixed_text(before) == to_json(expected)


def test_quotes_and_escapes_in_aliases() -> None:
    first = {"o'brien": entry("con_Outlook"), OUTLOOK: entry("con_Outlook")}
    text = to_json(
        flow(dict(reversed(first.items())), {"Send": by_expression(PARAMETERS.format("o''brien"))})
    )
    text = text.replace("['o''brien']", "[\\u0027o\\u0027\\u0027br\\u0069en\\u0027]")
    assert f"@parameters('$connections')['{OUTLOOK}']['connectionId']" in fixed_text(text)
    actions = {"Send": by_expression(PARAMETERS.format(OUTLOOK)), "Look": action(OUTLOOK, OUTLOOK)}
    after = fixed_text(flow(first, actions))
    assert PARAMETERS.format("o''brien") in after
    assert '"connectionName": "o\'brien"' in after


NAMED = "the flow's definition names an alias otherwise than as an operation's host"
DEFAULT = flow(TWO)
DEFAULT["properties"]["definition"]["parameters"]["$connections"]["defaultValue"] = {SPARE: {}}


def spare(**more: Any) -> Json:
    like = {f"{OUTLOOK}_{number}": entry("con_Outlook") for number in (7, 8)}
    return flow({OUTLOOK: entry("con_Outlook"), **like, SPARE: {**entry("con_Outlook"), **more}})


def named(inputs: Any, kind: str = "Compose") -> Json:
    return flow(TWO, {"Send": action(SPARE), "Say": {"type": kind, "inputs": inputs}})


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (spare(runtimeSource="invoker"), "the entries differ in runtimeSource"),
        (spare(impersonation={"source": "invoker"}), "the entries differ in impersonation"),
        (spare(api={"name": TEAMS}), "the entries differ in their connector"),
        (spare(tier="Premium"), "one of the entries has not the shape that exports have"),
        (
            flow({OUTLOOK: entry("con_Outlook"), OUTLOOK.upper(): entry("con_Outlook")}),
            "two aliases differ in nothing but letter case",
        ),
        (named(PARAMETERS.format(SPARE)), NAMED),
        (named("@string(parameters('$connections'))"), NAMED),
        (
            to_json(named(f"@parameters('\\u0024connections')['{SPARE}']")).replace("\\\\u0024", "\\u0024"),
            NAMED,
        ),
        (
            flow(TWO, {"H": by_expression(PARAMETERS.format(OUTLOOK) + " " + PARAMETERS.format(SPARE))}),
            NAMED,
        ),
        (named({"nested": {"host": {"connectionName": SPARE}}}, "Custom"), NAMED),
        (named({"nested": {"host": {"connectionReferenceName": SPARE}}}, "Custom"), NAMED),
        (DEFAULT, NAMED),
    ],
)
def test_aliases_that_may_be_meant_stay(document: Json | str, reason: str) -> None:
    assert refused(of_flow(document), rules=["CR203"], word=True) == [reason]


def test_a_reference_that_does_not_fit_is_said_of_the_alias_that_stays() -> None:
    tree = of_flow(flow(TWO, {"Send": action(SPARE)}), (Reference("con_Outlook", TEAMS),))
    result = fixed(tree, rules=["CR203"])
    assert [item.rule.id for item in result.checked.report.findings] == ["CR503"]
    assert list(entries(result.tree.data(PATH).decode())) == [OUTLOOK]

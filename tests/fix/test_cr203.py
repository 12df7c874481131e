"""CR203: a flow's aliases for one reference become one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.builders import (
    OUTLOOK,
    TEAMS,
    Json,
    Ran,
    Reference,
    action,
    entry,
    flow,
    flow_file,
    to_json,
    write_solution,
)
from tests.fix.conftest import Bench

SPARE = f"{OUTLOOK}_1"
TWO: Json = {OUTLOOK: entry("con_outlook"), SPARE: entry("con_outlook")}
PATH = f"Workflows/{flow_file('Send')}"
TOKENS = (
    "@json(decodeBase64(triggerOutputs().headers['X-MS-APIM-Tokens']))['$connections']['{}']['connectionId']"
)
NAMED = "The flow's definition names an alias otherwise than as an operation's host."
PARAMETERS = "@parameters('$connections')['{}']['connectionId']"


def put(bench: Bench, document: Json | str) -> None:
    write_solution(bench.root, "ContosoHR", ("con_outlook",), {"Send": document})


def by_expression(expression: str) -> Json:
    return {
        "type": "ApiConnection",
        "inputs": {"host": {"connection": {"name": expression}}, "method": "get"},
    }


def by_api(alias: str) -> Json:
    """An operation in the form of the flow API."""
    return {"type": "OpenApiConnection", "inputs": {"host": {"connectionReferenceName": alias}}}


def said(ran: Ran, reason: str) -> bool:
    """Whether the flow was left alone, for this reason."""
    return f"{PATH} {reason} 1 left alone." in " ".join(ran.out.split())


def mended(bench: Bench) -> Any:
    return json.loads(bench.files()[PATH])["properties"]


@pytest.mark.parametrize("form", ["name", "reference", "parameters", "token", "braces"])
def test_every_form_of_host_is_pointed_at_the_first_alias(bench: Bench, form: str) -> None:
    made = {
        "name": action,
        "reference": by_api,
        "parameters": lambda alias: by_expression(PARAMETERS.format(alias)),
        "token": lambda alias: by_expression(TOKENS.format(alias)),
        "braces": lambda alias: by_expression(
            f"@{{parameters('$connections')?['{alias}']?['connectionId']}}"
        ),
    }[form]
    put(bench, flow(TWO, {"Send": made(SPARE), "Look": made(OUTLOOK)}))
    assert bench.found() == ["CR203"]
    assert bench.fix("--select", "CR203").status == 0
    expected = flow({OUTLOOK: entry("con_outlook")}, {"Send": made(OUTLOOK), "Look": made(OUTLOOK)})
    assert bench.files()[PATH] == to_json(expected).encode()
    assert bench.found() == []


def test_operations_at_every_depth(bench: Bench) -> None:
    inner = {"Deep": action(SPARE)}
    actions = {
        "Scope": {"type": "Scope", "actions": inner},
        "If": {"type": "If", "actions": {"A": action(SPARE)}, "else": {"actions": {"B": action(SPARE)}}},
        "Switch": {
            "type": "switch",
            "cases": {"One": {"actions": {"C": action(SPARE)}}},
            "default": {"actions": {"D": action(SPARE)}},
        },
        "Each": {"type": "Foreach", "actions": {"Until": {"type": "Until", "actions": {"E": action(SPARE)}}}},
    }
    triggers = {"When": {"type": "OpenApiConnectionWebhook", "inputs": action(SPARE)["inputs"]}}
    put(bench, flow(TWO, actions, triggers))
    text = bench.files()[PATH].decode()
    assert bench.fix("--select", "CR203").status == 0
    after = bench.files()[PATH].decode()
    assert f'"{SPARE}"' not in after
    assert after.count(f'"connectionName": "{OUTLOOK}"') == text.count(f'"connectionName": "{SPARE}"') == 7


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_spares_anywhere_in_the_map(bench: Bench, order: tuple[int, ...]) -> None:
    all_four = [("a", "con_outlook"), ("b", "con_outlook"), ("c", "con_teams"), ("d", "con_outlook")]
    entries = {
        alias: entry(name, OUTLOOK if name == "con_outlook" else "shared_teams") for alias, name in all_four
    }
    chosen = {alias: entries[alias] for alias in (all_four[index][0] for index in order)}
    write_solution(
        bench.root,
        "ContosoHR",
        ("con_outlook", ("con_teams", "shared_teams")),
        {"Send": flow(chosen, {alias: action(alias, chosen[alias]["api"]["name"]) for alias in chosen})},
    )
    assert bench.fix("--select", "CR203").status == 0
    kept = [
        alias for alias in chosen if alias == "c" or alias == next(name for name in chosen if name != "c")
    ]
    assert list(mended(bench)["connectionReferences"]) == kept
    assert bench.files()[PATH].decode() == to_json(json.loads(bench.files()[PATH]))
    assert bench.found() == []


def test_an_escaped_alias_and_a_quote_in_it(bench: Bench) -> None:
    spare = "o'brien"
    entries = {OUTLOOK: entry("con_outlook"), spare: entry("con_outlook")}
    expression = PARAMETERS.format("o''brien")
    text = to_json(flow(entries, {"Send": by_expression(expression)}))
    put(bench, text.replace("['o''brien']", "[\\u0027o\\u0027\\u0027br\\u0069en\\u0027]"))
    assert bench.fix("--select", "CR203").status == 0
    after = bench.files()[PATH].decode()
    assert f"@parameters('$connections')[\\u0027{OUTLOOK}\\u0027]['connectionId']" in after


def test_the_first_alias_has_a_quote(bench: Bench) -> None:
    entries = {"o'brien": entry("con_outlook"), OUTLOOK: entry("con_outlook")}
    put(
        bench,
        flow(entries, {"Send": by_expression(PARAMETERS.format(OUTLOOK)), "Look": action(OUTLOOK, OUTLOOK)}),
    )
    assert bench.fix("--select", "CR203").status == 0
    actions = mended(bench)["definition"]["actions"]
    assert actions["Send"]["inputs"]["host"]["connection"]["name"] == PARAMETERS.format("o''brien")
    assert actions["Look"]["inputs"]["host"]["connectionName"] == "o'brien"
    assert bench.found() == []


def test_an_alias_that_nothing_uses(bench: Bench) -> None:
    put(bench, flow(TWO, {"Send": action(OUTLOOK)}))
    assert bench.fix("--select", "CR203").status == 0
    assert list(mended(bench)["connectionReferences"]) == [OUTLOOK]


@pytest.mark.parametrize(
    ("spare", "reason"),
    [
        ({"runtimeSource": "invoker"}, "The entries differ in runtimeSource."),
        ({"impersonation": {"source": "invoker"}}, "The entries differ in impersonation."),
        ({"api": {"name": "shared_teams"}}, "The entries differ in their connector."),
        ({"tier": "Premium"}, "One of the entries has not the shape that exports have."),
    ],
    ids=["runtimeSource", "impersonation", "connector", "more than is known"],
)
def test_entries_that_differ_stay(bench: Bench, spare: Json, reason: str) -> None:
    like = {f"{OUTLOOK}_{number}": entry("con_outlook") for number in (7, 8)}
    put(bench, flow({OUTLOOK: entry("con_outlook"), **like, SPARE: {**entry("con_outlook"), **spare}}))
    before = bench.files()
    for word in ("--quiet", "--unsafe"):
        ran = bench.fix("--select", "CR203", word)
        assert bench.files() == before
    assert said(ran, reason)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"Compose": {"type": "Compose", "inputs": PARAMETERS.format(SPARE)}},
        {"Compose": {"type": "Compose", "inputs": "@string(parameters('$connections'))"}},
        {"Compose": {"type": "Compose", "inputs": f"@parameters('\\u0024connections')['{SPARE}']"}},
        {"Http": by_expression(PARAMETERS.format(OUTLOOK) + " " + PARAMETERS.format(SPARE))},
        {"Odd": {"type": "Custom", "inputs": {"nested": {"host": {"connectionName": SPARE}}}}},
        {"Odd": {"type": "Custom", "inputs": {"nested": {"host": {"connectionReferenceName": SPARE}}}}},
    ],
    ids=[
        *("an expression", "all of them", "escaped", "two in one host"),
        *("an operation nobody knows", "one in the form of the flow API"),
    ],
)
def test_an_alias_that_is_named_elsewhere_stays(bench: Bench, elsewhere: Json) -> None:
    text = to_json(flow(TWO, {"Send": action(SPARE), **elsewhere})).replace("\\\\u0024", "\\u0024")
    put(bench, text)
    before = bench.files()
    ran = bench.fix("--select", "CR203")
    assert bench.files() == before
    assert said(ran, NAMED)


def test_a_filled_default_stays(bench: Bench) -> None:
    document = flow(TWO)
    document["properties"]["definition"]["parameters"]["$connections"]["defaultValue"] = {SPARE: {}}
    put(bench, document)
    before = bench.files()
    assert said(bench.fix("--select", "CR203"), NAMED)
    assert bench.files() == before


def test_aliases_that_differ_in_letters_only_stay(bench: Bench) -> None:
    put(bench, flow({OUTLOOK: entry("con_outlook"), OUTLOOK.upper(): entry("con_outlook")}))
    before = bench.files()
    assert said(bench.fix("--select", "CR203"), "Two aliases differ in nothing but letter case.")
    assert bench.files() == before


def test_names_that_only_look_alike_stay(bench: Bench) -> None:
    """The alias is most often the connector's name as well, which stands in many other places."""
    entries = {SPARE: entry("con_outlook"), OUTLOOK: entry("con_outlook")}
    actions = {"Send": action(OUTLOOK), "Say": {"type": "Compose", "inputs": f"{OUTLOOK} '{OUTLOOK}'"}}
    put(bench, flow(entries, actions))
    text = bench.files()[PATH].decode()
    assert bench.fix("--select", "CR203").status == 0
    after = bench.files()[PATH].decode()
    assert after.count(f"apis/{OUTLOOK}") == text.count(f"apis/{OUTLOOK}")
    assert f'"inputs": "{OUTLOOK} \'{OUTLOOK}\'"' in after


def test_a_reference_that_does_not_fit_is_said_of_the_alias_that_stays(bench: Bench) -> None:
    write_solution(
        bench.root,
        "ContosoHR",
        (Reference("con_outlook", TEAMS),),
        {"Send": flow(TWO, {"Send": action(SPARE)})},
    )
    assert bench.found() == ["CR203", "CR503", "CR503"]
    bench.fix("--select", "CR203")
    assert bench.found() == ["CR503"]
    assert mended(bench)["connectionReferences"].keys() == {OUTLOOK}

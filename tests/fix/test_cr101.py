"""CR101: a raw entry is given the solution's one reference for its connector."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.builders import OUTLOOK, SQL, TEAMS, Json, flow, flow_file, raw_entry, to_json, write_solution
from tests.fix.conftest import Bench

RAW = flow({OUTLOOK: None})
MENDED = flow({OUTLOOK: "con_outlook"})
SHAPE = "The entry has not the shape that exports have."


def put(bench: Bench, document: Json | str | bytes, references: Any = ("con_outlook",)) -> str:
    """A solution with one flow; returns the flow's path."""
    write_solution(bench.root, "ContosoHR", references, {"Send": document})
    return f"Workflows/{flow_file('Send')}"


def test_the_reference_is_filled_in_and_nothing_else_changes(bench: Bench) -> None:
    path = put(bench, RAW)
    before = bench.files()
    ran = bench.fix()
    assert ran.status == 0
    after = bench.files()
    assert after.pop(path) == to_json(MENDED).encode()
    before.pop(path)
    assert after == before
    assert "now uses con_outlook." in " ".join(ran.out.split())
    assert "1 finding fixed in 1 file. No violations are left." in ran.out


def test_a_second_run_changes_nothing(bench: Bench) -> None:
    put(bench, RAW)
    bench.fix()
    before = bench.files()
    ran = bench.fix()
    assert (ran.status, ran.out) == (0, "Nothing to fix. No violations are left.\n")
    assert bench.files() == before


@pytest.mark.parametrize(
    "entry",
    [
        raw_entry(OUTLOOK, {"name": "shared-office365-12345678-1234-1234-1234-1234567890ab"}),
        raw_entry(OUTLOOK, {"id": "/providers/Microsoft.PowerApps/apis/shared_office365/connections/abc"}),
        {**raw_entry(OUTLOOK), "connection": None},
        {"runtimeSource": "embedded", "api": {"name": OUTLOOK}},
        {"api": {"name": OUTLOOK}, "runtimeSource": "embedded"},
        {"impersonation": {}, **raw_entry(OUTLOOK)},
        raw_entry(OUTLOOK, {"connectionReferenceLogicalName": ""}),
    ],
    ids=["a name", "an id", "null", "none", "none, api first", "impersonation", "an empty name"],
)
def test_every_exported_form_of_a_raw_connection(bench: Bench, entry: Json) -> None:
    path = put(bench, flow({OUTLOOK: entry}))
    assert bench.fix().status == 0
    found = json.loads(bench.files()[path])["properties"]["connectionReferences"][OUTLOOK]
    assert found == {**entry, "connection": {"connectionReferenceLogicalName": "con_outlook"}}
    assert bench.found() == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '{ "a": 1, "connection": {}, "api": { "name": "shared_office365" } }',
            '{ "a": 1, "connection": { "connectionReferenceLogicalName": "con_outlook" }, '
            '"api": { "name": "shared_office365" } }',
        ),
        (
            '{"api":{"name":"shared_office365"},"connection":{}}',
            '{"api":{"name":"shared_office365"},"connection":{"connectionReferenceLogicalName":"con_outlook"}}',
        ),
        (
            '{"api":{"name":"shared_office365"}}',
            '{"connection":{"connectionReferenceLogicalName":"con_outlook"},"api":{"name":"shared_office365"}}',
        ),
        (
            '{\n   "api" : {\n      "name" : "shared_office365"\n   }\n}',
            '{\n   "connection" : {\n      "connectionReferenceLogicalName" : "con_outlook"\n   },\n'
            '   "api" : {\n      "name" : "shared_office365"\n   }\n}',
        ),
        (
            '{\n\t"connection":  {\n\n\t},\n\t"api":  {"name":  "shared_office365"}\n}',
            '{\n\t"connection":  {\n\t\t"connectionReferenceLogicalName":  "con_outlook"\n\t},\n'
            '\t"api":  {"name":  "shared_office365"}\n}',
        ),
    ],
    ids=["blanks inside braces", "no blanks", "no blanks, none there", "colons apart", "PowerShell's"],
)
def test_it_looks_like_its_surroundings(bench: Bench, before: str, after: str) -> None:
    before, after = (text.replace('"a": 1', '"runtimeSource": "embedded"') for text in (before, after))
    rest = json.dumps(flow({}))
    document = rest.replace(
        '"connectionReferences": {}', f'"connectionReferences": {{"{OUTLOOK}": {before}}}'
    )
    path = put(bench, document)
    assert bench.fix().status == 0
    assert bench.files()[path].decode() == document.replace(before, after)


def test_several_references_need_a_word(bench: Bench) -> None:
    put(bench, RAW, ["con_outlook_a1b2c", "con_outlook"])
    before = bench.files()
    ran = bench.fix()
    assert ran.status == 1
    assert "waiting for your word" in ran.out.lower()
    assert bench.files() == before


def test_with_a_word_the_one_that_is_kept_is_taken(bench: Bench) -> None:
    path = put(bench, RAW, ["con_outlook_a1b2c", "con_outlook"])
    assert bench.fix("--unsafe", "--select", "CR101").status == 0
    assert bench.files()[path] == to_json(MENDED).encode()
    assert bench.found("CR1", "CR2") == ["CR201"]


@pytest.mark.parametrize(
    ("document", "references", "reason"),
    [
        (RAW, [("con_teams", TEAMS)], "The solution has no reference for shared_office365 to use."),
        (
            flow({SQL: None}),
            [("con_sql", SQL)],
            "A connection of shared_sql carries its own endpoint, and may mean another service.",
        ),
        (
            flow(
                {
                    OUTLOOK: {
                        "connectionName": "shared-office365-1",
                        "source": "Embedded",
                        "id": "/apis/" + OUTLOOK,
                    }
                }
            ),
            ["con_outlook"],
            SHAPE,
        ),
        (flow({OUTLOOK: {**raw_entry(), "tier": "Standard"}}), ["con_outlook"], SHAPE),
        (flow({OUTLOOK: {**raw_entry(), "connection": {"other": 1}}}), ["con_outlook"], SHAPE),
    ],
    ids=[
        "no reference",
        "an endpoint of its own",
        "the designer's form",
        "more than is known",
        "more inside",
    ],
)
def test_left_alone_with_the_reason(bench: Bench, document: Json, references: Any, reason: str) -> None:
    put(bench, document, references)
    before = bench.files()
    for word in ("", "--unsafe"):
        ran = bench.fix("--select", "CR101", *filter(None, [word]))
        assert ran.status == 1
        assert f".json {reason} 1 left alone." in " ".join(ran.out.split())
        assert bench.files() == before


def test_a_key_that_stands_twice_is_left_alone(bench: Bench) -> None:
    text = to_json(RAW).replace('"connection": {}', '"connection": {},\n        "connection": {}')
    put(bench, text)
    before = bench.files()
    ran = bench.fix()
    assert ran.status == 1
    assert "stands twice" in " ".join(ran.out.split())
    assert bench.files() == before


def test_a_key_that_stands_twice_elsewhere_stays(bench: Bench) -> None:
    text = to_json(RAW).replace(
        '"parameters": {}', '"parameters": {"x": 1, "x": 2, "y": 1.00, "z": "\\u00e4/\\/"}'
    )
    path = put(bench, text)
    assert bench.fix().status == 0
    filled = '"connection": {\n          "connectionReferenceLogicalName": "con_outlook"\n        }'
    assert bench.files()[path].decode() == text.replace('"connection": {}', filled)


def test_an_invoker_stays_one(bench: Bench) -> None:
    path = put(bench, flow({OUTLOOK: {**raw_entry(), "runtimeSource": "invoker"}}))
    assert bench.fix().status == 0
    entry = json.loads(bench.files()[path])["properties"]["connectionReferences"][OUTLOOK]
    assert entry["runtimeSource"] == "invoker"


def test_two_raw_entries_become_one_alias(bench: Bench) -> None:
    """Where that is asked for, as it does no harm."""
    path = put(bench, flow({OUTLOOK: None, f"{OUTLOOK}_1": None}))
    assert bench.fix().status == 0
    assert bench.found() == ["CR203"]
    assert bench.fix("--select", "CR203").status == 0
    properties = json.loads(bench.files()[path])["properties"]
    assert list(properties["connectionReferences"]) == [OUTLOOK]
    hosts = [action["inputs"]["host"] for action in properties["definition"]["actions"].values()]
    assert [host["connectionName"] for host in hosts] == [OUTLOOK, OUTLOOK]
    assert bench.found() == []


def test_a_custom_connector_of_another_environment(bench: Bench) -> None:
    alias = "shared_con-5ferp-5f0123456789abcdef"
    entry = {**raw_entry(alias), "api": {"name": alias, "logicalName": "con_5Ferp"}}
    path = put(bench, flow({alias: entry}), [("con_erp", "shared_con-5ferp-5ffedcba9876543210")])
    assert bench.fix().status == 0
    found = json.loads(bench.files()[path])["properties"]["connectionReferences"][alias]
    assert found == {**entry, "connection": {"connectionReferenceLogicalName": "con_erp"}}


def test_a_flow_without_a_solution_is_left_alone(bench: Bench) -> None:
    target = bench.root / "Workflows" / flow_file("Send")
    target.parent.mkdir()
    target.write_text(to_json(RAW))
    before = bench.files()
    ran = bench.fix()
    assert ran.status == 1
    assert "It belongs to no solution." in ran.out
    assert bench.files() == before

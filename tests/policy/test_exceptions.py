from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.findings import Finding, Suppression
from crstandards.model import Place
from crstandards.policy.config import ExceptionEntry
from crstandards.policy.exceptions import (
    StaleException,
    apply_exceptions,
    excepted_references,
    stale_exceptions,
    suppression_for,
)

TODAY = date(2026, 10, 11)
GUID = "7ab81f1c-64c4-4e3b-9a5c-0a1b2c3d4e5f"
FLOW = f"src/HR/Workflows/SendPayslips-{GUID.upper()}.json"


def finding(
    rule: str = "CR201",
    solution: str = "ContosoHR",
    path: str = "src/HR/Other/Customizations.xml",
    **data: Any,
) -> Finding:
    return Finding(rule, solution, Place(path), "message", "help", (), data)


def entry(rule: str = "CR201", **selectors: Any) -> ExceptionEntry:
    return ExceptionEntry(rule, "as agreed", **selectors)


def is_silent(found: Finding, *exceptions: ExceptionEntry) -> bool:
    return suppression_for(found, exceptions, TODAY) is not None


def test_the_suppression_tells_its_reason() -> None:
    assert suppression_for(finding(), [entry()], TODAY) == Suppression("exception", "as agreed")
    assert suppression_for(finding(), [], TODAY) is None


def test_another_rule_is_not_concerned() -> None:
    assert not is_silent(finding("CR101"), entry("CR201"))


@pytest.mark.parametrize(
    ("selectors", "silent"),
    [
        ({}, True),
        ({"solution": "contosohr"}, True),
        ({"solution": "Contoso*"}, True),
        ({"solution": "Contoso"}, False),
        ({"connector": "shared_Office365"}, True),
        ({"connector": "shared_*"}, True),
        ({"connector": "shared_sql"}, False),
        ({"alias": "shared_office365_?"}, True),
        ({"alias": "shared_office365"}, False),
        ({"connection": "shared-office365-*"}, True),
        ({"connection": "shared-sql-*"}, False),
        ({"path": "src/HR"}, True),
        ({"path": "src/*/Other/**"}, True),
        ({"path": "src/hr"}, False),
        ({"path": "HR"}, False),
        ({"solution": "ContosoHR", "connector": "shared_office365"}, True),
        ({"solution": "ContosoHR", "connector": "shared_sql"}, False),
        ({"solution": "Fabrikam", "connector": "shared_office365"}, False),
    ],
)
def test_every_selector_must_match(selectors: Mapping[str, str], silent: bool) -> None:
    found = finding(
        connector="shared_office365", alias="shared_office365_1", connection="shared-office365-1f2e"
    )
    assert is_silent(found, entry(**selectors)) is silent


@pytest.mark.parametrize("selector", ["connector", "alias", "flow", "environment", "connection"])
def test_a_selector_for_what_the_finding_lacks_does_not_match(selector: str) -> None:
    assert not is_silent(finding(), entry(**{selector: "*"}))
    assert not is_silent(finding(**{selector: ""}), entry(**{selector: "*"}))


def test_references_for_what_the_finding_lacks_do_not_match() -> None:
    assert not is_silent(finding(), entry(references=("*",)))
    assert not is_silent(finding(references=[]), entry(references=("*",)))
    assert not is_silent(finding(references={}), entry(references=("*",)))


def test_a_finding_without_a_solution_is_not_selected_by_one() -> None:
    assert not is_silent(finding(solution=""), entry(solution="ContosoHR"))
    assert is_silent(finding(solution=""), entry())


@pytest.mark.parametrize(
    ("patterns", "silent"),
    [
        (("con_a", "con_b", "con_c"), True),
        (("CON_A", "con_b", "con_c", "con_z"), True),
        (("con_*",), True),
        (("con_a", "con_[bc]"), False),
        (("con_a", "con_b"), False),
        (("con_z",), False),
    ],
)
@pytest.mark.parametrize(
    "members",
    [["con_a", "con_b", "con_c"], ("con_a", "con_b", "con_c"), {"X": ["con_a"], "Y": ["con_b", "con_c"]}],
)
def test_a_group_is_silent_only_if_every_member_is_covered(
    patterns: tuple[str, ...], silent: bool, members: object
) -> None:
    assert is_silent(finding(references=members), entry(references=patterns)) is silent


def test_several_exceptions_do_not_add_up() -> None:
    found = finding(references=["con_a", "con_b", "con_c"])
    first, second = entry(references=("con_a", "con_b")), entry(references=("con_c",))
    assert not is_silent(found, first, second)
    assert is_silent(found, first, second, entry(references=("con_?",)))


def test_one_reference_is_selected_by_references() -> None:
    assert is_silent(finding("CR501", reference="con_a"), entry("CR501", references=("con_*",)))
    assert not is_silent(finding("CR501", reference="con_a"), entry("CR501", references=("con_b",)))


@pytest.mark.parametrize(
    ("environments", "pattern", "silent"),
    [
        (["contoso-prod"], "contoso-prod", True),
        (["contoso-prod", "contoso-test"], "contoso-*", True),
        (["contoso-prod", "contoso-test"], "contoso-prod", False),
        (["fabrikam"], "contoso-*", False),
        ([], "*", False),
    ],
)
def test_every_environment_must_be_covered(environments: list[str], pattern: str, silent: bool) -> None:
    assert is_silent(finding(environments=environments), entry(environment=pattern)) is silent


@pytest.mark.parametrize(
    ("pattern", "silent"),
    [
        ("Send payslips", True),
        ("send*", True),
        (GUID, True),
        (f"SendPayslips-{GUID}.json", True),
        (f"SendPayslips-{GUID}", True),
        ("*", True),
        ("payslips", False),
        ("src/HR/Workflows/*", False),
    ],
)
def test_a_flow_is_selected_by_name_guid_or_file(pattern: str, silent: bool) -> None:
    assert (
        is_silent(finding("CR101", path=FLOW, flow="Send payslips"), entry("CR101", flow=pattern)) is silent
    )


@pytest.mark.parametrize(
    ("path", "pattern", "silent"),
    [
        (FLOW, GUID, True),
        ("src/workflows/Mine.json", "mine", True),
        ("src/Workflows/Mine.json", "Mine.json", True),
        (f"x.zip!/Workflows/A-{GUID}.json", GUID, True),
        (f"old/Microsoft.Flow/flows/{GUID}/definition.json", GUID, True),
        (f"old/Microsoft.Flow/flows/{GUID}/definition.json", "definition", False),
        ("config/prod.json", "prod", False),
        ("src/HR/Other/Customizations.xml", "Customizations*", False),
        ("src/HR/Other/Customizations.xml", "*", False),
    ],
)
def test_a_flow_is_known_by_its_path(path: str, pattern: str, silent: bool) -> None:
    assert is_silent(finding("CR104", path=path), entry("CR104", flow=pattern)) is silent


@pytest.mark.parametrize(
    ("expires", "silent"),
    [(None, True), (date(2026, 10, 12), True), (TODAY, True), (date(2026, 10, 10), False)],
)
def test_an_exception_holds_up_to_its_last_day(expires: date | None, silent: bool) -> None:
    assert is_silent(finding(), entry(expires=expires)) is silent


def test_a_locked_rule_takes_no_exception() -> None:
    assert suppression_for(finding(), [entry()], TODAY, {"CR201"}) is None
    assert suppression_for(finding(), [entry()], TODAY, {"CR101"}) is not None


def test_unreadable_source_takes_no_exception() -> None:
    assert suppression_for(finding("CR901"), [entry("CR901")], TODAY) is None


def test_the_first_exception_that_covers_gives_the_reason_and_all_count_as_used() -> None:
    exceptions = [
        ExceptionEntry("CR201", "other", solution="Fabrikam"),
        ExceptionEntry("CR201", "past", expires=date(2020, 1, 1)),
        ExceptionEntry("CR201", "in part", references=("con_a",)),
        ExceptionEntry("CR201", "first"),
        ExceptionEntry("CR201", "second"),
        ExceptionEntry("CR101", "another rule"),
    ]
    findings = [finding(references=["con_a", "con_b"]), finding("CR301"), finding(references=["con_b"])]
    applied = apply_exceptions(findings, exceptions, TODAY)
    assert applied.suppressions == (
        Suppression("exception", "first"),
        None,
        Suppression("exception", "first"),
    )
    assert applied.used == {2, 3, 4}


def test_an_exception_outgrown_by_its_group_is_used_though_nothing_is_silent() -> None:
    found = finding(references=["con_a", "con_b", "con_c"], environments=["x", "y"])
    for outgrown in (entry(references=("con_a", "con_b")), entry(environment="x")):
        applied = apply_exceptions([found], [outgrown], TODAY)
        assert applied.suppressions == (None,)
        assert applied.used == {0}


def test_stale_exceptions() -> None:
    exceptions = [
        entry("CR201"),
        entry("CR504"),
        entry("CR301", expires=date(2026, 10, 10)),
        entry("CR101"),
        entry("CR901"),
        entry("CR101", expires=date(2026, 10, 10)),
    ]
    findings = [finding("CR201"), finding("CR301"), finding("CR101"), finding("CR901")]
    locked = ("CR101",)
    used = apply_exceptions(findings, exceptions, TODAY, locked).used
    assert used == {0}
    assert stale_exceptions(exceptions, used, TODAY, locked) == (
        StaleException(1, "unused"),
        StaleException(2, "expired"),
        StaleException(3, "locked"),
        StaleException(4, "locked"),
        StaleException(5, "locked"),
    )


def allowed(*exceptions: ExceptionEntry, **how: Any) -> tuple[str, ...]:
    return excepted_references(exceptions, "CR201", "ContosoHR", "shared_office365", TODAY, **how)


@pytest.mark.parametrize(
    ("selectors", "patterns"),
    [
        ({}, ("*",)),
        ({"references": ("con_a", "con_b")}, ("con_a", "con_b")),
        ({"references": ("con_a",), "solution": "contoso*"}, ("con_a",)),
        ({"references": ("con_a",), "solution": "Fabrikam"}, ()),
        ({"references": ("con_a",), "connector": "shared_office365"}, ("con_a",)),
        ({"references": ("con_a",), "connector": "shared_sql"}, ()),
        ({"references": ("con_a",), "path": "src/HR"}, ("con_a",)),
        ({"references": ("con_a",), "path": "src/Sales"}, ()),
        ({"references": ("con_a",), "flow": "*"}, ()),
        ({"references": ("con_a",), "alias": "*"}, ()),
        ({"references": ("con_a",), "environment": "*"}, ()),
        ({"references": ("con_a",), "connection": "*"}, ()),
        ({"references": ("con_a",), "expires": TODAY}, ("con_a",)),
        ({"references": ("con_a",), "expires": date(2020, 1, 1)}, ()),
    ],
)
def test_excepted_references(selectors: Mapping[str, Any], patterns: tuple[str, ...]) -> None:
    assert allowed(entry(**selectors), path="src/HR/Other/Customizations.xml") == patterns


def test_excepted_references_of_several_exceptions() -> None:
    entries = (
        entry(references=("con_a", "con_b")),
        entry(references=("con_b", "con_c")),
        entry("CR301", references=("con_d",)),
    )
    assert allowed(*entries) == ("con_a", "con_b", "con_c")
    assert allowed(*entries, locked=("CR201",)) == ()


@given(
    st.lists(st.sampled_from(["con_a", "con_b", "con_c"]), min_size=1, unique=True),
    st.lists(
        st.lists(st.sampled_from(["con_a", "con_b", "con_c", "con_*", "con_z"]), min_size=1), max_size=4
    ),
)
def test_one_exception_alone_must_cover_a_group(members: list[str], patterns: list[list[str]]) -> None:
    exceptions = [entry(references=tuple(some)) for some in patterns]
    expected = any("con_*" in some or set(members) <= set(some) for some in patterns)
    assert is_silent(finding(references=members), *exceptions) is expected

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.findings import Finding, Subject
from crstandards.model import ConnectionReference, Solution
from crstandards.places import Place
from crstandards.policy.configuration import Config, ExceptionEntry
from crstandards.policy.exceptions import Applied, Exceptions
from crstandards.reported import Suppression
from tests.support.work import lines_run

TODAY = date(2026, 10, 11)
GUID = "7ab81f1c-64c4-4e3b-9a5c-0a1b2c3d4e5f"
FLOW = f"src/HR/Workflows/SendPayslips-{GUID.upper()}.json"


def finding(
    rule: str = "CR201",
    solution: str = "ContosoHR",
    path: str = "src/HR/Other/Customizations.xml",
    **subject: Any,
) -> Finding:
    return Finding(rule, solution, Place(path), "message", "help", (), Subject(**subject))


def entry(rule: str = "CR201", **selectors: Any) -> ExceptionEntry:
    return ExceptionEntry(rule, "as agreed", **selectors)


def applied(findings: Iterable[Finding], *exceptions: ExceptionEntry, locked: str = "") -> Applied:
    return Exceptions(Config(exceptions=exceptions, locked=(locked,)), TODAY).apply(findings, ())


def is_silent(found: Finding, *exceptions: ExceptionEntry, locked: str = "") -> bool:
    return applied([found], *exceptions, locked=locked).suppressions != [None]


def test_the_suppression_tells_its_reason() -> None:
    assert applied([finding()], entry()).suppressions == [Suppression("exception", "as agreed")]
    assert applied([finding()]).suppressions == [None]


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
    if selector != "environment":
        assert not is_silent(finding(**{selector: ""}), entry(**{selector: "*"}))


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
    [{"references": ["con_a", "con_b", "con_c"]}, {"by_solution": {"X": ["con_a"], "Y": ["con_b", "con_c"]}}],
)
def test_a_group_is_silent_only_if_every_member_is_covered(
    patterns: tuple[str, ...], silent: bool, members: Mapping[str, Any]
) -> None:
    assert is_silent(finding(**members), entry(references=patterns)) is silent


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
        (f"CloudFlows/modernflows/{GUID}/Block.json", GUID, True),
        (f"CloudFlows/modernflows/{GUID}/Block.json", "block", True),
        (f"CloudFlows/modernflows/{GUID}/Block.json", "modernflows", False),
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
    ("pattern", "is_used", "silent"),
    [("*", True, True), ("block*", True, False), (GUID, True, False), ("other", False, False)],
)
def test_every_missing_flow_must_be_covered(pattern: str, is_used: bool, silent: bool) -> None:
    flows = [f"modernflows/{GUID}/Block.json", "modernflows/Mail"]
    found = finding("CR509", path="solutioncomponents.yml", flows=flows)
    excepted = entry("CR509", flow=pattern)
    assert applied([found], excepted).used == ({0} if is_used else set())
    assert is_silent(found, excepted) is silent
    assert is_silent(found, excepted, entry("CR509", flow="[bm]*")) is silent


@pytest.mark.parametrize(
    ("expires", "silent"),
    [(None, True), (date(2026, 10, 12), True), (TODAY, True), (date(2026, 10, 10), False)],
)
def test_an_exception_holds_up_to_its_last_day(expires: date | None, silent: bool) -> None:
    assert is_silent(finding(), entry(expires=expires)) is silent


@pytest.mark.parametrize(
    ("rule", "locked", "silent"), [("CR201", "", True), ("CR201", "CR201", False), ("CR901", "", False)]
)
def test_what_is_always_an_error_takes_no_exception(rule: str, locked: str, silent: bool) -> None:
    assert is_silent(finding(rule), entry(rule), locked=locked) is silent


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
    first = Suppression("exception", "first")
    assert applied(findings, *exceptions) == ([first, None, first], {2, 3, 4})


def test_an_exception_outgrown_by_its_group_is_used_though_nothing_is_silent() -> None:
    found = finding(references=["con_a", "con_b", "con_c"], environments=["x", "y"])
    for outgrown in (entry(references=("con_a", "con_b")), entry(environment="x")):
        assert applied([found], outgrown) == ([None], {0})


MAIL = "shared_office365"


def reference(name: str, description: str = "") -> ConnectionReference:
    return ConnectionReference(
        name, name, MAIL, "", "", description, Place("src/HR/Other/Customizations.xml", 1)
    )


def solution(**descriptions: str) -> Solution:
    declared = tuple(reference(name, text) for name, text in descriptions.items())
    return Solution("hr", "unpacked", "ContosoHR", references=declared)


def excepted(*exceptions: ExceptionEntry, locked: str = "", rule: str = "CR201") -> str:
    """Which of the references that a solution declares are excepted from a rule, by their last letters."""
    declaring = solution(con_a="", con_b="", con_c="crstandards: allow CR205 two servers")
    known = Exceptions(Config(exceptions=exceptions, locked=(locked,)), TODAY)
    found = (item for item in declaring.references if known.excepts(rule, declaring, item))
    return "".join(item.logical_name[-1] for item in found)


@pytest.mark.parametrize(
    ("selectors", "names"),
    [
        ({}, "abc"),
        ({"references": ("con_a", "con_b")}, "ab"),
        ({"references": ("con_a",), "solution": "Fabrikam"}, ""),
        ({"references": ("con_a",), "path": "src/Sales"}, ""),
        ({"references": ("con_a",), "flow": "*"}, ""),
        ({"references": ("con_a",), "expires": date(2020, 1, 1)}, ""),
    ],
)
def test_which_declarations_are_excepted(selectors: Mapping[str, Any], names: str) -> None:
    assert excepted(entry(**selectors)) == names


def test_a_declaration_is_excepted_by_its_own_description() -> None:
    assert excepted(rule="CR205") == "c"
    assert excepted(rule="CR205", locked="CR205") == ""


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


# Exceptions in a reference's description


def duplicate(*names: str, rule: str = "CR201", solution: str = "ContosoHR") -> Finding:
    return Finding(rule, solution, Place("c.xml", 1), "", "", (), Subject(references=list(names)))


def said(found: Finding, *solutions: Solution, locked: str = "") -> Suppression | None:
    """What the descriptions in solutions do to a finding."""
    [suppression] = Exceptions(Config(locked=(locked,)), TODAY).apply([found], solutions).suppressions
    return suppression


BOTH = solution(
    con_hr="For hr@.\ncrstandards: allow CR201 two shared mailboxes",
    con_payroll="CRSTANDARDS: Allow cr201 - two shared mailboxes",
)


def test_a_group_is_silenced_when_every_member_says_so() -> None:
    expected = Suppression("description", "two shared mailboxes")
    assert said(duplicate("con_hr", "CON_PAYROLL"), BOTH) == expected


@pytest.mark.parametrize(
    "found",
    [
        duplicate("con_hr", "con_payroll", "con_third"),
        duplicate("con_hr", "con_payroll", rule="CR205"),
        duplicate("con_hr", "con_payroll", solution="ContosoIT"),
        duplicate(),
    ],
    ids=["a third member", "another rule", "another solution", "no references"],
)
def test_findings_that_no_description_is_about_are_left_alone(found: Finding) -> None:
    assert said(found, BOTH) is None


@pytest.mark.parametrize(
    ("declaring", "locked"),
    [
        (solution(con_hr="crstandards: allow CR201 two shared mailboxes", con_payroll=""), ""),
        (solution(con_hr="crstandards: allow CR201", con_payroll="crstandards: allow CR201 - "), ""),
        (BOTH, "CR201"),
    ],
    ids=["one member alone", "no reason", "a locked rule"],
)
def test_what_a_description_cannot_silence(declaring: Solution, locked: str) -> None:
    assert said(duplicate("con_hr", "con_payroll"), declaring, locked=locked) is None


def test_a_finding_over_several_solutions_looks_at_each_declaration() -> None:
    other = Solution(
        "it", "unpacked", "ContosoIT", references=(reference("con_it", "crstandards: allow CR301 x"),)
    )
    hr = solution(con_hr="crstandards: allow CR301 y")
    subject = Subject(by_solution={"ContosoHR": ["con_hr"], "ContosoIT": ["con_it"]})
    found = Finding("CR301", "ContosoHR", Place("c.xml", 1), "", "", (), subject)
    assert said(found, hr, other) == Suppression("description", "y; x")
    assert said(found, hr) is None


WORDS = st.sampled_from(["con_a", "CON_A", "con_b", "con_*", "con_?", "*"])
PATHS = st.sampled_from(
    ["src", "src/HR", "src/HR/Workflows/a.json", "/src//HR/", "SRC", "src/*", "**/a.json", "."]
)
ENTRIES = st.builds(
    entry,
    solution=st.sampled_from(["", "ContosoHR", "Contoso*"]),
    references=st.lists(WORDS, max_size=2).map(tuple),
    alias=st.one_of(st.just(""), WORDS),
    flow=st.sampled_from(["", GUID, "SendPayslips*"]),
    path=st.one_of(st.just(""), PATHS),
)


@given(st.lists(ENTRIES, max_size=6), st.lists(WORDS, min_size=1, max_size=2), WORDS, PATHS | st.just(FLOW))
def test_together_exceptions_do_what_each_does_alone(
    entries: list[ExceptionEntry], references: list[str], alias: str, path: str
) -> None:
    """However they are looked up, the first that covers a finding gives the reason."""
    found = finding(path=path, references=references, alias=alias)
    alone = [applied([found], item) for item in entries]
    together = applied([found], *entries)
    assert together.used == {number for number, one in enumerate(alone) if one.used}
    assert together.suppressions == next((one.suppressions for one in alone if one.suppressions[0]), [None])


def test_of_many_exceptions_few_are_compared_with_a_finding() -> None:
    def work(count: int) -> int:
        entries = [entry(alias=f"shared_{n}") for n in range(count)]
        findings = [finding(alias=f"shared_{n}") for n in range(count)]
        applied(findings, *entries)
        return lines_run(lambda: applied(findings, *entries))

    assert work(500) < 12 * work(50)

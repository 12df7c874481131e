"""Exceptions in a reference's description."""

from __future__ import annotations

import pytest

from crstandards.findings import Finding, Suppression
from crstandards.model import ConnectionReference, Place, Solution
from crstandards.policy.config import Config
from crstandards.policy.descriptions import Descriptions, described_exceptions


def reference(name: str, description: str) -> ConnectionReference:
    return ConnectionReference(name, name, "shared_office365", "", "", description, Place("c.xml", 1))


def solution(**descriptions: str) -> Solution:
    declared = tuple(reference(name, text) for name, text in descriptions.items())
    return Solution("hr", "unpacked", "ContosoHR", references=declared)


def duplicate(*names: str, rule: str = "CR201", solution: str = "ContosoHR") -> Finding:
    return Finding(rule, solution, Place("c.xml", 1), "", "", (), {"references": list(names)})


def verdict(found: Finding, *solutions: Solution, locked: tuple[str, ...] = ()) -> Suppression | None:
    return Descriptions(described_exceptions(solutions, Config()), locked).suppression(found)


BOTH = solution(
    con_hr="For hr@.\ncrstandards: allow CR201 two shared mailboxes",
    con_payroll="CRSTANDARDS: Allow cr201 - two shared mailboxes",
)


def test_a_group_is_silenced_when_every_member_says_so() -> None:
    expected = Suppression("description", "two shared mailboxes")
    assert verdict(duplicate("con_hr", "CON_PAYROLL"), BOTH) == expected


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
def test_other_findings_are_left_alone(found: Finding) -> None:
    assert verdict(found, BOTH) is None


def test_one_member_alone_does_not_silence_the_group() -> None:
    one = solution(con_hr="crstandards: allow CR201 two shared mailboxes", con_payroll="")
    assert verdict(duplicate("con_hr", "con_payroll"), one) is None


def test_a_locked_rule_takes_no_exception() -> None:
    assert verdict(duplicate("con_hr", "con_payroll"), BOTH, locked=("CR201",)) is None


def test_without_a_reason_it_has_no_effect() -> None:
    bare = solution(con_hr="crstandards: allow CR201", con_payroll="crstandards: allow CR201 - ")
    assert verdict(duplicate("con_hr", "con_payroll"), bare) is None


def test_a_finding_over_several_solutions_looks_at_each_declaration() -> None:
    other = Solution(
        "it", "unpacked", "ContosoIT", references=(reference("con_it", "crstandards: allow CR301 x"),)
    )
    hr = solution(con_hr="crstandards: allow CR301 y")
    data = {"references": {"ContosoHR": ["con_hr"], "ContosoIT": ["con_it"]}}
    found = Finding("CR301", "ContosoHR", Place("c.xml", 1), "", "", (), data)
    assert verdict(found, hr, other) == Suppression("description", "y; x")
    assert verdict(found, hr) is None

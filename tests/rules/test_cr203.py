from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import OUTLOOK, TEAMS, entry, flow, raw_entry, write_solution
from tests.support.checks import found


def hr(tmp_path: Path, entries: dict[str, Any]) -> Path:
    references = ["con_outlook", "con_outlook_2", ("con_teams", TEAMS)]
    return write_solution(tmp_path, "ContosoHR", references, {"Send reminder": flow(entries)})


def test_aliases_for_one_reference_are_one_finding_and_case_does_not_count(tmp_path: Path) -> None:
    aliases = [OUTLOOK, f"{OUTLOOK}_1", f"{OUTLOOK}_2"]
    hr(tmp_path, dict(zip(aliases, ("con_outlook", "CON_Outlook", "con_outlook"), strict=True)))
    (reported,) = found(tmp_path, "CR203")
    assert reported.severity == "note"
    assert reported.data == {"flow": "Send reminder", "reference": "con_outlook", "aliases": aliases}
    assert f'"{OUTLOOK}_1"' in reported.span.excerpt
    assert reported.finding.fixable


def test_two_references_with_two_aliases_each_are_two_findings(tmp_path: Path) -> None:
    hr(
        tmp_path,
        {
            OUTLOOK: "con_outlook",
            f"{OUTLOOK}_1": "con_outlook",
            TEAMS: "con_teams",
            f"{TEAMS}_1": "con_teams",
        },
    )
    first, second = found(tmp_path, "CR203")
    assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize(
    "other",
    [{"runtimeSource": "invoker"}, {"impersonation": {"source": "invoker"}}],
    ids=lambda item: min(item),
)
def test_entries_that_behave_differently_are_not_fixable(tmp_path: Path, other: dict[str, Any]) -> None:
    hr(tmp_path, {OUTLOOK: "con_outlook", f"{OUTLOOK}_1": entry("con_outlook") | other})
    (reported,) = found(tmp_path, "CR203")
    assert not reported.finding.fixable
    assert "may be meant" in reported.finding.help


@pytest.mark.parametrize(
    "entries",
    [
        {OUTLOOK: "con_outlook", f"{OUTLOOK}_1": "con_outlook_2"},
        {OUTLOOK: raw_entry(), f"{OUTLOOK}_1": raw_entry()},
        {OUTLOOK: "con_outlook", TEAMS: "con_teams"},
        {},
    ],
    ids=["two references", "raw", "one each", "none"],
)
def test_left_alone(tmp_path: Path, entries: dict[str, Any]) -> None:
    assert found(hr(tmp_path, entries), "CR203") == []


def test_in_a_flow_without_a_solution(tmp_path: Path) -> None:
    solution = hr(tmp_path, {OUTLOOK: "con_outlook", f"{OUTLOOK}_1": "con_outlook"})
    for path in solution.glob("Other/*"):
        path.unlink()
    (reported,) = found(tmp_path, "CR203")
    assert reported.finding.solution == ""
    assert "let every trigger and action use the alias" in reported.finding.help


def test_what_goes_in_the_solution_that_declares_it_counts_too(tmp_path: Path) -> None:
    """CR201 there moves the first alias to the reference of the others."""
    aliases = {f"{OUTLOOK}_0": "con_b", f"{OUTLOOK}_1": "con_a", f"{OUTLOOK}_2": "con_a"}
    write_solution(tmp_path / "HR", "ContosoHR", [], {"Post": flow(aliases)})
    write_solution(tmp_path / "IT", "ContosoIT", ["con_a", "con_b"], {})
    (reported,) = found(tmp_path, "CR203", '[[environments]]\nname = "prod"\n')
    drops = [step.alias for step in reported.finding.steps if step.do == "drop"]
    assert drops == [f"{OUTLOOK}_1", f"{OUTLOOK}_2"]

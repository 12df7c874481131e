from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import OUTLOOK, SQL, TEAMS, Missing, Reference, entry, flow, write_solution
from tests.support.checks import data, found

PROD = '[[environments]]\nname = "contoso-prod"\nsolutions = ["Contoso*"]\n'


def two(root: Path) -> Path:
    # A name that a solution declares twice counts once.
    write_solution(root / "HR", "ContosoHR", ["con_outlook"] * 2, {"Mail": flow({OUTLOOK: "con_outlook"})})
    write_solution(root / "Finance", "ContosoFinance", ["con_fin"], {"Bill": flow({OUTLOOK: "con_fin"})})
    return root


def test_two_solutions_with_a_reference_each_are_found(tmp_path: Path) -> None:
    (reported,) = found(two(tmp_path), "CR301", PROD)
    finding = reported.finding
    assert (reported.severity, finding.solution) == ("error", "")
    assert reported.data == {
        "connector": OUTLOOK,
        "references": {"ContosoFinance": ["con_fin"], "ContosoHR": ["con_outlook"]},
        "environments": ["contoso-prod"],
    }
    assert finding.involves == ("Finance", "HR")
    # Used as often, and both chosen: the first is kept, and the finding stands at the other.
    assert reported.span.path == "HR/Other/Customizations.xml"
    assert "con_outlook" in reported.span.excerpt
    assert finding.message == (
        "In environment contoso-prod, ContosoFinance and ContosoHR bring 2 connection references for "
        "Office 365 Outlook (shared_office365); one is enough."
    )
    assert "Keep con_fin of ContosoFinance" in finding.help
    assert (
        'con_outlook of ContosoHR, then remove that:\n- flow "Mail": "Use shared office365"' in finding.help
    )


def test_of_very_many_flows_the_advice_counts_those_of_each_reference(tmp_path: Path) -> None:
    for name in ("A", "B"):
        references = [Reference(f"con_{name}", display_name=f"Mail {name}"), Reference(f"con_{name}2")]
        flows = {f"Flow {number}": flow({OUTLOOK: f"con_{name}"}) for number in range(7)}
        more = {f"Again {number}": flow({OUTLOOK: f"con_{name}2"}) for number in range(6)}
        write_solution(tmp_path / name, f"Contoso{name}", references, flows | more)
    (reported,) = found(tmp_path, "CR301", PROD)
    assert reported.finding.help.split("\n")[1:4] == [
        "Move to it what uses these, then remove them:",
        "- of ContosoA: con_A2 (6 flows)",
        '- of ContosoB: "Mail B" (7 flows) and con_B2 (6 flows)',
    ]
    assert sum(step.do == "move" for step in reported.finding.steps) == 19


def test_the_most_used_is_kept_wherever_its_users_are(tmp_path: Path) -> None:
    two(tmp_path)
    write_solution(
        tmp_path / "Sales",
        "ContosoSales",
        [],
        {"Offer": flow({OUTLOOK: "con_outlook"})},
        missing=[Missing("con_outlook", "ContosoHR (1.0.0.0)")],
    )
    (reported,) = found(tmp_path, "CR301", PROD)
    assert reported.finding.help.startswith("Keep con_outlook of ContosoHR (used 2 times, the most).")
    assert reported.span.path == "Finance/Other/Customizations.xml"


def test_what_is_no_plain_swap_is_said(tmp_path: Path) -> None:
    write_solution(tmp_path / "A", "ContosoA", ["con_a"], {"One": flow({OUTLOOK: "con_a"})})
    invoker = entry("con_b") | {"runtimeSource": "invoker"}
    write_solution(tmp_path / "B", "ContosoB", ["con_b"], {"Two": flow({OUTLOOK: invoker})})
    (reported,) = found(tmp_path, "CR301", PROD)
    assert "Look at it first: its run-only users provide the connection" in reported.finding.help


@pytest.mark.parametrize(
    "config",
    [
        "",
        '[[environments]]\nname = "prod"\nsolutions = ["ContosoHR"]\n',
        '[[environments]]\nname = "prod"\nsharing = "set-per-solution"\n',
    ],
    ids=["no environment", "another environment", "a set for each"],
)
def test_left_alone(tmp_path: Path, config: str) -> None:
    assert found(two(tmp_path), "CR301", config) == []


def test_connectors_with_their_own_endpoint_do_not_count(tmp_path: Path) -> None:
    for name in ("HR", "Finance"):
        write_solution(tmp_path / name, f"Contoso{name}", [(f"con_sql_{name}", SQL)], {})
    assert found(tmp_path, "CR301", PROD) == []
    assert len(found(tmp_path, "CR301", PROD + '[connectors]\nown-endpoint = ["!shared_sql"]\n')) == 1


def mailboxes(root: Path) -> Path:
    write_solution(root / "HR", "ContosoHR", ["con_hr", "con_payroll", "con_third"], {})
    write_solution(root / "Finance", "ContosoFinance", ["con_fin"], {})
    return root


ALLOWED = """
[[exceptions]]
rule = "CR201"
solution = "ContosoHR"
references = ["con_hr", "con_payroll"]
reason = "two mailboxes"
expires = 2027-06-30
"""


def test_members_excepted_from_cr201_do_not_count(tmp_path: Path) -> None:
    (item,) = data(mailboxes(tmp_path), "CR301", PROD + ALLOWED)
    assert item["references"] == {"ContosoFinance": ["con_fin"], "ContosoHR": ["con_third"]}
    allowed = ALLOWED.replace('"con_payroll"', '"con_payroll", "con_third"')
    assert found(tmp_path, "CR301", PROD + allowed) == []
    # An exception that has ended covers nothing.
    (item,) = data(tmp_path, "CR301", PROD + allowed, as_of=date(2028, 1, 1))
    assert len(item["references"]["ContosoHR"]) == 3


def test_an_exception_from_cr201_counts_only_where_there_is_a_group(tmp_path: Path) -> None:
    two(tmp_path)
    exception = '[[exceptions]]\nrule = "CR201"\nsolution = "ContosoHR"\nreason = "no group there"\n'
    assert len(found(tmp_path, "CR301", PROD + exception)) == 1


def test_a_description_excepts_from_cr201_too(tmp_path: Path) -> None:
    allow = "crstandards: allow CR201 two mailboxes"
    references = [Reference("con_hr", description=allow), Reference("con_payroll", description=allow)]
    write_solution(tmp_path / "HR", "ContosoHR", references, {})
    write_solution(tmp_path / "Finance", "ContosoFinance", ["con_fin"], {})
    assert found(tmp_path, "CR301", PROD) == []
    assert len(found(tmp_path, "CR301", f"description-exceptions = false\n{PROD}")) == 1


def test_equal_findings_over_several_environments_are_one(tmp_path: Path) -> None:
    environments = (
        PROD + PROD.replace("prod", "test") + PROD.replace("prod", "dev").replace("Contoso*", "ContosoHR")
    )
    (reported,) = found(two(tmp_path), "CR301", environments)
    assert reported.data["environments"] == ["contoso-prod", "contoso-test"]
    assert "In environments contoso-prod and contoso-test," in reported.finding.message


def test_many_solutions_are_one_finding_for_each_connector(tmp_path: Path) -> None:
    for index in range(7):
        references = [f"con_mail_{index}", (f"con_teams_{index % 2}", TEAMS)]
        write_solution(tmp_path / f"S{index}", f"Contoso{index}", references, {})
    first, second = data(tmp_path, "CR301", PROD)
    assert (len(first["references"]), len(second["references"])) == (7, 7)


def test_different_findings_in_two_environments_are_two(tmp_path: Path) -> None:
    two(tmp_path)
    write_solution(tmp_path / "Sales", "ContosoSales", ["con_sales"], {})
    narrow = '[[environments]]\nname = "hr"\nsolutions = ["ContosoHR", "ContosoFinance"]\n'
    assert [item["environments"] for item in data(tmp_path, "CR301", PROD + narrow)] == [
        ["contoso-prod"],
        ["hr"],
    ]


def test_the_most_serious_severity_of_its_environments_counts(tmp_path: Path) -> None:
    two(tmp_path)
    mild = PROD.replace("prod", "test") + 'rules = { CR301 = "note" }\n'
    assert [item.severity for item in found(tmp_path, "CR301", mild)] == ["note"]
    assert [item.severity for item in found(tmp_path, "CR301", mild + PROD)] == ["error"]
    off = mild.replace("note", "off")
    assert found(tmp_path, "CR301", off) == []
    assert [item["environments"] for item in data(tmp_path, "CR301", off + PROD)] == [["contoso-prod"]]


def test_the_reference_solution_s_is_kept(tmp_path: Path) -> None:
    two(tmp_path)
    write_solution(tmp_path / "Refs", "ContosoConnections", ["con_shared_1a2b3"], {})
    (reported, *_) = found(tmp_path, "CR301", PROD + 'reference-solution = "ContosoConnections"\n')
    assert (
        "Keep con_shared_1a2b3 of ContosoConnections (it is in the reference solution)."
        in reported.finding.help
    )


def test_of_copies_the_unmanaged_one_of_the_highest_version_speaks(tmp_path: Path) -> None:
    write_solution(tmp_path / "A", "ContosoHR", ["con_old"], {}, version="1.9.0.0")
    write_solution(tmp_path / "B", "ContosoHR", ["con_new"], {}, version="1.10.0.0")
    write_solution(tmp_path / "C", "ContosoHR", ["con_managed"], {}, version="2.0.0.0", managed=1)
    write_solution(tmp_path / "D", "ContosoFinance", ["con_fin"], {})
    (item,) = data(tmp_path, "CR301", PROD)
    assert item["references"] == {"ContosoHR": ["con_new"], "ContosoFinance": ["con_fin"]}


def test_a_patch_speaks_for_its_solution(tmp_path: Path) -> None:
    write_solution(tmp_path / "HR", "ContosoHR", ["con_outlook"], {})
    write_solution(tmp_path / "Patch", "ContosoHR_Patch_2b", ["con_added"], {})
    assert found(tmp_path, "CR301", PROD) == []
    write_solution(tmp_path / "Finance", "ContosoFinance", ["con_fin"], {})
    (item,) = data(tmp_path, "CR301", PROD)
    assert item["references"] == {"ContosoFinance": ["con_fin"], "ContosoHR": ["con_outlook", "con_added"]}
    write_solution(tmp_path / "Patch", "ContosoHR_Patch_2b", ["con_outlook"], {})
    (item,) = data(tmp_path, "CR301", PROD)
    assert item["references"] == {"ContosoFinance": ["con_fin"], "ContosoHR": ["con_outlook"]}


def test_a_focus_shows_it_where_a_solution_of_it_is_concerned(tmp_path: Path) -> None:
    two(tmp_path)
    write_solution(tmp_path / "Sales", "ContosoSales", [("con_teams", TEAMS)], {})
    for folder, number in (("HR", 1), ("Finance", 1), ("Sales", 0)):
        assert len(found(tmp_path, "CR301", PROD, focus=folder)) == number


@settings(max_examples=40)
@given(
    declared=st.lists(
        st.lists(st.sampled_from("abcd"), max_size=3, unique=True).map(tuple), min_size=1, max_size=5
    )
)
def test_it_speaks_exactly_when_two_solutions_declare_different_names(
    tmp_path_factory: pytest.TempPathFactory, declared: list[tuple[str, ...]]
) -> None:
    root = tmp_path_factory.mktemp("case")
    for index, names in enumerate(declared):
        write_solution(root / f"S{index}", f"Contoso{index}", [f"con_{name}" for name in names], {})
    pairs: list[Any] = [
        (one, other)
        for index, names in enumerate(declared)
        for others in declared[index + 1 :]
        for one in names
        for other in others
        if one != other
    ]
    assert len(found(root, "CR301", PROD)) == bool(pairs)

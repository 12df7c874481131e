from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.builders import (
    DATAVERSE,
    OUTLOOK,
    SQL,
    TEAMS,
    Reference,
    customizations,
    solution_files,
    write_files,
    write_solution,
)
from tests.support.checks import data, found

HASHED = "shared_con-5ferp-5f0123456789abcdef"


def test_two_references_for_one_connector_are_found(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_a", ("con_teams", TEAMS), "con_A", "con_b"])
    (item,) = found(tmp_path, "CR201")
    assert (item.severity, item.finding.solution) == ("error", "ContosoHR")
    assert item.data == {"connector": OUTLOOK, "references": ["con_a", "con_b"], "keep": "con_a"}
    assert item.span.excerpt.strip() == '<connectionreference connectionreferencelogicalname="con_b">'
    assert item.related[0].message == "con_a, to keep"
    assert item.related[0].span.line < item.span.line


def test_each_connector_is_one_finding(tmp_path: Path) -> None:
    many = [*(f"con_{n}" for n in range(5)), *((f"con_t{n}", TEAMS) for n in range(3)), ("con_s", "shared_x")]
    write_solution(tmp_path, "ContosoHR", many)
    assert [(item["connector"], len(item["references"])) for item in data(tmp_path, "CR201")] == [
        (OUTLOOK, 5),
        (TEAMS, 3),
    ]


@pytest.mark.parametrize(
    "references",
    [
        [],
        ["con_a"],
        ["con_a", ("con_b", TEAMS), ("con_c", DATAVERSE), ("con_d", "shared_commondataservice")],
        # One name is CR202's matter, a connector with an endpoint of its own CR205's.
        ["con_a", "CON_A"],
        [("con_a", SQL), ("con_b", SQL)],
        [
            Reference("con_a", HASHED, custom="{A}"),
            Reference("con_b", HASHED.replace("erp", "crm"), custom="{B}"),
        ],
    ],
)
def test_left_alone(references: list[str | tuple[str, str] | Reference], tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", references)
    assert found(tmp_path, "CR201") == []


def test_references_without_a_connector_are_left_alone(tmp_path: Path) -> None:
    text = re.sub("<connectorid>.*</connectorid>", "", customizations(["con_a", "con_b"]))
    write_files(tmp_path, {**solution_files("ContosoHR"), "Other/Customizations.xml": text})
    assert found(tmp_path, "CR201") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (OUTLOOK, "Shared_Office365"),
        (HASHED, "shared_con-5ferp-5f983b8802de813283"),
        (HASHED, "shared_con-5ferp"),
    ],
)
def test_connectors_are_compared_without_case_and_hash(one: str, other: str, tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [("con_a", one), ("con_b", other)])
    assert len(found(tmp_path, "CR201")) == 1


def test_copies_are_checked_each_alone_and_never_together(tmp_path: Path) -> None:
    write_solution(tmp_path / "a", "ContosoHR", ["con_a"])
    write_solution(tmp_path / "b", "ContosoHR", ["con_b"], managed=1)
    assert found(tmp_path, "CR201") == []
    write_solution(tmp_path / "c", "ContosoHR", ["con_a", "con_c"], managed=1)
    assert [item.span.path for item in found(tmp_path, "CR201")] == ["c/Other/Customizations.xml"]


def test_decoys_are_left_alone(tmp_path: Path) -> None:
    declared = customizations(["con_a"])
    listed = declared[declared.index("<connectionreferences>") : declared.index("<Languages>")]
    decoy = listed.replace("con_a", "con_b")
    text = declared.replace("<Roles />", f"<Roles>{decoy}</Roles><!-- {decoy} --><x><![CDATA[{decoy}]]></x>")
    write_files(tmp_path, {**solution_files("A", ["con_a"]), "Other/Customizations.xml": text})
    assert found(tmp_path, "CR201") == []


def test_what_is_unread_keeps_it_silent(tmp_path: Path) -> None:
    files = solution_files("A", ["con_a", "con_b"])
    files["Other/Customizations.xml"] = files["Other/Customizations.xml"][:-20]
    write_files(tmp_path, files)
    assert found(tmp_path, "CR201") == []
    assert len(found(tmp_path, "CR901")) == 1


def test_the_fingerprint_is_the_set_of_names(tmp_path: Path) -> None:
    write_solution(tmp_path / "a", "ContosoHR", ["con_a", "con_b"])
    write_solution(tmp_path / "b", "contosohr_Patch_01", ["con_B", ("con_t", TEAMS), "con_A"], layout="flat")
    write_solution(tmp_path / "c", "ContosoHR", ["con_a", "con_c"])
    one, other, different = (found(tmp_path / name, "CR201")[0].fingerprint for name in "abc")
    assert one == other != different

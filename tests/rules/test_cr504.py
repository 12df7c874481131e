from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import (
    OUTLOOK,
    SHAREPOINT,
    SQL,
    TEAMS,
    Json,
    Missing,
    References,
    action,
    customizations,
    entry,
    flow,
    raw_flow,
    to_json,
    write_files,
    write_solution,
    yaml_files,
)
from tests.support.checks import check, data, found

UNUSED = "con_planner_old"


def hr(root: Path) -> Path:
    """A solution with one used reference and one that nothing uses."""
    return write_solution(root / "HR", "ContosoHR", ["con_outlook", (UNUSED, "shared_planner")])


def packed(**members: str | bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return target.getvalue()


def test_a_reference_that_nothing_uses_is_found(tmp_path: Path) -> None:
    hr(tmp_path)
    (reported,) = check(tmp_path).findings
    assert (reported.rule.id, reported.severity) == ("CR504", "warning")
    assert reported.data == {"references": [UNUSED]}
    assert UNUSED in reported.span.excerpt
    assert (
        "Looked at 1 flow and every word of the solution's 4 files, packed apps too" in reported.finding.help
    )


def test_it_says_what_was_looked_at(tmp_path: Path) -> None:
    hr(tmp_path)
    write_solution(tmp_path / "Sales", "ContosoSales", ["con_outlook"])
    topics = {
        f"HR/botcomponents/con_bot.topic.{name}/data": "kind: x\nconnectionReference: con_outlook\n"
        for name in "AB"
    }
    write_files(tmp_path, topics)
    (reported,) = found(tmp_path, "CR504")
    *_, looked = reported.finding.help.split("\n")
    assert looked.startswith(
        "Looked at 1 flow, 2 agents, 1 other solution and every word of the solution's 6 files, "
    )


def test_all_of_a_solution_are_one_finding(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [(f"con_{i}", f"shared_{i}") for i in range(9)], {})
    (reported,) = found(tmp_path, "CR504")
    assert len(reported.data["references"]) == 9
    assert len(reported.related) == 8


def test_only_a_whole_check_can_tell(tmp_path: Path) -> None:
    hr(tmp_path)
    assert found(tmp_path, "CR504", whole=False) == []
    assert found(tmp_path, "CR504", focus="HR") == []


MENTIONS = {
    "an environment variable": ("environmentvariabledefinitions/con_v/x.xml", f"<r>{UNUSED}</r>".encode()),
    "an agent's data": ("botcomponents/con_t/data", f"kind: x\nfoo: {UNUSED}\n".encode()),
    "a virtual table": ("Entities/con_t/Entity.xml", f'<x a="{UNUSED.upper()}"/>'.encode()),
    "a desktop flow": ("Workflows/Robot.json", f'{{"schemaversion": 1, "x": "{UNUSED}"}}'.encode()),
    "UTF-16": ("other/notes.txt", f"uses {UNUSED}.".encode("utf-16")),
    "UTF-16 without a mark": ("other/notes.xml", f"<a>{UNUSED}</a>".encode("utf-16-be")),
    "a packed app": (
        "CanvasApps/con_a_DocumentUri.msapp",
        packed(**{"References/x.json": f'{{"a":"{UNUSED}"}}'}),
    ),
    "a zip in a zip": ("CanvasApps/a.msapp", packed(app=packed(**{"a.json": UNUSED}))),
    "broken JSON": (
        "Workflows/Broken-2f6d4c1b-8a3e-4f57-9c20-6b1e7d5a9f34.json",
        f'{{"properties": {{"definition": "{UNUSED}"'.encode(),
    ),
    "a sentence": ("README.md", f"We keep {UNUSED}.\n".encode()),
    "an expression": ("x.yaml", f"a: =Refs.{UNUSED}.id\n".encode()),
    "the other file of two layouts": ("customizations.xml", f"<x><y>{UNUSED}</y></x>".encode()),
}


@pytest.mark.parametrize("place", MENTIONS)
def test_a_name_that_stands_anywhere_in_the_solution_is_left_alone(tmp_path: Path, place: str) -> None:
    hr(tmp_path)
    path, content = MENTIONS[place]
    write_files(tmp_path / "HR", {path: content})
    assert found(tmp_path, "CR504") == []


@pytest.mark.parametrize("named", [UNUSED, "con_other"])
def test_a_variable_of_the_yaml_layout_holds_the_reference_that_it_names(tmp_path: Path, named: str) -> None:
    """How such a file names a reference isn't documented: any word in it counts."""
    files: dict[str, str | bytes] = {**yaml_files("ContosoHR", [UNUSED], {})}
    variable = "environmentvariabledefinitions/con_v/environmentvariabledefinition.yml"
    files[variable] = f"environmentvariabledefinition:\n  connectionreferenceid:\n    anyname: {named}\n"
    write_files(tmp_path, files)
    assert bool(found(tmp_path, "CR504")) == (named != UNUSED)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("HR/x.txt", f"{UNUSED}_2 my_{UNUSED} {UNUSED}er".encode()),
        ("Other/x.txt", UNUSED.encode()),
        ("x.txt", UNUSED.encode()),
        ("HR/logo.png", UNUSED.encode()),
        (
            "HR/deploymentSettings.json",
            json.dumps(
                {
                    "EnvironmentVariables": [],
                    "ConnectionReferences": [
                        {"LogicalName": UNUSED, "ConnectionId": "", "ConnectorId": "/x/shared_planner"}
                    ],
                }
            ).encode(),
        ),
        (
            "HR/bin/ContosoHR.zip",
            packed(**{"customizations.xml": customizations([(UNUSED, "shared_planner")])}),
        ),
        ("HR/CanvasApps/a.msapp", packed(**{"Assets/logo.png": UNUSED, f"{UNUSED}/": "", "a.json": "{}"})),
        (
            "crstandards-baseline.json",
            '{"schema": "crstandards/baseline/1", "findings": [\n'
            f'{{"rule": "CR101", "fingerprint": "00", "reference": "{UNUSED}"}}, "end"]}}'.encode(),
        ),
    ],
    ids=[
        *("longer words", "another folder", "outside", "an image", "deployment settings", "a built zip"),
        *("a picture and a folder in an app", "the baseline"),
    ],
)
def test_what_is_no_mention(tmp_path: Path, path: str, content: bytes) -> None:
    hr(tmp_path)
    write_files(tmp_path, {path: content})
    config = f'[[exceptions]]\nrule = "CR505"\nreferences = ["{UNUSED}"]\nreason = "x"\n'
    assert len(found(tmp_path, "CR504", config)) == 1


def test_a_longer_declared_name_is_no_mention_of_the_shorter_one(tmp_path: Path) -> None:
    longer = f"{UNUSED}-new"
    flows = {"Plan": flow({"shared_planner": entry(longer, SHAREPOINT)})}
    write_solution(tmp_path, "ContosoHR", [(UNUSED, "shared_planner"), (longer, SHAREPOINT)], flows)
    assert data(tmp_path, "CR504") == [{"references": [UNUSED]}]
    write_files(tmp_path, {"notes.md": f"{longer} and {UNUSED}"})
    assert found(tmp_path, "CR504") == []


PLAN = {"Plan": flow({"shared_planner": UNUSED})}


@pytest.mark.parametrize(
    ("references", "flows", "unused"),
    [
        # Those of a group of CR201 are left to that; those of one of CR205 are told by who uses them.
        (["con_a", "con_b", (UNUSED, "shared_planner")], {}, [UNUSED]),
        ([("con_sql_a", SQL), ("con_sql_b", SQL)], {"Sync": flow({SQL: entry("con_sql_a", SQL)})}, []),
        # Only those of its own service could stand where a raw connection does.
        (["con_outlook"], {"Send": raw_flow(TEAMS)}, ["con_outlook"]),
        (["con_outlook"], {"Send": flow({}, {"Send": action(TEAMS)})}, ["con_outlook"]),
        ([("CON_OUTLOOK", OUTLOOK)], {"Send": flow()}, []),
    ],
)
def test_which_are_left_to_others(
    tmp_path: Path, references: References, flows: dict[str, Json], unused: list[str]
) -> None:
    write_solution(tmp_path, "ContosoHR", references, flows)
    assert [item["references"] for item in data(tmp_path, "CR504")] == ([unused] if unused else [])


@pytest.mark.parametrize(
    ("name", "flows", "how", "number"),
    [
        ("ContosoSales", PLAN, {}, 0),
        ("ContosoSales", {}, {"missing": [Missing(UNUSED.upper(), "ContosoHR (1.0)")]}, 0),
        ("ContosoHR_Patch_1", PLAN, {}, 0),
        # A copy is no other solution.
        ("ContosoHR", PLAN, {"managed": 1}, 1),
    ],
)
def test_uses_by_other_solutions_count(
    tmp_path: Path, name: str, flows: dict[str, Json], how: dict[str, Any], number: int
) -> None:
    hr(tmp_path)
    write_solution(tmp_path / "Other", name, [], flows, **how)
    assert len(found(tmp_path, "CR504")) == number


def test_a_name_in_another_solution_s_unreadable_flow_counts(tmp_path: Path) -> None:
    hr(tmp_path)
    broken = to_json(flow({"shared_planner": UNUSED}))[:-3]
    write_solution(tmp_path / "Sales", "ContosoSales", [], {"Plan": broken})
    assert [item.rule.id for item in check(tmp_path).findings] == ["CR901"]


def test_a_nested_solution_s_files_are_its_own(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_outlook", (UNUSED, "shared_planner")])
    write_solution(
        tmp_path / "nested/Sales", "ContosoSales", [("con_teams", TEAMS)], {"T": flow({TEAMS: "con_teams"})}
    )
    write_files(tmp_path, {"nested/Sales/notes.md": UNUSED})
    assert len(found(tmp_path, "CR504")) == 1
    write_files(tmp_path, {"nested/notes.md": UNUSED})
    assert found(tmp_path, "CR504") == []


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("HR/CanvasApps/a.msapp", b"PK\x03\x04 and no zip"),
        ("HR/CanvasApps/a.msapp", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
    ],
    ids=["a broken zip", "an LFS pointer"],
)
def test_what_cannot_be_searched_keeps_it_silent(tmp_path: Path, path: str, content: bytes) -> None:
    hr(tmp_path)
    write_files(tmp_path, {path: content})
    assert found(tmp_path, "CR504") == []


def test_one_of_two_names_in_utf_16_is_a_use_of_that_one(tmp_path: Path) -> None:
    references = ["con_outlook", (UNUSED, "shared_planner"), ("con_other", "shared_x")]
    write_solution(tmp_path / "HR", "ContosoHR", references)
    write_files(tmp_path / "HR", {"other/notes.xml": f"<a>\u0416{UNUSED}\u0416</a>".encode("utf-16-le")})
    assert [item["references"] for item in data(tmp_path, "CR504")] == [["con_other"]]


@pytest.mark.parametrize(
    "document",
    [
        raw_flow(),
        flow({}, {"Send": action()}),
        flow({TEAMS: None, OUTLOOK: None}),
        flow({"mail": {"connection": {}}}),
        flow({}, {"Send": action(f"{OUTLOOK}_1", "")}),
        flow({}, {"Send": action("mail", OUTLOOK)}),
        flow({}, {"Send": {"type": "X", "inputs": {"host": {"connectionReferenceName": "mail"}}}}),
    ],
    ids=[
        *("raw", "lost", "one of two", "raw, of no connector", "lost, told by its alias"),
        *("lost, of another alias", "lost, of no connector"),
    ],
)
def test_what_an_action_should_use_is_left_alone(tmp_path: Path, document: Json) -> None:
    """It is the reference that is missing there: CR101 or CR502 names it."""
    write_solution(tmp_path, "ContosoHR", ["con_outlook"], {"Send": document})
    assert found(tmp_path, "CR504") == []


def test_what_an_app_should_use_is_left_alone(tmp_path: Path) -> None:
    """A shared connection is to become a reference; one that each user brings is none."""
    for folder, more in (("Shared", {"sharedConnectionId": "7f3e9a52-1c4d"}), ("Own", {})):
        connections = json.dumps({"1": {"id": "/apis/shared_planner", **more}})
        app = f"<Name>con_app</Name><ConnectionReferences>{connections}</ConnectionReferences>"
        write_solution(tmp_path / folder, f"Contoso{folder}", [(UNUSED, "shared_planner")], {})
        write_files(tmp_path / folder, {"CanvasApps/con_app.meta.xml": f"<CanvasApp>{app}</CanvasApp>"})
    assert [item.finding.solution for item in found(tmp_path, "CR504")] == ["ContosoOwn"]

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import (
    OUTLOOK,
    TEAMS,
    Missing,
    Reference,
    entry,
    flow,
    manifest,
    to_json,
    write_files,
    write_solution,
)
from tests.support.checks import check, data, found

ENVIRONMENT = '[[environments]]\nname = "prod"\nsolutions = ["Contoso*"]\n'
EXPECTED = Missing("con_outlook", "ContosoBASE (1.0)")
USES = {"Send reminder": flow({OUTLOOK: "con_outlook"})}


def test_a_name_that_nobody_provides_is_found(tmp_path: Path) -> None:
    flows = {**USES, "Twice": flow({OUTLOOK: "CON_Outlook", TEAMS: "con_teams"})}
    write_solution(tmp_path, "ContosoHR", [("con_teams", TEAMS)], flows)
    (item,) = check(tmp_path).findings
    assert (item.rule.id, item.severity, item.data) == (
        "CR501",
        "error",
        {"reference": "con_outlook"},
    )
    assert item.span.excerpt.strip() == f'"{OUTLOOK}": {{'
    assert [related.message for related in item.related] == ['flow "Twice" uses it too']


def test_a_dependency_on_the_table_of_that_name_is_none(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [], USES)
    required = '<Required type="1" schemaName="connectionreference" id.connectionreferencelogicalname="{}" />'
    required = required.format("con_outlook")
    listed = f"<MissingDependencies><MissingDependency>{required}</MissingDependency></MissingDependencies>"
    text = manifest("ContosoHR").replace("<MissingDependencies />", listed)
    write_files(tmp_path, {"Other/Solution.xml": text})
    assert len(found(tmp_path, "CR501")) == 1


def test_external_references_are_left_alone(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [], {"A": flow({"a": entry("msdyn_Mail"), "b": entry("msdynx")})})
    config = '[source]\nexternal-references = ["MSDYN_*"]\n'
    assert [item["reference"] for item in data(tmp_path, "CR501", config)] == ["msdynx"]


def test_only_a_declared_environment_lets_solutions_provide_for_one_another(tmp_path: Path) -> None:
    write_solution(tmp_path / "hr", "ContosoHR", [], USES)
    write_solution(tmp_path / "base", "ContosoBase", ["con_outlook"])
    (item,) = found(tmp_path, "CR501")
    assert "ContosoBase declares it" in item.finding.help
    assert found(tmp_path, "CR501", ENVIRONMENT) == []
    apart = ENVIRONMENT.replace("Contoso*", "ContosoHR")
    assert len(found(tmp_path, "CR501", apart)) == 1
    vendored = '[source]\nvendored = ["base"]\n'
    assert found(tmp_path, "CR501", vendored + ENVIRONMENT) == []


def test_each_environment_has_to_provide_it(tmp_path: Path) -> None:
    write_solution(tmp_path / "hr", "ContosoHR", [], USES)
    write_solution(tmp_path / "base", "ContosoBase", ["con_outlook"])
    test = '[[environments]]\nname = "test"\nsolutions = ["ContosoHR"]\n'
    (item,) = found(tmp_path, "CR501", ENVIRONMENT + test)
    assert "no solution of environment test declares it" in item.finding.message
    assert item.finding.help.startswith("ContosoBase declares it. Deploy it to environment test too")
    assert (
        found(tmp_path, "CR501", ENVIRONMENT + test.replace('ContosoHR"', 'ContosoHR", "ContosoBase"')) == []
    )


@pytest.mark.parametrize("config", ["", ENVIRONMENT])
def test_a_dependency_on_a_solution_here_must_be_declared_there(tmp_path: Path, config: str) -> None:
    write_solution(
        tmp_path / "hr", "ContosoHR", [], USES, missing=[Missing("con_outlook", "ContosoBASE (1.0)")]
    )
    write_solution(tmp_path / "base", "ContosoBase", ["con_other"], {})
    (item,) = found(tmp_path, "CR501", config)
    assert "expects from ContosoBase, which is here and does not declare it" in item.finding.message
    write_solution(tmp_path / "base", "ContosoBase", ["con_outlook"], {})
    assert found(tmp_path, "CR501") == []


def test_a_dependency_on_a_solution_that_cannot_be_read_is_believed(tmp_path: Path) -> None:
    write_solution(
        tmp_path / "hr", "ContosoHR", [], USES, missing=[Missing("con_outlook", "ContosoBase (1.0)")]
    )
    write_solution(tmp_path / "base", "ContosoBase", [], {})
    write_files(tmp_path, {"base/Other/Customizations.xml": "<"})
    assert found(tmp_path, "CR501") == []


def test_patches_and_their_solution_provide_for_one_another(tmp_path: Path) -> None:
    write_solution(tmp_path / "hr", "ContosoHR", ["con_outlook"], {"B": flow({TEAMS: "con_teams"})})
    write_solution(tmp_path / "patch", "ContosoHR_Patch_1a2b3c", [("con_teams", TEAMS)], USES)
    assert found(tmp_path, "CR501") == []


def test_copies_do_not_provide_for_one_another(tmp_path: Path) -> None:
    write_solution(tmp_path / "a", "ContosoHR", [], USES)
    write_solution(tmp_path / "b", "ContosoHR", ["con_outlook"], USES, managed=1)
    assert [item.span.path.partition("/")[0] for item in found(tmp_path, "CR501")] == ["a"]


def test_apps_and_agents_count(tmp_path: Path) -> None:
    connection = {
        "id": "/providers/microsoft.powerapps/apis/shared_sql",
        "xrmConnectionReferenceLogicalName": "con_sql",
    }
    own = {"id": "/providers/microsoft.powerapps/apis/shared_teams"}
    app = json.dumps({"1": connection, "2": own}).replace('"', "&quot;")
    link = (
        '<botcomponent_connectionreference botcomponentid.schemaname="con_agent.topic" '
        'connectionreferenceid.connectionreferencelogicalname="con_mail"/>'
    )
    write_solution(tmp_path, "ContosoHR", [], {})
    write_files(
        tmp_path,
        {
            "CanvasApps/con_app.meta.xml": f"<CanvasApp><DisplayName>Rooms</DisplayName>"
            f"<ConnectionReferences>{app}</ConnectionReferences></CanvasApp>",
            "Assets/botcomponent_connectionreferenceset.xml": f"<a>{link}</a>",
        },
    )
    assert [item["reference"] for item in data(tmp_path, "CR501")] == ["con_mail", "con_sql"]
    messages = [item.finding.message for item in found(tmp_path, "CR501")]
    assert messages[0].startswith('Agent "con_agent.topic" uses the connection reference con_mail')
    assert messages[1].startswith('Canvas app "Rooms" uses the connection reference con_sql')


@pytest.mark.parametrize(
    ("references", "how"),
    [
        (["CON_OUTLOOK"], {}),
        *(
            ([], {"missing": [Missing("CON_outlook", owner)]})
            for owner in ("Active", "ContosoBase (1.0)", "")
        ),
    ],
)
def test_what_is_declared_or_listed_is_left_alone(
    tmp_path: Path, references: list[str], how: dict[str, Any]
) -> None:
    write_solution(tmp_path, "ContosoHR", references, USES, **how)
    assert found(tmp_path, "CR501") == []
    # Nor is anything said where that cannot be read, or of flows without a solution.
    for name in ("Customizations", "Solution"):
        write_files(tmp_path, {f"Other/{name}.xml": "<a>"})
        assert {item.rule.id for item in check(tmp_path).findings} <= {"CR506", "CR901"}
    for name in ("Customizations", "Solution"):
        (tmp_path / f"Other/{name}.xml").unlink()
    assert found(tmp_path, "CR501") == []


@pytest.mark.parametrize("path", ["base/Other/Customizations.xml", "base/Other/Solution.xml"])
@pytest.mark.parametrize(("name", "number"), [("ContosoBase", 0), ("FabrikamBase", 1)])
def test_an_unread_neighbour_keeps_it_silent(path: str, name: str, number: int, tmp_path: Path) -> None:
    write_solution(tmp_path / "hr", "ContosoHR", [], USES)
    write_solution(tmp_path / "base", name, ["con_outlook"], {})
    write_files(tmp_path, {path: "<a>"})
    assert len(found(tmp_path, "CR501", ENVIRONMENT)) == (number if "Customizations" in path else 0)
    assert len(found(tmp_path, "CR901")) == 1
    (tmp_path / "crstandards.toml").unlink()
    assert len(found(tmp_path, "CR501")) == 1


def test_the_fingerprint_is_the_name(tmp_path: Path) -> None:
    write_solution(tmp_path / "a", "ContosoHR", [], USES)
    write_solution(tmp_path / "b", "contosohr", [Reference("x")], {"B": flow({"z": entry("CON_OUTLOOK")})})
    one, other = (found(tmp_path / name, "CR501")[0].fingerprint for name in "ab")
    assert one == other


def code_app(*names: str) -> str:
    entries = {name: {"id": OUTLOOK, "xrmConnectionReferenceLogicalName": name} for name in names}
    return to_json({"appDisplayName": "Lending", "connectionReferences": entries})


def test_a_code_app_counts_in_the_one_solution_around(tmp_path: Path) -> None:
    write_solution(tmp_path / "src", "ContosoHR", ["con_outlook"], {})
    write_files(tmp_path, {"app/power.config.json": code_app("con_outlook", "con_nowhere")})
    (item,) = check(tmp_path).findings
    assert (item.rule.id, item.severity, item.finding.solution) == ("CR501", "error", "ContosoHR")
    assert item.data == {"reference": "con_nowhere"}


def test_a_code_app_of_no_one_solution_is_a_warning(tmp_path: Path) -> None:
    write_files(tmp_path, {"app/power.config.json": code_app("con_outlook", "con_nowhere")})
    assert check(tmp_path).findings == ()
    write_solution(tmp_path / "a", "ContosoA", ["con_outlook"], {})
    write_solution(tmp_path / "b", "ContosoB", ["con_other"], {"B": flow({OUTLOOK: "con_other"})})
    (item,) = found(tmp_path, "CR501")
    assert (item.severity, item.finding.solution) == ("warning", "")
    assert item.data == {"reference": "con_nowhere"}
